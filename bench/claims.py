"""How fast leases are handed out while many sources are due: a daemon's claims, one after another.

    python -m bench.claims [--sources 10000] [--claims 60] [--limit 32] [--database sqlite|postgresql]

One JSON row: milliseconds a claim of the wall and of our CPU, leases a second, seconds to declare the sources.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from aggregator.archive import Archive
from aggregator.model import SourceSpec

from .mischief import database

LEASE = timedelta(minutes=5)


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("sources", 10_000), ("claims", 60), ("limit", 32)):
        given.add_argument(f"--{name}", type=int, default=default)
    given.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    said = given.parse_args()
    with tempfile.TemporaryDirectory(prefix="claims-") as name:
        top = Path(name)
        (top / "site").mkdir()
        with database(said.database, top / "site", top, False) as held, Archive.open(held.url) as archive:
            row = measured(archive, said)
    print(json.dumps({"bench": "claims", "database": said.database, "sources": said.sources, **row}))


def measured(archive: Archive, said: argparse.Namespace) -> dict[str, float]:
    specs = [SourceSpec(f"f{n}", location=f"http://host{n}.example/") for n in range(said.sources)]
    began = time.perf_counter()
    archive.declare(specs, archive.clock())
    declared = time.perf_counter() - began
    wall, cpu = time.perf_counter(), time.process_time()
    leases = sum(len(archive.claim(archive.clock(), said.limit, LEASE)) for _ in range(said.claims))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {
        "declare_seconds": round(declared, 2),
        "leases_a_second": round(leases / wall),
        "ms_a_claim": round(1000 * wall / said.claims, 1),
        "cpu_ms_a_claim": round(1000 * cpu / said.claims, 1),
    }


if __name__ == "__main__":
    main()
