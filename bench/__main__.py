"""`python -m bench [GROUP…]`: measures, each group in a process of its own; one JSON object a line on stdout.

The last line describes the machine. A group that fails is said on stderr and makes the exit status 1; an unknown group
is one sentence and exit status 2.
"""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

ROOT = Path(__file__).resolve().parents[1]
GROUP_SECONDS = 400  # the longest of most, a drain of 100 000 facts, takes a minute on an idle machine
# A feed of half a million objects is made and read: minutes, in a group of its own.
LONG_SECONDS: Mapping[str, int] = MappingProxyType({"bench.bench_import_memory": 1_500})

# Each row is one process, so that memory and caches of one never colour another.
GROUPS: Mapping[str, tuple[tuple[str, ...], ...]] = MappingProxyType(
    {
        "journal": (("bench.bench_journal",),),
        "sync": (("bench.bench_line", "sqlite"),),
        "fleet": (("bench.bench_fleet", "sqlite"), ("bench.bench_fleet", "postgresql")),
        "catalogue": (("bench.bench_search", "2000", "100000"), ("bench.bench_import",)),
        "import": (("bench.bench_import_memory",),),
        "card": (("bench.bench_card",), ("bench.bench_card_flows",), ("bench.bench_relay",)),
        "map": (("bench.bench_map",),),
        "ingest": (
            ("bench.bench_ingest", "sqlite"),
            ("bench.bench_ingest", "postgresql"),
            ("bench.bench_ingest", "postgresql", "money"),
        ),
    }
)


def machine() -> dict[str, object]:
    """What the figures were measured on."""
    processor = platform.processor() or platform.machine()
    for line in _lines("/proc/cpuinfo"):
        if line.startswith("model name"):
            processor = line.partition(":")[2].strip()
            break
    memory = next((int(line.split()[1]) // 1024 for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    return {
        "machine": {
            "processor": processor,
            "cores": len(os.sched_getaffinity(0)),
            "memory_mib": memory,
            "load_1_minute": round(os.getloadavg()[0], 2),
            "system": platform.platform(),
            "python": platform.python_version(),
            "sqlite": sqlite3.sqlite_version,
        }
    }


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:  # another system: the description is shorter there
        return []


def run(module: str, *arguments: str) -> bool:
    """One process, its lines passed on as they come; whether it succeeded."""
    seconds = LONG_SECONDS.get(module, GROUP_SECONDS)
    try:
        done = subprocess.run([sys.executable, "-m", module, *arguments], cwd=ROOT, check=False, timeout=seconds)
    except subprocess.TimeoutExpired:
        print(f"{module} took more than {seconds} s and was stopped.", file=sys.stderr)
        return False
    if done.returncode != 0:
        print(f"{module} ended with status {done.returncode}.", file=sys.stderr)
    return done.returncode == 0


def main(wanted: list[str]) -> int:
    """The exit status."""
    unknown = [name for name in wanted if name not in GROUPS]
    if unknown:
        print(f"There is no group {unknown[0]!r}: choose from {', '.join(GROUPS)}.", file=sys.stderr)
        return 2
    good = True
    for group in wanted or GROUPS:
        for command in GROUPS[group]:
            good = run(*command) and good
    print(json.dumps(machine()), flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
