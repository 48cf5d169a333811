"""A credit that the server brings through a kiosk: `card.relay_requests`, `.relay_ms_p50`, `.relay_nothing_ms_p50`.

Kiosk and server in one process over a SQLite file with full sync, no network: `relay_ms_p50` is everything from the
opening to the booked outcome but the line's own time (seven round trips, 15 frames). `relay_nothing_ms_p50` is what
every other tap costs the server.

Usage: python -m bench.bench_relay
"""

from __future__ import annotations

import json
import statistics
import sys
import time

from kiosk.workers.relay import Piped
from sync.messages_cards import SessionOutcome
from tests.fixtures.relay_world import RelayWorld, django_home

SEED = 20261125
CREDITS = 40


def main() -> int:
    django_home(durable=True)
    world = RelayWorld(SEED)
    took, idle, requests = [], [], set()
    for number in range(CREDITS):
        name = f"{number + 1:08d}"
        card = world.card(name)
        world.grant(name, 500)
        for times in (took, idle):
            started = time.perf_counter()
            ended, client = world.relay(world.names[number % 2], card)
            times.append((time.perf_counter() - started) * 1000)
            outcome = ended.result.outcome if isinstance(ended, Piped) else None
            if outcome is not (SessionOutcome.DONE if times is took else SessionOutcome.NOTHING):
                print(f"the session ended with {ended}", file=sys.stderr)
                return 1
            if times is took:
                requests.add(client.requests)
    (count,) = requests
    figure("card.relay_requests", [float(count)], "requests")
    figure("card.relay_ms_p50", took, "ms")
    figure("card.relay_nothing_ms_p50", idle, "ms")
    return 0


def figure(name: str, values: list[float], unit: str) -> None:
    found = {"name": name, "value": round(statistics.median(values), 3), "unit": unit, "n": len(values)}
    print(json.dumps({**found, "min": round(min(values), 3), "max": round(max(values), 3)}), flush=True)


if __name__ == "__main__":
    sys.exit(main())
