"""A year in the life of a feed, through the real canonicaliser: each reader sees each article, once."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from aggregator import feeds, stages
from aggregator.archive import Archive
from aggregator.canon import Canonicaliser, load_rules
from aggregator.model import Collected, Entry, Fetch, Outcome, ParsedFeed
from aggregator.publish import load_publishers
from tests.archive.making import a_spec
from tests.conftest import NOON, Clock

from .readers import BY_MORE_THAN_ID, entries_of, every_reader
from .stories import META
from .walking import walk

OUTLETS = ("herald", "post", "wire")
LIMITS = stages.Limits(entries=20, settle=timedelta(minutes=10))
WORDS = """harbour council bridge ferry engineer budget winter storm repair minister witness orchard railway museum teacher
library surgeon verdict glacier captain pension festival quarry lantern senator drought clinic stadium customs archive
""".split()


def article(number: int) -> list[str]:
    """Six paragraphs of its own."""
    rng = random.Random(number)
    names = [
        "".join(rng.choices("bdfgklmnprstvz", k=1)) + "".join(rng.choices("aeiou", k=1)) * 2 + w
        for w in WORDS
    ]
    return [" ".join(rng.choices(names, k=45)).capitalize() + "." for _ in range(6)]


class Year:
    """Outlets that print, one archive, one folder, ten readers."""

    def __init__(self, make: Callable[[], str], folder: Path) -> None:
        self.make, self.folder = make, folder
        self.clock, self.meta, self.readers = Clock(NOON), META, every_reader()
        self.url = make()
        self.archive = Archive.open(self.url)
        self.archive.authority("example.org", NOON)
        self.restart()

    def restart(self) -> None:
        """A new process: nothing is kept in memory."""
        self.archive.close()
        self.archive = Archive.open(self.url)
        self.canon = Canonicaliser(load_rules())

    def prints(self, outlet: str, number: int, text: list[str] | None = None, **said: str) -> None:
        text = text or article(number)
        entry = Entry(
            guid=said.get("guid", f"{outlet}-{number}"),
            url=f"https://{outlet}.example/{number}",
            title=said.get("title", f"Report {number} on {text[0].split()[3]} and {text[1].split()[5]}"),
            html="".join(f"<p>{part}</p>" for part in text),
            published=self.clock(),
        )
        entry = feeds.sanitise(
            replace(entry, fingerprint=f"{abs(hash((entry.guid, entry.html, entry.title))):016x}"[:16])
        )
        source = self.archive.add_source(a_spec(outlet), NOON)
        fetch = Fetch(source.id, self.clock(), Outcome.CHANGED)
        stages.ingest(self.archive, Collected(source, fetch, ParsedFeed("rss2.0", (entry,))), self.clock())

    def goes_on(self, **by: float) -> None:
        """Time passes; what waits is placed, published, and fetched by everybody."""
        now = self.clock.forward(**by)
        while stages.canonicalise(self.archive, self.canon, now):
            pass
        stages.publish(self.archive, self.meta, load_publishers().values(), self.folder, now, LIMITS)
        entries = entries_of((self.folder / "feed.atom").read_bytes())
        for reader in self.readers:
            reader.poll(entries)

    def live(self) -> set[str]:
        return {story.public_id for story in self.archive.stories(10_000)}


def a_year(make: Callable[[], str], folder: Path, backup: Path | None = None) -> Year:
    """Sixty articles, and everything that happens to feeds. `backup`: restored once, on SQLite."""
    year = Year(make, folder)
    for number in range(60):
        year.prints(OUTLETS[number % 3], number)
        year.goes_on(hours=12)
        if number % 4 == 1:  # a late copy, sometimes after everybody has seen the story
            year.prints(OUTLETS[(number + 1) % 3], number)
            year.goes_on(minutes=30)
        if number % 7 == 2:  # the outlet puts out new guids for what it printed
            year.prints(OUTLETS[number % 3], number, guid=f"churned-{number}")
        if number % 9 == 3:  # an edit that matters, one that does not
            year.prints(OUTLETS[number % 3], number, [*article(number), *article(1000 + number)[:3]])
        if number % 5 == 4:
            year.prints(OUTLETS[number % 3], number, title=f"Report {number}, retitled")
        if number % 11 == 5:
            year.restart()
        if number == 30:
            shutil.rmtree(folder)
        if number == 40:
            year.meta = replace(META, base_url="https://moved.example/news/")
        if backup and number == 45:
            year.archive.close()
            shutil.copy(year.url.removeprefix("sqlite:///"), backup)
            year.restart()
        if backup and number == 48:  # three articles later; they are collected again
            year.archive.close()
            shutil.copy(backup, year.url.removeprefix("sqlite:///"))
            for left in ("-wal", "-shm"):
                Path(year.url.removeprefix("sqlite:///") + left).unlink(missing_ok=True)
            year.restart()
            for again in (46, 47, 48):
                year.prints(OUTLETS[again % 3], again)
    year.goes_on(days=1)
    year.goes_on(days=1)
    return year


def same_bytes(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_ten_readers_see_every_article_of_the_year_and_nine_of_them_exactly_once(
    archive_url: str, tmp_path: Path
) -> None:
    backup = tmp_path / "backup.db" if archive_url.startswith("sqlite") else None
    year = a_year(lambda: archive_url, tmp_path / "public", backup)
    assert len(year.live()) == 60
    for reader in year.readers:
        if reader.name not in BY_MORE_THAN_ID:
            assert max(Counter(reader.sees).values()) == 1, f"{reader.name} shows an article twice"
        assert set(reader.sees) == year.live(), reader.name
    seen = walk(tmp_path / "public", year.meta.base_url)
    assert seen.shown.keys() == year.live()
    assert not seen.gone


def test_stories_that_a_person_joins_and_parts_are_never_shown_twice(
    archive_url: str, tmp_path: Path
) -> None:
    year = Year(lambda: archive_url, tmp_path / "public")
    for number in range(30):
        year.prints("herald", number)
        year.goes_on(hours=1)
    year.prints("post", 3)
    year.goes_on(hours=1)
    ids = {story.title.split()[1]: story for story in year.archive.stories(100)}
    year.archive.merge(ids["1"].id, ids["2"].id, "person", year.clock())
    year.goes_on(hours=1)
    copies = year.archive.copies([ids["3"].id])[ids["3"].id]
    year.archive.split(ids["3"].id, [copies[1].id], "person", year.clock())
    year.goes_on(hours=1)
    for reader in year.readers:
        if reader.name not in BY_MORE_THAN_ID:
            assert max(Counter(reader.sees).values()) == 1, reader.name
        assert year.live() <= set(reader.sees), reader.name
    seen = walk(tmp_path / "public")
    assert seen.shown.keys() == year.live()
    assert list(seen.gone) == [ids["2"].public_id]


def test_the_same_documents_give_the_same_bytes_on_either_database(
    new_archive_url: Callable[[], str], tmp_path: Path
) -> None:
    """Both against a run on SQLite, which is made anew."""
    folders = tmp_path / "reference", tmp_path / "this"
    Archive.open(reference := f"sqlite:///{tmp_path / 'reference.db'}").close()
    for folder, make in zip(folders, (lambda: reference, new_archive_url), strict=True):
        year = Year(make, folder)
        for number in range(12):
            year.prints(OUTLETS[number % 3], number)
            year.prints(OUTLETS[(number + 1) % 3], number)
            year.goes_on(hours=3)
        year.archive.close()
    assert same_bytes(folders[0]) == same_bytes(folders[1])
