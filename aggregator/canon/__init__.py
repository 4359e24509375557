"""The canonicaliser: which copies print the same article, by the evidence of their text.

`Canonicaliser(load_rules()).place(batch, index, now)` returns intents; the archive executes them. Pure: no
clock, no network, no disk, no log. Import rule: `model`, `errors`, `url`, `text` and this room; numpy lives
here alone.

The way of a copy: `facts` and `furniture` say what is not the article, `fold` makes words of the rest,
`reading` arrays of the words, `sketch` keys. `surroundings` gathers what is near a batch, `pairing` says who is
compared with whom, `compare`, `verdict` and `trial` judge two texts, `grouping` makes groups of all pairs
together and `assigning` stories of the groups; `place` leads through it, `deciding` and `evidence` say why, `lead`
chooses what is shown.
"""

from .assigning import Assigned, assign, homes
from .index import Index, MemoryIndex
from .place import Canonicaliser
from .rules import Rules, load_rules

__all__ = ["Assigned", "Canonicaliser", "Index", "MemoryIndex", "Rules", "assign", "homes", "load_rules"]
