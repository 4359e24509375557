"""What the worst documents cost in memory, measured on a program that reads them one after another."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .server import Behaviour, Server, answers, drips, head
from .test_hostile import BOMBS

MOST = 300_000  # KiB
PROGRAM = """
import resource, sys
from dataclasses import replace
from datetime import timedelta
from tests.collect.playing import QUICK, poll
limits = replace(QUICK, deadline=timedelta(seconds=60), max_body=20_000_000)
codes = [poll(url, limits=limits).fetch.error_code for url in sys.argv[1:]]
ours = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
if sys.platform == "linux":  # where that begins with what the program that started this one took
    ours = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(*codes, ours, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
AT_ONCE = """
import asyncio, sys
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from aggregator.collect import load_collectors
from aggregator.collect.running import run
from tests.collect.playing import QUICK, context, source
limits = replace(QUICK, deadline=timedelta(seconds=60), read_timeout=timedelta(seconds=20), max_body=20_000_000)
async def all_of_them():
    codes = Counter()
    sources = [replace(source(url), id=number) for number, url in enumerate(sys.argv[1:])]
    async with context(limits=limits) as given:
        async for come in run(sources, given, load_collectors()):
            codes.update(collected.fetch.error_code for collected in come)
            del come
    return codes
print(asyncio.run(all_of_them()))
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""
KEPT = """
import asyncio, sys
from pathlib import Path
from aggregator import config
from aggregator.app import App, open_context
def status(name):
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(name))
app = App.open(config.load(Path(sys.argv[1])))
before = status("VmRSS")
async def poll():
    async with open_context(app.config, app.clock) as given:
        async for come in app.bring_home(app.claim(1), given):
            print(*app.ingest_all(come))
asyncio.run(poll())
app.canonicalise()
app.archive.index_text(200)
print(status("VmHWM") - before)
"""
ITEM = b"<item><guid>x</guid><title>T</title><description>Text of it.</description></item>"


def _huge() -> Behaviour:
    """200 MB of a feed that are told beforehand, and one that just goes on."""
    return drips(head(200, {"Content-Type": "text/xml", "Content-Length": "200000000"}), ITEM * 5000, every=0)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_thirty_hosts_with_a_bomb_each_at_once_take_less_than_300_mb(web: Server) -> None:
    web.on("/bomb", answers(body=BOMBS["gzip"](), headers={"Content-Encoding": "gzip"}))
    web.on("/endless", drips(head(200, {}), b"x" * 100_000, every=0))
    web.on("/feed", answers())
    paths = ["bomb", "endless"] * 15 + ["feed"] * 10
    urls = [f"http://h{number}.example:{web.port}/{path}" for number, path in enumerate(paths)]
    ran = subprocess.run(
        [sys.executable, "-c", AT_ONCE, *urls], capture_output=True, text=True, timeout=120, check=False
    )
    assert ran.returncode == 0, ran.stderr
    codes, peak = ran.stdout.splitlines()
    assert codes == "Counter({'too-large': 30, '': 10})"
    assert int(peak) < MOST, peak


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_many_hosts_with_a_large_feed_each_at_once_take_less_than_300_mb(web: Server) -> None:
    prose = (
        b"<item><guid>%d</guid><description>" + b"Words of a large feed. " * 4000 + b"</description></item>"
    )
    feed = b"<rss version='2.0'><channel><title>t</title>" + b"".join(prose % n for n in range(205))
    web.on("/large", answers(body=feed + b"</channel></rss>"))  # 19 MB
    urls = [f"http://h{number}.example:{web.port}/large" for number in range(12)]
    ran = subprocess.run(
        [sys.executable, "-c", AT_ONCE, *urls], capture_output=True, text=True, timeout=120, check=False
    )
    assert ran.returncode == 0, ran.stderr
    codes, peak = ran.stdout.splitlines()
    assert codes == "Counter({'': 12})"
    assert int(peak) < MOST, peak


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_feed_of_20_mb_is_stored_placed_and_indexed_in_six_times_its_size(
    web: Server, tmp_path: Path
) -> None:
    words = [f"word{number % 700}" for number in range(1_100)]
    items = (
        f"<item><guid>{n}</guid><title>Title {n}</title><link>https://herald.example/{n}</link>"
        f"<description>\u201c{n} {' '.join(words[n % 300 :] + words[: n % 300])}\u201d</description></item>"
        for n in range(2_200)
    )
    feed = f"<rss version='2.0'><channel><title>t</title>{''.join(items)}</channel></rss>".encode()
    assert 19_000_000 < len(feed) < 20_000_000
    web.on("/large", answers(body=feed))
    url = f"http://127.0.0.1:{web.port}/large"
    (tmp_path / "config.toml").write_text(
        f'[archive]\nurl = "sqlite:///{tmp_path}/a.db"\n[[source]]\nname = "large"\nurl = "{url}"\n'
        "allow_private = true\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", KEPT, str(tmp_path / "config.toml")],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    done, grown = ran.stdout.splitlines()
    assert done == "Ingested(new=2200, revised=0, unchanged=0)"
    assert int(grown) < 120_000, grown  # KiB


def test_all_of_them_together_take_less_than_300_mb(web: Server) -> None:
    urls = [
        web.on(f"/{name}", answers(body=pack(), headers={"Content-Encoding": name}))
        for name, pack in BOMBS.items()
        if name in ("gzip", "zstd")
    ]
    urls.append(web.on("/huge", _huge()))
    urls.append(web.on("/endless", drips(head(200, {}), b"<rss><channel>" + ITEM * 5000, every=0)))
    many = b"<rss version='2.0'><channel><title>t</title>" + b"<item/>" * 1_000_000 + b"</channel></rss>"
    urls.append(web.on("/million", answers(body=many, headers={"Content-Type": "text/xml"})))
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, *urls], capture_output=True, text=True, timeout=120, check=False
    )
    assert ran.returncode == 0, ran.stderr
    *codes, ours, childrens = ran.stdout.split()
    assert codes[: len(urls) - 1] == ["too-large"] * (len(urls) - 1)
    assert max(int(ours), int(childrens)) < MOST, ran.stdout
