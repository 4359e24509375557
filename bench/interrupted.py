"""A rebuild, or a reprocess, killed at any statement and run again: does it end as if nothing had happened?

    python -m bench.interrupted [--seeds 10] [--first 1] [--kills 5] [--database sqlite postgresql]

Each seed is an archive with a past, and a twin of it whose work nobody disturbs. The other's is killed with SIGKILL
before one of its statements or commits, or at a random moment, `--kills` times, each from the beginning; then it runs
to its end. Both must tell the same, row by row, and be sound. One JSON row a database.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url

from aggregator import feeds, stages
from aggregator.archive import Archive, dialect
from aggregator.archive.schema import Base
from aggregator.canon import Canonicaliser, load_rules
from aggregator.errors import ArchiveBusy
from aggregator.model import Collected, Fetch, Outcome, ParsedFeed, SourceSpec
from bench.canon import addresses
from tests.archive.histories import RULES, History
from tests.archive.outlets import happens, read_better, read_page
from tests.conftest import NOON

ITEM = "<item><guid>{0}</guid><link>https://o.example/{0}</link><title>{1}</title><description>{2}</description></item>"
LATER = NOON + timedelta(days=90)
Work = Callable[[Archive], object]


# ---------------------------------------------------------------- what is done


def rebuild(chance: random.Random) -> tuple[Callable[[Archive], object], Work]:
    history, rules, anew = History(chance.randrange(1 << 30)), chance.choice(RULES), chance.random() < 0.5
    return history.happens_to, lambda archive: (
        place_all(archive),
        stages.rebuild(archive, rules, LATER, really=True, anew=anew),
    )


def reprocess(chance: random.Random) -> tuple[Callable[[Archive], object], Work]:
    return lambda archive: _read_blindly(archive, chance), _read_again


def reprocess_pages(chance: random.Random) -> tuple[Callable[[Archive], object], Work]:
    """Web pages are read again by a better extractor, and the history of feeds by the same parser."""
    return lambda archive: (happens(archive, chance), place_all(archive)), _find_again


def _find_again(archive: Archive) -> None:
    for source in archive.sources(active_only=False):
        stages.reprocess(archive, source, None, LATER, 500, read_better)
    place_all(archive)


def _read_blindly(archive: Archive, chance: random.Random) -> None:
    """Documents of several feeds, of which a poor parser took no titles and not every item."""
    history = History(chance.randrange(1 << 30))
    for outlet in range(4):
        source = archive.add_source(
            SourceSpec(f"o{outlet}", location=f"https://o{outlet}.example/feed"), NOON
        )
        printed = [entry for _, entry in history.printings()[:20]]
        for version in range(6):
            now = NOON + timedelta(hours=version)
            some = chance.sample(printed, min(len(printed), 12))
            items = "".join(
                ITEM.format(each.guid, f"{each.title} {version // 2}", each.text) for each in some
            )
            body = f"<rss version='2.0'><channel><title>O</title>{items}</channel></rss>".encode()
            feed = feeds.parse(body, "text/xml", source.url, sanitised=False)
            taken = [
                replace(e, title="", fingerprint=f"{chance.getrandbits(64):016x}") for e in feed.entries[1:]
            ]
            fetch = Fetch(source.id, now, Outcome.CHANGED, status=200, url=source.url)
            stages.ingest(
                archive, Collected(source, fetch, ParsedFeed("rss2.0", tuple(taken)), body, "text/xml"), now
            )
        place_all(archive)


def _read_again(archive: Archive) -> None:
    for source in archive.sources(active_only=False):
        stages.reprocess(archive, source, None, LATER, 500, read_page)
    place_all(archive)


def place_all(archive: Archive) -> None:
    by = Canonicaliser(load_rules())
    while stages.canonicalise(archive, by, LATER, 20):
        pass
    while stages.look_again(archive, by, LATER):
        pass


# ---------------------------------------------------------------- killing


def statements(url: str, work: Work) -> int:
    """Do it, undisturbed; how many statements and commits that took."""
    count = 0

    def counted(*_: object, **__: object) -> None:
        nonlocal count
        count += 1

    with Archive.open(url) as archive, listening(counted):
        work(archive)
    return count


def killed(url: str, work: Work, at: int, moment: float) -> bool:
    """Do it in a process that is killed before that statement, or after so many seconds; whether it was."""
    if not (child := os.fork()):
        left = at

        def counted(*_: object, **__: object) -> None:
            nonlocal left
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

        try:
            with Archive.open(url, patience=timedelta(seconds=20)) as archive, listening(counted):
                work(archive)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    if moment:
        time.sleep(moment)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert not (os.WIFEXITED(status) and os.WEXITSTATUS(status)), "the work failed"
    return os.WIFSIGNALED(status)


class listening:
    """Told of every statement and commit."""

    def __init__(self, told: Callable[..., None]) -> None:
        self._told = told

    def __enter__(self) -> None:
        for name in ("before_cursor_execute", "commit"):
            event.listen(Engine, name, self._told)

    def __exit__(self, *_: object) -> None:
        for name in ("before_cursor_execute", "commit"):
            event.remove(Engine, name, self._told)


def patiently(url: str, work: Work) -> None:
    """Of a process that was killed, the server may only learn a moment later."""
    for _ in range(100):
        try:
            with Archive.open(url, patience=timedelta(seconds=20)) as archive:
                work(archive)
            return
        except ArchiveBusy:
            time.sleep(0.1)
    raise AssertionError("it is never free again")


def told(url: str) -> list[str]:
    """Every row, with stories by their public ids: numbers of those that were rolled back are not given again."""
    with Archive.open(url) as archive:
        assert archive.verify() == []
        rows = [json.loads(line) for line in archive.whole()]
    public = {row["id"]: row["ulid"] for row in rows if row.get("_") == "story"}
    return sorted(json.dumps(_by_public_ids(row, public)) for row in rows if "_" in row)


def _by_public_ids(row: dict[str, Any], public: dict[int, str]) -> dict[str, Any]:
    """Without the checksums, which are of the numbers; `verify` has looked at them."""
    own = {"id", "merged_into"} if row["_"] == "story" else set[str]()
    numbers = own | {name for name in row if name.endswith("story_id")}
    return {
        name: public.get(said) if name in numbers else said for name, said in row.items() if name != "sum"
    }


def once(places: Places, seed: int, kills: int) -> Counter[str]:
    chance, did = random.Random(seed), Counter[str]()
    kind = chance.choice((rebuild, reprocess, reprocess_pages))
    past, work = kind(chance)
    url = places.empty()
    with Archive.open(url) as archive:
        archive.authority("interrupted.example", NOON)
        past(archive)
    twin = places.copy(url)
    began = time.monotonic()
    count = statements(twin, work)
    took = time.monotonic() - began
    for _ in range(kills):
        moment = chance.uniform(0, took) if chance.random() < 0.3 else 0.0
        at = (
            0
            if moment
            else chance.choice((chance.randint(1, count), count - chance.randrange(min(count, 40))))
        )
        did["kills"] += killed(url, work, at, moment)
        told(url)
        places.recount(url)
    patiently(url, work)
    assert told(url) == told(twin), f"{kind.__name__} ends otherwise"
    did[kind.__name__] += 1
    did["statements"] += count
    return did


class Places:
    """Empty archives, and copies of full ones."""

    def __init__(self, kind: str, folder: Path) -> None:
        self._folder, self._number = folder, 0
        self._server = next(addresses(["postgresql"], folder)) if kind == "postgresql" else ""

    def empty(self) -> str:
        return self._new("template0")

    def copy(self, url: str) -> str:
        return self._new(url)

    def _new(self, of: str) -> str:
        self._number += 1
        if not self._server:
            path = self._folder / f"{self._number}.db"
            if of != "template0":
                shutil.copy(of.removeprefix("sqlite:///"), path)
            return f"sqlite:///{path}"
        name, template = f"interrupted_{self._number}", of if of == "template0" else make_url(of).database
        server = make_url(self._server)
        with self._at(server) as conn:
            conn.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        return server.set(database=name).render_as_string(hide_password=False)

    def recount(self, url: str) -> None:
        """Number rows on from the last, as in the twin: what was rolled back does not give its numbers back."""
        if self._server:
            with self._at(make_url(url)) as conn:
                dialect.count_on(conn, Base.metadata.tables)

    @contextmanager
    def _at(self, url: URL) -> Iterator[Connection]:
        engine = create_engine(url.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
        with engine.connect() as conn:
            yield conn
        engine.dispose()


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--database", nargs="*", default=["sqlite", "postgresql"])
    asked = parser.parse_args(arguments)
    for kind in asked.database:
        did, failed = Counter[str](), list[int]()
        with tempfile.TemporaryDirectory(prefix="interrupted-") as folder:
            places = Places(kind, Path(folder))
            for seed in range(asked.first, asked.first + asked.seeds):
                try:
                    did += once(places, seed, asked.kills)
                except Exception:
                    failed.append(seed)
                    print(f"seed {seed}:\n{traceback.format_exc()}", file=sys.stderr, flush=True)
        print(json.dumps({"bench": "interrupted", "database": kind, **did, "failed": failed}))


if __name__ == "__main__":
    main()
