"""Till closings, retention behind signed anchors, archives, and the inspector who verifies all three offline."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from domain.facts import Fact, FactKind
from domain.ports import FixedClock
from domain.till import DAY, MONTH, YEAR
from kiosk.store.journal_archive import verify_archive, write_archive
from kiosk.store.journal_cli import verify
from kiosk.store.journal_file import segment_paths
from kiosk.store.journal_retention import ANCHORS, DAY_MS, Mark, add_mark, long_acknowledged, read_anchors
from kiosk.store.journal_verify import ChainBroken, ChainIntact, verify_files
from kiosk.store.state import KioskState
from kiosk.workers.housekeeping import Housekeeping
from kiosk.workers.till import Till
from sync.feeds import Recipient
from sync.keys import create_device_identity
from sync.protocol import Head
from tests.fixtures.memory import memory_folder
from tests.unit.test_journal import opener, unguarded

NOON = 1_795_348_800_000  # 2026-11-22T12:00:00Z, a Sunday
IDENTITY = create_device_identity()


class Kiosk:
    """A journal with its till, state and housekeeping, on a clock that is put where it is wanted."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder, FixedClock(NOON, 5_000)
        self.make = opener(folder / "journal", self.clock)
        self.journal = self.make()
        self.journal.start_incarnation(1, "paired")
        self.till = Till(self.journal, self.clock)
        self.state = KioskState(folder / "state.db", Recipient("bon-coin", "BC-017", bytes(32)), boot="b")
        self.keeping = Housekeeping(folder / "journal", self.journal, self.state, IDENTITY.sign, IDENTITY.public_der)

    def append(self, kind: str, body: dict[str, Any]) -> Fact:
        self.till.close_if_due()
        return self.journal.append(kind, body)

    def buy(self, cents: int, result: str = "done") -> Fact:
        intent = self.append("purse.debit.intent", {"amount_cents": cents})
        self.append("purse.debit.outcome", {"intent": intent.id, "result": result})
        if result == "done":
            self.append("sale", {"intent": intent.id, "amount_cents": cents, "vat_bp": 1000})
        return intent

    def closings(self, period: str) -> list[dict[str, Any]]:
        return [dict(f.body) for f in self.journal.of_kind(FactKind.TILL_CLOSED) if f.body["period"] == period]

    def contact(self) -> None:
        """The server answers and has everything."""
        self.state.set_acknowledged(Head(*self.journal.last_place()))
        self.state.record_contact(self.clock.wall_ms, self.clock.wall_ms, self.clock.mono_ms)
        self.till.close_if_due()
        self.keeping.after_contact()

    def days(self, count: int) -> None:
        self.clock.advance(count * DAY_MS)

    def close(self) -> None:
        self.journal.close()
        self.state.close()


@pytest.fixture
def kiosk() -> Iterator[Kiosk]:
    with memory_folder() as folder:
        made = Kiosk(folder)
        yield made
        made.close()


def test_each_day_is_closed_once_with_its_total_and_the_perpetual_one(kiosk: Kiosk) -> None:
    kiosk.buy(1800)
    kiosk.buy(500, "not_done")
    doubt = kiosk.buy(700, "in_doubt")
    assert kiosk.till.close_if_due() == ()
    kiosk.days(1)
    (closed,) = kiosk.till.close_if_due()
    assert kiosk.till.close_if_due() == ()
    body: dict[str, Any] = dict(closed.body)
    assert (body["period"], body["label"], body["number"]) == (DAY, "2026-11-22", 1)
    assert body["totals"] == {
        "debit_count": 1, "debit_cents": 1800, "sale_count": 1, "sale_cents": 1800, "vat_1000_cents": 1800,
    }  # fmt: skip
    assert (body["first"], body["last"], body["facts"]) == (
        {"incarnation": 1, "sequence": 1},
        {"incarnation": 1, "sequence": 8},
        8,
    )
    # What was in doubt and is decided today is today's; what was counted is never counted again.
    kiosk.append("purse.debit.outcome", {"intent": doubt.id, "result": "done"})
    kiosk.append("purse.debit.outcome", {"intent": doubt.id, "result": "done"})
    kiosk.days(1)
    (second,) = kiosk.till.close_if_due()
    assert second.body["totals"]["debit_cents"] == 700  # type: ignore[index, call-overload]
    assert second.body["perpetual"]["debit_cents"] == 2500  # type: ignore[index, call-overload]
    assert second.body["number"] == 2
    assert second.body["first"] == {"incarnation": 1, "sequence": 9}


def test_months_and_years_close_too_and_a_restart_changes_nothing(kiosk: Kiosk) -> None:
    perpetual = 0
    for day in range(75):  # into February, over two months and a year
        kiosk.buy(100 + day)
        perpetual += 100 + day
        if day % 9 == 4:
            kiosk.journal.close()
            kiosk.journal = kiosk.make(boot=f"boot-{day}")
            kiosk.till = Till(kiosk.journal, kiosk.clock)
        kiosk.days(1)
    kiosk.till.close_if_due()
    days, months, years = (kiosk.closings(period) for period in (DAY, MONTH, YEAR))
    assert [body["number"] for body in days] == list(range(1, 76))
    assert [body["label"] for body in months] == ["2026-11", "2026-12", "2027-01"]
    assert [body["label"] for body in years] == ["2026"]
    assert days[-1]["perpetual"]["debit_cents"] == perpetual
    for body in months:
        of_days = [day["totals"]["debit_cents"] for day in days if day["label"].startswith(body["label"])]
        assert body["totals"]["debit_cents"] == sum(of_days)
    in_year = [day["totals"]["debit_cents"] for day in days if day["label"] < "2027"]
    assert years[0]["totals"]["debit_cents"] == sum(in_year)
    covered = [(body["first"]["sequence"], body["last"]["sequence"]) for body in days]
    assert all(after[0] == before[1] + 1 for before, after in pairwise(covered))


@pytest.mark.parametrize("years", [10, -10])
def test_a_wrong_clock_closes_no_day_twice_and_stops_no_later_one(kiosk: Kiosk, years: int) -> None:
    kiosk.buy(100)
    kiosk.days(365 * years)
    kiosk.buy(200)
    kiosk.days(-365 * years)
    kiosk.buy(300)
    kiosk.days(1)
    kiosk.till.close_if_due()
    assert [body["totals"]["debit_cents"] for body in kiosk.closings(DAY)] == [100, 200, 300]
    assert kiosk.closings(DAY)[-1]["perpetual"]["debit_cents"] == 600


def live(kiosk: Kiosk, days: int) -> None:
    for _ in range(days):
        kiosk.buy(100)
        kiosk.days(1)
        kiosk.contact()


def inspect(folder: Path) -> dict[str, Any]:
    return dict(json.loads(CliRunner().invoke(verify, [str(folder)]).stdout))


def test_whole_months_go_after_ninety_days_and_what_is_left_verifies(kiosk: Kiosk) -> None:
    live(kiosk, 98)  # to 28 February: November's last fact was acknowledged 90 days ago on that day
    folder = kiosk.folder / "journal"
    assert [path.name[8:15] for path in segment_paths(folder)] == ["2026-11", "2026-12", "2027-01", "2027-02"]
    last_november = verify_files(segment_paths(folder)[:1])
    assert isinstance(last_november, ChainIntact)
    live(kiosk, 6)
    assert segment_paths(folder)[0].name[8:15] == "2026-12"
    (anchor,) = read_anchors(folder)
    assert (anchor["month"], anchor["facts"], anchor["before"]) == ("2026-11", last_november.facts, None)
    assert last_november.head is not None
    assert anchor["last"]["hash"] == last_november.head.hash.hex()
    assert inspect(folder)["intact"] is True
    assert isinstance(kiosk.journal.verify(), ChainIntact)
    live(kiosk, 40)
    assert [anchor["month"] for anchor in read_anchors(folder)] == ["2026-11", "2026-12"]
    assert inspect(folder)["intact"] is True
    assert (
        sum(body["totals"]["debit_cents"] for body in kiosk.closings(DAY))
        < kiosk.closings(DAY)[-1]["perpetual"]["debit_cents"]
    )  # the older closings went with their months; the perpetual total knows them


def test_nothing_goes_that_is_unsent_unclosed_in_doubt_or_only_old_by_our_own_clock(kiosk: Kiosk) -> None:
    folder = kiosk.folder / "journal"
    doubt = kiosk.buy(700, "in_doubt")
    live(kiosk, 130)
    assert len(segment_paths(folder)) == 6  # the doubt holds November, and November all that follow
    kiosk.append("purse.debit.outcome", {"intent": doubt.id, "result": "not_done"})
    kiosk.days(1)
    kiosk.contact()
    assert len(segment_paths(folder)) == 4
    kiosk.days(3650)  # ten years ahead, and no server to say so
    kiosk.till.close_if_due()
    kiosk.keeping.after_contact()
    assert len(segment_paths(folder)) == 5
    # A server that has had it for long, but a till that was never closed:
    unclosed = kiosk.folder / "other"
    unclosed.mkdir()
    other = Kiosk(unclosed)
    for _ in range(130):
        other.journal.append("visit", {})
        other.days(1)
        other.state.set_acknowledged(Head(*other.journal.last_place()))
        other.state.record_contact(other.clock.wall_ms, other.clock.wall_ms, 0)
        other.keeping.after_contact()
    assert len(segment_paths(unclosed / "journal")) == 5
    other.close()


def test_files_taken_away_and_anchors_changed_are_found(kiosk: Kiosk) -> None:
    live(kiosk, 140)
    folder = kiosk.folder / "journal"
    anchors = folder / ANCHORS
    good = anchors.read_bytes()
    first, second = good.splitlines(keepends=True)
    for bad, reason in (
        (b"", "without an anchor"),
        (second, "does not follow"),
        (first, "does not follow the last anchor"),
        (good.replace(b'"facts":', b'"facts":1', 1), "not what the device signed"),
    ):
        anchors.write_bytes(bad)
        found = inspect(folder)
        assert found["intact"] is False
        assert reason in found["reason"], found
    anchors.write_bytes(good + b'{"month":"2027-0')  # torn by a power cut
    assert inspect(folder)["intact"] is True
    segment_paths(folder)[0].unlink()
    assert "does not follow" in inspect(folder)["reason"]


def test_marks_stay_few_and_tell_what_is_old() -> None:
    marks: tuple[Mark, ...] = ()
    for day in range(400):
        marks = add_mark(marks, NOON + day * DAY_MS, (1, day + 1))
        marks = add_mark(marks, NOON + day * DAY_MS + 60_000, (1, day + 2))
    assert len(marks) == 91
    assert long_acknowledged(marks, NOON + 399 * DAY_MS) == (1, 310)
    assert long_acknowledged((), NOON) == (0, 0)


def archive_of(kiosk: Kiosk, folder: Path) -> list[Path]:
    return write_archive(folder, segment_paths(kiosk.folder / "journal"), NOON, IDENTITY.sign, IDENTITY.public_der)


def test_an_archive_is_verified_without_a_database_and_names_the_first_broken_line(
    kiosk: Kiosk, tmp_path: Path
) -> None:
    live(kiosk, 20)
    out = tmp_path / "archive"
    made = archive_of(kiosk, out)
    assert [path.name for path in made] == [
        "journal-2026-11.jsonl", "journal-2026-12.jsonl", "closings.csv", "schema.json", "SHA256SUMS",
    ]  # fmt: skip
    november = made[0]
    found = verify_archive(november)
    assert isinstance(found, ChainIntact)
    told = CliRunner().invoke(verify, [str(out)])
    assert (told.exit_code, json.loads(told.stdout)["intact"], json.loads(told.stdout)["files"]) == (0, True, 2)
    assert made[2].read_text(encoding="utf-8").count("\n") == 1 + len(kiosk.closings(DAY)) + len(kiosk.closings(MONTH))
    lines = november.read_bytes().splitlines(keepends=True)
    number = next(n for n, line in enumerate(lines, 1) if b'"amount_cents":100' in line)
    for changed, line, reason in (
        ([*lines[: number - 1], lines[number - 1].replace(b":100", b":900", 1), *lines[number:]], number, "content"),
        ([*lines[: number - 1], *lines[number:]], number, "hole"),
        ([lines[0].replace(b"2026-11", b"2026-10"), *lines[1:]], len(lines), "signature"),
        (lines[:-1], len(lines), "cut short"),
        ([*lines, lines[2]], len(lines) + 1, "after the end"),
        ([b"{}\n", *lines[1:]], 1, "begin"),
        ([lines[0], b"\xff\xfe\n", *lines[2:]], 2, "not a line"),
        ([lines[0], lines[1].replace(b'"previous":"0', b'"previous":"1'), *lines[2:]], 2, "follow"),
        ([], 1, "empty"),
    ):
        november.write_bytes(b"".join(changed))
        broken = verify_archive(november)
        assert isinstance(broken, ChainBroken), reason
        assert broken.reason.startswith(f"line {line}: "), (broken, reason)
        assert reason in broken.reason
        assert CliRunner().invoke(verify, [str(november)]).exit_code == 1


def test_a_changed_journal_makes_an_archive_that_does_not_verify(kiosk: Kiosk, tmp_path: Path) -> None:
    live(kiosk, 2)
    kiosk.journal.close()
    (path,) = segment_paths(kiosk.folder / "journal")
    unguarded(path, "UPDATE facts SET body = replace(body, ':100', ':900') WHERE kind LIKE '%intent'")
    made = archive_of(kiosk, tmp_path / "archive")
    assert isinstance(verify_archive(made[0]), ChainBroken)


def test_the_day_ends_at_local_midnight(kiosk: Kiosk) -> None:
    kiosk.clock.wall_ms = 1_795_388_400_000 - 1  # 2026-11-22T22:59:59.999Z, 23:59:59.999 in the territory
    kiosk.buy(100)
    kiosk.clock.wall_ms += 1
    kiosk.buy(200)
    assert [(body["label"], body["totals"]["debit_cents"]) for body in kiosk.closings(DAY)] == [
        (date(2026, 11, 22).isoformat(), 100)
    ]
