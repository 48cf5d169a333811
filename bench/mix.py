"""Facts of the reference mix (bench/mix.json) as drafts for a journal or as a ready chain.

A money group is a load of 50 €, a debit of 18 € whose points travel in its commit, and the award that tells them: five
facts on one card, three transfers of two legs each. The other kinds have the fields that a kiosk writes.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.fixtures.purse_facts import award, debit_intent, load_intent, outcome

SEED = 20_261_125


@dataclass(frozen=True, slots=True)
class Mix:
    """How many times the money group and how many of each other kind make one hundred facts."""

    times: int
    others: dict[str, int]


def read_mix() -> Mix:
    told = json.loads(Path(__file__).with_name("mix.json").read_text(encoding="utf-8"))
    mix = Mix(told["times"], told["others"])
    if mix.times * len(told["money"]) + sum(mix.others.values()) != 100:
        raise ValueError("bench/mix.json does not make one hundred facts")
    return mix


ALL_MONEY = Mix(20, {})


class Maker:
    """Bodies in the order of the mix. `add(kind, body)` keeps a fact and returns its id; cards begin with `prefix`."""

    def __init__(self, mix: Mix, prefix: int, seed: int = SEED) -> None:
        self._mix, self._prefix, self._chance = mix, prefix, random.Random(seed + prefix)
        self._cards = 0

    def hundred(self, add: Any) -> None:
        """One hundred facts, shuffled but for the order within a group."""
        kinds = [kind for kind, count in self._mix.others.items() for _ in range(count)] + ["money"] * self._mix.times
        self._chance.shuffle(kinds)
        for kind in kinds:
            if kind == "money":
                self._money(add)
            else:
                add(kind, self._other(kind))

    def _money(self, add: Any) -> None:
        card = f"{self._prefix:02d}{self._cards:06d}"
        self._cards += 1
        loaded = add("purse.load.intent", {**load_intent(card=card), "uid_sealed": self._text(74)})
        add("purse.load.outcome", {**outcome(loaded), "tmv": self._hex(8)})
        sale = self._hex(16)
        body = {**debit_intent(card=card), "uid_sealed": self._text(74), "sale": sale}
        paid = add("purse.debit.intent", body)
        add("purse.debit.outcome", {**outcome(paid, operation=2, balance=3200, points=40), "tmv": self._hex(8)})
        add("points.awarded", award(paid, card=card))

    def _other(self, kind: str) -> dict[str, Any]:
        chance = self._chance
        at = 1_793_000_000_000 + chance.randrange(1 << 31)
        if kind == "visit":
            return {
                "site": 17, "session": self._hex(8), "started_at": at, "ended_at": at + chance.randrange(300_000),
                "language": chance.choice(["fr", "fr", "en", "de"]), "card": None, "offers_seen": chance.randrange(20),
            }  # fmt: skip
        if kind == "presence":
            return {
                "beacon": f"BC-B{chance.randrange(30):02d}", "site": 17, "started_at": at, "ended_at": at + 30_000,
                "sightings": chance.randrange(1, 50), "rssi_max": -chance.randrange(50, 95),
            }  # fmt: skip
        return {
            "software": "0.1.0", "content_version": 7, "facts_waiting": chance.randrange(2_000),
            "disk_free_mb": chance.randrange(9_000, 30_000), "reader": "ready", "radio": "on",
            "beacons_kept": chance.randrange(5_000), "beacons_dropped": chance.randrange(50_000),
        }  # fmt: skip

    def _hex(self, size: int) -> str:
        return self._chance.randbytes(size).hex()

    def _text(self, size: int) -> str:
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        return "".join(self._chance.choices(letters, k=size))


def drafts(maker: Maker, count: int, ids: Any) -> Iterator[list[tuple[str, dict[str, Any], str]]]:
    """(kind, body, id) by the thousand."""
    rows: list[tuple[str, dict[str, Any], str]] = []

    def add(kind: str, body: dict[str, Any]) -> str:
        rows.append((kind, body, ids.new()))
        return rows[-1][2]

    made = 0
    while made < count:
        rows.clear()
        while len(rows) < 1000:
            maker.hundred(add)
        made += len(rows)
        yield list(rows)
