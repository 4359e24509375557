"""aggregator: one story, one entry, an id for life.

The way of the data is four verbs, each a room: collect, ingest, canonicalise, publish. `stages` is the only
place where the rooms meet; `model`, `errors`, `url` and `text` are the words they share.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("aggregator")
except PackageNotFoundError:  # a checkout on sys.path that nobody installed
    __version__ = "0+unknown"
