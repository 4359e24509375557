"""Kill, fill and cut at random moments while articles arrive, and hold the archive and the feed against the truth.

    python -m bench.soak [--rounds 40] [--seed 1] [--database sqlite|postgresql]

Each round adds articles to two folders and does one of these: kills the daemon with SIGKILL (it collects, places and
publishes ten times a second); kills a backup beside the daemon; kills a migration of an archive of the first schema; kills
an import, a rebuild, a reprocess, a repair, retention or an export; kills a restore, which then is run again; fills the disk under the daemon (a
tmpfs, where it may be mounted); ends the daemon's connections (PostgreSQL) or holds the database against it (SQLite);
starts the server anew (PostgreSQL). Then: `verify` finds nothing, the feed on disk is a whole document with no id twice, and
no packed form of it is of another document; a backup or an export is whole or not there, a migration or restore happened whole or
not at all. At the end every article is in the archive once, each pair of printings is one story, and the ids that were ever
published are still answered. Prints one JSON row.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from aggregator.archive import Archive

from .mischief import Database, an_old_archive, database, disk, rows_of

ATOM = "{http://www.w3.org/2005/Atom}"
COMMAND = [sys.executable, "-m", "aggregator"]
WORDS = (
    "harbour ferry council winter bridge school market river engine doctor village storm record library garden "
    "minister station teacher factory valley player concert island witness budget morning survey railway baker"
).split()


def article(rng: random.Random, number: int) -> str:
    """A text of about 200 words that no other resembles."""
    title = f"Report {number} on the {rng.choice(WORDS)} and the {rng.choice(WORDS)}"
    sentences = [
        " ".join([rng.choice(WORDS).capitalize(), *rng.choices(WORDS, k=11), f"{rng.randrange(10_000)}."])
        for _ in range(15)
    ]
    return title + "\n\n" + "\n\n".join(" ".join(sentences[at : at + 3]) for at in range(0, 15, 3))


def tell(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *words], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )


def ask(folder: Path, *words: str) -> str:
    done = tell(folder, *words)
    if done.returncode:
        raise SystemExit(f"{' '.join(words)}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def published(folder: Path) -> list[str]:
    """The ids in the feed on disk, its archive included; raises where a document is not whole."""
    every: set[str] = set()
    for path in (folder / "public").rglob("*.atom"):
        packed = path.with_name(f"{path.name}.gz")
        whole = not packed.exists() or gzip.decompress(packed.read_bytes()) == path.read_bytes()
        assert whole, f"{packed.name} is of another document than {path.name}"
        entries = ElementTree.parse(path).getroot().findall(f"{ATOM}entry")
        ids = [entry.findtext(f"{ATOM}id", "") for entry in entries]
        assert len(ids) == len(set(ids)), f"an id stands twice in {path.name}"
        every.update(ids)
    return sorted(every)


@contextmanager
def running(folder: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """A command at work, killed at the end wherever it is."""
    pipe, quiet = subprocess.PIPE, subprocess.DEVNULL
    with subprocess.Popen([*COMMAND, *words], cwd=folder, stdout=pipe, stderr=quiet) as process:
        try:
            if words == ("run",) and process.stdout:
                process.stdout.readline()  # it is at work now, however slow the machine is
            yield process
        finally:
            process.send_signal(signal.SIGKILL)


@dataclass
class Soak:
    """One archive through many rounds."""

    folder: Path
    database: Database
    dice: random.Random
    number: int = 0  # articles so far
    done: Counter[str] = field(default_factory=Counter)
    ever: set[str] = field(default_factory=set)  # ids that were published

    def run(self, rounds: int) -> dict[str, object]:
        self._prepare()
        kinds = [self.kill, self.kill, self.kill, self.kill_backup, self.kill_migration, self.kill_work]
        kinds += [self.kill_restore, self.fill, self.cut, *([self.restart] if self.database.restart else [])]
        for _ in range(rounds):
            self._write_articles()
            mischief = self.dice.choice(kinds)
            mischief()
            self.done[mischief.__name__] += 1
            self._check()
            print(f"{sum(self.done.values())} of {rounds}: {mischief.__name__}", file=sys.stderr, flush=True)
        self._check_all()
        return {**self.done, "articles": self.number, "published_ids_checked": len(self.ever)}

    # ------------------------------------------------------------ what happens

    def kill(self) -> None:
        with running(self.folder, "run"):
            time.sleep(self.dice.uniform(0.0, 3.0))

    def kill_backup(self) -> None:
        """Beside the daemon, which is killed as well; what stands under the name is whole."""
        with running(self.folder, "run"), running(self.folder, "backup", "backup.zst"):
            time.sleep(self.dice.uniform(0.6, 2.5))
        if (self.folder / "backup.zst").exists():
            ask(self.folder, "restore", "--check", "backup.zst")
        self._clear()

    def kill_migration(self) -> None:
        url, before = an_old_archive(self.database, self.folder)
        environ = {"AGGREGATOR_ARCHIVE_URL": url}
        os.environ.update(environ)
        try:
            with running(self.folder, "migrate"):
                time.sleep(self.dice.uniform(0.3, 1.5))
            ask(self.folder, "migrate")
            ask(self.folder, "verify")
            assert rows_of(url) == before, "a migration lost rows"
        finally:
            del os.environ["AGGREGATOR_ARCHIVE_URL"]
            self.database.drop(url)

    def kill_work(self) -> None:
        """What a person runs; an import is then run again, and brings every article once."""
        works = [
            ("import", "more.jsonl"),
            ("rebuild",),
            ("reprocess",),
            ("verify", "--repair"),
            ("retention",),
        ]
        works += [("export", "--archive", "all.jsonl"), ("export", "--to", "lines.jsonl")]
        words = self.dice.choice(works)
        if words[0] == "import":
            self._write_import()
        with running(self.folder, *words):
            time.sleep(self.dice.uniform(0.3, 2.0))
        if words[0] == "import":
            ask(self.folder, *words)
        if (self.folder / "all.jsonl").exists():
            ask(self.folder, "restore", "--check", "all.jsonl")
        lines = self.folder / "lines.jsonl"
        assert not lines.exists() or lines.read_bytes().endswith(b"}\n"), (
            "half an export passes for a whole one"
        )
        self._clear()

    def kill_restore(self) -> None:
        """An empty place stays one that can be restored into, and holds the same then."""
        ask(self.folder, "backup", "whole.zst")
        ask(self.folder, "export", "--archive", "here.jsonl")
        url = self.database.fresh(self.folder)
        os.environ["AGGREGATOR_ARCHIVE_URL"] = url
        try:
            with running(self.folder, "restore", "whole.zst"):
                time.sleep(self.dice.uniform(0.3, 2.0))
            again = tell(self.folder, "restore", "whole.zst")
            assert not again.returncode or "lives there already" in again.stderr, again.stderr
            ask(self.folder, "verify")
            ask(self.folder, "export", "--archive", "there.jsonl")
            here, there = ((self.folder / f"{name}.jsonl").read_bytes() for name in ("here", "there"))
            assert here == there, f"a restored archive is another one: {_difference(here, there)}"
        finally:
            del os.environ["AGGREGATOR_ARCHIVE_URL"]
            self.database.drop(url)

    def restart(self) -> None:
        """The server of the database ends and comes again under the daemon."""
        with running(self.folder, "run"):
            time.sleep(self.dice.uniform(0.3, 1.5))
            self.database.restart()
            time.sleep(self.dice.uniform(0.3, 1.5))

    def fill(self) -> None:
        """No room for anything, then room again, the daemon running on."""
        ballast = self.folder / "ballast"
        with running(self.folder, "run"):
            time.sleep(self.dice.uniform(0.5, 1.5))
            if self.database.bounded:
                with suppress(OSError), ballast.open("wb") as stream:
                    while stream.write(bytes(65536)):
                        stream.flush()
            time.sleep(self.dice.uniform(0.5, 1.5))
            ballast.unlink(missing_ok=True)
            time.sleep(self.dice.uniform(0, 1))

    def cut(self) -> None:
        with running(self.folder, "run"):
            for _ in range(3):
                time.sleep(self.dice.uniform(0.3, 1.0))
                self.database.cut()

    def _clear(self) -> None:
        """What the killed left unfinished, which takes room for an hour else."""
        for left in self.folder.glob(".*.unfinished"):
            left.unlink()

    # ------------------------------------------------------------ what must hold

    def _check(self) -> None:
        ask(self.folder, "verify")
        self.ever.update(published(self.folder))

    def _check_all(self) -> None:
        time.sleep(2)  # the leases of the killed run out
        for words in (("collect", "--force"), ("canonicalise",), ("publish",), ("verify",)):
            ask(self.folder, *words)
        stories = json.loads(ask(self.folder, "stories", "-n", str(10 * self.number + 10), "--json"))
        assert len(stories) == self.number, f"{len(stories)} stories of {self.number} articles"
        assert {story["copies"] for story in stories} == {2}, "a copy is missing, or in the wrong story"
        with Archive.open(self.database.url) as archive:
            assert all(archive.story(public_id) for public_id in self.ever), "an id is not answered any more"

    # ------------------------------------------------------------ the scene

    def _prepare(self) -> None:
        for outlet in ("one", "two"):
            (self.folder / outlet).mkdir()
        (self.folder / "config.toml").write_text(
            f"[archive]\nurl = '{self.database.url}'\n[serve]\nport = 0\n[publish]\nsettle = '0s'\n"
            "[schedule]\ncollect = '100ms'\ncanonicalise = '100ms'\npublish = '100ms'\nlease = '1s'\n"
            "[retention]\nsources = { two = { documents = '1s' } }\n"
            + "".join(
                f"[[source]]\nname='{n}'\nkind='directory'\npath='{n}'\nevery='1s'\n" for n in ("one", "two")
            )
        )

    def _write_articles(self) -> None:
        for _ in range(self.dice.randrange(1, 8)):
            text = article(self.dice, self.number)
            self.number += 1
            (self.folder / "one" / f"{self.number}.txt").write_text(text)
            (self.folder / "two" / f"{self.number}.txt").write_text(text + "\n\nRelated Posts\n")

    def _write_import(self) -> None:
        """Two printings of one article, as lines."""
        text = article(self.dice, self.number)
        self.number += 1
        lines = [
            {"_source": name, "id": str(self.number), "title": text.partition("\n")[0], "content_text": said}
            for name, said in (("three", text), ("four", f"{text}\n\nRelated Posts"))
        ]
        (self.folder / "more.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))


def _difference(here: bytes, there: bytes) -> str:
    pairs = zip(here.splitlines(), there.splitlines(), strict=False)
    return next((f"{one!r} became {other!r}" for one, other in pairs if one != other), "one ends early")


def main() -> int:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--rounds", type=int, default=40)
    given.add_argument("--seed", type=int, default=1)
    given.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    said = given.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # tidy up: a disk is mounted, a server runs
    began = time.monotonic()
    with ExitStack() as stack:
        top = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="soak-")))
        folder, bounded = stack.enter_context(disk(top / "disk"))
        held = stack.enter_context(database(said.database, folder, top, bounded))
        soak = Soak(folder, held, random.Random(said.seed))
        print(json.dumps({"bench": "soak", "database": said.database, "bounded_disk": bounded, **soak.run(said.rounds),
                          "seconds": round(time.monotonic() - began)}))  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
