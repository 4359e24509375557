"""Pictures of the pages for the documentation: a small made-up week of news, served and photographed by Chromium.

python -m bench.screenshots        writes docs/images/*.png; needs Debian's `chromium`
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PORT = 8799
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --hide-scrollbars"
).split()
OUTLETS = {
    "herald": "The Daily Herald",
    "courier": "Valley Courier",
    "post": "Harbour Post",
    "tribune": "Lake Tribune",
}
STORIES = [
    (
        "Ferry service to the outer islands resumes after three weeks",
        "LERWICK (Reuters)",
        [
            "Ferries to the outer islands sailed again on Monday after three weeks in port, ending the longest break "
            "in the service since it began in 1961.",
            "The harbour board said both ships had new shafts and that sea trials on Sunday had shown no vibration "
            "above nine knots.",
            "Shops on the smaller islands had run out of fresh bread and milk on the second day. A fishing boat carried the "
            "post.",
            "Passengers who had booked for the lost sailings can travel on any crossing until the end of March.",
        ],
        ("herald", "courier", "post", "tribune"),
    ),
    (
        "Town library lends out telescopes, and the waiting list grows",
        "MILLBROOK (AP)",
        [
            "The public library of Millbrook has lent out its six telescopes every night since it bought them in "
            "September, and two hundred people now wait for one.",
            "Borrowers keep a telescope for a week and sign for the lens cap separately, because the first four were "
            "lost within a month.",
            "The librarian said that most come back with drawings of the moon between the pages of the manual.",
        ],
        ("courier", "tribune"),
    ),
    (
        "Bridge repair to close the northern ring road at night",
        "",
        [
            "The northern ring road will be closed between ten at night and five in the morning for two weeks while the bearings "
            "of the canal bridge are replaced.",
            "Buses follow the old market street during those hours and stop at the mill instead of the station.",
        ],
        ("herald",),
    ),
]


def lines() -> list[str]:
    """The week as JSON Lines for `aggregator import`."""
    found = []
    for number, (title, dateline, paragraphs, printed_by) in enumerate(STORIES):
        for lag, outlet in enumerate(printed_by):
            kept = paragraphs if lag % 3 != 1 else paragraphs[:-1]
            body = "\n\n".join([f"{dateline} - {kept[0]}" if dateline else kept[0], *kept[1:]])
            found.append(
                json.dumps(
                    {
                        "_source": outlet,
                        "id": f"{number}",
                        "url": f"https://{outlet}.example/2026/11/21/{number}",
                        "title": title,
                        "content_text": body,
                        "date_published": f"2026-11-21T1{number}:{lag * 9:02}:00Z",
                        "language": "en",
                    }
                )
            )
    return found


def main() -> int:
    browser = shutil.which("chromium")
    if browser is None:
        print("chromium is not installed (Debian: apt install chromium)", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(ROOT / "seeds", folder / "seeds")
        moment = time.mktime((2026, 11, 21, 9, 0, 0, 0, 0, 0))
        for seed in (folder / "seeds").iterdir():
            os.utime(seed, (moment, moment))
        sources = "".join(
            f"[[source]]\nname='{key}'\nkind='jsonl'\npath='{key}.jsonl'\ntitle='{title}'\n"
            for key, title in OUTLETS.items()
        )
        for key in OUTLETS:
            own = [line for line in lines() if json.loads(line)["_source"] == key]
            (folder / f"{key}.jsonl").write_text("\n".join(own))
        (folder / "config.toml").write_text(
            f"[site]\ntitle='Stories'\n[serve]\nport={PORT}\n[[source]]\nname='wire'\nkind='directory'\n"
            f"path='seeds'\ntitle='The wire'\n{sources}"
        )
        subprocess.run(
            [sys.executable, "-m", "aggregator", "once"], cwd=folder, check=True, stdout=sys.stderr
        )
        with subprocess.Popen(
            [sys.executable, "-m", "aggregator", "run"], cwd=folder, stdout=subprocess.PIPE, text=True
        ) as daemon:
            assert daemon.stdout is not None
            daemon.stdout.readline()
            take(browser, folder)
            daemon.send_signal(signal.SIGTERM)
    return 0


def take(browser: str, folder: Path) -> None:
    base = f"http://127.0.0.1:{PORT}/"
    with urllib.request.urlopen(f"{base}feed.json", timeout=10) as answer:
        newest = max(json.load(answer)["items"], key=lambda item: len(item.get("content_html", "")))
    pages = {
        "river": base,
        "story": f"{base}stories/{newest['id'].rpartition('/')[2]}",
        "sources": f"{base}sources",
    }
    images = ROOT / "docs" / "images"
    images.mkdir(parents=True, exist_ok=True)
    for name, url in pages.items():
        subprocess.run(
            [browser, *FLAGS, f"--user-data-dir={folder / 'browser'}", "--window-size=1100,800",
             f"--screenshot={images / name}.png", url],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60,
        )  # fmt: skip
        print(images / f"{name}.png")


if __name__ == "__main__":
    sys.exit(main())
