"""Corrections: nothing is edited, a second person confirms the opposite transfer, both names stay.

The opposite of a debit takes its sale and commission along. A chip is not touched by a correction: what it gives a card
becomes due to the card (a server credit brings it), what it would take off a chip stands in suspense.
"""

from __future__ import annotations

from uuid import UUID

from django.db import IntegrityError, transaction

from domain.ledger import (
    SUSPENSE,
    Asset,
    Leg,
    Transfer,
    TransferKind,
    derived_id,
    refund_due_account,
    refund_id,
)
from domain.settlement import commission_id, sale_id
from server.ledger.models import Transfer as TransferRow
from server.settlement.books import book_transfer, legs_of, stored_transfers
from server.settlement.models import Correction, PricedOperation
from server.territory.models import StaffAction

_NEVER = frozenset({"correction", "suspense", "loss", "sale", "commission"})


class CorrectionRefused(ValueError):
    """Nothing was booked; the message is one French sentence."""


def reversal_id(transfer: str) -> str:
    """The id of the opposite transfer: one per transfer, however often it is asked for."""
    return derived_id(b"zerot-correction-1", transfer)


def concerned(territory: str, transfer: str) -> list[tuple[TransferRow, Transfer]]:
    """The transfer and what followed from it, as far as it is booked."""
    return stored_transfers(territory, [transfer, sale_id(transfer), commission_id(transfer)])


def opposite_legs(transfer: Transfer) -> tuple[Leg, ...]:
    """The legs the other way round, with what is due to a card in place of its chip. Points stay as they are."""
    legs = []
    for leg in transfer.legs:
        head, _, number = leg.account.partition(":")
        account = leg.account
        if head == "card":
            account = refund_due_account(number) if leg.amount < 0 else SUSPENSE
        if leg.asset is Asset.EUR:
            legs.append(Leg(account, leg.asset, -leg.amount))
    return tuple(legs)


def ask_correction(territory: str, transfer: UUID, reason: str, who: str, now_ms: int) -> Correction:
    """Ask for a transfer to be undone. Raises CorrectionRefused."""
    if len(reason.strip()) < 5:
        raise CorrectionRefused("Dites pourquoi, en quelques mots : la personne qui confirme doit comprendre.")
    row = TransferRow.objects.filter(territory=territory, id=transfer).first()
    if row is None:
        raise CorrectionRefused("Ce mouvement n'existe pas.")
    if row.kind in _NEVER or not any(leg.asset is Asset.EUR for leg in legs_of(territory, [transfer])[transfer]):
        raise CorrectionRefused("Ce mouvement suit d'un autre, ou n'est pas d'argent : il ne se corrige pas seul.")
    if TransferRow.objects.filter(territory=territory, id=UUID(refund_id(str(transfer)))).exists():
        raise CorrectionRefused("Ce débit est déjà remboursé : le corriger rendrait l'argent deux fois.")
    try:
        with transaction.atomic():
            made = Correction.objects.create(
                territory=territory, transfer=transfer, reason=reason.strip()[:200], asked_by=who, asked_at=now_ms
            )
            StaffAction.objects.create(territory=territory, who=who, what="correction.asked", target=str(transfer))
    except IntegrityError as error:
        raise CorrectionRefused("Une correction de ce mouvement est déjà demandée ou passée.") from error
    return made


def decide_correction(territory: str, key: UUID, who: str, now_ms: int, *, confirm: bool) -> Correction:
    """Confirm or refuse, as somebody else than the one who asked. Raises CorrectionRefused."""
    with transaction.atomic():
        row = Correction.objects.select_for_update().filter(pk=key, territory=territory).first()
        if row is None or row.state != Correction.State.OPEN:
            raise CorrectionRefused("Cette demande n'attend plus de décision.")
        if confirm and row.asked_by == who:
            raise CorrectionRefused("C'est vous qui l'avez demandée : une autre personne doit confirmer.")
        row.state = Correction.State.POSTED if confirm else Correction.State.REFUSED
        row.decided_by, row.decided_at = who, now_ms
        row.save(update_fields=["state", "decided_by", "decided_at"])
        if confirm:
            _post(territory, row, now_ms)
        what = "correction.confirmed" if confirm else "correction.refused"
        StaffAction.objects.create(territory=territory, who=who, what=what, target=str(row.transfer))
    return row


def _post(territory: str, row: Correction, now_ms: int) -> None:
    both = f"{row.asked_by[:70]} + {row.decided_by[:70]}"
    wanted = str(row.transfer)
    if not PricedOperation.objects.filter(territory=territory, transfer=row.transfer).exists():
        # Not priced yet: mark it, or the worker would add a commission for what is undone.
        PricedOperation.objects.create(
            territory=territory,
            transfer=row.transfer,
            amount_cents=0,
            commission_cents=0,
            host_cents=0,
            priced_at=now_ms,
        )
    for stored, transfer in concerned(territory, wanted):
        opposite = Transfer(reversal_id(transfer.id), TransferKind.CORRECTION, opposite_legs(transfer))
        book_transfer(
            territory,
            opposite,
            now_ms,
            reason=row.reason,
            booked_by=both,
            intent=str(stored.intent) if stored.intent else wanted,
            occurred_at=now_ms,
        )
