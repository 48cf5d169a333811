"""Back office: credits that staff grant, what is due to cards and what was applied; replacement of a lost card."""

from __future__ import annotations

import re
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from server.api.runtime import runtime
from server.backoffice.access import staff_page, who
from server.cards.granting import GrantRefused, alone_max_cents, ask_grant, decide_grant, replace_card, sources
from server.cards.models import CardSession, Grant, GrantState
from server.cards.totals import due_cards, total_of
from server.ledger.models import Operation
from server.territory.blocking import BlockingRefused
from server.territory.models import Territory

LINES_MAX = 100
_AMOUNT = re.compile(r"(\d{1,4})(?:[.,](\d{1,2}))?\s*€?\Z")
OUTCOMES = {
    "": "en cours",
    "done": "crédité",
    "nothing": "rien n'était dû",
    "not_done": "pas fait",
    "in_doubt": "en doute",
    "refused": "refusé",
}


def parse_amount(text: str) -> int:
    """'12', '12,5' or '12.50 €' in cents. Raises GrantRefused."""
    match = _AMOUNT.match(text.strip())
    if match is None:
        raise GrantRefused("Écrivez le montant en euros, par exemple 12,50.")
    return int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))


@staff_page
@require_http_methods(["GET", "POST"])
def credits(request: HttpRequest, territory: Territory) -> HttpResponse:
    """What is due, what waits for a second person, what was applied; and a form to grant."""
    entered = {
        key: request.POST.get(key, request.GET.get(key, ""))[:200] for key in ("card", "amount", "source", "reason")
    }
    if request.method == "GET":
        return render(request, "bureau/credits.html", _context(territory, entered, who(request)))
    number = re.sub(r"\s", "", entered["card"])
    try:
        amount = parse_amount(entered["amount"])
        grant = ask_grant(territory, number, amount, entered["source"], entered["reason"], who(request), runtime())
    except GrantRefused as error:
        messages.error(request, str(error))
        return render(request, "bureau/credits.html", _context(territory, entered, who(request)), status=400)
    if grant.state == GrantState.WAITING:
        messages.success(request, "Une deuxième personne doit valider ce crédit.")
    else:
        messages.success(request, "Crédit accordé : il arrivera au prochain passage de la carte à une borne.")
    return redirect("credits")


@staff_page
@require_POST
def credit_decision(request: HttpRequest, territory: Territory, key: UUID) -> HttpResponse:
    """The second person."""
    try:
        grant = decide_grant(territory, key, request.POST.get("decision") == "accept", who(request), runtime())
    except GrantRefused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "Crédit accordé." if grant.state == GrantState.GRANTED else "Crédit refusé.")
    return redirect("credits")


@staff_page
@require_POST
def card_replacement(request: HttpRequest, territory: Territory, number: str) -> HttpResponse:
    """Block a lost card for good and make its balance due to a new one."""
    new = re.sub(r"\s", "", request.POST.get("new_card", ""))[:20]
    try:
        moved = replace_card(territory, number, new, who(request), runtime())
    except (GrantRefused, BlockingRefused) as error:
        messages.error(request, str(error))
    else:
        euros = f"{moved // 100},{moved % 100:02d} €"
        messages.success(request, f"Carte remplacée : {euros} sont dus à la carte {new[:4]} {new[4:]}.")
    return redirect("card", number=number)


def _context(territory: Territory, entered: dict[str, str], me: str) -> dict[str, object]:
    slug, named = territory.slug, sources(territory.slug)
    now = runtime().clock.now_ms()
    due = due_cards(slug)
    grants = Grant.objects.filter(territory=slug).order_by("-asked_at", "-id")[:LINES_MAX]
    applied = Operation.objects.filter(territory=slug, kind="credit").order_by("-occurred_at")[:LINES_MAX]
    sessions = CardSession.objects.filter(territory=slug).exclude(outcome="nothing").order_by("-opened_at")
    return {
        "entered": entered,
        "me": me,
        "sources": named,
        "alone_max": alone_max_cents(territory),
        "due": [(number, cents, total_of(territory, number, now)) for number, cents in due.items()],
        "due_total": sum(due.values()),
        "grants": [(row, named.get(row.source, row.source)) for row in grants],
        "applied": applied,
        "sessions": [(row, _outcome(row, now)) for row in sessions[:20]],
    }


def _outcome(row: CardSession, now_ms: int) -> str:
    if not row.outcome and now_ms > row.expires_at:
        return "sans nouvelles de la borne"
    return OUTCOMES.get(row.outcome, row.outcome)
