"""Till closings: what a kiosk took in a day, a month, a year, and in all.

The French "ISCA" conditions ask for them (inalterability, securing, conservation, archiving: BOI-TVA-DECLA-30-10-30).
This is the fiscal code: small, pure, with a version of its own that every closing carries. Sums are counters that only
grow over the whole life of the till; a period's total is the counter now less the counter when the period began. So a
closing needs only the one before it and the facts since. A fact that is late goes into the period in which it came,
with its own date; a purchase counts when an outcome says that it was done, once. Amounts are integer cents.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from domain.canonical import JsonObject
from domain.days import local_day
from domain.facts import Fact, FactKind

TILL_VERSION: Final = 1
DAY, MONTH, YEAR = "day", "month", "year"
_KINDS: Final[Mapping[str, str]] = {
    FactKind.LOAD_OUTCOME: "load",
    FactKind.DEBIT_OUTCOME: "debit",
    FactKind.REFUND_OUTCOME: "refund",
}
Place = tuple[int, int]
Counters = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class TillState:
    """Where the till stands after its newest daily closing. `last` is the last place that it covers."""

    last: Place = (0, 0)
    perpetual: Counters = field(default_factory=dict)
    month_opening: Counters = field(default_factory=dict)
    year_opening: Counters = field(default_factory=dict)
    numbers: Counters = field(default_factory=dict)  # closings so far, by period


def state_after(closing: Fact | None) -> TillState:
    """The state that a daily closing leaves; the beginning for None. KeyError, TypeError for a body that is none."""
    if closing is None:
        return TillState()
    body: Mapping[str, Any] = closing.body
    last: Place = (body["last"]["incarnation"], body["last"]["sequence"])
    if last[0] != closing.incarnation:  # rescued from a damaged journal: what it covers stands before it now
        last = (closing.incarnation, closing.sequence)
    return TillState(
        last=last,
        perpetual=dict(body["perpetual"]),
        month_opening=dict(body["next_month_opening"]),
        year_opening=dict(body["next_year_opening"]),
        numbers=dict(body["numbers"]),
    )


def open_day(facts: Iterable[Fact]) -> date | None:
    """The local day that is open: that of the first fact since the last closing; None when there is none."""
    return next((local_day(fact.occurred_at) for fact in facts), None)


def count(facts: Iterable[Fact], amounts: Mapping[str, int], decided: set[str]) -> dict[str, int]:
    """What facts add to the counters. `amounts` gives each intent's cents; `decided` is filled with intents counted."""
    found: dict[str, int] = {}
    for fact in facts:
        body: Mapping[str, Any] = fact.body
        word = _KINDS.get(fact.kind)
        if word is not None and body.get("result") == "done":
            intent = str(body.get("intent"))
            if intent in amounts and intent not in decided:
                decided.add(intent)
                _add(found, word, amounts[intent])
        elif fact.kind == FactKind.SALE and isinstance(body.get("amount_cents"), int):
            _add(found, "sale", body["amount_cents"])
            rate = body.get("vat_bp")
            key = f"vat_{'unknown' if rate is None else rate}_cents"
            found[key] = found.get(key, 0) + body["amount_cents"]
    return found


def _add(counters: dict[str, int], word: str, cents: int) -> None:
    counters[f"{word}_count"] = counters.get(f"{word}_count", 0) + 1
    counters[f"{word}_cents"] = counters.get(f"{word}_cents", 0) + cents


def build_closings(
    state: TillState, day: date, today: date, facts: int, added: Counters, first: Place, last: Place
) -> tuple[JsonObject, ...]:
    """Bodies of the closings due now that `day` has ended: the day's, its month's and its year's when they ended too.

    A clock that was wrong may end a day towards the past; the day is closed all the same.
    """
    perpetual = {key: state.perpetual.get(key, 0) + added.get(key, 0) for key in {*state.perpetual, *added}}
    ended = [DAY]
    if (day.year, day.month) != (today.year, today.month):
        ended.append(MONTH)
    if day.year != today.year:
        ended.append(YEAR)
    numbers = {period: state.numbers.get(period, 0) + (period in ended) for period in (DAY, MONTH, YEAR)}
    openings = {DAY: state.perpetual, MONTH: state.month_opening, YEAR: state.year_opening}
    labels = {DAY: day.isoformat(), MONTH: day.isoformat()[:7], YEAR: day.isoformat()[:4]}
    covered: JsonObject = {
        "first": {"incarnation": first[0], "sequence": first[1]},
        "last": {"incarnation": last[0], "sequence": last[1]},
        "facts": facts,
    }
    bodies: list[JsonObject] = []
    for period in ended:
        body: dict[str, Any] = {
            "period": period,
            "label": labels[period],
            "number": numbers[period],
            "totals": _less(perpetual, openings[period]),
            "perpetual": perpetual,
            "till_version": TILL_VERSION,
        }
        if period == DAY:
            body |= dict(covered)
            body |= {
                "next_month_opening": perpetual if MONTH in ended else dict(state.month_opening),
                "next_year_opening": perpetual if YEAR in ended else dict(state.year_opening),
                "numbers": numbers,
            }
        bodies.append(body)
    return tuple(bodies)


def _less(now: Counters, before: Counters) -> dict[str, int]:
    return {key: now[key] - before.get(key, 0) for key in now}
