"""How much the server has credited to a card in all, and the signed orders for it.

The books know every grant. After a restore they may know less than the card, so nothing is ordered for a card before
its file 06 was seen in this life of the server. Then: total = max(what the card showed of former lives, what was
granted before this life) + what was granted in it. A refund that a kiosk tells again after the restore is dated by the
server's time of its fact, with a margin, and is covered by the first part; one whose time nobody can know is taken for
an old one. So no order can bring twice what the card has; what it may leave out stays due in the books, for a person.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from domain.canonical import JsonObject, JsonValue, canonical_bytes
from domain.credits import CREDIT_TAG, ServerCredit, build_order
from domain.days import day_number, local_day
from domain.doubts import CLOCK_MARGIN_MS
from domain.ledger import Asset, TransferKind, refund_due_account
from server.cards.models import CreditEpoch, SignedOrder
from server.ledger.models import Alarm, Balance, SeenTotal
from server.ledger.sightings import remember_totals, server_times
from server.runtime import MS_PER_DAY
from server.territory.models import Territory
from sync.keys import ServerIdentity
from sync.wire import encode_binary

ORDER_LIFE_DAYS = 30  # a desk without a line for longer has no allowance either
ORDERS_MAX = 1_000  # in one feed document: about 300 KB
FIRST_EPOCH = 1


@dataclass(frozen=True, slots=True)
class Total:
    """What a card is to have been credited in all; `due_cents` is what the books still owe it."""

    total_cents: int
    epoch: int
    refund: bool  # the newest grant gives back a debit
    confirmed: bool  # file 06 was seen in this life of the server, or there was no other
    due_cents: int


def epoch_began_at(territory: Territory, now_ms: int) -> int:
    """When this life of the server began: 0 for the first, else when it first came to think of credits."""
    if territory.server_epoch <= FIRST_EPOCH:
        return 0
    row, _ = CreditEpoch.objects.get_or_create(
        territory=territory.slug, epoch=territory.server_epoch, defaults={"began_at": now_ms}
    )
    return row.began_at


def due_cents(territory: str, card_number: str) -> int:
    """What the books owe to the card and no commit has brought onto it."""
    account = refund_due_account(card_number)
    row = Balance.objects.filter(territory=territory, account=account, asset=Asset.EUR).first()
    return row.amount if row is not None else 0


def total_of(territory: Territory, card_number: str, now_ms: int) -> Total:
    """The card's total as of now."""
    began_at = epoch_began_at(territory, now_ms)
    before, since, refund = 0, 0, False
    grants = _grants(territory.slug, card_number)
    told = [grant.fact for grant in grants if grant.kind == TransferKind.REFUND] if began_at else []
    times = server_times(territory.slug, told)
    for grant in grants:
        refund = grant.kind == TransferKind.REFUND
        at = times.get(grant.fact, grant.occurred_at)
        if at is None or at < began_at + (CLOCK_MARGIN_MS if grant.fact in times else 0):
            before += grant.amount_cents
        else:
            since += grant.amount_cents
    seen = list(SeenTotal.objects.filter(territory=territory.slug, card_number=card_number))
    former = max((row.total_cents for row in seen if row.card_epoch < territory.server_epoch), default=0)
    first = territory.server_epoch <= FIRST_EPOCH
    confirmed = first or any(row.server_epoch == territory.server_epoch for row in seen)
    return Total(
        total_cents=before + since if first else max(former, before) + since,
        epoch=territory.server_epoch,
        refund=refund,
        confirmed=confirmed and not _from_another_life(territory, seen, before + since),
        due_cents=due_cents(territory.slug, card_number),
    )


def _from_another_life(territory: Territory, seen: Sequence[SeenTotal], granted_cents: int) -> bool:
    """Whether the card knows of a life of the server that the server itself does not: restored, no epoch raised."""
    if any(row.card_epoch > territory.server_epoch for row in seen):
        return True
    return territory.server_epoch <= FIRST_EPOCH and any(row.total_cents > granted_cents for row in seen)


@dataclass(frozen=True, slots=True)
class _Granted:
    """`occurred_at` by the clock of whoever told it."""

    occurred_at: int
    kind: str
    amount_cents: int
    fact: UUID


def _grants(territory: str, card_number: str) -> list[_Granted]:
    """Everything ever granted to the card, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.occurred_at, t.kind, leg.amount, t.fact FROM ledger_leg AS leg "
            "JOIN ledger_transfer AS t ON t.territory = leg.territory AND t.id = leg.transfer_id "
            "WHERE leg.territory = %s AND leg.account = %s AND leg.asset = 'EUR' AND leg.amount > 0 "
            "ORDER BY t.occurred_at, t.id",
            [territory, refund_due_account(card_number)],
        )
        return [_Granted(int(at), str(kind), int(cents), UUID(str(key))) for at, kind, cents, key in cursor.fetchall()]


def see_total(territory: Territory, card_number: str, epoch: int, total_cents: int) -> None:
    """A tap showed file 06. Call inside a transaction.

    An epoch that this server has not reached, or more than it ever granted in its only life, means that the server was
    restored and nobody raised its epoch: an alarm, and no order can credit such a card.
    """
    remember_totals(territory.slug, [(card_number, epoch, total_cents)])
    seen = list(SeenTotal.objects.filter(territory=territory.slug, card_number=card_number))
    granted = sum(grant.amount_cents for grant in _grants(territory.slug, card_number))
    if _from_another_life(territory, seen, granted):
        Alarm.objects.bulk_create(
            [
                Alarm(
                    territory=territory.slug,
                    code="credit_from_another_life",
                    device="",
                    subject=card_number,
                    detail="La carte a reçu des crédits que ce serveur ne connaît pas : sauvegarde restaurée ?"
                    " Relevez l'époque du serveur avant d'accorder quoi que ce soit.",
                )
            ],
            ignore_conflicts=True,
        )


def due_cards(territory: str) -> dict[str, int]:
    """Cents due by card number, at most ORDERS_MAX cards."""
    prefix = refund_due_account("")
    rows = Balance.objects.filter(
        territory=territory, account__startswith=prefix, asset=Asset.EUR, amount__gt=0
    ).order_by("account")[:ORDERS_MAX]
    return {row.account.removeprefix(prefix): row.amount for row in rows}


def signed_order(territory: Territory, card_number: str, identity: ServerIdentity, now_ms: int) -> JsonObject | None:
    """The order for a card as the `credits` feed carries it; None while its file 06 must be seen first.

    The same document until the total changes or half its life is over. Call inside a transaction.
    """
    total = total_of(territory, card_number, now_ms)
    if not total.confirmed or total.due_cents <= 0:
        return None
    account, _ = SignedOrder.objects.get_or_create(territory=territory.slug, card_number=card_number)
    kept = json.loads(account.order) if account.order else None
    fits = kept is not None and (kept["total_credited_cents"], kept["epoch"], kept["refund"]) == (
        total.total_cents,
        total.epoch,
        total.refund,
    )
    if not fits or now_ms >= account.ordered_at + ORDER_LIFE_DAYS * MS_PER_DAY // 2:
        expires_day = day_number(local_day(now_ms + ORDER_LIFE_DAYS * MS_PER_DAY))
        order = build_order(ServerCredit(card_number, total.epoch, total.total_cents, expires_day, total.refund))
        account.order = canonical_bytes(order).decode()
        account.signature = identity.sign_document(CREDIT_TAG, order)
        account.ordered_at = now_ms
        account.save(update_fields=["order", "signature", "ordered_at"])
        kept = order
    return {"order": kept, "signature": encode_binary(bytes(account.signature or b""))}


def orders(territory: Territory, identity: ServerIdentity, now_ms: int) -> list[JsonValue]:
    """Signed orders for every card to which something is due."""
    found = (signed_order(territory, card, identity, now_ms) for card in due_cards(territory.slug))
    return [order for order in found if order is not None]
