"""What a kiosk believes of its territory when the feeds are strange, missing, another's or too old."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import pytest
from structlog.testing import capture_logs

from domain.cards import CardReading
from domain.config import Limits
from domain.facts import FactKind
from domain.purse import Refusal, Refused, check_debit, check_load
from kiosk.workers.knowledge import Knowledge
from kiosk.workers.tally import Tally
from tests.fixtures.cards import make_bench, opened, read_all
from tests.fixtures.device_client import FactChain

NOW = 1_795_345_200_000  # 2026-11-22 12:00 in Paris
HOUR_MS = 3_600_000
CONFIG: dict[str, Any] = {
    "version": 1,
    "territory": "bon-coin",
    "territory_name": "Pays du Bon Coin",
    "device": "BC-017",
    "issued_at": NOW - HOUR_MS,
    "expires_at": NOW + 30 * 24 * HOUR_MS,
    "site": {"number": 17, "name": "Fournil des Ocres", "commune": "Bédarrin", "latitude": 43.9, "longitude": 5.1},
    "language": "fr",
    "limits": {"offline_debit_limit_cents": 4_000},
    "programme": {"number": 1, "name": "Bon Coin", "points_per_site_day": 40},
    "idle_seconds": 45,
    "operators": [],
    "sites": [{"number": 17, "name": "Fournil des Ocres"}],
    "beacons": [
        {
            "name": "BC-B01",
            "type": "ibeacon",
            "uuid": "b9407f30-f5f8-466e-aff9-25556b57fe6d",
            "major": 1,
            "minor": 2,
            "site_number": 17,
        }
    ],
    "rewards": [],
    "mobile_url": "",
}


@dataclass
class StillClock:
    now: int = NOW

    def now_ms(self) -> int:
        return self.now

    def monotonic_ms(self) -> int:
        return self.now - NOW


@dataclass
class Told:
    """A Knowledge and the documents that it is told."""

    documents: dict[str, dict[str, Any]] = field(default_factory=dict)
    clock: StillClock = field(default_factory=StillClock)
    tally: Tally = field(default_factory=Tally)
    incarnation: int = 2
    can_load: bool = True

    def __post_init__(self) -> None:
        self.knowledge = Knowledge(
            self.documents.get, self.tally, self.clock, 42, lambda: self.incarnation, self.can_load
        )

    def config(self, **changes: Any) -> list[dict[str, Any]]:
        """A configuration arrives; what was logged."""
        return self.document("config", {**deepcopy(CONFIG), **changes})

    def document(self, feed: str, document: dict[str, Any]) -> list[dict[str, Any]]:
        self.documents[feed] = document
        with capture_logs() as logs:
            self.knowledge.reload()
        return [dict(line) for line in logs]


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def reading() -> CardReading:
    bench = make_bench(7)
    bench.card(balance_cents=5_000)
    return read_all(opened(bench.reader.connect(), bench.kiosk))


def test_unknown_keys_are_named_in_the_log_and_change_nothing(told: Told) -> None:
    assert told.config() == []
    before = told.knowledge.known.config
    logs = told.config(colour_of_the_sky="blue", limits={"offline_debit_limit_cents": 4_000, "offline_debt": 9})
    assert [set(line["keys"]) for line in logs] == [{"colour_of_the_sky", "limits.offline_debt"}]
    assert logs[0]["log_level"] == "warning"
    assert told.knowledge.known.config == before


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 2},
        {"idle_seconds": 1},
        {"site": {"number": 17}},
        {"limits": {"offline_debit_limit_cents": -1}},
        {"limits": {"offline_debit_limit_cents": True}},
        {"operators": [{"card_number": "1"}]},
        {"beacons": [{"name": "x", "type": "lighthouse", "site_number": 1}]},
        {"programme": None},
        {"territory": ""},
    ],
    ids=str,
)
def test_a_refused_configuration_leaves_the_one_before(told: Told, changes: dict[str, Any]) -> None:
    told.config()
    before = told.knowledge.known
    event = told.knowledge.config_event()
    logs = told.config(**changes)
    assert [line["log_level"] for line in logs] == ["error"]
    assert logs[0]["reason"]
    assert told.knowledge.known == before
    assert told.knowledge.config_event() == event


def test_a_first_configuration_that_is_refused_leaves_none(told: Told) -> None:
    told.config(version=2)
    assert told.knowledge.known.config is None
    assert told.knowledge.config_event() is None
    assert told.knowledge.here() is None
    assert told.knowledge.place_names() == ("", "")


def test_a_missing_block_list_unblocks_nobody(told: Told, reading: CardReading) -> None:
    told.config()
    told.knowledge.online = True
    told.document("blocklist", {"cards": [{"card_number": "00421187", "reason": "lost"}]})
    assert check_debit(reading, 100, told.knowledge.circumstances()) == Refused(Refusal.BLOCKED)
    del told.documents["blocklist"]
    told.config(idle_seconds=60)
    assert told.knowledge.known.blocked == {"00421187"}
    assert check_debit(reading, 100, told.knowledge.circumstances()) == Refused(Refusal.BLOCKED)
    told.document("blocklist", {"cards": []})  # only a list that says so does
    assert check_debit(reading, 100, told.knowledge.circumstances()) is None


def allowance(incarnation: int, amount: int = 20_000, issued: int = NOW - HOUR_MS) -> dict[str, Any]:
    return {
        "device": "BC-017",
        "incarnation": incarnation,
        "amount_cents": amount,
        "issued_at": issued,
        "expires_at": NOW + HOUR_MS,
    }


def test_an_allowance_of_another_incarnation_counts_nothing(told: Told, reading: CardReading) -> None:
    told.config()
    told.document("allowance", allowance(incarnation=1))
    assert told.knowledge.allowance_left() is None
    assert check_load(reading, 100, told.knowledge.circumstances()) == Refused(Refusal.OVER_ALLOWANCE)
    told.document("allowance", allowance(incarnation=2))
    assert told.knowledge.allowance_left() == 20_000
    assert check_load(reading, 100, told.knowledge.circumstances()) is None
    told.incarnation = 3  # the journal forked: an older image was restored
    told.config()
    assert told.knowledge.allowance_left() is None


def test_an_allowance_is_used_up_by_what_was_loaded_since_and_ends(told: Told) -> None:
    chain = FactChain("BC-017", incarnation=2)
    for amount in (5_000, 2_500):
        fact = chain.add(FactKind.LOAD_INTENT, {"amount_cents": amount, "operator": "00990012", "paid_by": "cash"})
        told.tally.take(fact)
    issued = chain.facts[0].occurred_at
    told.clock.now = issued + HOUR_MS
    told.config(expires_at=issued + 30 * 24 * HOUR_MS)
    told.document("allowance", {**allowance(2, 10_000, issued), "expires_at": issued + 2 * HOUR_MS})
    assert told.knowledge.allowance_left() == 2_500
    later = {**allowance(2, 15_000, issued + 1), "expires_at": issued + 2 * HOUR_MS}
    told.document("allowance", later)
    assert told.knowledge.allowance_left() == 7_500, "the amount is cumulative: no clock takes part"
    told.clock.now = issued + 2 * HOUR_MS
    assert told.knowledge.allowance_left() is None


def test_without_a_load_key_there_is_no_allowance() -> None:
    told = Told(can_load=False)
    told.config()
    told.document("allowance", allowance(2))
    assert told.knowledge.allowance_left() is None


def test_an_expired_configuration_means_stricter_limits(told: Told, reading: CardReading) -> None:
    told.config()
    known = told.knowledge
    known.online, known.last_contact_ms = True, NOW
    assert check_debit(reading, 4_500, known.circumstances()) is None  # online: the server's own word
    known.online = False
    assert check_debit(reading, 3_000, known.circumstances()) is None
    assert check_debit(reading, 4_500, known.circumstances()) == Refused(Refusal.OVER_OFFLINE_LIMIT, 4_000)
    told.clock.now = CONFIG["expires_at"]
    known.last_contact_ms = told.clock.now
    for known.online in (False, True):
        now = known.circumstances()
        assert not now.online
        assert check_debit(reading, 100, now) == Refused(Refusal.OFFLINE_TOO_LONG)


def test_before_any_configuration_the_strictest_limits_hold(told: Told, reading: CardReading) -> None:
    told.knowledge.online, told.knowledge.last_contact_ms = True, NOW
    now = told.knowledge.circumstances()
    assert (now.limits, now.points_per_site_day, now.site) == (Limits(), 0, 0)
    assert check_debit(reading, 100, now) == Refused(Refusal.OFFLINE_TOO_LONG)


def test_a_revoked_kiosk_neither_sells_nor_loads(told: Told, reading: CardReading) -> None:
    told.config()
    told.document("allowance", allowance(2))
    known = told.knowledge
    known.online, known.last_contact_ms = True, told.clock.now
    assert check_debit(reading, 100, known.circumstances()) is None
    known.revoked = True
    refused = check_debit(reading, 100, known.circumstances())
    assert refused is not None
    assert refused.reason is Refusal.OFFLINE_TOO_LONG
    assert known.allowance_left() is None
