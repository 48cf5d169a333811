"""`zerot tour` as a newcomer runs it: the real window under Xvfb, a server child, on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.postgres import Postgres, postgres

__all__ = ["postgres"]

FEED = Path(__file__).parents[3] / "shared" / "data" / "datatourisme" / "flux_centre_dev_2020.zip"
TOUR_SECONDS = 400
# What the design asks of the national sample of 1 910 objects.
REAL_OFFERS = 1_850


def run_tour(out: Path, *arguments: str, database_url: str = "") -> dict[str, Any]:
    """Run it to its end and read its report; a failed tour shows its last words."""
    environment = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "DATABASE_URL")}
    if database_url:
        environment["DATABASE_URL"] = database_url
    done = subprocess.run(
        [sys.executable, "-m", "kiosk", "tour", "--out", str(out), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=TOUR_SECONDS,
        check=False,
    )
    said = "\n".join(line for line in done.stderr.splitlines() if "kivy:" not in line)[-3000:]
    assert done.returncode == 0, said
    report: dict[str, Any] = json.loads((out / "report.json").read_text(encoding="utf-8"))
    return report


def check_report(report: dict[str, Any], out: Path) -> None:
    assert report["verdict"] == "passed"
    assert all(check["ok"] for check in report["checks"])
    assert report["ledger_sum_cents"] == 0
    assert report["balance_cents"] == {"chip": 3200, "kiosk": 3200, "server": 3200}
    assert report["beacons"]["kept"] > 0
    assert report["beacons"]["dropped"] > 0
    assert report["facts"] > 0
    assert report["requests"] > 0
    assert len(report["steps"]) >= 25
    for step in report["steps"]:
        picture = out / step["picture"]
        assert picture.read_bytes().startswith(b"\x89PNG"), picture
        assert step["milliseconds"] >= 0


@pytest.mark.slow
def test_the_tour_in_landscape(tmp_path: Path) -> None:
    report = run_tour(tmp_path / "tour", "--seed", "1")
    check_report(report, tmp_path / "tour")
    assert report["offers"] >= 120


@pytest.mark.slow
def test_the_tour_in_portrait_on_postgresql_with_a_real_feed(tmp_path: Path, postgres: Postgres) -> None:
    url = postgres.create_database(f"tour_{os.getpid()}")
    arguments = ["--size", "800x1280", "--seed", "2"]
    if FEED.exists():
        arguments += ["--content", str(FEED)]
    report = run_tour(tmp_path / "tour", *arguments, database_url=url)
    check_report(report, tmp_path / "tour")
    if not FEED.exists():
        pytest.skip(f"the tour passed without the real feed: {FEED} is not here")
    assert report["offers"] >= REAL_OFFERS + 120
