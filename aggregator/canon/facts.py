"""What a text says of its own origin, and which of its parts are furniture, by rule.

Precision before recall: a sentence of the article never goes. Whole lines go, or an edge of one (the dateline
at the start of a report, a credit in brackets at the end of its last paragraph).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from aggregator.canon import agencies, credits, dateline, furniture, language
from aggregator.model import Facts

_ENDS = tuple('.!?…"”’»)。！？」؟।')
_HEAD_LINES = 12  # that may stand before the first paragraph
_TAIL_LINES = 10  # in which an agency may sign, whatever a site prints below
_PARAGRAPH = 60  # characters from which a line that ends a sentence is a paragraph
_TITLE = 160  # characters that a title in a list may have
_REMEMBERED = 120  # characters below which the verdict on a line is kept: sites repeat such lines
_OPENING = 40  # characters in which the first word of a line ends, if it is one that opens furniture
_LINE = re.compile(r"\S.*(?<=\S)")
_NOT_COMPARED = re.compile(r"[\W_]+")
_COPYRIGHT = re.compile(r"(?:©|\(c\)|copyright)[\s\d,©(c)-]{0,20}(?:by )?(?:the )?", re.IGNORECASE)


@dataclass(slots=True)
class _Line:
    """One line that is not blank: its text without outer white space, and where that begins."""

    start: int
    text: str
    reason: str = ""  # why it is furniture, "" while it is not

    @property
    def is_paragraph(self) -> bool:
        return not self.reason and len(self.text) >= _PARAGRAPH and self.text.endswith(_ENDS)


class _Verdict(NamedTuple):
    """What a line is by its own words, wherever it stands."""

    reason: str = ""
    said: credits.Credits | None = None
    heads_list: bool = False


_NOTHING = _Verdict()


@dataclass(slots=True)
class _Reading:
    """The state of one reading."""

    title: str
    lines: list[_Line]
    headers: list[int] = field(
        default_factory=list
    )  # indexes of lines that may head a list of other articles
    edges: list[tuple[int, int, str]] = field(default_factory=list)  # furniture that is a part of a line
    sent: dateline.Dateline | None = None
    credited: credits.Credits = field(default_factory=credits.Credits)
    byline: credits.Credits = field(default_factory=credits.Credits)
    agency: str = ""  # named on a line of its own
    report: int = 0  # offset at which the report begins


def read(title: str, text: str) -> Facts:
    """The facts of a text whose paragraphs are parted by line breaks or blank lines; offsets into `text`."""
    lines = [_Line(found.start(), found[0]) for found in _LINE.finditer(text)]
    reading = _Reading(_comparable(title), lines)
    first, last = _mark_lines(reading)
    _read_head(reading, first)
    _read_tail(reading, last)
    _mark_lists(reading)
    if all(line.reason for line in reading.lines):
        _keep_titles(reading)
    return _facts(reading, text)


def _verdict(text: str) -> _Verdict:
    """Most lines open with a word that opens no form of furniture or credit: only their ends can tell."""
    if _may_open(text[:_OPENING].partition(" ")[0]):
        return _known(text) if len(text) < _REMEMBERED else _judged(text)
    if furniture.is_caption(text):
        return _Verdict("photo")
    said = credits.of_contributors(text)
    return _NOTHING if said is None else _Verdict("credit", said)


@lru_cache(maxsize=8192)
def _may_open(word: str) -> bool:
    return len(word) == _OPENING or furniture.may_open(word) or credits.may_open(word)


def _judged(text: str) -> _Verdict:
    reason = furniture.line(text, at_edge=False)
    said = None if reason else credits.in_line(text)
    heads_list = furniture.is_list_header(text)
    if not reason and said is None and not heads_list:
        return _NOTHING
    return _Verdict(reason or ("" if said is None else "credit"), said, heads_list)


def _judged_at_edge(text: str) -> tuple[str, str]:
    """Why a line at an edge of the text is furniture, "" if it is not; and the agency that it names."""
    agency = agencies.named(text) if len(text) < 40 else ""
    return ("agency", agency) if agency else (furniture.line(text, at_edge=True), "")


_known = lru_cache(maxsize=8192)(_judged)
_known_at_edge = lru_cache(maxsize=4096)(_judged_at_edge)


def _mark_lines(reading: _Reading) -> tuple[int, int]:
    """Mark what is furniture anywhere; the indexes of the first and the last paragraph of the article."""
    lines = reading.lines
    for index, line in enumerate(lines):
        verdict = _verdict(line.text)
        if verdict is not _NOTHING:
            line.reason = verdict.reason
            if verdict.said is not None:
                reading.credited += verdict.said
            if verdict.heads_list:
                reading.headers.append(index)
    first = next((index for index, line in enumerate(lines) if line.is_paragraph), None)
    if first is not None:
        return first, _last_paragraph(lines)
    ends = [index for index, line in enumerate(lines) if not line.reason and line.text.endswith(_ENDS)]
    return (min(ends[0], 3), ends[-1]) if ends else (min(3, len(lines)), len(lines))


def _last_paragraph(lines: list[_Line]) -> int:
    """The index of the article's last paragraph; -1 where nothing has the shape of one."""
    return next((index for index in range(len(lines) - 1, -1, -1) if lines[index].is_paragraph), -1)


# ---------------------------------------------------------------- head


def _read_head(reading: _Reading, first: int) -> None:
    """The dateline; before it, or the first paragraph, the title again, bylines, dates, breadcrumbs."""
    limit = min(first + 1, _HEAD_LINES, len(reading.lines))
    for index in range(limit):
        line = reading.lines[index]
        found = dateline.find(line.text) if not line.reason else None
        if found is None and not line.reason and len(line.text) >= 40 and not _is_title(reading, line):
            found = dateline.find_bare(line.text)
        if found and found.end < len(line.text):
            _take_dateline(reading, line, found)
            limit = index
            break
    for line in reading.lines[: min(limit, first)]:
        if not line.reason:
            _mark_head_line(reading, line)


def _take_dateline(reading: _Reading, line: _Line, found: dateline.Dateline) -> None:
    reading.sent = found
    reading.report = line.start + found.end
    reading.edges.append((line.start, reading.report, "dateline"))


def _mark_head_line(reading: _Reading, line: _Line) -> None:
    byline = credits.in_byline(line.text)
    if byline is not None:
        line.reason, reading.byline = "byline", reading.byline + byline
    elif _is_title(reading, line):
        line.reason = "title"
    else:
        _mark_edge_line(reading, line)


def _is_title(reading: _Reading, line: _Line) -> bool:
    """Whether the line is the title again; marks and spaces may differ, so its length may not be far off."""
    title = reading.title
    likely = bool(title) and len(line.text) < 2 * len(title) + 10 and title.startswith(_comparable(line.text[:9]))
    return likely and _comparable(line.text) == title


def _comparable(text: str) -> str:
    return _NOT_COMPARED.sub("", text.casefold())


def _keep_titles(reading: _Reading) -> None:
    """A text that is its title and nothing else keeps it."""
    for line in reading.lines:
        if line.reason == "title":
            line.reason = ""


def _mark_edge_line(reading: _Reading, line: _Line) -> None:
    judge = _known_at_edge if len(line.text) < _REMEMBERED else _judged_at_edge
    line.reason, agency = judge(line.text)
    reading.agency = reading.agency or agency


# ---------------------------------------------------------------- tail


def _read_tail(reading: _Reading, last: int) -> None:
    """After the last paragraph: agencies, furniture of edges; at its end a credit or the mark of a cut."""
    for line in reading.lines[last + 1 :]:
        if not line.reason:
            _mark_edge_line(reading, line)
    for line in [line for line in reading.lines if not line.reason][-_TAIL_LINES:]:
        if len(line.text) < 30 and (agency := agencies.named(line.text)):
            line.reason, reading.agency = "agency", reading.agency or agency
    for line in reading.lines[max(0, last - 1) :]:
        if not line.reason:
            _cut_end(reading, line)
    _mark_comments(reading, last)


def _cut_end(reading: _Reading, line: _Line) -> None:
    end = line.start + len(line.text)
    cut = furniture.cut_mark(line.text)
    if cut < len(line.text):
        reading.edges.append((line.start + cut, end, "cut"))
    elif found := credits.at_end(line.text):
        start, said = found
        reading.credited += said
        kept = len(line.text[:start].rstrip(" \t–—-"))
        reading.edges.append((line.start + kept, end, "credit"))


def _mark_comments(reading: _Reading, last: int) -> None:
    """Once readers are asked to speak in the latter half of a text, what follows is theirs."""
    lines = reading.lines
    for index in range(len(lines) // 2, len(lines)):
        line = lines[index]
        if line.reason == "comments" and index < last and furniture.is_comments_header(line.text):
            rest = lines[index + 1 :]
            if all(len(after.text) < 600 for after in rest) and lines[index].start * 10 > lines[-1].start * 6:
                for after in rest:
                    after.reason = after.reason or "comments"
            return


def _mark_lists(reading: _Reading) -> None:
    """The headers of lists of other articles, and the titles after one that no paragraph follows."""
    lines = reading.lines
    final = _last_paragraph(lines) if reading.headers else -1
    for index in reading.headers:
        line = lines[index]
        if line.reason not in ("", "link"):
            continue
        if index < final:
            line.reason = line.reason or ("list" if " " in line.text else "")
            continue
        line.reason = "list"
        _mark_titles(lines, index, broken=final < 0)


def _mark_titles(lines: list[_Line], header: int, broken: bool) -> None:
    """Titles stand until a line ends like a sentence, which in a text of broken lines would tell of prose."""
    titles = []
    for line in lines[header + 1 :]:
        if line.reason:
            continue
        if len(line.text) > _TITLE or (line.text.endswith((".", "。", "।")) and line.text[-3:] != "..."):
            if broken:
                return
            break
        titles.append(line)
    for line in titles:
        line.reason = "list"


# ---------------------------------------------------------------- facts


def _facts(reading: _Reading, text: str) -> Facts:
    found = reading.sent or dateline.Dateline(0)
    said = reading.credited
    reporters = credits.reporters(found.reporters) if found.reporters else ()
    reporting = said.reporting or reporters or reading.byline.reporting
    spans = [(line.start, line.start + len(line.text), line.reason) for line in reading.lines if line.reason]
    return Facts(
        agency=found.agency or reading.agency or said.agency or reading.byline.agency or _owner(reading),
        place=found.place,
        dateline_date=found.date,
        reporting=reporting,
        writing=said.writing,
        editing=said.editing,
        language=language.detect(text[reading.report : reading.report + 800]),
        furniture=tuple(sorted(spans + reading.edges)),
    )


def _owner(reading: _Reading) -> str:
    """The agency that a line of copyright or source names."""
    for line in reading.lines:
        if line.reason == "copyright":
            match = _COPYRIGHT.match(line.text)
            words = line.text[match.end() if match else 0 :].split(". ")[0]
            if "Thomson Reuters" in words:
                return "Reuters"
            if agency := agencies.named(words):
                return agency
        elif line.reason == "source" and (agency := agencies.named(line.text.partition(":")[2])):
            return agency
    return ""
