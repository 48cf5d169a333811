"""Corrections: somebody asks with a reason, somebody else confirms."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from server.api.runtime import runtime
from server.backoffice.access import staff_page, who
from server.backoffice.forms import text
from server.backoffice.paging import page_of, query_of
from server.backoffice.views.cards import TRANSFERS
from server.backoffice.views.ledger import account_label, site_names
from server.settlement.corrections import CorrectionRefused, ask_correction, concerned, decide_correction, opposite_legs
from server.settlement.models import Correction
from server.territory.models import Territory


@staff_page
@require_GET
def corrections(request: HttpRequest, territory: Territory) -> HttpResponse:
    """Those that wait first."""
    rows = Correction.objects.filter(territory=territory.slug).order_by("-asked_at")
    state = text(request.GET, "etat", 10)
    if state in Correction.State.values:
        rows = rows.filter(state=state)
    page = page_of(request, rows)
    names = site_names(territory.slug)
    context = {
        "page": page,
        "rows": [(row, _legs(territory.slug, row.transfer, names)) for row in page],
        "states": Correction.State.choices,
        "state": state,
        "query": query_of(request, "etat"),
        "me": who(request),
    }
    return render(request, "bureau/corrections.html", context)


def _legs(territory: str, transfer: UUID, names: dict[int, str]) -> list[tuple[str, str, int]]:
    """What the correction books, label by label."""
    return [
        (account_label(leg.account, names), str(leg.asset), leg.amount)
        for _, moved in concerned(territory, str(transfer))
        for leg in opposite_legs(moved)
    ]


@staff_page
@require_GET
def correction(request: HttpRequest, territory: Territory, key: UUID) -> HttpResponse:
    """The transfer and what its correction would book, with the form that asks."""
    moved = concerned(territory.slug, str(key))
    if not moved:
        raise Http404("no such transfer")
    names = site_names(territory.slug)
    context = {
        "key": key,
        "rows": [
            (
                row,
                TRANSFERS.get(row.kind, row.kind),
                [(account_label(leg.account, names), str(leg.asset), leg.amount) for leg in transfer.legs],
            )
            for row, transfer in moved
        ],
        "opposite": _legs(territory.slug, key, names),
        "asked": Correction.objects.filter(territory=territory.slug, transfer=key).exclude(state="refused").first(),
    }
    return render(request, "bureau/correction.html", context)


@staff_page
@require_POST
def correction_ask(request: HttpRequest, territory: Territory, key: UUID) -> HttpResponse:
    try:
        ask_correction(territory.slug, key, text(request.POST, "reason"), who(request), runtime().clock.now_ms())
        messages.success(request, "La correction est demandée : une autre personne doit la confirmer.")
    except CorrectionRefused as error:
        messages.error(request, str(error))
        return redirect("correction", key=key)
    return redirect("corrections")


@staff_page
@require_POST
def correction_decide(request: HttpRequest, territory: Territory, key: UUID) -> HttpResponse:
    confirm = request.POST.get("decision") == "confirm"
    try:
        decide_correction(territory.slug, key, who(request), runtime().clock.now_ms(), confirm=confirm)
        messages.success(request, "La correction est passée." if confirm else "La correction est refusée.")
    except CorrectionRefused as error:
        messages.error(request, str(error))
    return redirect("corrections")
