"""News agencies and the names under which texts of many languages credit them."""

from __future__ import annotations

import re
from functools import lru_cache

# Display name: the spellings met in datelines, credit lines and bylines. Spellings of one to three capital
# letters are read as written; all others in any case.
_SPELLINGS = {
    "Reuters": "Reuters|Reuter|Thomson Reuters|Thomson Reuters Foundation|Рейтер|Ройтерс"
    "|رويترز|ロイター|路透社|路透|로이터|रॉयटर्स|रायटर",
    "AP": "AP|Associated Press|The Associated Press|AP通信|美联社|美聯社|أسوشيتد برس|أ ب|АП",
    "AFP": "AFP|Agence France-Presse|Agence France Presse|AFP-Services|AFP/Getty|АФП|أ ف ب"
    "|فرانس برس|法新社|ＡＦＰ|एएफपी",
    "dpa": "dpa|dpa-AFX|dpa/lno|dpa/lby|Deutsche Presse-Agentur|ДПА|د ب أ|德新社",
    "ANSA": "ANSA|Ansa",
    "EFE": "EFE|Agencia EFE|EFE News|埃菲社",
    "TASS": "TASS|ITAR-TASS|ТАСС|ИТАР-ТАСС|塔斯社|タス通信",
    "Xinhua": "Xinhua|Xinhua News Agency|新华社|新華社|新华网|شينخوا|Синьхуа",
    "Kyodo": "Kyodo|Kyodo News|共同|共同通信|共同社",
    "PTI": "PTI|Press Trust of India|भाषा|पीटीआई",
    "PA": "PA|PA Media|Press Association|PA News Agency",
    "UPI": "UPI|United Press International",
    "IANS": "IANS|आईएएनएस",
    "ANI": "ANI|एएनआई",
    "RIA Novosti": "RIA Novosti|РИА Новости",
    "Interfax": "Interfax|Интерфакс|Interfax-Ukraine|Інтерфакс-Україна",
    "Ukrinform": "Ukrinform|Укрінформ|Укринформ",
    "Anadolu": "AA|Anadolu|Anadolu Agency|Anadolu Ajansı",
    "DHA": "DHA",
    "Yonhap": "Yonhap|연합뉴스|聯合ニュース|韩联社",
    "Jiji": "Jiji|Jiji Press|時事|時事通信",
    "CNA": "CNA|Central News Agency|中央社",
    "CNS": "China News Service|中新社|中新网",
    "Bernama": "Bernama",
    "Antara": "ANTARA",
    "VNA": "VNA|TTXVN",
    "AAP": "AAP|Australian Associated Press",
    "The Canadian Press": "CP|The Canadian Press|Canadian Press|La Presse Canadienne",
    "APA": "APA|Austria Presse Agentur",
    "ATS": "ATS|Keystone-SDA|sda|SDA|Keystone-ATS",
    "KNA": "KNA",
    "epd": "epd",
    "AFX": "AFX",
    "ANP": "ANP",
    "Belga": "Belga",
    "TT": "TT",
    "NTB": "NTB",
    "Ritzau": "Ritzau",
    "STT": "STT",
    "PAP": "PAP",
    "ČTK": "ČTK|ČTK/AP",
    "TASR": "TASR",
    "SITA": "SITA",
    "MTI": "MTI",
    "Agerpres": "Agerpres",
    "BTA": "BTA|БТА",
    "HINA": "Hina|HINA",
    "Tanjug": "Tanjug|Танјуг",
    "Beta": "BETA",
    "Europa Press": "Europa Press|EUROPA PRESS",
    "Notimex": "Notimex",
    "Télam": "Télam|Telam",
    "Lusa": "Lusa",
    "Agência Brasil": "Agência Brasil|Agencia Brasil",
    "Adnkronos": "Adnkronos|Labitalia",
    "askanews": "askanews",
    "AGI": "AGI",
    "MENA": "MENA|أ ش أ",
    "SPA": "SPA|واس",
    "WAM": "WAM|وام",
    "QNA": "QNA|قنا",
    "Petra": "Petra|بترا",
    "IRNA": "IRNA|ایرنا",
    "Tasnim": "Tasnim|تسنیم",
    "APS": "APS",
    "MAP": "MAP",
    "NAN": "NAN|News Agency of Nigeria",
    "APP": "APP",
    "BSS": "BSS",
    "UNB": "UNB",
    "Bloomberg": "Bloomberg|Bloomberg News",
    "Dow Jones": "Dow Jones|Dow Jones Newswires",
    "MarketWatch": "MarketWatch",
    "CNN": "CNN",
    "StatePoint": "StatePoint",
    "Zenger News": "Zenger News",
    "TNS": "TNS|Tribune News Service|MCT",
    "Business Wire": "Business Wire|BUSINESS WIRE",
    "PR Newswire": "PRNewswire|PR Newswire|PRNewswire-PRWeb",
    "GlobeNewswire": "GLOBE NEWSWIRE|GlobeNewswire",
    "Stacker": "Stacker",
    "States Newsroom": "States Newsroom",
    "The Center Square": "The Center Square",
}


def _short(spelling: str) -> bool:
    return len(spelling) <= 3 and spelling.isascii()


_EXACT = {spelling: agency for agency, spellings in _SPELLINGS.items() for spelling in spellings.split("|")}
_FOLDED = {spelling.casefold(): agency for spelling, agency in _EXACT.items() if not _short(spelling)}

_FIRST_PART = re.compile(r"[/,;+&]| - |\s+and\s+|\s+(?:Life!?|Health|Breakingviews)$")

# Any spelling inside a line, the longest first.
PATTERN = "(?:" + "|".join(re.escape(one) for one in sorted(_EXACT, key=len, reverse=True)) + ")"


@lru_cache(maxsize=4096)
def named(text: str) -> str:
    """The agency whose name `text` is, or begins with before a slash ("AFP/dpa", "Reuters Health"); "" for none."""
    text = text.strip(" .,:;()[]{}/|—–-")
    found = _EXACT.get(text) or _FOLDED.get(text.casefold())
    if found or len(text) > 60:
        return found or ""
    first = _FIRST_PART.split(text, maxsplit=1)[0].strip()
    return _EXACT.get(first) or _FOLDED.get(first.casefold(), "")
