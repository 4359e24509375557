"""Credit lines: who reported, wrote and edited, in the forms of several languages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from aggregator.canon import agencies


@dataclass(frozen=True, slots=True)
class Credits:
    """Names as printed, each once, in order."""

    reporting: tuple[str, ...] = ()
    writing: tuple[str, ...] = ()
    editing: tuple[str, ...] = ()
    agency: str = ""

    def __bool__(self) -> bool:
        return bool(self.reporting or self.writing or self.editing)

    def __add__(self, other: Credits) -> Credits:
        return Credits(
            _each_once(self.reporting + other.reporting),
            _each_once(self.writing + other.writing),
            _each_once(self.editing + other.editing),
            self.agency or other.agency,
        )


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# The words that open a role. The longer forms stand first.
_MARK = re.compile(
    r"""(?P<both>report(?:ing|ed)\ and\ writ(?:ing|ten)\ by)
    |(?P<reporting>(?:(?:additional|further|extra|with\ additional|with)\ )?report(?:ing|ed
      |s)(?:\ and\ \w+)?(?:\ for\ [\w ]{2,20})?\ by
      |(?:additional\ )?contributions?\ (?:by|from)|contributing\ ?:
      |reportage(?!m)(?:\ supplémentaire)?(?:\ (?:de|par)\b|\ d')?
      |avec(?:\ la\ contribution\ de)?(?=\ [A-ZÀ-Ý])|avec\ la\ contribution\ de
      |bericht(?:e)?\ von|unter\ mitarbeit\ von|mitarbeit:|reporter:
      |(?:con\ )?(?:reporte|reportes|reportaje|información|reporteo)(?:\ adicional(?:es)?)?\ (?:de|por)
      |(?:com\ )?reportagem(?:\ adicional)?(?:\ (?:de|por))?
      |(?:servizio|articolo)\ di|hanno?\ contribuito
      |verslaggeving\ door|репортаж|репортёры:?|корреспонденты?:?|материал\ подготовил[аи]?:?
      |تغطية\ صحفية|شارك\ في\ التغطية|تقرير(?=\ )|取材[：:]|记者[：:]|記者[：:])
    |(?P<writing>(?:writing|written|compiled)\ (?:and\ editing\ )?by|rédigé\ par|version\ française
      |rédaction\ de
      |geschrieben\ von|escrito\ por|redactado\ por|redacción\ de|texto\ de|escrita\ por|scritto\ da
      |geschreven\ door
      |текст:?|автор(?:ы)?:?|إعداد|كتابة|執筆[：:]|翻訳[：:])
    |(?P<editing>edit(?:ing|ed)(?:\ by)?|édité\ par|édition\ (?:de|par)|edité\ par|redigiert\ von
      |bearbeitet\ von|redaktion:?
      |editado\ (?:en\ español\ )?por|edición\ (?:en\ español\ )?(?:de|por)|edição\ (?:de|por)|edição
      |editado\ por|a\ cura\ di|in\ redazione
      |bewerkt\ door|редактор(?:ы)?:?|редактура:?|تحرير|編集[：:]|编辑[：:]|责任编辑[：:]|責任編輯[：:])
    |(?P<other>(?:graphics?|photography|photos|video|production|translat(?:ion|ed)|compiled
      |fact[- ]check\w*|data|illustrations?)\ by
      |traducido\ por|traduzido\ por|tradotto\ da|übersetzt\ von|traduit\ par|bei\ rückfragen)""",
    re.IGNORECASE | re.VERBOSE,
)
_OPENERS = _words(
    """
    reporting reported additional further writing written editing edited compiled with contributions
    contribution contributing contributing: reportage rédigé édité bericht berichte unter mitarbeit:
    reporter: reporte reportes reportaje información con escrito editado edición reportagem com edição
    escrita servizio articolo scritto a hanno graphic graphics photography photos video production
    translation translated data illustration illustrations bei in edité édition bearbeitet redaktion
    redaktion: redacción redactado rédaction traduit übersetzt texto redacción hanno редактура
    редактура: редактор: редакторы автор: текст: كتابة verslaggeving geschreven bewerkt репортаж
    репортёры корреспондент корреспонденты материал текст автор авторы редактор إعداد تغطية تقرير تحرير
    شارك avec version tradotto traducido traduzido redigiert geschrieben
    """
)
_EAST_ASIAN = ("取材", "執筆", "編集", "编辑", "责任编辑", "責任編輯", "记者：", "记者:", "記者：", "翻訳")
_NO_NAME = re.compile('["“”!?<>=]')
_FIGURE = re.compile(r"\d")
_WORD = re.compile(r"[^\s(;,.]+")
_OPENING = " \t(（[—–-―*_"
_CLOSING = " \t)）]。.—–-*_"
_CONTRIBUTED = re.compile(
    r"(?P<names>.{3,200}?)(?:,? (?:also|both))? contributed(?: to th(?:is|e) (?:report"
    r"|article|story|piece|dispatch)\b.{0,60}| reporting| from [A-Z].{2,60})",
    re.IGNORECASE,
)
_REPORTED_FROM = re.compile(
    r"(?P<name>[A-Z][\w.'’-]+(?: [A-Z][\w.'’-]+){0,3}) reported from [A-Z][^.;]{2,70}\."
)
_BYLINE = re.compile(
    r"(?:by|von|par|por|di|door|av|af|text:?|texte ?:|tekst:?|autor:?|author:?|автор:?|oleh:?"
    r"|yazan:?|written by|reported by)"
    r" (?P<names>[^!?]{3,110})",
    re.IGNORECASE,
)
_BYLINE_OPENERS = _words(
    """
    by von par por di door av af text text: texte tekst tekst: autor autor: author author: автор автор: oleh
    oleh: yazan yazan: written reported
    """
)
_PARTED = re.compile(
    r"\s*[,;、；，/|•·]\s*|\s+(?:and|y|et|avec|und|e|&|og|och|en|ed|и|та|و|with)\s+(?=[^a-zà-ÿ])|\s+-\s+"
)
_PLACED = re.compile(r"\s+(?:in|à|em|en|aus|from|for|at|desde|a|в|في|da|i|in the)\s+(?=[^\Wa-zà-ÿ])")
_DESK = re.compile(
    r"\b(?:newsroom|bureau|desk|staff|team|newsdesk|writers?|correspondents?|reporters?"
    r"|editors?|redaktion|redacción|redação)\b",
    re.IGNORECASE,
)
_TITLES = re.compile(
    r"^(?:(?:The )?(?:Associated Press|AP|AFP|Reuters|USA TODAY"
    r"|CNN)(?:[’']s)? )?(?:\w+ )?(?:staff )?(?:writers?|reporters?|correspondents?"
    r"|journalists?|videojournalists?|editors?)\s+(?=[A-Z])"
)


def in_line(line: str) -> Credits | None:
    """The credits of a line that is a credit line as a whole; None for any other."""
    word = line[:24].lstrip(_OPENING).partition(" ")[0]
    if word and may_open(word):
        return _of_roles(line.lstrip(_OPENING).strip(_CLOSING))
    return of_contributors(line)


def may_open(word: str) -> bool:
    """Whether a line whose text before the first space is `word` may be a list of roles."""
    word = word.lstrip(_OPENING).casefold()
    return not word or word in _OPENERS or (not word.isascii() and word.startswith(_EAST_ASIAN))


def of_contributors(line: str) -> Credits | None:
    """The credits of a line that says who contributed or reported from where."""
    if len(line) < 320 and "contributed" in line:
        return _of_contribution(line.lstrip(_OPENING))
    if " reported from " in line and (match := _REPORTED_FROM.fullmatch(line)):
        return Credits(reporting=_names(match["name"])[0])
    return None


def at_end(line: str) -> tuple[int, Credits] | None:
    """The credit in brackets that closes a paragraph: where it begins, and what it says."""
    if line[-1] not in ")）":
        return None
    start = max(line.rfind("("), line.rfind("（"))
    found = in_line(line[start:]) if start > 0 else None
    return (start, found) if found else None


def in_byline(line: str) -> Credits | None:
    """The names of a line "By A and B, Agency"; empty credits for "By the desk"; None for any other line."""
    likely = len(line) < 120 and line.partition(" ")[0].casefold() in _BYLINE_OPENERS
    match = _BYLINE.fullmatch(line.strip()) if likely else None
    if match is None:
        return None
    agency = next((found for part in _PARTED.split(match["names"]) if (found := agencies.named(part))), "")
    people, strange = _names(match["names"])
    if strange or not (people or agency or _is_desk(match["names"])):
        return None
    return Credits(reporting=people, agency=agency)


def reporters(text: str) -> tuple[str, ...]:
    """The names of a list of reporters."""
    return _names(text)[0]


@lru_cache(maxsize=1024)  # the copies of a story bring the same line again and again
def _of_roles(text: str) -> Credits | None:
    """Each role's names, from its opening words to the next role's; None where what follows is not names."""
    if len(text) > 700 or not _MARK.match(text):
        return None
    marks = _marks(text)
    if not marks or marks[0].start() > 0:
        return None
    found = Credits()
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        people, strange = _names(text[mark.end() : following.start() if following else len(text)])
        role = mark.lastgroup or "other"
        if strange and role != "other":
            return None
        found += Credits(
            reporting=people if role in ("reporting", "both") else (),
            writing=people if role in ("writing", "both") else (),
            editing=people if role == "editing" else (),
        )
    return found


def _marks(text: str) -> list[re.Match[str]]:
    """Where roles open: tried only at words that open one, since the pattern is dear."""
    if not text.isascii() and any(one in text for one in _EAST_ASIAN):
        return list(_MARK.finditer(text))
    found: list[re.Match[str]] = []
    for word in _WORD.finditer(text):
        if word[0].casefold() in _OPENERS and (not found or word.start() >= found[-1].end()):
            mark = _MARK.match(text, word.start())
            if mark:
                found.append(mark)
    return found


def _of_contribution(text: str) -> Credits | None:
    match = _CONTRIBUTED.fullmatch(text.strip(_CLOSING))
    if match is None or '"' in text or "“" in text:
        return None
    names = _TITLES.sub("", match["names"])
    people, strange = _names(names)
    return (
        None
        if strange
        else Credits(reporting=people, agency=agencies.named(match["names"].removeprefix("The ")))
    )


def _names(text: str) -> tuple[tuple[str, ...], bool]:
    """The people named in a list, and whether something in it was neither name, place, desk nor address."""
    people: list[str] = []
    placed = False
    for part in _PARTED.split(text.strip(" ;,.:：()（）[]—–")):
        name, *place = _PLACED.split(part.strip(" .:：()（）"), maxsplit=1)
        name = _TITLES.sub("", name.strip())
        # In "A in London and Paris" the second is a place as well.
        if _is_nobody(name) or (placed and " " not in name and name.isascii()):
            continue
        placed = bool(place)
        if not _is_name(name):
            return (), True
        people.append(name)
    return _each_once(tuple(people)), False


def _is_nobody(text: str) -> bool:
    """Nothing, an address, a telephone number, a desk or an agency."""
    return (
        not text
        or "@" in text
        or _FIGURE.search(text) is not None
        or _is_desk(text)
        or bool(agencies.named(text))
    )


def _is_desk(text: str) -> bool:
    """Such as "the Cairo newsroom" or "Marion Post Staff": no person, and no sentence either."""
    words = text.removeprefix("the ").split()
    return 0 < len(words) <= 5 and not words[0][0].islower() and _DESK.search(text) is not None


def _is_name(text: str) -> bool:
    words = text.split()
    if len(words) > 5 or len(text) > 45:
        return False
    return not words[0][0].islower() and not words[-1][0].islower() and _NO_NAME.search(text) is None


def _each_once(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
