"""What other feed readers keep, as subscriptions and JSON Feed items: their databases and their exports.

Import rule: the standard library, this package's `errors` and `feeds` only. A file is recognised by what is in
it, never by its name; it is only read.
"""

from .library import Article, Feed, Library, opened, reading
from .recognising import library

__all__ = ["Article", "Feed", "Library", "library", "opened", "reading"]
