"""The ledger: a sum that must be zero, accounts, transfers with their legs."""

from __future__ import annotations

from uuid import UUID

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from domain.ledger import TERRITORY_COMMISSION, Asset
from server.backoffice.access import staff_page
from server.backoffice.paging import page_of, query_of
from server.backoffice.views.cards import TRANSFERS
from server.ledger.models import Operation, Transfer
from server.ledger.queries import accounts, cache_differences, ledger_sums
from server.territory.models import Site, Territory

_HEADS = {
    "card": "Carte",
    "hotelier_receivable": "Dû par",
    "site_payable": "Dû à",
    "points_issued": "Points émis",
    "suspense": "Attente",
    "loss": "Perte",
    "bank": "Banque",
    "provider": "Dû au prestataire",
    "commission": "Commission de",
    "refund_due": "À rendre à la carte",
    "promotion": "Promotion",
    "breakage": "Restes expirés",
    "vat": "TVA",
}


def account_label(account: str, sites: dict[int, str]) -> str:
    """'site_payable:4' → 'Dû à Canoë Sorguette'."""
    head, _, rest = account.partition(":")
    label = _HEADS.get(head, head)
    if account == TERRITORY_COMMISSION:
        return "Commission du territoire"
    if head in ("card", "refund_due") and len(rest) == 8:
        return f"{label} {rest[:4]} {rest[4:]}"
    if rest.isdigit():
        return f"{label} {sites.get(int(rest), f'lieu {rest}')}"
    return f"{label} {rest}".strip()


def site_names(territory: str) -> dict[int, str]:
    """Names of sites by number."""
    return dict(Site.objects.filter(territory=territory).values_list("number", "name"))


@staff_page
@require_GET
def ledger(request: HttpRequest, territory: Territory) -> HttpResponse:
    slug = territory.slug
    sites = site_names(slug)
    sums = ledger_sums(slug)
    transfers = Transfer.objects.filter(territory=slug).order_by("-booked_at", "-occurred_at")
    kind, account = request.GET.get("genre", ""), request.GET.get("compte", "")[:80]
    if kind in TRANSFERS:
        transfers = transfers.filter(kind=kind)
    if account:
        transfers = transfers.filter(id__in=_of_account(slug, account))
    page = page_of(request, transfers)
    legs = _legs(slug, [row.id for row in page])
    others = [row for row in accounts(slug) if not row.account.startswith("card:")]
    cards_total = {
        asset: sum(row.amount for row in accounts(slug) if row.account.startswith("card:") and row.asset == asset)
        for asset in Asset
    }
    context = {
        "kinds": TRANSFERS.items(),
        "correctable": ("load", "debit", "refund", "payment", "payout"),
        "kind": kind,
        "account": account,
        "account_name": account_label(account, sites) if account else "",
        "query": query_of(request, "genre", "compte"),
        "sum_cents": sums[Asset.EUR],
        "sum_points": sums[Asset.PTS],
        "cards_cents": cards_total[Asset.EUR],
        "cards_points": cards_total[Asset.PTS],
        "accounts": [(account_label(row.account, sites), row) for row in others],
        "cache_differences": cache_differences(slug),
        "open_operations": Operation.objects.filter(territory=slug, open=True).count(),
        "page": page,
        "transfers": [
            (
                row,
                TRANSFERS.get(row.kind, row.kind),
                [(account_label(account, sites), asset, amount) for account, asset, amount in legs.get(row.id, [])],
            )
            for row in page
        ],
    }
    return render(request, "bureau/ledger.html", context)


ACCOUNT_ROWS_MAX = 5_000  # of one account, the newest: a page of the ledger is no export


def _of_account(territory: str, account: str) -> list[UUID]:
    """Transfers that touch an account."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT transfer_id FROM ledger_leg WHERE territory = %s AND account = %s "
            "ORDER BY transfer_id DESC LIMIT %s",
            [territory, account, ACCOUNT_ROWS_MAX],
        )
        return [UUID(str(row[0])) for row in cursor.fetchall()]


def _legs(territory: str, transfers: list[UUID]) -> dict[UUID, list[tuple[str, str, int]]]:
    found: dict[UUID, list[tuple[str, str, int]]] = {}
    if not transfers:
        return found
    keys = [key.hex if connection.vendor == "sqlite" else key for key in transfers]
    marks = ",".join(["%s"] * len(keys))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT transfer_id, account, asset, amount FROM ledger_leg "  # noqa: S608
            f"WHERE territory = %s AND transfer_id IN ({marks}) ORDER BY transfer_id, line",
            [territory, *keys],
        )
        for transfer, account, asset, amount in cursor.fetchall():
            found.setdefault(UUID(str(transfer)), []).append((account, asset, int(amount)))
    return found
