"""Kill the daemon at random moments while articles arrive, and hold the archive and the feed against the truth.

    python -m bench.soak [--rounds 40] [--seed 1] [--database URL]

Each round adds articles to a folder, starts the daemon, kills it with SIGKILL after a random time, and checks: `verify`
finds nothing, the feed on disk is a whole document with no id twice. At the end every article is in the archive once,
each pair of printings is one story, and the ids that were ever published are still answered. Prints one JSON row.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from xml.etree import ElementTree

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


def ask(folder: Path, *words: str) -> str:
    done = subprocess.run([*COMMAND, *words], cwd=folder, capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise SystemExit(f"{' '.join(words)}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def published(folder: Path) -> list[str]:
    """The ids in the feed on disk, its archive included; raises where a document is not whole."""
    every: set[str] = set()
    for path in (folder / "public").rglob("*.atom"):
        entries = ElementTree.parse(path).getroot().findall(f"{ATOM}entry")
        ids = [entry.findtext(f"{ATOM}id", "") for entry in entries]
        assert len(ids) == len(set(ids)), f"an id stands twice in {path.name}"
        every.update(ids)
    return sorted(every)


def kill_after(folder: Path, seconds: float) -> None:
    with subprocess.Popen(
        [*COMMAND, "run"], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as daemon:
        time.sleep(seconds)
        daemon.send_signal(signal.SIGKILL)


def main() -> int:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--rounds", type=int, default=40)
    given.add_argument("--seed", type=int, default=1)
    given.add_argument("--database", default="sqlite:///archive.db")
    said = given.parse_args()
    rng = random.Random(said.seed)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        print(json.dumps({"bench": "soak", **soak(Path(name), said.rounds, said.database, rng),
                          "seconds": round(time.monotonic() - began)}))  # fmt: skip
    return 0


def soak(folder: Path, rounds: int, database: str, rng: random.Random) -> dict[str, int]:
    for outlet in ("one", "two"):
        (folder / outlet).mkdir()
    (folder / "config.toml").write_text(
        f"[archive]\nurl = '{database}'\n[serve]\nport = 0\n[publish]\nsettle = '0s'\n"
        "[schedule]\ncollect = '100ms'\ncanonicalise = '100ms'\npublish = '100ms'\nlease = '1s'\n"
        + "".join(
            f"[[source]]\nname='{n}'\nkind='directory'\npath='{n}'\nevery='1s'\n" for n in ("one", "two")
        )
    )
    ever: set[str] = set()
    number = 0
    for _ in range(rounds):
        for _ in range(rng.randrange(1, 8)):
            text, number = article(rng, number), number + 1
            (folder / "one" / f"{number}.txt").write_text(text)
            (folder / "two" / f"{number}.txt").write_text(text + "\n\nRelated Posts\n")
        kill_after(folder, rng.uniform(0.8, 3.0))
        ask(folder, "verify")
        ever.update(published(folder))
    time.sleep(2)  # the leases of the killed run out
    ask(folder, "collect", "--force")
    ask(folder, "canonicalise")
    ask(folder, "publish")
    ask(folder, "verify")
    stories = json.loads(ask(folder, "stories", "-n", str(10 * number + 10), "--json"))
    assert len(stories) == number, f"{len(stories)} stories of {number} articles"
    assert {story["copies"] for story in stories} == {2}, "a copy is missing, or in the wrong story"
    for public_id in ever:
        ask(folder, "story", public_id)
    return {"kills": rounds, "articles": number, "copies": 2 * number, "published_ids_checked": len(ever)}


if __name__ == "__main__":
    sys.exit(main())
