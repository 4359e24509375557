"""Facts: what a text says of its own origin, and what of it is furniture; a sentence of the article never goes."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.canon import agencies, facts, language
from aggregator.model import Facts

SEEDS = Path(__file__).parents[2] / "seeds"
BODY = (
    "The council approved the new budget on Thursday after a debate of four hours, the mayor said.\n\n"
    "Opponents said that they would go to court over the cuts, which begin in the spring of next year."
)


def kept(text: str, found: Facts) -> list[str]:
    """The lines that stay when the furniture is cut."""
    for start, end, _ in reversed(found.furniture):
        text = text[:start] + text[end:]
    return [line.strip() for line in text.split("\n") if line.strip()]


def read(text: str, title: str = "") -> Facts:
    return facts.read(title, text)


# ---------------------------------------------------------------- the seeds


@pytest.mark.parametrize("name", ["000_9185147787dbf855.txt", "002_eb56205212bffd2a.txt"])
def test_the_seeds_name_their_place_agency_and_people(name: str) -> None:
    title, _, body = (SEEDS / name).read_text(encoding="utf-8").partition("\n")
    found = facts.read(title, body)
    assert (found.agency, found.place, found.language) == ("Reuters", "Cairo", "en")
    assert found.reporting == ("Ahmed Mohamed Hassan",)
    assert found.writing == ("Aidan Lewis",)
    assert found.editing == ("Jonathan Oatis",)
    lines = kept(body, found)
    assert lines[0].startswith("U.S. and Israeli delegations started")
    assert lines[-1].endswith("urgency of completing a ceasefire deal.")
    assert len(lines) == 10


# ---------------------------------------------------------------- datelines

DATELINES = [
    ("CAIRO (Reuters) – ", "Reuters", "Cairo", ""),
    ("CAIRO, Aug 22 (Reuters) - ", "Reuters", "Cairo", "Aug 22"),
    ("CAIRO, Aug. 22, 2024 (Reuters) -- ", "Reuters", "Cairo", "Aug. 22, 2024"),
    ("LONDON/PARIS, Aug 22 (Reuters) - ", "Reuters", "London/Paris", "Aug 22"),
    ("(Reuters) - ", "Reuters", "", ""),
    ("Aug 22 (Reuters) - ", "Reuters", "", "Aug 22"),
    ("NEW YORK (AP) — ", "AP", "New York", ""),
    ("KANSAS CITY, Mo. (AP) — ", "AP", "Kansas City, Mo.", ""),
    ("WASHINGTON, D.C. (AP) — ", "AP", "Washington, D.C.", ""),
    ("CANBERRA, Australia (AP) — ", "AP", "Canberra, Australia", ""),
    ("PORT-AU-PRINCE, Haiti (AP) — ", "AP", "Port-au-Prince, Haiti", ""),
    ("RIO DE JANEIRO (AP) — ", "AP", "Rio de Janeiro", ""),
    ("ST. PETERSBURG (AFP) - ", "AFP", "St. Petersburg", ""),
    ("Paris (AFP) – ", "AFP", "Paris", ""),
    ("WASHINGTON, Aug. 22 (UPI) -- ", "UPI", "Washington", "Aug. 22"),
    ("BEIJING, Aug. 22 (Xinhua) -- ", "Xinhua", "Beijing", "Aug. 22"),
    ("TOKYO, Aug. 22 (Kyodo) — ", "Kyodo", "Tokyo", "Aug. 22"),
    ("New Delhi, Aug 22 (PTI) ", "PTI", "New Delhi", "Aug 22"),
    ("KUALA LUMPUR, Aug 22 (Bernama) -- ", "Bernama", "Kuala Lumpur", "Aug 22"),
    ("MOSCOW, August 22. /TASS/. ", "TASS", "Moscow", "August 22"),
    ("LONDON, Aug. 22, 2024 /PRNewswire/ -- ", "PR Newswire", "London", "Aug. 22, 2024"),
    ("TORONTO, Aug. 22, 2024 (GLOBE NEWSWIRE) -- ", "GlobeNewswire", "Toronto", "Aug. 22, 2024"),
    ("CAIRO (Ahram Online) - ", "", "Cairo", ""),
    ("BEIRUT—", "", "Beirut", ""),
    ("BEIRUT -- ", "", "Beirut", ""),
    ("CAMP EDWARDS - ", "", "Camp Edwards", ""),
    ("KARACHI: ", "", "Karachi", ""),
    ("Riverside – ", "", "Riverside", ""),
    ("By Isaac Abrak ABUJA (Reuters) - ", "Reuters", "Abuja", ""),
    ("Berlin (dpa) - ", "dpa", "Berlin", ""),
    ("Frankfurt/Main (dpa/lhe) - ", "dpa", "Frankfurt/Main", ""),
    ("BERLIN, 22. August (Reuters) - ", "Reuters", "Berlin", "22. August"),
    ("PARIS, 22 août (Reuters) - ", "Reuters", "Paris", "22 août"),
    ("Madrid, 22 ago (EFE).- ", "EFE", "Madrid", "22 ago"),
    ("LISBOA, 22 Ago (Lusa) - ", "Lusa", "Lisboa", "22 Ago"),
    ("(ANSA) - ROMA, 22 AGO - ", "ANSA", "Roma", "22 AGO"),
    ("Roma, 22 ago. (askanews) - ", "askanews", "Roma", "22 ago"),
    ("ANKARA (AA) - ", "Anadolu", "Ankara", ""),
    ("Warszawa (PAP) - ", "PAP", "Warszawa", ""),
    ("МОСКВА, 22 августа. /ТАСС/. ", "TASS", "Москва", "22 августа"),
    ("МОСКВА, 22 авг - РИА Новости. ", "RIA Novosti", "Москва", "22 авг"),
    ("القاهرة (رويترز) - ", "Reuters", "القاهرة", ""),
    ("नई दिल्ली, 22 अगस्त (भाषा) ", "PTI", "नई दिल्ली", "22 अगस्त"),
]  # fmt: skip


@pytest.mark.parametrize(("prefix", "agency", "place", "date"), DATELINES)
def test_a_dateline_says_where_when_and_through_whom(prefix: str, agency: str, place: str, date: str) -> None:
    sentence = "Talks on a truce began on Thursday with envoys of four countries, two officials said."
    found = read(prefix + sentence + "\n\n" + BODY)
    assert (found.agency, found.place, found.dateline_date) == (agency, place, date)
    assert kept(prefix + sentence, read(prefix + sentence)) == [sentence]


@pytest.mark.parametrize(
    ("text", "agency", "place", "date", "rest"),
    [
        ("新华社北京8月22日电（记者王小明）国家统计局22日发布数据显示，经济平稳。", "Xinhua", "北京", "8月22日", "国家统计局"),
        ("【新华社东京8月22日电】日本政府22日宣布新的经济对策，规模超过预期。", "Xinhua", "东京", "8月22日", "日本政府"),
        ("［カイロ　２２日　ロイター］ - 停戦をめぐる協議が始まった。", "Reuters", "カイロ", "２２日", "停戦"),
        ("[カイロ 22日 ロイター] - 停戦をめぐる協議が始まった。", "Reuters", "カイロ", "22日", "停戦"),
        ("【パリ時事】フランス政府は22日、新たな対策を発表した。", "Jiji", "パリ", "", "フランス政府"),
        ("(서울=연합뉴스) 홍길동 기자 = 정부가 22일 새로운 대책을 발표했다.", "Yonhap", "서울", "", "정부가"),
    ],
)  # fmt: skip
def test_datelines_of_east_asia(text: str, agency: str, place: str, date: str, rest: str) -> None:
    found = read(text)
    assert (found.agency, found.place, found.dateline_date) == (agency, place, date)
    assert kept(text, found)[0].startswith(rest)


NO_DATELINES = [
    "Donald Trump — the former president — said on Thursday that he would run again, aides told reporters.",
    "Apple - The company behind the phone - reported its earnings on Thursday after the markets had closed.",
    "UPDATE - The council approved the new budget on Thursday after a debate of four hours, the mayor said.",
    "WATCH: The council approved the new budget on Thursday after a debate of four hours, the mayor said.",
    "Wanted: The man who robbed two banks in a week was seen on Thursday in the north of the city again.",
    "PAUL: Why must the people suffer when even so many members of the party do not want the new tariff?",
    "The agency (AP) said on Thursday that the council had approved the new budget after a long debate.",
    "The World Health Organization (WHO) - the agency for health - said on Thursday the outbreak was over.",
    "CANADIAN PACIFIC (CP) CONFIRMS EARNINGS FOR THE QUARTER THAT ENDED ON THURSDAY, the company said.",
    "Prime Minister Keir Starmer (Labour) said that he would answer the letter of the mayor on Thursday.",
    "In 2024 - the hottest year - the city planted more trees than in the ten years before it, he said.",
    "U.S.-based Dominion Resources agreed on Wednesday to a bid of more than a billion pounds, it said.",
    "Why it matters: The council approved the new budget on Thursday after a debate of four long hours.",
    "Question: What did the council approve on Thursday after a debate of four hours in the town hall?",
]  # fmt: skip


@pytest.mark.parametrize("sentence", NO_DATELINES)
def test_a_sentence_that_only_looks_like_a_dateline_stays_whole(sentence: str) -> None:
    found = read(sentence + "\n\n" + BODY)
    assert found.place == ""
    assert kept(sentence + "\n\n" + BODY, found)[0] == sentence


# ---------------------------------------------------------------- credits

CREDITS = [
    (
        "(Reporting by Ann Lee, Bo Chan and Cy Díaz in Paris; Writing by Dan Fox; Editing by Eve Gray and Flo Hill)",
        (("Ann Lee", "Bo Chan", "Cy Díaz"), ("Dan Fox",), ("Eve Gray", "Flo Hill")),
    ),
    ("Reporting by Ann Lee in Cairo and Bo Chan in London and Paris; editing by Eve Gray", (("Ann Lee", "Bo Chan"), (), ("Eve Gray",))),
    ("(Reporting by Ann Lee; Additional reporting by Bo Chan; Editing by the Cairo newsroom)", (("Ann Lee", "Bo Chan"), (), ())),
    ("(Writing by Dan Fox, editing by Eve Gray)", ((), ("Dan Fox",), ("Eve Gray",))),
    ("(Reporting and writing by Ann Lee; Editing by Eve Gray)", (("Ann Lee",), ("Ann Lee",), ("Eve Gray",))),
    ("(Editing by Eve Gray)", ((), (), ("Eve Gray",))),
    ("Additional reporting by Ann Lee and Bo Chan.", (("Ann Lee", "Bo Chan"), (), ())),
    ("Ann Lee and Bo Chan contributed to this report.", (("Ann Lee", "Bo Chan"), (), ())),
    ("Associated Press writers Ann Lee in Paris and Bo Chan in Rome contributed to this report.", (("Ann Lee", "Bo Chan"), (), ())),
    ("— Ann Lee and Bo Chan contributed to this article.", (("Ann Lee", "Bo Chan"), (), ())),
    ("Contributing: Ann Lee, Bo Chan", (("Ann Lee", "Bo Chan"), (), ())),
    ("(Reportage Anne Roy; version française Luc Petit, édité par Zoé Blanc)", (("Anne Roy",), ("Luc Petit",), ("Zoé Blanc",))),
    ("(Bericht von Anna Roth, geschrieben von Jan Holz, redigiert von Eva Klein)", (("Anna Roth",), ("Jan Holz",), ("Eva Klein",))),
    ("(Reporte de Ana Ruiz; Escrito por Luis Gil; Editado en español por Eva Paz)", (("Ana Ruiz",), ("Luis Gil",), ("Eva Paz",))),
    ("(Reportagem de Ana Reis e Rui Melo; Edição de Eva Lima)", (("Ana Reis", "Rui Melo"), (), ("Eva Lima",))),
    ("(Репортаж Анны Ивановой; Текст Петра Серова; Редактор Ева Ли)", (("Анны Ивановой",), ("Петра Серова",), ("Ева Ли",))),
]  # fmt: skip


@pytest.mark.parametrize(("line", "people"), CREDITS)
def test_a_credit_line_is_read_by_role_and_goes(line: str, people: tuple[tuple[str, ...], ...]) -> None:
    text = BODY + "\n\n" + line
    found = read(text)
    assert (found.reporting, found.writing, found.editing) == people
    assert kept(text, found) == kept(BODY, Facts())


def test_a_credit_at_the_end_of_the_last_paragraph_goes_alone() -> None:
    text = BODY + " (Reporting by Ann Lee; Editing by Eve Gray)"
    found = read(text)
    assert (found.reporting, found.editing) == (("Ann Lee",), ("Eve Gray",))
    assert kept(text, found) == kept(BODY, Facts())


@pytest.mark.parametrize(
    "line",
    [
        "Reporting by the newspaper showed that the mayor had known of the cuts for more than a year.",
        "Writing by hand is good for memory, a study of the university found last year.",
        "Editing by genes is not yet allowed in the country, the minister said on Thursday.",
        "Smoking contributed to this outcome in most of the cases that the doctors looked at.",
        "With reporting by many outlets under way, the ministry closed its doors to the press.",
        "By then the council had approved the new budget, and the mayor had gone home.",
        "He reported from the front for ten years before he began to write his first novel there.",
    ],
)
def test_a_sentence_that_begins_like_a_credit_stays(line: str) -> None:
    for text in (f"{line}\n\n{BODY}", f"{BODY}\n\n{line}"):
        assert line in kept(text, read(text))


@pytest.mark.parametrize(
    ("line", "people", "agency"),
    [
        ("By Ann Lee", ("Ann Lee",), ""),
        ("By Ann Lee and Bo Chan, Associated Press", ("Ann Lee", "Bo Chan"), "AP"),
        ("BY ANN LEE | Reuters", ("ANN LEE",), "Reuters"),
        ("By Marion Post Staff", (), ""),
        ("Von Anna Roth, dpa", ("Anna Roth",), "dpa"),
        ("Par Anne Roy avec AFP", ("Anne Roy",), "AFP"),
        ("Por Ana Ruiz", ("Ana Ruiz",), ""),
    ],
)
def test_a_byline_before_the_article_names_its_writers(
    line: str, people: tuple[str, ...], agency: str
) -> None:
    found = read(line + "\n\n" + BODY)
    if people or agency or "Staff" in line:
        assert kept(line + "\n\n" + BODY, found) == kept(BODY, Facts())
    assert (found.reporting, found.agency) == (people, agency)


@pytest.mark.parametrize(
    ("line", "agency"),
    [
        ("Reuter", "Reuters"),
        ("REUTERS", "Reuters"),
        ("(AFP)", "AFP"),
        ("—AP", "AP"),
        ("Source: Reuters", "Reuters"),
        ("Quelle: dpa", "dpa"),
        ("Copyright 2024 The Associated Press. All rights reserved.", "AP"),
        ("Our Standards: The Thomson Reuters Trust Principles.", "Reuters"),
        ("© 2024 AFP", "AFP"),
    ],
)
def test_an_agency_is_found_in_the_last_lines(line: str, agency: str) -> None:
    found = read(BODY + "\n\n" + line)
    assert found.agency == agency
    assert kept(BODY + "\n\n" + line, found) == kept(BODY, Facts())


# ---------------------------------------------------------------- furniture

ANYWHERE = """
Advertisement
ADVERTISEMENT
Story continues below advertisement
Scroll down for video
Read more
Read more: Mayor under fire over the cuts
ALSO READ: Mayor under fire over the cuts
SEE ALSO:  Mayor under fire over the cuts
Related: Mayor under fire over the cuts
Lesen Sie auch: Bürgermeister unter Druck
Lire aussi : Le maire sous pression
Lea también: El alcalde bajo presión
Leia também: Prefeito sob pressão
Leggi anche: Sindaco sotto pressione
Lees ook: Burgemeester onder druk
Czytaj też: Burmistrz pod presją
Читайте также: Мэр под огнём критики
Читайте також: Мер під вогнем критики
اقرأ أيضا: رئيس البلدية تحت الضغط
यह भी पढ़ें: महापौर पर दबाव
Baca juga: Wali kota dikritik
Sign up for our daily newsletter and never miss a story
Get the latest news delivered to your inbox every morning. By signing up you agree to our terms of use.
Follow us on Twitter and Facebook
Follow Ann Lee on Twitter: @annlee
Share this article
Share Tweet Email
LISTEN TO ARTICLE 2:43 SHARE THIS ARTICLE Share Tweet Post Email
Email this article to a friend
View Comments
Comments are closed
Leave a Reply. Your email address will not be published. Required fields are marked
This website uses cookies to improve your experience. You can opt out if you wish.
Wir verwenden Cookies, um Ihnen das beste Erlebnis zu bieten.
Ce site utilise des cookies pour améliorer votre expérience.
Copyright 2024 Marion Tribune. All rights reserved.
All rights reserved. This material may not be published, broadcast, rewritten or redistributed.
Alle Rechte vorbehalten.
Todos los derechos reservados
Tous droits réservés
1 of 80
3 / 12
Photo: Hudson Examiner
(Photo: Jo Doe, AFP/Getty Images)
[Photo by: Jo Doe/Getty Images]
FILE PHOTO: A general view of the town hall in the rain. Jo Doe
Residents wait in the rain outside the town hall, August 22, 2024. REUTERS/Jo Doe/File Photo
Residents wait in the rain outside the town hall, Thursday, Aug. 22, 2024. (AP Photo/Jo Doe)
Foto: dpa
Tags: news, world, politics
Schlagworte: Haushalt, Rathaus
The views expressed here are those of the author and do not necessarily reflect the position of Marion Star.
The post Council approves budget appeared first on Marion Star.
Continue reading
[…]
广告
続きを読む
اقرأ المزيد
Реклама
Publicidad
Anzeige
""".strip().split("\n")


@pytest.mark.parametrize("line", ANYWHERE)
@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_a_line_of_furniture_goes_wherever_it_stands(line: str, gap: str) -> None:
    paragraphs = kept(BODY, Facts())
    for at in range(len(paragraphs) + 1):
        text = gap.join([*paragraphs[:at], line, *paragraphs[at:]])
        assert kept(text, read(text)) == paragraphs


@pytest.mark.parametrize(
    "line",
    ["Home > News > Business", "Marion Post | Politics", "Posted on Aug 19 by Newsroom", "Last updated on Aug 11",
     "Sept 17 | Updated: Sept 17", "Estimated reading time: 3 minutes", "Published: 22 August 2024, 10:30",
     "Breaking News", "5 min read", "22.08.2024", "Stand: 22.08.2024, 10:30 Uhr", "The Council's New Budget!"],
)  # fmt: skip
def test_a_line_of_furniture_before_the_article_goes(line: str) -> None:
    text = line + "\n\n" + BODY
    assert kept(text, read(text, title="The council’s new budget")) == kept(BODY, Facts())


ARTICLE = """
Sign up sheets for the march lay on every table of the town hall, the mayor said.
Share prices rose by three percent after the council had approved the new budget.
Share the road, the sign says; few drivers do, according to a study of the university.
Follow the money, the old rule says, and the trail leads to the second floor of the town hall.
Like many on Twitter, she was shocked by the ruling of the court on Thursday.
Photo shops in the city report that they sell more film than in any year since 2004.
Credit Suisse shares fell by four percent on Thursday after the bank had warned of losses.
Image of the day or not, the picture moved readers around the world, the editor said.
Pictures of the fire were shared on social media within minutes, residents said on Thursday.
All of the press were there, and all of the news was about the cuts to the schools.
Copyright holders sued the news site in 2020 because it had printed their pictures.
Cookies are used by most sites to follow their readers, the regulator said on Thursday.
This report may not be the last word on the fire, officials of the ministry said.
Published in 1965, the book sold more than a million copies in its first year.
Posted on the door, the notice told residents that the hall was closed until the spring.
Photo: Facebook“My whole dream is to get this show on television,” she said on Thursday.
More — much more — is needed, the minister said on Thursday in a speech to the party.
The views of the mayor are not shared by the council, which voted against him on Thursday.
Have the cuts helped? Nobody in the town hall could say so on Thursday evening.
Download speeds fell by half during the outage, the company said in a statement.
Join us or leave us, the party leader told his members in a speech on Thursday.
Support for the budget fell by half within a month, a poll for the newspaper showed.
Subscribe to the theory or not, the numbers speak for themselves, the professor said.
Comments by the minister on Thursday angered the council, three of its members said.
"Read more books," the minister told the pupils of the school on Thursday morning.
Source code of the program was printed in the magazine, its editor told the court.
Tags were attached to forty birds, which will be followed over the coming winter.
With inputs rising in price, farmers of the region asked for help on Thursday.
Reproducción asistida: el tribunal decidió el jueves que la ley no se aplica al caso.
Alle Rechte der Minderheiten müssten geachtet werden, sagte der Minister am Donnerstag.
Hintergrund: Die Regierung hatte im Frühjahr angekündigt, die Mittel zu kürzen.
Подписывайтесь или нет, решает каждый сам, сказал министр в четверг на встрече.
About 40 people were hurt when a bus left the road near the town on Thursday, police said.
Last year 45 people were hurt on the same road, the police said in a statement.
Watch the sky on Thursday night: a comet will pass, the observatory said in a statement.
""".strip().split("\n")


@pytest.mark.parametrize("sentence", ARTICLE)
def test_a_sentence_of_the_article_never_goes(sentence: str) -> None:
    for text in (
        f"{sentence}\n\n{BODY}",
        BODY.replace("\n\n", f"\n\n{sentence}\n\n"),
        f"{BODY}\n\n{sentence}",
    ):
        assert sentence in kept(text, read(text))


def test_titles_after_the_header_of_a_list_go_with_it() -> None:
    titles = (
        "Related Posts\n\nMayor under fire over the cuts\n\nBridge to open in the spring\n\nWho will pay?"
    )
    text = BODY + "\n\n" + titles
    assert kept(text, read(text)) == kept(BODY, Facts())


@pytest.mark.parametrize(
    "header",
    ["Related Stories", "Most Popular", "You may also like", "MORE FROM Hudson Examiner", "Das könnte Sie auch interessieren",
     "Sur le même sujet", "Te puede interesar", "Leggi anche", "Читайте также", "関連記事", "相关新闻", "اقرأ أيضا", "संबंधित खबरें"],
)  # fmt: skip
def test_headers_of_lists_are_known_in_many_languages(header: str) -> None:
    text = f"{BODY}\n\n{header}\n\nA title without an end"
    assert kept(text, read(text)) == kept(BODY, Facts())


def test_a_text_that_is_only_its_title_keeps_it() -> None:
    found = facts.read("Council approves budget", "Council approves budget\n\nAdvertisement")
    assert kept("Council approves budget\n\nAdvertisement", found) == ["Council approves budget"]


def test_a_dateline_whose_dash_was_garbled_is_still_one() -> None:
    text = (
        "BRISTOL (AFP) â€“ Family controlled food group Associated British Foods reported a rise in profit."
    )
    found = read(text)
    assert (found.agency, found.place) == ("AFP", "Bristol")
    assert kept(text, found)[0].startswith("Family controlled")


def test_a_list_in_the_middle_takes_no_line_of_the_article_with_it() -> None:
    text = BODY.replace("\n\n", "\n\nRelated Posts\n\nWhat the mayor knew\n\n")
    lines = kept(text, read(text))
    assert "What the mayor knew" in lines
    assert "Related Posts" not in lines


def test_a_list_header_in_a_text_of_broken_lines_takes_no_line_with_it() -> None:
    text = "The council approved the\nnew budget on Thursday\nRelated Posts\nafter a debate of four\nhours, he said."
    assert kept(text, read(text)) == [line for line in text.split("\n") if line != "Related Posts"]


def test_what_readers_say_after_the_article_goes() -> None:
    text = f"{BODY}\n\n{BODY.upper()}\n\n3 Comments\n\nFirst!\n\nI lived there for ten years and it is not like that at all, believe me."
    assert kept(text, read(text)) == kept(f"{BODY}\n\n{BODY.upper()}", Facts())


@pytest.mark.parametrize("mark", [" [+1234 chars]", "… [+1234 chars]", " […]"])
def test_the_mark_of_a_cut_goes_and_the_sentence_stays(mark: str) -> None:
    text = BODY.rstrip(".") + mark
    lines = kept(text, read(text))
    assert lines[-1].startswith("Opponents said that they would go to court")
    assert "chars" not in lines[-1]


@given(
    st.lists(
        st.sampled_from([*ARTICLE, *ANYWHERE, "", "Related Posts", "CAIRO (Reuters) - " + ARTICLE[0]]),
        max_size=12,
    )
)
def test_spans_are_sorted_within_the_text_and_never_overlap(lines: list[str]) -> None:
    text = "\n".join(lines)
    at = 0
    for start, end, reason in read(text).furniture:
        assert at <= start < end <= len(text)
        assert reason
        assert text[start:end] == text[start:end].lstrip()
        at = end


@given(st.lists(st.sampled_from([*ARTICLE, *ANYWHERE, "Related Posts", "By Jo Doe"]), max_size=8))
def test_what_was_read_before_changes_nothing(lines: list[str]) -> None:
    text = "\n".join(lines)
    remembered = read(text)
    for known in (facts._known, facts._known_at_edge, facts._may_open, agencies.named):
        known.cache_clear()
    assert read(text) == remembered


@given(st.sampled_from(ANYWHERE), st.integers(0, 12), st.text("ab 1(:—.…\u00a0\t「", max_size=60))
def test_a_glance_at_first_words_and_ends_misses_no_furniture(line: str, kept: int, rest: str) -> None:
    changed = (line[:kept] + rest).strip() or line
    if not facts._may_open(facts._LINE.findall(changed)[0]):
        assert facts._judged_by_end(changed) == facts._judged(changed)


@given(st.text(max_size=200), st.text(max_size=200))
def test_nothing_raises(title: str, text: str) -> None:
    facts.read(title, text)


# ---------------------------------------------------------------- language

LANGUAGES = [
    ("en", "The council approved the new budget on Thursday and the mayor said that he was pleased with it."),
    ("de", "Der Rat hat am Donnerstag den neuen Haushalt beschlossen, und die Opposition will nicht zustimmen."),
    ("fr", "Le conseil a adopté jeudi le nouveau budget et les membres de l'opposition sont contre cette décision."),
    ("es", "El consejo aprobó el jueves los nuevos presupuestos para la ciudad, según una nota de las autoridades."),
    ("pt", "O conselho aprovou na quinta-feira os novos gastos da cidade, mas a oposição não está de acordo com ele."),
    ("it", "Il consiglio ha approvato giovedì il nuovo bilancio della città, ma gli oppositori non sono d'accordo."),
    ("nl", "De raad heeft donderdag het nieuwe budget goedgekeurd, maar de oppositie is het er niet mee eens."),
    ("sv", "Rådet har på torsdagen godkänt den nya budgeten och det är inte alla som är nöjda med att den finns."),
    ("pl", "Rada przyjęła w czwartek nowy budżet i nie jest jasne, czy opozycja się na to zgodzi, co do zasady."),
    ("tr", "Meclis perşembe günü yeni bütçeyi kabul etti ve bu karar için çok sayıda kişi daha sonra konuştu."),
    ("id", "Dewan itu pada Kamis menyetujui anggaran baru yang akan digunakan untuk kota dan tidak ada yang menolak."),
    ("ru", "Совет в четверг утвердил новый бюджет города, сообщили в мэрии, но оппозиция выступила против."),
    ("uk", "Рада у четвер затвердила новий бюджет міста, повідомили в мерії, але опозиція виступила проти її рішення."),
    ("el", "Το συμβούλιο ενέκρινε την Πέμπτη τον νέο προϋπολογισμό της πόλης."),
    ("ar", "وافق المجلس يوم الخميس على الميزانية الجديدة للمدينة بعد نقاش استمر أربع ساعات."),
    ("fa", "شورای شهر روز پنجشنبه بودجه جدید را پس از چهار ساعت گفتگو تصویب کرد."),
    ("he", "המועצה אישרה ביום חמישי את התקציב החדש של העיר לאחר דיון של ארבע שעות."),
    ("hi", "परिषद ने गुरुवार को शहर के नए बजट को मंजूरी दे दी है और महापौर ने खुशी जताई है।"),
    ("bn", "পরিষদ বৃহস্পতিবার শহরের নতুন বাজেট অনুমোদন করেছে।"),
    ("zh", "市议会星期四经过四小时的辩论后批准了新的预算。"),
    ("ja", "市議会は木曜日、四時間の議論のあと新しい予算を承認した。"),
    ("ko", "시의회는 목요일 네 시간의 토론 끝에 새 예산을 승인했다."),
    ("th", "สภาเมืองอนุมัติงบประมาณใหม่เมื่อวันพฤหัสบดี"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "text"), LANGUAGES)
def test_the_language_is_told_from_script_and_common_words(code: str, text: str) -> None:
    assert language.detect(text) == code


@pytest.mark.parametrize("text", ["", "12:30", "Budget", "Reuters AFP dpa", "Shr 12 cts vs 10 cts"])
def test_no_language_is_claimed_where_the_text_is_too_short(text: str) -> None:
    assert language.detect(text) == ""


# ---------------------------------------------------------------- cost


def test_reading_is_cheap() -> None:
    body = (SEEDS / "000_9185147787dbf855.txt").read_text(encoding="utf-8")
    best = min(_seconds(body) for _ in range(20))
    assert best < 1e-3, "an order above what is usual: something became slow"


def _seconds(body: str) -> float:
    start = time.perf_counter()
    read(body)
    return time.perf_counter() - start


@pytest.mark.parametrize("drawn", ["64-77-81-7-55-30", "7-12-18-23-30-31", "1-2-3-4-5"])
def test_numbers_that_were_drawn_are_no_date(drawn: str) -> None:
    text = f"The winning numbers in Wednesday evening's drawing of the lottery were:\n\n{drawn}\n\nThe jackpot rolls over."
    assert facts.read("Winning numbers", text).furniture == ()


@pytest.mark.parametrize(
    "said", ["22.11.2026", "11/22/26", "Nov 22, 2026 - updated 22.11.2026 10:30", "2026-11-22"]
)
def test_a_date_on_a_line_of_its_own_is_furniture(said: str) -> None:
    text = (
        f"{said}\n\nThe council decided on Tuesday that the old bridge would be closed to traffic for a year."
    )
    assert [why for *_, why in facts.read("Bridge", text).furniture] == ["date"]
