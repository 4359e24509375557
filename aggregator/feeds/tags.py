"""The tags of HTML: which of them are let through, and what each is to the plain text."""

from __future__ import annotations

TAGS = frozenset(
    """
    a abbr acronym address article aside audio b bdi big blockquote br caption center cite code col
    colgroup dd del details dfn div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header hr i img ins
    kbd li main mark nav ol p picture pre q rp rt ruby s samp section small source strike strong sub summary
    sup table tbody td tfoot th thead time tr track tt u ul var video wbr
    """.split()
)
ATTRIBUTES = {
    "*": {"dir", "lang", "title"},
    "a": {"href", "hreflang"},
    "img": {"src", "alt", "width", "height"},
    "audio": {"src"},  # readers give it controls of their own
    "video": {"src", "poster", "width", "height"},
    "source": {"src", "type"},
    "track": {"src", "kind", "srclang", "label"},
    "blockquote": {"cite"},
    "q": {"cite"},
    "del": {"cite", "datetime"},
    "ins": {"cite", "datetime"},
    "time": {"datetime"},
    "ol": {"start", "type", "reversed"},
    "li": {"value"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "col": {"span"},
    "colgroup": {"span"},
}
BLOCKS = frozenset(
    """
    address article aside blockquote caption center dd details dir div dl dt fieldset figcaption figure
    footer form h1 h2 h3 h4 h5 h6 header hr li main menu nav ol p pre section summary table tbody tfoot thead
    tr ul
    """.split()
)
# What a tag is to the plain text: marks that clean text cannot hold, and that `str.split` leaves alone.
LINE, PARAGRAPH, PRE, END_PRE = "\x01", "\x02", "\x04", "\x05"
MARKS = dict.fromkeys(BLOCKS, PARAGRAPH) | {"br": LINE, "td": " ", "th": " ", "pre": PARAGRAPH + PRE}
BREAKS = {**MARKS, **{f"/{name}": mark for name, mark in MARKS.items()}, "/pre": END_PRE + PARAGRAPH}
