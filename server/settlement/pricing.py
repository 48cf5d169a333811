"""Sale and commission of every debit and refund that is in the books, once each. Run by the worker, never in ingest.

What is still to be priced is asked of the tables themselves, not of a cursor: whatever order transfers were committed
in, none is passed over.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction

from domain.ledger import payable_account
from domain.ports import Clock
from domain.settlement import Agreement, Taking, price
from server.ledger.models import Fact, Operation
from server.ledger.models import Transfer as TransferRow
from server.settlement.books import book_transfer, legs_of
from server.settlement.models import AgreementRow, Partner, PartnerSite, PricedOperation

WHO = "calcul"
AT_ONCE = 500  # transfers per transaction: a few hundred milliseconds of locks
_PAYABLE = payable_account(0).removesuffix("0")


@dataclass(frozen=True, slots=True)
class Partners:
    """Who is who in a territory."""

    codes: frozenset[str]
    of_site: Mapping[int, str]
    agreements: tuple[Agreement, ...]


def load_partners(territory: str) -> Partners:
    sites = PartnerSite.objects.filter(territory=territory).values_list("site_number", "partner__code")
    rows = AgreementRow.objects.filter(territory=territory).values_list(
        "partner__code", "starts_at", "commission_bp", "host_bp"
    )
    return Partners(
        frozenset(Partner.objects.filter(territory=territory).values_list("code", flat=True)),
        dict(sites),
        tuple(Agreement(*row) for row in rows),
    )


def unpriced(territory: str, limit: int = AT_ONCE) -> list[UUID]:
    """Debits and refunds that have not been priced."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT transfer.id FROM ledger_transfer AS transfer LEFT JOIN settlement_pricedoperation AS priced "
            "ON priced.territory = transfer.territory AND priced.transfer = transfer.id "
            "WHERE transfer.territory = %s AND transfer.kind IN ('debit', 'refund') AND priced.id IS NULL "
            "ORDER BY transfer.id LIMIT %s",
            [territory, limit],
        )
        return [UUID(str(row[0])) for row in cursor.fetchall()]


def price_all(territory: str, clock: Clock) -> int:
    """Price what is not priced yet; how many operations."""
    count = 0
    while True:
        with transaction.atomic():
            done = _price_some(territory, clock)
        count += done
        if done < AT_ONCE:
            return count


def _price_some(territory: str, clock: Clock) -> int:
    ids = unpriced(territory)
    if not ids:
        return 0
    partners = load_partners(territory)
    legs = legs_of(territory, ids)
    rows = TransferRow.objects.filter(territory=territory).in_bulk(ids)
    # A refund is priced as the debit that it gives back was: what was taken off comes back to the cent.
    origin = {key: rows[key].intent or key for key in ids}
    operations = {row.intent: row for row in Operation.objects.filter(territory=territory, intent__in=origin.values())}
    providers = _providers(territory, list(origin.values()))
    now = clock.now_ms()
    for key in ids:
        payee = next((leg for leg in legs.get(key, ()) if leg.account.startswith(_PAYABLE)), None)
        operation = operations.get(origin[key])
        payee_site = int(payee.account.removeprefix(_PAYABLE)) if payee else 0
        host_site = operation.site if operation is not None and operation.site is not None else payee_site
        provider = providers.get(origin[key])
        taking = Taking(
            intent=str(key),
            at=operation.occurred_at if operation is not None else rows[key].occurred_at,
            amount_cents=payee.amount if payee else 0,
            payee_site=payee_site,
            payee=partners.of_site.get(payee_site),
            host_site=host_site,
            host=partners.of_site.get(host_site),
            provider=provider if provider in partners.codes else None,
        )
        priced = price(taking, partners.agreements)
        for transfer in priced.transfers:
            book_transfer(territory, transfer, now, reason="", booked_by=WHO, intent=str(key), occurred_at=taking.at)
        PricedOperation.objects.create(
            territory=territory,
            transfer=key,
            partner=priced.payer or "",
            amount_cents=taking.amount_cents,
            commission_cents=priced.commission_cents,
            host_cents=priced.host_cents,
            priced_at=now,
        )
    return len(ids)


def _providers(territory: str, ids: list[UUID]) -> dict[UUID, str]:
    """The provider that each intent itself names: no other fact has to be waited for."""
    found = {}
    for key, body in Fact.objects.filter(territory=territory, id__in=ids).values_list("id", "body"):
        order = json.loads(body).get("order")
        if isinstance(order, dict) and isinstance(order.get("provider"), str):
            found[key] = order["provider"]
    return found
