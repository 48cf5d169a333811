"""The desk's jobs: the operator's PIN (scrypt as configured, misses that survive a restart) and my day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import scrypt
from hmac import compare_digest

from domain.config import Operator
from domain.days import local_day
from domain.ports import Clock
from kiosk.flow import events as ev
from kiosk.flow.effects import CheckPin
from kiosk.store.state import KioskState
from kiosk.workers.knowledge import Knowledge
from kiosk.workers.tally import Tally

LOCK_MINUTES = 15
# N=2^15, r=8, p=1 takes 32 MiB; OpenSSL wants a little more than that allowed (design note "The card").
SCRYPT_N, SCRYPT_R, SCRYPT_P = 1 << 15, 8, 1
SCRYPT_MEMORY = 64 << 20


def pin_matches(operator: Operator, pin: str) -> bool:
    """About a tenth of a second: call it from a worker."""
    salt, expected = bytes.fromhex(operator.pin_salt), bytes.fromhex(operator.pin_hash)
    found = scrypt(
        pin.encode(), salt=salt, n=SCRYPT_N, r=SCRYPT_R, p=SCRYPT_P, maxmem=SCRYPT_MEMORY, dklen=len(expected)
    )
    return compare_digest(found, expected)


def find_operator(operators: Sequence[Operator], card_number: str) -> Operator | None:
    return next((operator for operator in operators if operator.card_number == card_number), None)


class DeskJobs:
    """What a desk asks of the jobs thread; answers with events."""

    def __init__(
        self, state: KioskState, knowledge: Knowledge, tally: Tally, clock: Clock, post: Callable[[ev.Event], None]
    ) -> None:
        self._state = state
        self._knowledge = knowledge
        self._tally = tally
        self._clock = clock
        self._post = post

    def check_pin(self, asked: CheckPin) -> None:
        """A miss is durable before it is shown. Raises StateTrouble, having told the screen that the try is over."""
        now, card = self._clock.now_ms(), asked.card_number
        config = self._knowledge.known.config
        operator = find_operator(config.operators, card) if config else None
        answer = ev.PinChecked(asked.session, card, False, 0, LOCK_MINUTES)  # what stands when the disk fails
        try:
            until = self._state.pin_locked_until(card, now)
            if until is not None or operator is None:
                answer = ev.PinChecked(asked.session, card, False, 0, max(1, -(-((until or now) - now) // 60_000)))
            elif pin_matches(operator, asked.pin):
                self._state.pin_right(card)
                answer = ev.PinChecked(asked.session, card, True)
            else:
                left = self._state.pin_missed(card, now)
                answer = ev.PinChecked(asked.session, card, False, left, 0 if left else LOCK_MINUTES)
        finally:
            self._post(answer)

    def my_day(self, session: int, operator: str) -> None:
        day = self._tally.desk_day(operator, local_day(self._clock.now_ms()))
        self._post(
            ev.MyDayArrived(
                session, day.cash_cents, day.terminal_cents, day.loads, day.charged_cents, day.refunded_cents
            )
        )
