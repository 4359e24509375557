"""Pictures of the pages for the documentation: a small made-up week of news, served and photographed by Chromium.

python -m bench.screenshots [FOLDER]     writes docs/images/*.png (or there); needs Debian's `chromium`
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.web.browser import CHROMIUM, Browser, chromium

from .week import OUTLETS, lines

ROOT = Path(__file__).resolve().parent.parent
TOKEN = "only for these pictures"
DESK, PHONE = (1280, 860), (390, 844)
# name -> (path, window, dark); {story} is the most printed one
PICTURES = {
    "river": ("", DESK, False),
    "river-phone": ("", PHONE, False),
    "story": ("stories/{story}", DESK, False),
    "story-dark": ("stories/{story}", DESK, True),
    "compare": ("stories/{story}/compare", DESK, False),
    "sources": ("sources", DESK, False),
    "report": ("report?days=30", DESK, False),
    "report-dark": ("report?days=30", DESK, True),
}


def main() -> int:
    if CHROMIUM is None:
        print("chromium is not installed (Debian: apt install chromium)", file=sys.stderr)
        return 1
    images = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images"
    images.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, serving(Path(name)) as base, chromium() as browser:
        tab = browser.tab()
        tab.go(base)
        ferry = tab.evaluate(
            "[...document.querySelectorAll('h3 a')].find(a => a.text.startsWith('Ferr')).pathname"
        )
        for picture, (path, window, dark) in PICTURES.items():
            url = base + path.format(story=ferry.rpartition("/")[2])
            (images / f"{picture}.png").write_bytes(taken(browser, url, window, dark))
            print(images / f"{picture}.png")
    return 0


def taken(browser: Browser, url: str, window: tuple[int, int], dark: bool) -> bytes:
    tab = browser.tab(*window, dark=dark)
    tab.go(url)
    return tab.picture()


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The daemon over the made-up week; the address of its pages."""
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    shutil.copytree(ROOT / "seeds", folder / "seeds")
    for seed in (folder / "seeds").iterdir():
        moment = (now - timedelta(hours=5)).timestamp()
        os.utime(seed, (moment, moment))
    written = lines(now)
    sources = ""
    for key, title in OUTLETS.items():
        (folder / f"{key}.jsonl").write_text("\n".join(written[key]))
        sources += (
            f"[[source]]\nname='{key}'\nkind='jsonl'\npath='{key}.jsonl'\nevery='1s'\ntitle='{title}'\n"
        )
    (folder / "config.toml").write_text(
        f"[site]\ntitle='Stories'\nsubtitle='One story, one entry'\n[serve]\nport=0\n"
        f"[[source]]\nname='wire'\nkind='directory'\npath='seeds'\nevery='1s'\ntitle='The wire'\n{sources}"
    )
    ask = [sys.executable, "-m", "aggregator"]
    for _ in range(3):  # so that there is a history to draw
        subprocess.run([*ask, "collect", "--force"], cwd=folder, check=False, stdout=subprocess.DEVNULL)
    subprocess.run([*ask, "once"], cwd=folder, check=True, stdout=sys.stderr)
    with subprocess.Popen([*ask, "run"], cwd=folder, stdout=subprocess.PIPE, text=True) as daemon:
        assert daemon.stdout is not None
        found = re.search(r"http://\S+", daemon.stdout.readline())
        assert found, "the daemon did not say where it serves"
        try:
            yield found[0]
        finally:
            daemon.send_signal(signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
