"""What a kiosk does for its journal after each meeting with the server: the till closed, old files let go."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import structlog

from domain.facts import FactKind
from domain.till import DAY
from kiosk.store.journal import Journal
from kiosk.store.journal_retention import DAY_MS, add_mark, long_acknowledged, removable, remove
from kiosk.store.life import LifeGuard
from kiosk.store.state import KioskState
from sync.keys import KeyTrouble


class Housekeeping:
    """On the sync thread. Raises JournalTrouble, StateTrouble, OSError."""

    def __init__(
        self, directory: Path, journal: Journal, state: KioskState, sign: Callable[[bytes], bytes], public: bytes
    ) -> None:
        """`sign` and `public` (DER) are the device key's: they sign the anchors."""
        self._directory, self._journal, self._state = directory, journal, state
        self._sign, self._public = sign, public
        self._log = structlog.get_logger(__name__)

    def after_contact(self) -> None:
        """The server answered: once a day of its clock, note what it has and let go what it has had for 90 days."""
        server_ms, head = self._state.last_server_ms(), self._state.acknowledged()
        marks = self._state.marks()
        if head is None or any(mark.server_ms // DAY_MS == server_ms // DAY_MS for mark in marks):
            return
        acknowledged = (head.incarnation, head.sequence)
        marks = add_mark(marks, server_ms, acknowledged)
        self._state.set_marks(marks)
        closing = self._journal.last_of_kind(
            FactKind.TILL_CLOSED,
            lambda fact: fact.body.get("period") == DAY and (fact.incarnation, fact.sequence) <= acknowledged,
        )
        if closing is None:
            return
        doubts = [((fact.incarnation, fact.sequence), fact.occurred_at) for fact in self._journal.open_intents()]
        covered = closing.body["last"]
        closed = (int(covered["incarnation"]), int(covered["sequence"]))  # type: ignore[call-overload, index, arg-type]
        kept_for_long = long_acknowledged(marks, server_ms)
        for segment in removable(self._directory, kept_for_long, closed, doubts, server_ms):
            remove(self._directory, segment, closing.id, server_ms, self._sign, self._public)
            self._log.info("a month of the journal was let go", month=segment.meta.month, facts=segment.facts)


def begin_life(guard: LifeGuard, journal: Journal, paired: int, *, damaged: bool) -> bool:
    """Begin the incarnation that is due at this start, if any, and a new token; whether this was another life.

    `paired` is the incarnation that pairing gave; `damaged`: a new one was begun a moment ago. Raises JournalTrouble,
    KeyTrouble, OSError.
    """
    place, known = journal.last_place(), guard.known_incarnation()
    other = not damaged and max(place[0], known) >= paired and guard.is_another_life(place)
    if other:
        journal.fork(max(place[0], known, paired) + 1)
    elif place[0] < paired:
        journal.start_incarnation(paired, "paired")
    guard.begin(journal.last_place())
    return other


def keep_life(guard: LifeGuard, journal: Journal) -> None:
    """Note outside the image how far the journal is; trouble there stops nobody from selling."""
    try:
        guard.reached(journal.last_place())
    except (KeyTrouble, OSError) as error:
        structlog.get_logger(__name__).error("the life of the journal could not be noted", reason=str(error))
