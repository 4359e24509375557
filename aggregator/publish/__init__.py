"""Publish: stories become documents that feed readers subscribe to, and documents become files.

Rendering is pure: no clock, no randomness, no network, no disk. The same stories give the same bytes. Only
`files` touches the disk. Each kind of document is a `Publisher`, found through the entry-point group
"aggregator.publishers"; the built-in ones (Atom, RSS, JSON Feed) come in by the same door as a stranger's.

    StoryView --item--> Item (cleaned at the border) --atom | rss | jsonfeed--> Document --files--> public/

Import rule: `model`, `errors`, `url`, `text`, the standard library and feedgen; never another room.
"""

from .publisher import Document, Publisher, address, load_publishers

__all__ = ["Document", "Publisher", "address", "load_publishers"]
