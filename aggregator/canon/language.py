"""The language of a text, by script and by its commonest words: a hint for readers, never evidence."""

# ruff: noqa: E501 (a language or an agency a line, however long)

from __future__ import annotations

import re
from functools import lru_cache

_SAMPLE = 450  # characters looked at
_FOREIGN = re.compile("[\u0370-\u1fff\u3040-\ud7af]")

# Words that are common in one language and rare in the others listed here.
_COMMON = {
    "en": "the of and to that was for with his from said this have which they has been were will would who are a to in is it he she as at by but not be on an had its i you",
    "de": "der die und das den nicht von mit dem sich auf ist eine ein auch wird nach bei sind werden wurde haben für",
    "fr": "les des une dans est pour qui pas sur plus par avec sont aux cette ont été mais leur ses du et ce au",
    "es": "el los las una del por con para que este su está como más según pero fue sus ha entre y al lo también",
    "pt": "os não uma do da em por com para que mais foi são dos das ao seu sua também pelo pela ele segundo o e as",
    "it": "il di che della per una non del nel con sono alla dei gli anche più è stato ha dal delle al si le i",
    "nl": "het een van en dat niet zijn voor met aan ook werd naar wordt heeft bij hij nog door uit er maar ze de",
    "sv": "och att det som är på för av inte ett har med till den om var från kan efter också säger",
    "da": "og det er på til af ikke den som med har et om var ved fra blev efter også siger der mener",
    "nb": "og det er på til av ikke den som med har et om var ved fra ble etter også sier som etter seg",
    "fi": "ja on ei että se hän ovat oli mukaan myös joka mutta kun sen ole olivat vuoden jotka",
    "pl": "i w na z się nie że do jest przez od dla jak po to oraz tym są był może także o ze będzie",
    "cs": "a v na se že je z do s o pro by za jsou byl které který také podle jako ale po ve před",
    "sk": "a v na sa že je z do s o pre by za sú bol ktoré ktorý tiež podľa ako ale po vo pred",
    "hu": "a az és hogy nem egy is van meg volt azt ez már csak mint szerint lesz el ki de be még",
    "ro": "și în de la cu pe care din nu un o pentru este mai fost sunt să ce au prin după fi al",
    "tr": "ve bir bu için ile de da olarak olan daha çok en ise kadar sonra gibi göre oldu dedi",
    "id": "yang dan di dengan untuk dari pada tidak ini itu dalam akan telah kepada adalah oleh juga karena mengatakan",
    "vi": "và của là có không được cho trong một người các với này đã những từ khi về ở tại",
    "sw": "na ya wa kwa ni katika za la kuwa hiyo huo alisema cha baada watu hii",
    "hr": "i je u da se na su za od s koji nije kako ali što to bi iz će o a sve rekao",
    "ca": "els les amb una per que del és no dels ha més han aquest aquesta però i al ser com la seva",
    "tl": "ang ng sa na mga ay at ni si kay para hindi ito siya nito may kanyang",
}
_LANGUAGES = tuple(_COMMON)
# Word: its votes, a byte for each language, so that a sum over at most _SAMPLE / 2 words counts them all at once.
_VOTES: dict[str, int] = {}
for _place, _list in enumerate(_COMMON.values()):
    for _word in set(_list.split()):
        _VOTES[_word] = _VOTES.get(_word, 0) | 1 << 8 * _place

# First code point of a block of 128: the language that alone (or mostly) writes in it.
_SCRIPTS = (
    (0x0370, 0x03FF, "el"),
    (0x0400, 0x04FF, "cyrillic"),
    (0x0530, 0x058F, "hy"),
    (0x0590, 0x05FF, "he"),
    (0x0600, 0x06FF, "arabic"),
    (0x0900, 0x097F, "devanagari"),
    (0x0980, 0x09FF, "bn"),
    (0x0A00, 0x0A7F, "pa"),
    (0x0A80, 0x0AFF, "gu"),
    (0x0B00, 0x0B7F, "or"),
    (0x0B80, 0x0BFF, "ta"),
    (0x0C00, 0x0C7F, "te"),
    (0x0C80, 0x0CFF, "kn"),
    (0x0D00, 0x0D7F, "ml"),
    (0x0D80, 0x0DFF, "si"),
    (0x0E00, 0x0E7F, "th"),
    (0x0E80, 0x0EFF, "lo"),
    (0x1000, 0x109F, "my"),
    (0x10A0, 0x10FF, "ka"),
    (0x1200, 0x137F, "am"),
    (0x1780, 0x17FF, "km"),
    (0x3040, 0x30FF, "ja"),
    (0x4E00, 0x9FFF, "han"),
    (0xAC00, 0xD7AF, "ko"),
)
# Letters or words that tell the languages of a shared script apart, in order; the last is what remains.
_WITHIN = {
    "cyrillic": (
        ("uk", "іїєґ"),
        ("be", "ў"),
        ("mk", "ѓќ"),
        ("sr", "јљњђћ"),
        ("kk", "қғңү"),
        ("ru", "ыэ"),
        ("bg", ""),
    ),
    "arabic": (("ur", "ٹڈںے"), ("fa", "پچژگی"), ("ar", "")),
}
_HINDI = (("mr", ("आहे", "आणि", "नाही")), ("ne", ("छ", "छन्", "गरेको")), ("hi", ("है", "के", "में")))


def detect(text: str) -> str:
    """The ISO 639-1 code of the language; "" when the text is too short or speaks for none clearly."""
    return _detected(text[:_SAMPLE])


@lru_cache(maxsize=1024)  # copies of a story begin alike
def _detected(sample: str) -> str:
    foreign = len(sample) - len(sample.encode("ascii", "ignore"))
    if foreign >= 4:
        script = _script(sample)
        if script:
            return _within(script, sample)
    return _latin(sample)


def _script(sample: str) -> str:
    """The script of most letters outside Latin, where those are more than a third of all letters; else ""."""
    foreign = _FOREIGN.findall(sample)
    if len(foreign) < 4 or len(foreign) * 3 < sum(map(str.isalpha, sample)):
        return ""
    counts: dict[str, int] = {}
    for char in foreign[:200]:
        name = next((name for first, last, name in _SCRIPTS if first <= ord(char) <= last), "")
        counts[name] = counts.get(name, 0) + 1
    if counts.get("ja", 0) * 20 > len(foreign[:200]):
        return "ja"
    return max(counts, key=counts.__getitem__)


def _within(script: str, sample: str) -> str:
    if script == "han":
        return "zh"
    if script == "devanagari":
        words = set(sample.split())
        return next((name for name, known in _HINDI if words.intersection(known)), "")
    for language, letters in _WITHIN.get(script, ((script, ""),)):
        if not letters or sum(map(sample.count, letters)) * 400 >= len(sample):
            return language
    return ""


def _latin(sample: str) -> str:
    words = sample.lower().split()
    votes = sum(filter(None, map(_VOTES.get, words))).to_bytes(len(_LANGUAGES), "little")
    *_, second, hits = sorted(votes)
    told = hits >= 3 and hits * 10 >= len(words) and hits > second * 1.15
    return _LANGUAGES[votes.index(hits)] if told else ""
