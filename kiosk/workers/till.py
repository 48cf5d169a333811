"""Closes the till when a local day has ended: before the next fact, and from the sync thread when nobody comes.

What a closing covers is read from the journal itself, so no fact is counted twice or missed, whoever appends meanwhile:
a fact that comes between the reading and the closing lies after `last` and belongs to the next one.
"""

from __future__ import annotations

from datetime import date
from threading import Lock

from domain.days import local_day
from domain.facts import Fact, FactKind
from domain.ports import Clock
from domain.till import DAY, Place, TillState, build_closings, count, open_day, state_after
from kiosk.store.journal import Draft, Journal


class Till:
    """`close_if_due` from any worker; it blocks until the closings are on the disk. Raises JournalTrouble."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal, self._clock = journal, clock
        self._lock = Lock()
        self._state = state_after(self._newest())
        self._day: date | None = None  # that is open; None until a fact is there

    def _newest(self) -> Fact | None:
        return self._journal.last_of_kind(FactKind.TILL_CLOSED, lambda fact: fact.body.get("period") == DAY)

    def close_if_due(self) -> tuple[Fact, ...]:
        """The closings made, none on most calls, which cost one comparison of days."""
        today = local_day(self._clock.now_ms())
        if today == self._day:
            return ()
        with self._lock:
            if self._day is None:
                self._day = open_day(self._journal.iterate(*self._state.last))
            if self._day is None or self._day == today:
                return ()
            made = self._close(self._state, self._day, today)
            self._state = state_after(made[0])
            self._day = today
        return made

    def _close(self, state: TillState, day: date, today: date) -> tuple[Fact, ...]:
        amounts: dict[str, int] = {}
        before: list[Fact] = []  # outcomes that earlier closings counted
        for fact in self._journal.purse_facts():
            amount = fact.body.get("amount_cents")
            if fact.kind.endswith(".intent") and isinstance(amount, int):
                amounts[fact.id] = amount
            elif (fact.incarnation, fact.sequence) <= state.last:
                before.append(fact)
        decided: set[str] = set()
        count(before, amounts, decided)
        since = list(self._journal.iterate(*state.last))
        places: list[Place] = [(fact.incarnation, fact.sequence) for fact in since]
        bodies = build_closings(state, day, today, len(since), count(since, amounts, decided), places[0], places[-1])
        return self._journal.append_all([Draft(FactKind.TILL_CLOSED, body) for body in bodies])
