"""A made-up week of news: a few stories, printed by some outlets, shortened, re-titled, credited or not."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

OUTLETS = {
    "herald": "The Daily Herald",
    "courier": "Valley Courier",
    "post": "Harbour Post",
    "tribune": "Lake Tribune",
    "star": "Evening Star",
    "echo": "Northern Echo Press",
}


@dataclass(frozen=True)
class Printing:
    """An outlet's own way with a story."""

    outlet: str
    minutes: int  # after the first
    credited: bool = True
    title: str = ""
    without: int = -1  # a paragraph that it leaves out


@dataclass(frozen=True)
class Told:
    hours: int  # ago
    title: str
    dateline: str
    paragraphs: tuple[str, ...]
    printed: tuple[Printing, ...]


WEEK = (
    Told(
        2,
        "Ferry service to the outer islands resumes after three weeks",
        "LERWICK (Reuters)",
        (
            "Ferries to the outer islands sailed again on Monday after three weeks in port, ending the longest break "
            "in the service since it began in 1961.",
            "The harbour board said both ships had new shafts and that sea trials on Sunday had shown no vibration "
            "above nine knots.",
            "Shops on the smaller islands had run out of fresh bread and milk on the second day. A fishing boat carried "
            "the post, and the school on the northernmost island was taught by telephone.",
            "Passengers who had booked for the lost sailings can travel on any crossing until the end of March.",
        ),
        (
            Printing("herald", 0),
            Printing("courier", 6, without=3),
            Printing("post", 19, title="Islands reached again: ferries sail after three-week break"),
            Printing("tribune", 41, credited=False, without=2),
            Printing("star", 64),
        ),
    ),
    Told(
        7,
        "Town library lends out telescopes, and the waiting list grows",
        "MILLBROOK (AP)",
        (
            "The public library of Millbrook has lent out its six telescopes every night since it bought them in "
            "September, and two hundred people now wait for one.",
            "Borrowers keep a telescope for a week and sign for the lens cap separately, because the first four were "
            "lost within a month.",
            "The librarian said that most come back with drawings of the moon between the pages of the manual.",
        ),
        (Printing("courier", 0), Printing("tribune", 35, credited=False), Printing("echo", 52)),
    ),
    Told(
        9,
        "Bridge repair to close the northern ring road at night",
        "",
        (
            "The northern ring road will be closed between ten at night and five in the morning for two weeks while "
            "the bearings of the canal bridge are replaced.",
            "Buses follow the old market street during those hours and stop at the mill instead of the station.",
        ),
        (Printing("herald", 0),),
    ),
    Told(
        26,
        "Orchard growers expect the latest apple harvest in a decade",
        "WESTFIELD (Reuters)",
        (
            "Apple growers around Westfield expect to pick their last fruit in the second week of December, ten days "
            "later than in any year since 2016, the growers' association said.",
            "A cold May delayed the blossom, and the rain of August kept the fruit from ripening, but the trees lost "
            "little to wind.",
            "Cider makers have put off the pressing by a fortnight and hired the cold store of the fish market.",
        ),
        (
            Printing("post", 0),
            Printing("herald", 12),
            Printing("star", 90, credited=False, title="Latest apple harvest for ten years"),
        ),
    ),
    Told(
        31,
        "Choir of lighthouse keepers sings its last concert",
        "PORT ELLIS (AP)",
        (
            "Eleven men who once kept the lights of the eastern coast sang together for the last time on Saturday, in "
            "the engine house of the lighthouse where their choir began in 1974.",
            "The last of the lights became automatic in 1998, and nobody has joined the choir since.",
            "They sang the shipping forecast as an encore, in four parts.",
        ),
        (
            Printing("herald", 0),
            Printing("post", 8),
            Printing("courier", 15, without=1),
            Printing("echo", 130, credited=False),
        ),
    ),
)


def lines(now: datetime) -> dict[str, list[str]]:
    """outlet -> its printings as JSON Lines, up to `now`."""
    found: dict[str, list[str]] = {key: [] for key in OUTLETS}
    for number, told in enumerate(WEEK):
        for printing in told.printed:
            at = now - timedelta(hours=told.hours) + timedelta(minutes=printing.minutes)
            item = {
                "id": str(number),
                "url": f"https://{printing.outlet}.example/{at:%Y/%m/%d}/{number}",
                "title": printing.title or told.title,
                "content_text": _text(told, printing),
                "date_published": at.isoformat(),
                "language": "en",
            }
            found[printing.outlet].append(json.dumps(item))
    return found


def _text(told: Told, printing: Printing) -> str:
    kept = [part for number, part in enumerate(told.paragraphs) if number != printing.without]
    dateline = told.dateline if printing.credited else told.dateline.partition(" (")[0]
    return "\n\n".join([f"{dateline} - {kept[0]}" if dateline else kept[0], *kept[1:]])
