"""Journal figures as JSON lines: `journal.append_p50_ms` (FULL sync, one caller) and `journal.verify_100k_s`.

Usage: python -m bench.bench_journal [FACTS]. `limit` of the append is the same disk's own bound, measured in
the same run: one durable append of 4 KiB. ZEROT_BENCH_DIR chooses the disk.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from domain.ports import Uuid7Ids
from kiosk.store.journal import Draft
from kiosk.store.journal_opening import open_journal
from kiosk.store.journal_verify import ChainIntact

APPENDS = 500


class WallClock:
    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000


class SystemChance:
    def token(self, size: int) -> bytes:
        return os.urandom(size)


def fsync_ms(directory: Path) -> list[float]:
    """What the disk itself takes for one durable 4 KiB append."""
    times = []
    with (directory / "limit").open("wb") as file:
        for _ in range(APPENDS):
            started = time.perf_counter()
            file.write(bytes(4096))
            file.flush()
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - started) * 1000)
    return times


def main(facts: int) -> None:
    body = {
        "site": 17,
        "session": 1,
        "started_at": 1,
        "ended_at": 2,
        "language": "fr",
        "card": None,
        "offers_seen": 3,
    }
    with tempfile.TemporaryDirectory(dir=os.environ.get("ZEROT_BENCH_DIR")) as folder:
        directory = Path(folder)
        limit = fsync_ms(directory)
        clock, chance = WallClock(), SystemChance()
        with open_journal(
            directory / "journal",
            "bench",
            "BC-001",
            clock=clock,
            ids=Uuid7Ids(clock, chance),
            chance=chance,
            boot="b",
        ) as journal:
            journal.start_incarnation(1, "paired")
            times = []
            for _ in range(APPENDS):
                started = time.perf_counter()
                journal.append("visit", body)
                times.append((time.perf_counter() - started) * 1000)
            report("journal.append_p50_ms", "ms", times, statistics.median(limit))
            drafts = [Draft("visit", body)] * 1000
            for _ in range((facts - APPENDS - 1) // 1000 + 1):
                journal.append_all(drafts)
            started = time.perf_counter()
            result = journal.verify()
            taken = time.perf_counter() - started
            if not isinstance(result, ChainIntact):
                raise SystemExit(f"the chain is broken: {result}")
            report("journal.verify_100k_s", "s", [taken * 100_000 / result.facts])


def report(name: str, unit: str, values: list[float], limit: float | None = None) -> None:
    line: dict[str, object] = {
        "name": name,
        "value": round(statistics.median(values), 4),
        "unit": unit,
        "n": len(values),
        "min": round(min(values), 4),
        "max": round(max(values), 4),
    }
    if limit is not None:
        line["limit"] = round(limit, 4)
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
