"""Kiosk's half of the sync as JSON lines: `sync.wire_bytes_per_fact` and `sync.push_build_per_s`.

Reads facts from a real journal and builds signed, compressed batches of 1 000: what a kiosk does to drain its outbox,
the line and the server left out. Usage: python -m bench.bench_sync_wire [FACTS]. The mix is 20 % money facts, the rest
visits, presences and health, with UUIDv7 identifiers as in production.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path

from domain.canonical import JsonObject
from domain.ports import Uuid7Ids
from kiosk.store.journal import Draft, open_journal
from sync.keys import create_device_identity
from sync.messages_facts import batch_of, build_batch, signing_bytes
from sync.wire import compress


class WallClock:
    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000


class SystemChance:
    def token(self, size: int) -> bytes:
        return os.urandom(size)


def mixed(number: int) -> tuple[str, JsonObject]:
    """The fact at a place of the mix."""
    if number % 10 == 0:
        transfer = f"01939a5e-{number % 65536:04x}-7000-8000-{number:012x}"
        return "purse.debit.outcome", {
            "intent": transfer, "result": "done", "operation_number": number % 900, "tmc": number % 900,
            "tmv": os.urandom(8).hex(), "commands": [], "balance_cents": number % 15_000, "decided_by": "answer",
            "points": 40,
        }  # fmt: skip
    if number % 10 == 1:
        return "points.awarded", {
            "card": f"{number % 10_000:08d}", "points": 40, "site": 17, "intent": None,
            "operation_number": number % 900, "day": 9_800,
        }  # fmt: skip
    if number % 10 < 6:
        return "visit", {
            "site": 17, "session": f"s{number}", "started_at": number * 1_000, "ended_at": number * 1_000 + 90_000,
            "language": "fr", "card": None, "offers_seen": number % 12,
        }  # fmt: skip
    return "presence", {
        "beacon": f"BC-B{number % 30:02d}", "site": 17, "started_at": number * 1_000,
        "ended_at": number * 1_000 + 30_000, "sightings": number % 50, "rssi_max": -60 - number % 30,
    }  # fmt: skip


def main(count: int) -> None:
    identity, clock, chance = create_device_identity(), WallClock(), SystemChance()
    with (
        tempfile.TemporaryDirectory(dir=os.environ.get("ZEROT_BENCH_DIR")) as folder,
        open_journal(
            Path(folder) / "journal", "bench", "BC-001",
            clock=clock, ids=Uuid7Ids(clock, chance), chance=chance, boot="boot-1",
        ) as journal,
    ):  # fmt: skip
        journal.start_incarnation(1, "paired")
        for start in range(0, count, 1000):
            journal.append_all([Draft(*mixed(start + n)) for n in range(1000)])
        sent = facts = 0
        place = (0, 0)
        started = time.perf_counter()
        while batch := journal.facts_after(*place, 1000):
            signature = identity.sign(signing_bytes(batch, "bench"))
            sent += len(compress(build_batch(batch_of(batch, "bench", signature))))
            facts += len(batch)
            place = (batch[-1].incarnation, batch[-1].sequence)
        taken = time.perf_counter() - started
    for name, value, unit in (
        ("sync.wire_bytes_per_fact", sent / facts, "bytes"),
        ("sync.push_build_per_s", facts / taken, "facts/s"),
    ):
        figure = round(value, 1)
        print(json.dumps({"name": name, "value": figure, "unit": unit, "n": facts, "min": figure, "max": figure}))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50_000)
