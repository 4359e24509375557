"""The canonicaliser: which copies print the same article, by the evidence of their text.

`Canonicaliser(load_rules()).place(batch, index, now)` returns intents; the archive executes them. Pure: no
clock, no network, no disk, no log. Import rule: `model`, `errors`, `url`, `text` and this room; numpy lives
here alone.

The way of a copy: `facts` and `furniture` say what is not the article, `fold` makes words of the rest,
`sketch` keys of the words, by which `candidates` are found; `compare` and `verdict` judge two texts, `trial`
a copy and a story; `place` decides, `lead` chooses what is shown, `evidence` says why.
"""

from .index import Index, MemoryIndex
from .place import Canonicaliser
from .rules import Rules, load_rules

__all__ = ["Canonicaliser", "Index", "MemoryIndex", "Rules", "load_rules"]
