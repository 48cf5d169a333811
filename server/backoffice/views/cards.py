"""Cards: what the books owe their holders, beside what the chips showed."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.contrib import messages
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from domain.ledger import card_account
from server.backoffice.access import staff_page, who
from server.backoffice.paging import page_of_list, query_of
from server.cards.totals import due_cents
from server.ledger.models import Operation, Transfer
from server.ledger.queries import CardLine
from server.ledger.queries import cards as card_lines
from server.territory.blocking import REASONS, BlockingRefused, block_card, unblock_card
from server.territory.models import BlockedCard, Territory

TRANSFERS = {
    "load": "Chargement",
    "debit": "Débit",
    "refund": "Remboursement",
    "award": "Points gagnés",
    "redeem": "Points dépensés",
    "credit": "Crédit",
    "grant": "Crédit accordé",
    "replacement": "Remplacement de carte",
    "correction": "Correction",
    "entry": "Entrée",
    "sale": "Vente pour un prestataire",
    "commission": "Commission",
    "payment": "Espèces remises",
    "payout": "Versement",
    "suspense": "Mise en attente",
    "loss": "Perte",
}
MOVEMENTS_MAX = 200
STATES = {"ecart": "En écart", "vol": "En vol", "bloquee": "Bloquées"}


def _in_state(line: CardLine, state: str, blocked: Mapping[str, str]) -> bool:
    """Whether a card belongs to the filter `state`; any other value shows all."""
    match state:
        case "ecart":
            return bool(line.difference_cents)
        case "vol":
            return bool(line.in_flight)
        case "bloquee":
            return line.card_number in blocked
        case _:
            return True


@staff_page
@require_GET
def cards(request: HttpRequest, territory: Territory) -> HttpResponse:
    blocked = dict(BlockedCard.objects.filter(territory=territory.slug).values_list("card_number", "reason"))
    lines = card_lines(territory.slug)
    state, wanted = request.GET.get("etat", ""), request.GET.get("q", "").replace(" ", "")[:8]
    shown = [line for line in lines if wanted in line.card_number and _in_state(line, state, blocked)]
    page = page_of_list(request, shown)
    context = {
        "page": page,
        "lines": [(line, REASONS.get(blocked.get(line.card_number, ""), "")) for line in page],
        "count": len(lines),
        "state": state,
        "states": STATES.items(),
        "wanted": wanted,
        "query": query_of(request, "etat", "q"),
        "total_cents": sum(line.shadow_cents for line in lines),
        "different": sum(1 for line in lines if line.difference_cents),
        "in_flight": sum(line.in_flight for line in lines),
        "unseen": [
            (number, REASONS[reason])
            for number, reason in sorted(blocked.items())
            if number not in {line.card_number for line in lines}
        ],
    }
    return render(request, "bureau/cards.html", context)


@staff_page
@require_GET
def card(request: HttpRequest, territory: Territory, number: str) -> HttpResponse:
    line = next((line for line in card_lines(territory.slug) if line.card_number == number), None)
    owed = due_cents(territory.slug, number)
    if line is None and owed:  # nobody has read it yet: a new card that is owed what a lost one held
        line = CardLine(number, 0, 0, None, None, None, "", 0)
    if line is None:
        raise Http404("no such card")
    blocked = BlockedCard.objects.filter(territory=territory.slug, card_number=number).first()
    operations = Operation.objects.filter(territory=territory.slug, card_number=number, open=True).order_by(
        "occurred_at"
    )
    context = {
        "line": line,
        "movements": _movements(territory.slug, number),
        "operations": [(row, TRANSFERS.get(row.kind or "", row.kind)) for row in operations],
        "blocked": REASONS.get(blocked.reason) if blocked else "",
        "replaced": blocked is not None and blocked.reason == "replaced",
        "due_cents": owed,
        "reasons": {value: label for value, label in REASONS.items() if value != "replaced"},
    }
    return render(request, "bureau/card.html", context)


def _movements(territory: str, number: str) -> list[tuple[Transfer, str, str, int]]:
    """Legs of the card's account with their transfers, newest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT transfer_id, asset, amount FROM ledger_leg WHERE territory = %s AND account = %s",
            [territory, card_account(number)],
        )
        legs = [(UUID(str(transfer)), asset, int(amount)) for transfer, asset, amount in cursor.fetchall()]
    transfers = Transfer.objects.filter(territory=territory).in_bulk([leg[0] for leg in legs])
    rows = [
        (transfers[key], TRANSFERS.get(transfers[key].kind, transfers[key].kind), asset, amount)
        for key, asset, amount in legs
    ]
    return sorted(rows, key=lambda row: (row[0].occurred_at, row[2]), reverse=True)[:MOVEMENTS_MAX]


@staff_page
@require_POST
def card_blocking(request: HttpRequest, territory: Territory, number: str) -> HttpResponse:
    reason = request.POST.get("reason", "")
    try:
        if reason == "none":
            unblock_card(territory.slug, number, who(request))
            messages.success(request, "La carte n'est plus sur la liste de blocage.")
        else:
            block_card(territory.slug, number, reason, who(request))
            messages.success(request, "Toutes les bornes refuseront cette carte à leur prochaine synchronisation.")
    except BlockingRefused as error:
        messages.error(request, str(error))
    return redirect("card", number=number)
