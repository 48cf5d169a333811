"""Verifying transaction MACs: what the chip signed against the commands that the kiosk says it sent.

No real card has confirmed the collection rule here (docs/card.md), so it is one value of the signed risk configuration,
and a MAC that does not verify puts the operation under review: it holds a payment, it never refuses a fact.
"""

from __future__ import annotations

import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from domain.ports import Clock
from hardware.card.desfire.crypto import diversify
from hardware.card.desfire.tmac import TmacRule, transaction_mac
from server.keys import CardMasters
from server.ledger.models import Transfer as TransferRow
from server.reconciliation.models import ChipState, TransactionCheck
from server.reconciliation.scan import NO_COUNTER
from sync.keys import ServerIdentity
from sync.sealing import UID_CONTEXT, SealBroken
from sync.wire import decode_binary

APPLICATION = bytes.fromhex("4F525A")
UID_BYTES = 7
AT_ONCE = 500
Verdict = TransactionCheck.Verdict


@dataclass(frozen=True, slots=True)
class Verifier:
    """The server's keys for one territory. `masters` of the transaction MAC by version, newest tried first."""

    identity: ServerIdentity
    system_id: bytes
    masters: Mapping[int, bytes]
    rule: TmacRule

    def judge(self, check: TransactionCheck) -> tuple[Verdict, str]:
        """The verdict, and why in French."""
        if check.counter_before is None and not check.mac:
            return Verdict.WITHOUT, "La puce ne signe pas (EV1)."
        if not check.mac or check.counter is None:
            return Verdict.UNVERIFIABLE, "Aucune lecture n'a montré la signature de cette opération."
        if check.counter_before is not None and check.counter != check.counter_before + 1:
            return Verdict.WRONG, "Le compteur signé n'est pas celui qui suit la lecture."
        try:
            commands = tuple(bytes.fromhex(command) for command in check.commands)
            if not commands or not all(commands):
                return Verdict.UNVERIFIABLE, "La liste des commandes manque."
            uid = self.identity.open_box(decode_binary(check.uid_sealed), UID_CONTEXT)
            if len(uid) != UID_BYTES:
                return Verdict.UNVERIFIABLE, "L'identité scellée n'est pas celle d'une puce."
            return self._compare(uid, check.counter, commands, bytes.fromhex(check.mac))
        except SealBroken:
            return Verdict.UNVERIFIABLE, "L'identité scellée de la puce ne s'ouvre pas."
        except (ValueError, binascii.Error):
            return Verdict.UNVERIFIABLE, "Les commandes ou l'identité scellée sont illisibles."

    def _compare(self, uid: bytes, counter: int, commands: tuple[bytes, ...], mac: bytes) -> tuple[Verdict, str]:
        for version in sorted(self.masters, reverse=True):
            key = diversify(self.masters[version], uid + APPLICATION + self.system_id)
            if transaction_mac(key, counter, uid, commands, self.rule) == mac:
                return Verdict.VERIFIED, ""
        return Verdict.WRONG, "La puce a signé autre chose que ce que la borne dit."


def make_verifier(identity: ServerIdentity, masters: CardMasters, rule: TmacRule) -> Verifier:
    return Verifier(identity, masters.system_id, masters.masters["transaction_mac"], rule)


def verify_all(territory: str, verifier: Verifier, clock: Clock) -> dict[str, int]:
    """Judge every booked operation that waits, and those whose signature was still missing. Counts by verdict."""
    counts: dict[str, int] = {}
    after: UUID | None = None
    while True:
        with transaction.atomic():
            rows = TransactionCheck.objects.filter(territory=territory, known=True, reviewed_at=None)
            rows = rows.filter(verdict__in=[Verdict.WAITING, Verdict.UNVERIFIABLE]).order_by("pk")
            if after is not None:
                rows = rows.filter(pk__gt=after)
            page = list(rows[:AT_ONCE])
            booked = set(
                TransferRow.objects.filter(territory=territory, id__in=[row.intent for row in page]).values_list(
                    "id", flat=True
                )
            )
            for row in page:
                fill_from_sightings(row)
                if row.intent not in booked and row.kind != "entry":
                    continue
                row.verdict, row.why = verifier.judge(row)
                row.checked_at = clock.now_ms()
                row.save(update_fields=["verdict", "why", "checked_at", "counter", "mac"])
                counts[row.verdict] = counts.get(row.verdict, 0) + 1
        if len(page) < AT_ONCE:
            return counts
        after = page[-1].pk


def fill_from_sightings(row: TransactionCheck) -> None:
    """A later tap may have read the signature whose answer was lost: the one with the counter after ours."""
    if row.mac or row.counter_before is None:
        return
    seen = ChipState.objects.filter(
        territory=row.territory, card_number=row.card_number, counter=row.counter_before + 1
    ).exclude(mac="")
    state = seen.exclude(counter=NO_COUNTER).first()
    if state is not None:
        row.counter, row.mac = state.counter, state.mac


def review(territory: str, key: UUID, who: str, note: str, now_ms: int) -> bool:
    """A person has looked: the payment is free again. False when there is nothing to look at. Raises ValueError."""
    if len(note.strip()) < 5:
        raise ValueError("Dites ce que vous avez vérifié, en quelques mots.")
    rows = TransactionCheck.objects.filter(
        territory=territory, pk=key, reviewed_at=None, verdict__in=[Verdict.UNVERIFIABLE, Verdict.WRONG]
    )
    return rows.update(reviewed_by=who, reviewed_at=now_ms, note=note.strip()[:200]) == 1
