"""What the machine asks people about: signatures of cards, holes in sequences, alarms."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from server.api.runtime import runtime
from server.backoffice.access import staff_page, who
from server.backoffice.forms import text
from server.backoffice.paging import page_of, query_of
from server.backoffice.views.cards import TRANSFERS
from server.ledger.models import Alarm
from server.reconciliation.holes import explain_hole
from server.reconciliation.holes import holes as all_holes
from server.reconciliation.macs import review
from server.reconciliation.models import TransactionCheck
from server.territory.models import StaffAction, Territory

ALARMS = {
    "same_id_other_content": "Deux contenus pour un fait",
    "fork": "Chaîne bifurquée",
    "contradiction": "Contradiction",
    "altered_card": "Carte altérée",
    "in_doubt": "En doute",
    "card_gap": "Opération inconnue",
    "card_clone": "Puce dédoublée",
    "card_credit": "Crédit non déclaré",
    "card_difference": "Écart",
    "identity": "Égalité des comptes",
    "visit": "À visiter",
    "float": "Encours",
    "volume": "Volume annuel",
    "quarantine_old": "Quarantaine",
    "hole": "Faits manquants",
    "feed_old": "Documents signés",
}


@staff_page
@require_GET
def signatures(request: HttpRequest, territory: Territory) -> HttpResponse:
    """Operations by verdict; those that a person must look at first."""
    verdict = text(request.GET, "verdict", 12)
    rows = TransactionCheck.objects.filter(territory=territory.slug, known=True)
    counts = {value: rows.filter(verdict=value).count() for value in TransactionCheck.Verdict.values}
    if verdict in TransactionCheck.Verdict.values:
        rows = rows.filter(verdict=verdict)
    else:
        rows = rows.filter(verdict__in=["unverifiable", "wrong"], reviewed_at=None)
    page = page_of(request, rows.order_by("-occurred_at", "intent"))
    context = {
        "page": page,
        "rows": [(row, TRANSFERS.get(row.kind, row.kind)) for row in page],
        "verdicts": [(value, label, counts[value]) for value, label in TransactionCheck.Verdict.choices],
        "verdict": verdict,
        "query": query_of(request, "verdict"),
    }
    return render(request, "bureau/signatures.html", context)


@staff_page
@require_POST
def signature_review(request: HttpRequest, territory: Territory, key: UUID) -> HttpResponse:
    try:
        if review(territory.slug, key, who(request), text(request.POST, "note"), runtime().clock.now_ms()):
            StaffAction.objects.create(
                territory=territory.slug, who=who(request), what="doubt.reviewed", target=str(key)
            )
            messages.success(request, "C'est noté : le paiement n'est plus retenu.")
    except ValueError as error:
        messages.error(request, str(error))
    return redirect("signatures")


@staff_page
@require_GET
def holes(request: HttpRequest, territory: Territory) -> HttpResponse:
    rows = all_holes(territory.slug)
    return render(request, "bureau/holes.html", {"rows": sorted(rows, key=lambda row: bool(row.explained))})


@staff_page
@require_POST
def hole_explain(request: HttpRequest, territory: Territory) -> HttpResponse:
    device, key = text(request.POST, "device", 32), text(request.POST, "key", 60)
    hole = next((row for row in all_holes(territory.slug) if (row.device, row.key) == (device, key)), None)
    try:
        if hole is None:
            raise ValueError("Ces faits sont arrivés entre-temps : il n'y a plus rien à expliquer.")
        explain_hole(territory.slug, hole, who(request), text(request.POST, "why"))
        messages.success(request, "C'est noté. Si ces faits arrivent un jour, ils compteront comme les autres.")
    except ValueError as error:
        messages.error(request, str(error))
    return redirect("holes")


@staff_page
@require_GET
def alarms(request: HttpRequest, territory: Territory) -> HttpResponse:
    rows = Alarm.objects.filter(territory=territory.slug).order_by("-raised_at")
    code, seen = text(request.GET, "genre", 40), text(request.GET, "etat", 5)
    if code in ALARMS:
        rows = rows.filter(code=code)
    rows = rows.exclude(seen_by="") if seen == "vues" else rows if seen == "tout" else rows.filter(seen_by="")
    page = page_of(request, rows)
    context = {
        "page": page,
        "rows": [(row, ALARMS.get(row.code, row.code)) for row in page],
        "codes": sorted(ALARMS.items(), key=lambda pair: pair[1]),
        "code": code,
        "state": seen,
        "query": query_of(request, "genre", "etat"),
    }
    return render(request, "bureau/alarms.html", context)


@staff_page
@require_POST
def alarm_seen(request: HttpRequest, territory: Territory) -> HttpResponse:
    """One alarm, or all that are shown."""
    rows = Alarm.objects.filter(territory=territory.slug, seen_by="")
    key = text(request.POST, "key", 36)
    if key:
        rows = rows.filter(pk=UUID(key)) if len(key) == 36 else rows.none()
    count = rows.update(seen_by=who(request))
    messages.success(request, "C'est noté." if count == 1 else f"{count} alarmes notées.")
    return redirect("alarms")
