"""How a figure is told: one JSON object a line (docs/benchmarks.md)."""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

TICKS = os.sysconf("SC_CLK_TCK")


def report(
    name: str,
    values: Sequence[float],
    unit: str,
    n: int,
    *,
    limit: float | None = None,
    peer: float | None = None,
    **more: Any,
) -> None:
    """`values` are the rounds: their median is told, least and greatest beside it. `n` is how many facts, requests or
    calls one round had. `limit` is the machine's own bound, measured in the same run, `peer` what another does."""
    line: dict[str, Any] = {
        "name": name,
        "value": shown(statistics.median(values)),
        "unit": unit,
        "n": n,
        "min": shown(min(values)),
        "max": shown(max(values)),
    }
    if limit is not None:
        line["limit"] = shown(limit)
    if peer is not None:
        line["peer"] = peer
    print(json.dumps({**line, **more}, ensure_ascii=False), flush=True)


def shown(value: float) -> float:
    """Four digits that mean something."""
    return round(value) if abs(value) >= 1000 else float(f"{value:.4g}")


def cpu_seconds(pids: Sequence[int]) -> float:
    """Processor time that these processes have used so far, threads included; those that have ended count nothing."""
    total = 0
    for pid in pids:
        with suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
    return total / TICKS


def rss_mib(pid: int) -> float:
    """Resident memory of a process; 0.0 where it cannot be told."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    return 0.0
