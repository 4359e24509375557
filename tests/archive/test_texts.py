"""What a copy takes: texts by a dictionary, decisions as numbers and places, documents against the texts they show."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import text, update

from aggregator.archive import Archive, dictionaries, frames, schema
from aggregator.archive import closed as archived
from aggregator.model import Placing
from aggregator.publication import Closed
from tests.conftest import NOON

from .making import an_entry, each_alone, face, found, ingest

DICE = random.Random(1)
WORDS = ["".join(DICE.choices("etaoinshrdlu", k=DICE.randint(3, 9))) for _ in range(600)]


def news(number: int) -> str:
    return f"Report {number}. " + " ".join(random.Random(number).choices(WORDS, k=150))


def frame_of(archive: Archive, copy_id: int) -> bytes:
    with archive._read() as conn:
        query = text("SELECT text FROM revision WHERE copy_id = :id")
        return bytes(conn.execute(query, {"id": copy_id}).scalar_one())


def test_texts_that_come_after_enough_others_take_a_quarter_less_and_come_back(archive: Archive) -> None:
    first = dictionaries.DUE[0]
    ingest(archive, [an_entry(n, text=news(n)) for n in range(first)][::-1])
    ingest(archive, [an_entry(n, text=news(n)) for n in range(first, first + 20)][::-1])
    later = frame_of(archive, first + 7)
    assert len(later) < len(frames.pack(frames.unpack(later))) * 3 / 4
    assert [copy.text for copy in archive.export()][-20:] == [news(n) for n in range(first, first + 20)]
    assert archive.verify() == []


def test_a_restored_archive_says_the_same_whatever_its_texts_were_packed_by(
    archive: Archive, empty_url: str
) -> None:
    count = dictionaries.DUE[0] + 10
    ingest(archive, [an_entry(n, text=news(n)) for n in range(count)])
    each_alone(archive)
    lines = list(archive.whole())
    Archive.restore(empty_url, lines)
    with Archive.open(empty_url) as other:
        assert list(other.whole()) == lines
        other.index_text()
        assert other.verify() == []


def test_any_thread_packs_by_any_dictionary_to_the_same_bytes() -> None:
    texts = [news(number).encode() for number in range(400)]
    known = [frames.learn(frames.train(texts[half : half + 200], 20_000)) for half in (0, 200)]
    turns = list(zip(texts, known * 200, strict=True))
    wanted = [frames.pack(body, number) for body, number in turns]
    assert [frames.unpack(frame) for frame in wanted] == texts
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda turn: frames.pack(*turn), turns)) == wanted
    assert sum(map(len, wanted)) < sum(len(frames.pack(body)) for body in texts)


def test_features_and_passages_of_a_decision_come_back_as_they_were_made(archive: Archive) -> None:
    ingest(
        archive,
        [an_entry(1, text="One line that both have.\n\nAnother, which is long and was cut off here.")],
    )
    features = {"inner": 0.997, "words": 6.4, "title": 1.0}
    evidence = {
        "passages": ["One line that both have.", "Another, which is …", "A line that is not in it"],
        "only_here": ["Berg"],
    }
    with archive.placing(NOON) as desk:
        (copy,) = desk.waiting(9)
        story = desk.new_story()
        made = found(copy, story)
        made = replace(made, decision=replace(made.decision, features=features, evidence=evidence))
        desk.record(Placing((made,), (face(copy, story),)))
    (decision,) = archive.decisions(story)
    assert decision.features == features and list(decision.features) == list(features)
    assert decision.evidence == evidence
    with archive._read() as conn:
        kept = str(conn.execute(text("SELECT evidence FROM decision")).scalar_one())
    assert "both have" not in kept and "not in it" in kept


@pytest.mark.parametrize("features", [{"odd": 0.12345}, {"count": 3}, {"said": "so"}, {}])
def test_features_that_are_no_thousandths_are_kept_as_they_are(
    archive: Archive, features: dict[str, object]
) -> None:
    ingest(archive, [an_entry(1)])
    with archive.placing(NOON) as desk:
        (copy,) = desk.waiting(9)
        story = desk.new_story()
        made = found(copy, story)
        desk.record(Placing((replace(made, decision=replace(made.decision, features=features)),)))
    (decision,) = archive.decisions(story)
    assert decision.features == features


def closed(archive: Archive) -> Closed:
    ingest(archive, [an_entry(n, html=f"<p>{news(n)}</p>", text=news(n)) for n in range(3)])
    stories = each_alone(archive)
    shown = "".join(f"&lt;p&gt;{news(n)}&lt;/p&gt;" for n in range(3))
    document = Closed(1, "https://feed.example/", NOON, f"<feed>{shown}</feed>".encode())
    with archive.feed.writing() as held:
        held.close(document, stories, NOON)
    return document


def test_a_closed_document_takes_little_beside_the_texts_that_it_shows(archive: Archive) -> None:
    document = closed(archive)
    with archive._read() as conn:
        size = conn.execute(text("SELECT length(body) FROM closed")).scalar_one()
    assert size < len(document.body) / 10
    assert archive.feed.closed(1) == document
    lines = list(archive.whole())
    assert any(b"<feed>" in line for line in lines)


def test_a_document_that_an_older_version_folded_on_texts_alone_can_be_read(archive: Archive) -> None:
    document = closed(archive)
    with archive._write() as conn:
        on = " ON closed" if conn.dialect.name == "postgresql" else ""
        conn.execute(text(f"DROP TRIGGER closed_no_update{on}"))
        shown = [1, 2, 3]
        body = archived.fold(conn, document.body, shown)
        conn.execute(update(schema.Closed).values(body=body, bases=shown))
    assert archive.feed.closed(1) == document
    assert archive.verify() == []


def test_verify_names_a_closed_document_that_is_damaged(archive: Archive) -> None:
    closed(archive)
    with archive._write() as conn:
        on = " ON closed" if conn.dialect.name == "postgresql" else ""
        conn.execute(text(f"DROP TRIGGER closed_no_update{on}"))
        conn.execute(text("UPDATE closed SET body = substr(body, 1, length(body) - 3)"))
    assert [finding.check for finding in archive.verify()] == ["documents"]
