"""Run the measurements: `python -m bench` for all of them, `python -m bench feeds archive` for some.

Each is a process of its own, so that one's memory and caches are not the other's.
"""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from pathlib import Path

APART = {
    "__main__",
    "orders",
    "scaling",
    "soak",
    "steady",
    "workers",
    "screenshots",
    "train_rules",
}  # each with a purpose and a command of its own


def measures() -> list[str]:
    """The modules beside this one that measure: those with a `main`."""
    here = Path(__file__).parent
    names = [module.name for module in pkgutil.iter_modules([str(here)]) if module.name not in APART]
    return [name for name in names if "def main(" in (here / f"{name}.py").read_text(encoding="utf-8")]


def main(wanted: list[str]) -> int:
    failed = 0
    for name in wanted or measures():
        failed |= subprocess.run([sys.executable, "-m", f"bench.{name}"], check=False).returncode
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
