"""What a tour leaves: a picture per step, named checks, one JSON report."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    ok: bool
    found: str = ""


@dataclass(frozen=True, slots=True)
class StepDone:
    name: str
    picture: str
    milliseconds: int


@dataclass(slots=True)
class TourReport:
    """Filled while the tour runs; `write` at its end, whatever happened."""

    offers: int = 0
    facts: int = 0
    requests: int = 0
    ledger_sum_cents: int | None = None
    balance_cents: dict[str, int | None] = field(
        default_factory=lambda: dict[str, int | None](chip=None, kiosk=None, server=None)
    )
    beacons: dict[str, int] = field(default_factory=lambda: {"kept": 0, "dropped": 0})
    checks: list[Check] = field(default_factory=list)
    steps: list[StepDone] = field(default_factory=list)
    seed: int = 0
    size: str = ""
    error: str = ""

    @property
    def passed(self) -> bool:
        return not self.error and bool(self.checks) and all(check.ok for check in self.checks)

    def check(self, name: str, ok: bool, found: object = "") -> None:
        """Record one check; `found` says what was there, for a reader of a failed report."""
        self.checks.append(Check(name, bool(ok), str(found)))

    def document(self) -> dict[str, Any]:
        return {
            "verdict": "passed" if self.passed else "failed",
            "error": self.error,
            "seed": self.seed,
            "size": self.size,
            "offers": self.offers,
            "facts": self.facts,
            "requests": self.requests,
            "ledger_sum_cents": self.ledger_sum_cents,
            "balance_cents": self.balance_cents,
            "beacons": self.beacons,
            "checks": [asdict(check) for check in self.checks],
            "steps": [asdict(step) for step in self.steps],
        }

    def write(self, folder: Path) -> Path:
        path = folder / "report.json"
        path.write_text(json.dumps(self.document(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        return path


class Steps:
    """Numbers the steps, times them and takes their pictures."""

    def __init__(
        self, report: TourReport, folder: Path, take_picture: Callable[[Path], None], say: Callable[[str], None]
    ) -> None:
        self._report = report
        self._folder = folder
        self._take_picture = take_picture
        self._say = say
        self._since = time.monotonic_ns()

    def done(self, name: str) -> None:
        """The step is over: picture, duration since the step before, a line for whoever watches."""
        milliseconds = (time.monotonic_ns() - self._since) // 1_000_000
        number = len(self._report.steps) + 1
        picture = f"{number:02d}-{name}.png"
        self._take_picture(self._folder / picture)
        self._report.steps.append(StepDone(name, picture, milliseconds))
        self._say(f"  {number:02d} {name} ({milliseconds} ms)")
        self._since = time.monotonic_ns()
