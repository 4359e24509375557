"""The canonicaliser: which copies print the same article, by the evidence of their text.

`Canonicaliser(load_rules()).place(batch, index, now)` returns intents; the archive executes them. Pure: no clock,
no network, no disk, no log. Import rule: `model`, `errors`, `url`, `text` and this room; numpy and xxhash live here.
"""

from .index import Index, MemoryIndex
from .place import Canonicaliser
from .rules import Rules, load_rules

__all__ = ["Canonicaliser", "Index", "MemoryIndex", "Rules", "load_rules"]
