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
_LINE = re.compile(rf"(\S{{1,{_OPENING}}}).*(?<=\S)")
_NOT_COMPARED = re.compile(r"[\W_]+")
_COPYRIGHT = re.compile(r"(?:©|\(c\)|copyright)[\s\d,©(c)-]{0,20}(?:by )?(?:the )?", re.IGNORECASE)


class _Verdict(NamedTuple):
    """What a line is by its own words, wherever it stands."""

    reason: str = ""
    said: credits.Credits | None = None
    heads_list: bool = False


_NOTHING = _Verdict()
_NOBODY = credits.Credits()
_NOWHERE = dateline.Dateline(0)


@dataclass(slots=True)
class _Reading:
    """The state of one reading; the lines that are not blank, as parallel lists."""

    title: str
    found: list[re.Match[str]]  # of _LINE
    lines: list[str]  # without outer white space
    reasons: list[str]  # why a line is furniture, "" while it is not
    headers: list[int] = field(default_factory=list)  # lines that may head a list of other articles
    edges: list[tuple[int, int, str]] = field(default_factory=list)  # furniture that is a part of a line
    sent: dateline.Dateline | None = None
    credited: credits.Credits = _NOBODY
    byline: credits.Credits = _NOBODY
    agency: str = ""  # named on a line of its own
    report: int = 0  # offset at which the report begins

    def is_paragraph(self, index: int) -> bool:
        line = self.lines[index]
        return len(line) >= _PARAGRAPH and not self.reasons[index] and line.endswith(_ENDS)

    def last_paragraph(self) -> int:
        """The index of the article's last paragraph; -1 where nothing has the shape of one."""
        return next(filter(self.is_paragraph, range(len(self.lines) - 1, -1, -1)), -1)


def read(title: str, text: str) -> Facts:
    """The facts of a text whose paragraphs are parted by line breaks or blank lines; offsets into `text`."""
    found = list(_LINE.finditer(text))
    reading = _Reading(_comparable(title), found, [line[0] for line in found], [""] * len(found))
    _mark_lines(reading)
    first, last = _paragraphs(reading)
    _read_head(reading, first)
    _read_tail(reading, last)
    _mark_lists(reading)
    if all(reading.reasons):
        reading.reasons = [
            reason if reason != "title" else "" for reason in reading.reasons
        ]  # its title alone
    return _facts(reading, text)


def _judged_by_end(text: str) -> _Verdict:
    if furniture.is_caption(text):
        return _Verdict("photo")
    said = credits.of_contributors(text)
    return _NOTHING if said is None else _Verdict("credit", said)


@lru_cache(maxsize=8192)
def _may_open(word: str) -> bool:
    """Whether a line that opens with the word can be furniture or a credit by more than its end; few can."""
    return len(word) == _OPENING or furniture.may_open(word) or credits.may_open(word)


def _judged(text: str) -> _Verdict:
    reason = furniture.line(text)
    said = None if reason else credits.in_line(text)
    heads_list = furniture.is_list_header(text)
    if not reason and said is None and not heads_list:
        return _NOTHING
    return _Verdict(reason or ("" if said is None else "credit"), said, heads_list)


def _judged_at_edge(text: str) -> tuple[str, str]:
    """Why a line at an edge of the text is furniture, "" if it is not; and the agency that it names."""
    agency = agencies.named(text) if len(text) < 40 else ""
    return ("agency", agency) if agency else (furniture.edge_line(text), "")


_known = lru_cache(maxsize=8192)(_judged)
_known_at_edge = lru_cache(maxsize=4096)(_judged_at_edge)


def _mark_lines(reading: _Reading) -> None:
    """Mark what is furniture anywhere."""
    for index, (found, line) in enumerate(zip(reading.found, reading.lines, strict=True)):
        if _may_open(found[1]):
            verdict = _known(line) if len(line) < _REMEMBERED else _judged(line)
        else:
            verdict = _judged_by_end(line)
        if verdict is not _NOTHING:
            _take_verdict(reading, index, verdict)


def _take_verdict(reading: _Reading, index: int, verdict: _Verdict) -> None:
    reading.reasons[index] = verdict.reason
    if verdict.said is not None:
        reading.credited += verdict.said
    if verdict.heads_list:
        reading.headers.append(index)


def _paragraphs(reading: _Reading) -> tuple[int, int]:
    """The indexes of the first and the last paragraph of the article."""
    count = len(reading.lines)
    first = next(filter(reading.is_paragraph, range(count)), None)
    if first is not None:
        return first, reading.last_paragraph()
    ends = [at for at in range(count) if not reading.reasons[at] and reading.lines[at].endswith(_ENDS)]
    return (min(ends[0], 3), ends[-1]) if ends else (min(3, count), count)


# ---------------------------------------------------------------- head


def _read_head(reading: _Reading, first: int) -> None:
    """The dateline; before it, or the first paragraph, the title again, bylines, dates, breadcrumbs."""
    limit = min(first + 1, _HEAD_LINES, len(reading.lines))
    for index in range(limit):
        if not reading.reasons[index] and _take_dateline(reading, index):
            limit = index
            break
    for index in range(min(limit, first)):
        if not reading.reasons[index]:
            _mark_head_line(reading, index)


def _take_dateline(reading: _Reading, index: int) -> bool:
    line = reading.lines[index]
    found = dateline.find(line)
    if found is None and len(line) >= 40 and not _is_title(reading, index):
        found = dateline.find_bare(line)
    if found is None or found.end >= len(line):
        return False
    start = reading.found[index].start()
    reading.sent = found
    reading.report = start + found.end
    reading.edges.append((start, reading.report, "dateline"))
    return True


def _mark_head_line(reading: _Reading, index: int) -> None:
    byline = credits.in_byline(reading.lines[index])
    if byline is not None:
        reading.reasons[index], reading.byline = "byline", reading.byline + byline
    elif _is_title(reading, index):
        reading.reasons[index] = "title"
    else:
        _mark_edge_line(reading, index)


def _is_title(reading: _Reading, index: int) -> bool:
    """Whether the line is the title again; marks and spaces may differ, so its length may not be far off."""
    title, line = reading.title, reading.lines[index]
    if not title or len(line) >= 2 * len(title) + 10:
        return False
    return title.startswith(_comparable(reading.found[index][1])) and _comparable(line) == title


def _comparable(text: str) -> str:
    return _NOT_COMPARED.sub("", text.casefold())


def _mark_edge_line(reading: _Reading, index: int) -> None:
    line = reading.lines[index]
    judge = _known_at_edge if len(line) < _REMEMBERED else _judged_at_edge
    reading.reasons[index], agency = judge(line)
    reading.agency = reading.agency or agency


# ---------------------------------------------------------------- tail


def _read_tail(reading: _Reading, last: int) -> None:
    """After the last paragraph: agencies, furniture of edges; at its end a credit or the mark of a cut."""
    lines, reasons = reading.lines, reading.reasons
    for index in range(last + 1, len(lines)):
        if not reasons[index]:
            _mark_edge_line(reading, index)
    for index in [index for index, reason in enumerate(reasons) if not reason][-_TAIL_LINES:]:
        if len(lines[index]) < 30 and (agency := agencies.named(lines[index])):
            reasons[index], reading.agency = "agency", reading.agency or agency
    for index in range(max(0, last - 1), len(lines)):
        if not reasons[index]:
            _cut_end(reading, index)
    if "comments" in reasons:
        _mark_comments(reading, last)


def _cut_end(reading: _Reading, index: int) -> None:
    line = reading.lines[index]
    start, end = reading.found[index].span()
    cut = furniture.cut_mark(line)
    if cut < len(line):
        reading.edges.append((start + cut, end, "cut"))
    elif found := credits.at_end(line):
        bracket, said = found
        reading.credited += said
        kept = len(line[:bracket].rstrip(" \t–—-"))
        reading.edges.append((start + kept, end, "credit"))


def _mark_comments(reading: _Reading, last: int) -> None:
    """Once readers are asked to speak in the latter half of a text, what follows is theirs."""
    lines, reasons, found = reading.lines, reading.reasons, reading.found
    for index in range(len(lines) // 2, min(last, len(lines))):
        if reasons[index] == "comments" and furniture.is_comments_header(lines[index]):
            short = all(len(after) < 600 for after in lines[index + 1 :])
            if short and found[index].start() * 10 > found[-1].start() * 6:
                reasons[index + 1 :] = [reason or "comments" for reason in reasons[index + 1 :]]
            return


def _mark_lists(reading: _Reading) -> None:
    """The headers of lists of other articles, and the titles after one that no paragraph follows."""
    final = reading.last_paragraph() if reading.headers else -1
    for index in reading.headers:
        reason = reading.reasons[index]
        if reason not in ("", "link"):
            continue
        if index < final:
            reading.reasons[index] = reason or ("list" if " " in reading.lines[index] else "")
            continue
        reading.reasons[index] = "list"
        _mark_titles(reading, index, broken=final < 0)


def _mark_titles(reading: _Reading, header: int, broken: bool) -> None:
    """Titles stand until a line ends like a sentence, which in a text of broken lines would tell of prose."""
    titles = []
    for index in range(header + 1, len(reading.lines)):
        if reading.reasons[index]:
            continue
        line = reading.lines[index]
        if len(line) > _TITLE or (line.endswith((".", "。", "।")) and line[-3:] != "..."):
            if broken:
                return
            break
        titles.append(index)
    for index in titles:
        reading.reasons[index] = "list"


# ---------------------------------------------------------------- facts


def _facts(reading: _Reading, text: str) -> Facts:
    found = reading.sent or _NOWHERE
    said = reading.credited
    reporters = credits.reporters(found.reporters) if found.reporters else ()
    reporting = said.reporting or reporters or reading.byline.reporting
    spans = [(*line.span(), why) for line, why in zip(reading.found, reading.reasons, strict=True) if why]
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
    for line, reason in zip(reading.lines, reading.reasons, strict=True):
        if reason == "copyright":
            match = _COPYRIGHT.match(line)
            words = line[match.end() if match else 0 :].split(". ")[0]
            if "Thomson Reuters" in words:
                return "Reuters"
            if agency := agencies.named(words):
                return agency
        elif reason == "source" and (agency := agencies.named(line.partition(":")[2])):
            return agency
    return ""
