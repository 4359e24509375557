"""Datelines: where, when and through whom a report was sent, before the dash that begins it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from aggregator.canon import agencies


@dataclass(frozen=True, slots=True)
class Dateline:
    """What a dateline says; `end` is the offset in the line at which the report itself begins."""

    end: int
    place: str = ""  # in display form
    date: str = ""  # as printed
    agency: str = ""
    reporters: str = ""  # as printed, where the dateline names them (Chinese, Korean)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _phrases(text: str) -> frozenset[str]:
    return frozenset(" ".join(part.split()) for part in text.split("|"))


_MONTHS = _words(
    """
    jan feb mar apr may jun jul aug sep oct nov dec jän mär mai okt dez fév fev avr jui aoû aou déc ene
    abr ago set dic out gen mag giu lug ott maa mrt mei kes hei elo syy lok mar jou sty lut kwi maj cze
    lip sie wrz paź lis gru янв фев мар апр мая май июн июл авг сен окт ноя дек січ бер кві тра чер сер
    вер жов яну юли юни oca şub nis haz tem ağu eyl eki kas ara des agu ιαν φεβ μαρ απρ μαΐ ιου αυγ σεπ
    οκτ νοε δεκ ינו फर जन मार अप मई जून जुल अग सित
    """
)
_MONTH = r"[^\W\d_][^\s\d.,()/:;-]{2,11}\.?"
_DATE = (
    rf"(?:{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?|\d{{1,2}}(?:er|º|°"
    rf"|\.)? ?(?:de )?{_MONTH}(?: de)?(?: \d{{4}})?"
    r"|\d{1,2}[./]\d{1,2}\.?(?:[./]?\d{2,4})?|[^\W\d_]+ \d{1,2}/\d{1,2})"
)
_DATED = re.compile(rf"(?P<place>.*?)[,.]?\s*(?:\bفي |\bon )?(?P<date>{_DATE})[,.]?")
_DASH = r"[.,]?\s*(?:[-–—―=:]{1,2}|â€[“”\"\x93\x94]|\.(?=\s))"  # the last dash but one in mojibake

_BRACKETED = re.compile(
    rf"(?P<head>[^()\n/]{{0,70}}(?:/[^()\n/]{{0,30}})?)\((?P<agency>[^()\n]{{2,45}})\)"
    rf"(?P<dash>\s*{_DASH})?\s*"
)
_SLASHED = re.compile(rf"(?P<head>[^()\n/]{{2,60}})/ ?(?P<agency>[^/\n]{{2,30}}?) ?/(?P<dash>\s*{_DASH})?\s*")
_AFTER_AGENCY = re.compile(r"(?P<head>[^()\n–—-]{2,45}?)\s*[-–—]\s+")
_BARE = re.compile(
    r"(?P<head>[^()\n:–—]{2,60}?)(?P<dash>\s+[-–—―]{1,2}\s+|\s?[—―]\s?|--\s?|:\s+)(?=[^\s–—-])"
)
_SEPARATOR = re.compile("[-:–—―]")  # one of them stands in what _BARE matches, and is sought faster
_BYLINE = re.compile(r"By .{3,80}? (?P<place>[A-Z][A-Z.'’-]+(?:[ /,]+[A-Z][A-Z.'’-]+)*)[, ]*")
_HAN = re.compile(
    r"[【（(\[]?(?P<agency>新华社|新華社|中新社|中新网|中央社|路透社|法新社|美联社|塔斯社|德新社)"
    r"(?P<who1>記者[^\d\s]{2,4}(?=\S{2,3}\d))?"
    r"(?P<place>[^\d\s（(电電】：:]{1,12})?(?P<date>(?:\d{1,2}月)?\d{1,2}日)?(?:消息|电|電|讯|訊)[】）)\]]?\s*"
    r"(?:[（(](?:记者|記者)(?P<who2>[^（）()]{2,40})[）)])?[：:，,]?\s*"
)
_KANA = re.compile(
    r"[［\[【](?P<place>[^\s\d０-９］\]】]{1,15}?)?[\s　]*"
    r"(?P<date>(?:[\d０-９]{1,2}月)?[\d０-９]{1,2}日)?"
    r"[\s　]*(?P<agency>ロイター|AFP|ＡＦＰ|AP|ＡＰ|聯合ニュース|時事|共同|タス通信)"
    r"[］\]】]\s*[-－―—–=＝]?\s*"
)
_HANGUL = re.compile(
    r"[(\[【](?P<place>[가-힣·]{2,15})\s?=\s?(?P<agency>[가-힣\w]{2,12})[)\]】]\s*(?:"
    r"(?P<who>[가-힣 ·]{2,40}?)\s*(?:기자|특파원))?\s*[=-]\s*"
)

_SMALL = _words(
    "de del de la do da dos das of on am an der im in sur upon under le les el al du di y and und et au aux"
)
# Words that open a paragraph before a dash or colon and are no place.
_NO_PLACE = _words(
    """
    update updated breaking watch exclusive analysis opinion video photos photo file live correction
    corrected column factbox explainer editorial review interview just the a an but and if why how what
    who when where it he she they we i you this that there yes no wanted question note editor's editor’s
    read see also more related source sources by key top first one two three press release advisory news
    alert sponsored spoiler warning summary highlights tip q monday tuesday wednesday thursday friday
    saturday sunday not now so then here these those some many all most his her its my our your their in
    on at to for from with as of or after before during while since until although though result results
    score scores final halftime fact myth claim verdict background context answer step day week part
    chapter episode round game match quote contact website email tel phone about disclaimer
    advertisement story text developing urgent official worldwide problem solution graphic map poll quiz
    podcast sport sports politics business world us u.s u.s. uk eu health money tech technology science
    entertainment culture lifestyle travel weather der die das ein eine es er sie wir ich und aber le la
    les un une il elle el los las una o os as um uma fakt
    """
)
# Places believed before a colon, where most other words are labels or speakers.
_CITIES = _phrases(
    """
    abuja|accra|addis ababa|abu
    dhabi|ahmedabad|algiers|amman|amsterdam|ankara|athens|auckland|baghdad|bangkok|barcelona
    |beijing|beirut|belgrade|bengaluru|bangalore|berlin|bern|bogota|bogotá|boston|brasilia|brussels|bruxelles
    |bucharest
    |budapest|buenos aires|cairo|canberra|cape
    town|caracas|chandigarh|chennai|chicago|colombo|copenhagen|dakar|damascus |delhi|new
    delhi|dhaka|doha|dubai|dublin|faisalabad|frankfurt|gaza|gaza city|geneva|george
    town|guwahati|hamburg|hanoi |harare|havana|helsinki|hong
    kong|houston|hyderabad|islamabad|istanbul|jaipur|jakarta|jammu|jerusalem|johannesburg |johor
    baru|kabul|kampala|karachi|kathmandu|khartoum|kinshasa|kochi|kolkata|kota kinabalu|kuala
    lumpur|kuching|kyiv|kiev |lagos|lahore|lima|lisboa|lisbon|london|los
    angeles|lucknow|madrid|manila|melbourne|mexico city|miami|milan|milano|minsk
    |montreal|moscow|multan|mumbai|munich|münchen|nairobi|new
    york|oslo|ottawa|paris|patna|perth|peshawar|petaling jaya |phnom
    penh|prague|praha|pretoria|pune|putrajaya|quetta|quito|rabat|rawalpindi|riga|rio de
    janeiro|riyadh|roma|rome |san francisco|santiago|são paulo|sarajevo|seoul|shah
    alam|shanghai|singapore|sofia|srinagar|stockholm|sydney|taipei |tallinn|tehran|tel
    aviv|thiruvananthapuram|tokyo|toronto|tripoli|tunis|united nations|vancouver|vatican city|vienna
    |vilnius|warsaw|warszawa|washington|wellington|wien|yangon|zagreb|zurich|москва|киев|мадрид
    """
)


def find(line: str) -> Dateline | None:
    """The dateline at the start of a line that names an agency; None where there is none."""
    first = line[0]
    if first in "【（[［(新中路法美塔德" and (found := _east_asian(line)):
        return found
    if "(" in line[:76] and (found := _bracketed(line)):
        return found
    return _slashed(line) if "/" in line[:64] else None


def find_bare(line: str) -> Dateline | None:
    """The dateline at the start of an article's first paragraph; an agency only after the dash."""
    match = _BARE.match(line) if _SEPARATOR.search(line, 0, 90) else None
    if match is None:
        return None
    place, date = _split(_after_byline(match["head"]))
    rest = line[match.end() :]
    if not _is_place(place) or _is_no_place(place):
        return None
    agency = re.match(rf"({agencies.PATTERN})[.,]\s+", rest) if "." in rest[:30] else None
    if agency:
        return Dateline(match.end() + agency.end(), _display(place), date, agencies.named(agency[1]))
    if not _begins_a_sentence(rest) or not (
        _known_month(date) if date else _is_plain(place, match["dash"], rest)
    ):
        return None
    return Dateline(match.end(), _display(place), date)


def _east_asian(line: str) -> Dateline | None:
    for pattern in (_HAN, _KANA, _HANGUL):
        match = pattern.match(line)
        if match:
            said = match.groupdict()
            who = said.get("who") or said.get("who2") or (said.get("who1") or "").removeprefix("記者")
            agency = agencies.named(match["agency"])
            return Dateline(match.end(), said["place"] or "", said.get("date") or "", agency, who)
    return None


def _bracketed(line: str) -> Dateline | None:
    """`CAIRO, Aug 22 (Reuters) - …`, `(ANSA) - ROMA, 22 AGO - …`, `New Delhi, Aug 22 (PTI) …`."""
    match = _BRACKETED.match(line)
    if match is None:
        return None
    agency = agencies.named(match["agency"])
    head = re.split(r"\s[-–—]\s", match["head"])[-1].strip(" -–—[")
    place, date = _split(_after_byline(head))
    if not place:
        return (
            _agency_first(line, match.end(), agency)
            if agency and match["dash"] and not date
            else _dated_only(match, agency, date)
        )
    if not _is_place(place) or _is_no_place(place):
        return None
    if not agency and not (match["dash"] and place.isupper() and match["agency"][0].isupper()):
        return None
    if not match["dash"] and not (_is_uncased(place) or _does_without_dash(place, date, line[match.end() :])):
        return None
    return Dateline(match.end(), _display(place), date, agency)


def _does_without_dash(place: str, date: str, rest: str) -> bool:
    """`New Delhi, Aug 22 (PTI) The …`, `Washington (CNN) The …`."""
    believed = bool(date) or place.isupper() or place.casefold() in _CITIES
    return believed and _begins_a_sentence(rest, shouted=False)


def _agency_first(line: str, end: int, agency: str) -> Dateline:
    second = _AFTER_AGENCY.match(line, end)
    if second:
        place, date = _split(second["head"])
        if place and place.isupper() and _is_place(place):
            return Dateline(second.end(), _display(place), date, agency)
    return Dateline(end, agency=agency)


def _dated_only(match: re.Match[str], agency: str, date: str) -> Dateline | None:
    return Dateline(match.end(), "", date, agency) if agency and date and match["dash"] else None


def _slashed(line: str) -> Dateline | None:
    match = _SLASHED.match(line)
    agency = agencies.named(match["agency"]) if match else ""
    if match is None or not agency:
        return None
    place, date = _split(match["head"].strip())
    return Dateline(match.end(), _display(place), date, agency) if _is_place(place) else None


def _split(head: str) -> tuple[str, str]:
    """The place and the date of what stands before the agency or the dash."""
    head = head.strip(" ,.-–—") if not head.rstrip().endswith(".") else head.strip(" ,-–—")
    match = _DATED.fullmatch(head) if any(map(str.isdigit, head)) else None
    if match:
        return match["place"].strip(" ,"), match["date"].rstrip(".")
    place, comma, last = head.rpartition(", ")
    if comma and len(last) < 10 and last[:3].casefold() in _MONTHS:
        return place, last
    return head.rstrip(","), ""


def _is_uncased(text: str) -> bool:
    return text.upper() == text.lower()


def _is_place(text: str) -> bool:
    """Whether the words could name a place: few, without figures, capitalised unless the script has none."""
    words = re.split(r"[\s/]+", text)
    if not 2 <= len(text) <= 48 or len(words) > 6 or any(char in '"“”„«»!?;<>@#%$&*=+' for char in text):
        return False
    for word in words:
        bare = word.strip(",.'’-")
        if (
            not bare
            or any(map(str.isdigit, bare))
            or (bare[0].islower() and bare not in _SMALL and "-" not in bare)
        ):
            return False
    return not words[0][0].islower() or "-" in words[0]


def _is_no_place(place: str) -> bool:
    return place.split()[0].casefold().strip(",:") in _NO_PLACE


def _after_byline(head: str) -> str:
    """`By Jane Doe ABUJA` without the byline."""
    match = _BYLINE.fullmatch(head + " ") if head.startswith("By ") else None
    return match["place"] if match else head


def _begins_a_sentence(rest: str, shouted: bool = True) -> bool:
    """Whether a sentence may begin here: no small letter and, unless `shouted`, no word in capitals."""
    rest = rest.lstrip("\"“”„«'‘’( ")
    if not rest or rest[0].islower() or not rest[0].isalnum():
        return False
    word = rest.split(None, 1)[0]
    return shouted or len(word) < 2 or not word.isupper() or _is_uncased(word)


def _known_month(date: str) -> bool:
    letters = re.search(r"[^\W\d_]{3,}", date)
    return letters is None or letters[0][:3].casefold() in _MONTHS


def _is_plain(place: str, dash: str, rest: str) -> bool:
    """Whether a place alone is believable before this dash: all capitals, or a few capitalised words."""
    if _is_uncased(place):
        return False
    capitals = place.isupper() and sum(map(str.isalpha, place)) >= 4
    if ":" in dash:
        return place.casefold() in _CITIES
    if capitals:
        return True
    paired = re.search(r"\s[–—-]\s|—", rest.split(". ", 1)[0]) is not None
    spaced = dash[0].isspace() or place.casefold() in _CITIES
    return spaced and len(place.split()) <= 3 and not paired and len(rest) >= 30


@lru_cache(maxsize=1024)
def _display(place: str) -> str:
    """A place in display form: "NEW YORK" is "New York", "PORT-AU-PRINCE" "Port-au-Prince"; others stay."""
    place = " ".join(place.split()).strip(" ,")
    if "," in place:
        return ", ".join(_display(part) for part in place.split(","))
    if not place.isupper() or _is_uncased(place):
        return place
    return "/".join(
        " ".join(_capitalised(word, at) for at, word in enumerate(part.split())) for part in place.split("/")
    )


def _capitalised(word: str, at: int) -> str:
    if "." in word[:-1] or (word.endswith(".") and len(word) == 2):  # D.C., N.Y.
        return word
    parts = re.split(r"([-'’])", word.lower())
    small = [part in _SMALL and (at or index) and (len(parts) > 1 or at) for index, part in enumerate(parts)]
    return "".join(part if keep else part.capitalize() for part, keep in zip(parts, small, strict=True))
