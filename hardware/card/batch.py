"""A batch of cards at the issuing desk: one number after the other, and a CSV of what was issued.

The CSV is the batch's memory: `started` is on disk before a card gets its number, `issued` after. So a number never
lands on two cards: a torn card that comes back, after a stop of the program too, goes on with its own number (it is
printed on it), and no other card gets that number. Cards are told apart by a short tag of their serial.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from typing import Protocol, assert_never

from domain.cards import CardIdentity
from domain.days import day_from_number
from hardware.card.desfire.status import CardRefused
from hardware.card.keys import IssuerVault
from hardware.card.layout import PICC
from hardware.card.link import DesfireLink
from hardware.card.opening import OpenFailure, failure_of
from hardware.card.personalise import AlreadyIssued, PersonalisationOrder, Personalised, personalise
from hardware.card.port import CardChannel, CardLost, Lost, NotOurs, ReaderOut, ReaderUnavailable, Refused

COLUMNS = ("card_number", "status", "kind", "programme", "issued", "expires", "random_uid", "card_tag")
STARTED, ISSUED, RELEASED = "started", "issued", "released"
BATCH_MAX = 10_000
SERIAL_SIZE = 7  # a shorter serial is a random one: the card is ours and hides the real one


class BatchError(Exception):
    """The batch cannot go on; one sentence."""


class Hopper(Protocol):
    """Where the cards come from, one at a time."""

    def next_card(self) -> CardChannel | None:
        """Wait for a card other than the last one; None when there are no more. Raises what a reader raises."""

    def say(self, sentence: str) -> None:
        """Tell the person at the desk."""


def tag_of(serial: bytes) -> str:
    """Four bytes of a hash: enough to know a card of this batch again, too few to tell its serial."""
    return sha256(b"zerot-issue-1" + serial).hexdigest()[:8] if len(serial) == SERIAL_SIZE else ""


class IssueLog:
    """The CSV, append only, each row fsynced. BatchError when it cannot be read or written.

    `issued`: numbers whose card is ready. `started`: the tag of the card that began to become a number, by number.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.issued: set[str] = set()
        self.started: dict[str, str] = {}
        try:
            text = path.read_text(encoding="utf-8") if path.exists() else ""
            rows = list(csv.reader(io.StringIO(self._without_half_row(text))))
            if not rows:
                self._append(COLUMNS)
        except (UnicodeDecodeError, csv.Error) as error:
            raise BatchError(f"{path} is not a list of issued cards") from error
        except OSError as error:
            raise BatchError(f"cannot use {path}: {error.strerror}") from error
        if rows and (tuple(rows[0]) != COLUMNS or any(len(row) != len(COLUMNS) for row in rows)):
            raise BatchError(f"{path} is not a list of issued cards")
        for row in rows[1:]:
            self._note(row[0], row[1], row[-1])

    def _without_half_row(self, text: str) -> str:
        """A power cut may have left half a row of ours, which is cut off; nobody else's file is touched."""
        whole = text[: text.rfind("\n") + 1]
        header = ",".join(COLUMNS) + "\n"
        if whole != text and (whole.startswith(header) or header.startswith(text)):
            os.truncate(self._path, len(whole.encode()))
            return whole
        return text

    def _note(self, number: str, status: str, tag: str) -> None:
        if status == ISSUED:
            self.issued.add(number)
        elif status == STARTED:
            self.started[number] = tag
        else:
            self.started.pop(number, None)

    def add(self, status: str, order: PersonalisationOrder, tag: str) -> None:
        """One row: STARTED before the card is touched, ISSUED when it is ready, RELEASED when it never was ours."""
        identity = order.identity
        row = (
            identity.card_number,
            status,
            identity.kind.name.lower(),
            str(identity.programme),
            day_from_number(identity.issued_day).isoformat(),
            day_from_number(identity.expires_day).isoformat(),
            "yes" if order.random_uid else "no",
            tag,
        )
        try:
            self._append(row)
        except OSError as error:
            raise BatchError(f"cannot write {self._path}: {error.strerror}") from error
        self._note(identity.card_number, status, tag)

    def _append(self, cells: Iterable[str]) -> None:
        line = io.StringIO()
        csv.writer(line, lineterminator="\n").writerow(cells)
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            out.write(line.getvalue())
            out.flush()
            os.fsync(out.fileno())


class Batch:
    """The orders that are not yet carried out, and one card at a time for them. Card thread."""

    def __init__(
        self,
        vault: IssuerVault,
        orders: Iterable[PersonalisationOrder],
        log: IssueLog,
        hopper: Hopper,
        sentence_of: Callable[[OpenFailure], str],
    ) -> None:
        wanted = {order.identity.card_number: order for order in orders}
        if len(wanted) > BATCH_MAX:
            raise BatchError(f"a batch has at most {BATCH_MAX} cards")
        self._vault, self._log, self._hopper, self._sentence_of = vault, log, hopper, sentence_of
        self.total = len(wanted)
        self.left = {number: order for number, order in wanted.items() if number not in log.issued}

    def run(self, done: Callable[[int], None]) -> int:
        """Until nothing is left or the cards run out; how many orders are left. Raises BatchError, CardLost.

        `done(n)` hears how many orders of the batch are finished. A card that cannot be used is told and laid aside,
        a torn one is asked for again; a trouble of the reader ends the batch.
        """
        done(self.total - len(self.left))
        while self.left:
            channel = self._hopper.next_card()
            if channel is None:
                return len(self.left)
            try:
                self._one(channel)
            finally:
                channel.close()
            done(self.total - len(self.left))
        return 0

    def _one(self, channel: CardChannel) -> None:
        try:
            serial = DesfireLink(channel).read_uid()
        except (CardLost, ReaderUnavailable) as error:
            return self._failed(failure_of(error))
        tag = tag_of(serial)
        order = self._order_for(tag)
        if order is None:
            return self._hopper.say("The numbers that are left belong to cards that were torn: put one of those back.")
        number = order.identity.card_number
        if tag and self._log.started.get(number) != tag:
            self._log.add(STARTED, order, tag)
        result = personalise(channel, self._vault, order)
        match result:
            case Personalised():
                self._finished(order, tag)
            case AlreadyIssued(identity):
                if identity.card_number != number:  # the same number may come from an earlier day of this batch
                    self._release(order, tag)
                self._known(channel, identity, tag)
            case NotOurs():
                self._release(order, tag)
                self._failed(result)
            case _:
                self._failed(result)
        return None

    def _order_for(self, tag: str) -> PersonalisationOrder | None:
        """The order that this card began, else the next that no card began."""
        if not tag:  # it hides its serial, so it has its number already and tells it
            return next(iter(self.left.values()))
        own = [order for number, order in self.left.items() if self._log.started.get(number) == tag]
        free = [order for number, order in self.left.items() if number not in self._log.started]
        return next(iter(own + free), None)

    def _release(self, order: PersonalisationOrder, tag: str) -> None:
        """The card turned out to be another: nothing of this number is on it."""
        if tag and self._log.started.get(order.identity.card_number) == tag:
            self._log.add(RELEASED, order, tag)

    def _known(self, channel: CardChannel, identity: CardIdentity, tag: str) -> None:
        """It has a number. One of ours that is left: the batch stopped before its row, or before its last step."""
        order = self.left.get(identity.card_number)
        if order is None:
            return self._hopper.say(f"This card was issued before, as {identity.card_number}: lay it aside.")
        try:
            DesfireLink(channel).select(PICC)  # ends the session in which the number was read
        except (CardLost, ReaderUnavailable, CardRefused) as error:
            return self._failed(failure_of(error))
        own = PersonalisationOrder(identity, order.random_uid)
        result = personalise(channel, self._vault, own)
        if isinstance(result, Personalised):
            return self._finished(own, tag)
        if isinstance(result, AlreadyIssued):
            raise BatchError(f"card {identity.card_number} changes its number")
        return self._failed(result)

    def _finished(self, order: PersonalisationOrder, tag: str) -> None:
        self._log.add(ISSUED, order, tag)
        del self.left[order.identity.card_number]

    def _failed(self, failure: OpenFailure) -> None:
        match failure:
            case ReaderOut():
                raise BatchError(self._sentence_of(failure))
            case Lost():
                self._hopper.say("The card was taken away too early: put it back.")
            case NotOurs() | Refused():
                self._hopper.say(self._sentence_of(failure))
            case _:
                assert_never(failure)
