"""Furniture by rule: the lines a site prints around an article, recognised by their own words.

A line is furniture only when the whole of it is one of these forms; a sentence of the article never is, so
each form is closed at both ends. `line` knows single lines, `is_list_header` those after which titles of
other articles stand, `is_comments_header` those after which readers speak.
"""

from __future__ import annotations

import re

from aggregator.canon import furniture_words as words

_TAIL = r"[\s.:…!»›>→|\-–—]*"

_DIGITS = re.compile(r"\d+")
_MARKS = " \t.:!…»›>→|<«‹←-–—*•·_#=~▶►▼▲✕×"
_RULE = "-–—_*•·=~ .\x03"
_COUNTER = re.compile(r"\d{1,3} ?(?:of|/|von|sur|de|di|van|av|z|из|з|od|dari) ?\d{1,4}\.?", re.IGNORECASE)
_MONTH_NAME = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|jän|mär|mai|okt|dez|fév|fev|avr|jui"
    r"|aoû|déc|ene|abr|ago|set|dic|out"
    r"|gen|mag|giu|lug|ott|янв|фев|мар|апр|мая|июн|июл|авг|сен|окт|ноя|дек)[^\W\d_]{0,7}\.?"
)
_DAY, _MONTH = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])"
_MONTHLY = (
    rf"(?:{_MONTH_NAME} \d{{1,2}}|\d{{1,2}}\.? {_MONTH_NAME}"
    rf"|(?:{_DAY}[./-]{_MONTH}|{_MONTH}[./-]{_DAY})[./-](?:\d{{4}}|\d\d)|\d{{4}}-\d\d-\d\d)"
)
_DATE_LINE = re.compile(
    rf"(?:[^\W\d_]{{3,10}}(?:day|tag|di"
    rf"|dag)?,? )?{_MONTHLY}(?:,? \d{{4}})?(?:,? (?:at )?\d{{1,2}}[:.]\d\d"
    rf" ?(?:[ap]\.?m\.?)?(?: [A-Z]{{2,4}})?)?"
    rf"(?:(?: -| ?[|·•]) ?(?:updated|aktualisiert)?:? ?{_MONTHLY}.{{0,30}})?",
    re.IGNORECASE,
)
_READING = re.compile(r"\d{1,2} ?min(?:ute)?s?\.? (?:read|de lecture|de lectura|lesezeit)", re.IGNORECASE)
_SECTION = re.compile(r"[A-Z][\w&' -]{1,40} [|»›>] [A-Z][\w&' -]{1,30}")
_ARROW = re.compile("[|»›>]")  # one of them stands in what _SECTION matches, and is sought faster
_CREDITED = re.compile(
    r"(?:REUTERS/[\w.' -]{3,40}(?:/File Photo)?|AFP PHOTO ?/ ?[\w.' -]{3,40}|\bFILE PHOTO"
    r"|\((?:AP Photo|Photo|Image|Photo credit|Picture|File photo|Foto)\b[^()]{0,80}\)"
    r"|\([^()]{2,60}/(?:Getty|AP|AFP|EPA|Reuters|REUTERS|dpa)[^()]{0,30}\)|(?:/"
    r"| via )(?:Getty Images|AFP|EPA|Shutterstock)"
    r"|(?:Photo|Foto|Image|Picture|Photograph)(?: by| credit)?: [^.!?]{2,60})[.\])]*"
)
_NEWSROOM = re.compile(r"[-–— ]*[\w ,.]{2,40}(?:newsroom|bureau|desk)[\s:,+\d()-]{6,40}", re.IGNORECASE)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+(?:[ |,;].{0,50})?")
_COUNT_CUT = re.compile(
    r"\s*(?:…|\.\.\.)?\s*\[\s*[+-]?\s*\d+ (?:chars?|characters|more words|words)\s*\]\s*$"
)


def _folded(line: str) -> str:
    """Without case and outer marks, digits as "#", curly apostrophes straight."""
    line = line.strip(_MARKS).casefold()
    if not line.isascii():
        line = line.replace("’", "'").replace("\u00a0", " ")
    return _DIGITS.sub("#", line)


_WHOLE = {
    one: reason
    for reason, lines in words.LINES.items()
    for row in lines.strip().split("\n")
    for one in row.strip().split("|")
}


_Table = dict[str, tuple[tuple[str, re.Pattern[str]], ...]]  # first word: reasons and forms of the rest


def _by_first(forms: tuple[tuple[str, str, str], ...]) -> _Table:
    table: _Table = {}
    for reason, openers, rest in forms:
        pattern = re.compile(rest + _TAIL, re.IGNORECASE)
        for word in openers.split():
            table[word] = (*table.get(word, ()), (reason, pattern))
    return table


_ANYWHERE = _by_first(words.FORMS)
_AT_EDGE = _by_first(words.EDGE_FORMS)
_FIRST = re.compile(r"[(\[]?[^\s:,.|»›>/!?()\[\]]+")

_LIST_FORM = re.compile(
    r"(?:more (?:from|on|in|about|stories from|news from|by|coverage of)|mehr (?:aus|von|zu)"
    r"|plus de|más de|mais de|altro da|also in|other news from)"
    r" [^.!?]{2,50}|related(?: [\w']+){0,2}:|also read:|read also:",
    re.IGNORECASE,
)
_COMMENTS_FORM = re.compile(
    r"leave a (?:reply|comment)\b.*|(?:\d+|no) (?:comments?|responses?|thoughts?|replies"
    r"|kommentare|commentaires|comentarios"
    r"|comentários|commenti|reacties|kommentarer|комментари\w+)(?: yet|:| (?:on|to) .{0,80})?"
    r"|comments? ?\(\d+\)|comments?:?|join the conversation"
    r"|kommentare|commentaires|comentarios|comentários|commenti|reacties|комментарии|التعليقات|コメント|评论|댓글",
    re.IGNORECASE,
)

_LIST_OPENERS = "more mehr plus más mais altro also other related read"  # of _LIST_FORM
# The first words of the lines that are known whole, and of the headers of lists.
_OPENERS = frozenset(
    _folded(one.partition(" ")[0]) for one in (*_WHOLE, *words.LISTS, *_LIST_OPENERS.split())
)


def line(text: str) -> str:
    """Why the line is furniture as a whole; "" if it is not. `text` is stripped and not empty."""
    if _is_long(text):
        return ""
    short = len(text) < 90
    return (
        (_whole(text) if short else "")
        or _by_first_word(text, _ANYWHERE)
        or (_by_shape(text) if short else "")
        or ("photo" if is_caption(text) else "")
    )


def edge_line(text: str) -> str:
    """Why a line that `line` knows nothing of is furniture at an edge of the text; "" if it is not."""
    short = len(text) < 90
    if short and _may_be_whole(text) and _folded(text) in words.EDGE_LINES:
        return "link"
    reason = "" if _is_long(text) else _by_first_word(text, _AT_EDGE)
    return reason or (_by_edge_shape(text) if short else "")


def may_open(word: str) -> bool:
    """Whether a line whose text before the first space is `word` may be furniture by more than its end."""
    folded = _folded(word).partition(" ")[0]
    if not folded or folded in _OPENERS or not word.strip(_RULE) or "@" in word:
        return True
    if word[0].isdigit() or word[0] in "-–—":
        return True
    match = _FIRST.match(word)
    return match is not None and match[0].casefold() in _ANYWHERE


def _is_long(text: str) -> bool:
    return len(text) > 420 and not (len(text) <= 700 and text.startswith("FILE"))


def _by_first_word(text: str, table: _Table) -> str:
    match = _FIRST.match(text)
    if match is None:
        return ""
    for reason, pattern in table.get(match[0].casefold(), ()):
        if pattern.fullmatch(text, match.end()) and not (reason == "link" and _speaks(text)):
            return reason
    return ""


def _speaks(text: str) -> bool:
    """Whether a sentence rather than a title stands after a label such as "Watch:"."""
    return text[-1] == "." and ": " in text and text[-3:] != "..." and "@" not in text


def _whole(text: str) -> str:
    """Why a line that is known word for word is furniture."""
    return _WHOLE.get(_folded(text), "") if _may_be_whole(text) else ""


def _may_be_whole(text: str) -> bool:
    """One word that begins small or ends a sentence may be the end of a broken line."""
    return " " in text or not (text[0].islower() or (text[-1] == "." and text[-3:] != "..."))


def _by_shape(text: str) -> str:
    """Furniture that has a shape rather than words: addresses, counters, rules, newsrooms."""
    if "@" in text and _MAIL.fullmatch(text):
        return "link"
    if text[0].isdigit() and (_COUNTER.fullmatch(text) or _READING.fullmatch(text)):
        return "counter"
    if not text.strip(_RULE):
        return "rule"
    return "credit" if text[0] in "-–—" and _NEWSROOM.fullmatch(text) else ""


def _by_edge_shape(text: str) -> str:
    """Dates and breadcrumbs."""
    dated = _DIGITS.search(text) and _DATE_LINE.fullmatch(text)
    if dated or (_ARROW.search(text) and _SECTION.fullmatch(text)):
        return "date" if text[-1].isdigit() or ":" in text else "breadcrumb"
    return ""


def is_caption(text: str) -> bool:
    """Whether the line ends in the credit of a picture."""
    end = text[-90:]
    if not ("/" in end or ":" in end or "(" in end or "FILE" in end) or _is_long(text):
        return False
    if not (
        "hoto" in end or "REUTERS/" in end or "mage" in end or "Foto" in end or "PHOTO" in end or "EPA" in end
    ):
        return False
    found = [match.end() for match in _CREDITED.finditer(end)]
    return bool(found) and found[-1] == len(end)


def is_list_header(text: str) -> bool:
    """Whether titles of other articles follow the line."""
    if len(text) > 60 or (text[-1] == "." and not text.endswith("...")):
        return False
    return _folded(text) in words.LISTS or _LIST_FORM.fullmatch(text) is not None


def is_comments_header(text: str) -> bool:
    """Whether readers' comments, or the form for one, follow the line."""
    return len(text) < 160 and _COMMENTS_FORM.fullmatch(text) is not None


def cut_mark(text: str) -> int:
    """Where the mark of a cut ("… [+1234 chars]") begins at the end of the text; else its length."""
    if "]" not in text[-3:]:
        return len(text)
    match = _COUNT_CUT.search(text, max(0, len(text) - 60))
    return match.start() if match else len(text)
