"""How soon it answers: seconds of `--help`, and until `run` serves the feed that was published last.

    python -m bench.startup [--times 5] [--folder FOLDER]

`--folder` is a place where an archive lies already, however large; else one with the seeds is made. `run` is timed
from its start to the whole feed (`served`) and to its announcement, when pages and ticks are there (`ready`). CPU
seconds of `--help` are firm; the others are of the wall and tell most on a quiet machine. One JSON row, medians.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path

COMMAND = [sys.executable, "-m", "aggregator"]
ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 120.0  # seconds


def helped() -> float:
    """CPU seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([*COMMAND, "--help"], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def started(folder: Path) -> tuple[float, float]:
    """Seconds until the feed is served, and until all is at work."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = os.environ | {"AGGREGATOR_SERVE_PORT": str(port)}
    begun = time.monotonic()
    with subprocess.Popen(
        [*COMMAND, "run"], cwd=folder, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as daemon:
        try:
            served = _until_served(port, begun)
            assert daemon.stdout is not None
            daemon.stdout.readline()
            return served, time.monotonic() - begun
        finally:
            daemon.terminate()


def _until_served(port: int, begun: float) -> float:
    while time.monotonic() - begun < PATIENCE:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/feed.atom", timeout=PATIENCE) as answer:
                answer.read()
            return time.monotonic() - begun
        except OSError:
            time.sleep(0.01)
    raise SystemExit("the feed was not served")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--folder", type=Path)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = chosen.folder or Path(name)
        if not chosen.folder:
            shutil.copy(ROOT / "config.toml", folder)
            shutil.copytree(ROOT / "seeds", folder / "seeds")
            subprocess.run([*COMMAND, "once"], cwd=folder, check=True, capture_output=True)
        runs = [started(folder) for _ in range(chosen.times)]
        row = {
            "help_cpu": statistics.median(helped() for _ in range(chosen.times)),
            "served": statistics.median(served for served, _ in runs),
            "ready": statistics.median(ready for _, ready in runs),
        }
        print(json.dumps({"bench": "startup", **{key: round(value, 2) for key, value in row.items()}}))


if __name__ == "__main__":
    main()
