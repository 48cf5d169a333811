"""Reconciliation: the daily identity, cards against books, operations in doubt, suspense, the bank."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from domain.money import parse_euros
from server.api.runtime import runtime
from server.backoffice.access import staff_page, who
from server.backoffice.exports import csv_response, plain_euros
from server.backoffice.forms import FormRefused, day, text
from server.backoffice.paging import page_of_list, query_of
from server.backoffice.views.cards import TRANSFERS
from server.reconciliation.checks import Identity
from server.reconciliation.doubts import DoubtRefused, decide_by_person, in_flight, open_suspense
from server.reconciliation.identity import bank_differences, now_identities
from server.reconciliation.models import CardProblem, DailyIdentity
from server.reconciliation.stories import card_lines, explain
from server.settlement.models import BankStatement
from server.territory.models import StaffAction, Territory

FAMILIES = {
    "card": "Cartes",
    "site_payable": "Dû aux lieux",
    "provider": "Dû aux prestataires",
    "commission": "Commissions",
    "refund_due": "À rendre aux porteurs",
    "promotion": "Promotion",
    "breakage": "Restes expirés",
    "vat": "TVA",
    "suspense": "Attente",
    "hotelier_receivable": "Espèces dues par les comptoirs",
    "loss": "Perte",
    "bank": "Banque",
    "points_issued": "Points émis",
}
_MINUS = frozenset({"hotelier_receivable", "loss"})
_RIGHT = frozenset({"bank", "points_issued"})


def identity_lines(identity: Identity) -> list[tuple[str, str, int]]:
    """Sign, family and figure of the left side, in the order of the rule."""
    return [
        ("−" if name in _MINUS else "+", label, identity.families[name])
        for name, label in FAMILIES.items()
        if identity.families.get(name) and name not in _RIGHT
    ]


@staff_page
@require_GET
def reconciliation(request: HttpRequest, territory: Territory) -> HttpResponse:
    slug, now = territory.slug, runtime().clock.now_ms()
    problems = CardProblem.objects.filter(territory=slug, ended_at=None).order_by("explained_at", "-found_at")
    kind = text(request.GET, "genre", 12)
    if kind in CardProblem.Kind.values:
        problems = problems.filter(kind=kind)
    flights = in_flight(slug, now)
    page = page_of_list(request, list(problems))
    context = {
        "identities": [(identity, identity_lines(identity)) for identity in now_identities(slug)],
        "days": DailyIdentity.objects.filter(territory=slug).order_by("-day")[:14],
        "page": page,
        "kinds": CardProblem.Kind.choices,
        "kind": kind,
        "query": query_of(request, "genre"),
        "flights": [(flight, TRANSFERS.get(flight.row.kind or "", "")) for flight in flights[:50]],
        "flight_count": len(flights),
        "suspense": [(row, TRANSFERS.get(row.kind, row.kind)) for row in open_suspense(slug)],
        "bank": bank_differences(slug, 10),
    }
    return render(request, "bureau/reconciliation.html", context)


@staff_page
@require_GET
def reconciliation_cards(request: HttpRequest, territory: Territory) -> HttpResponse:
    """Card by card: last seen + later = shadow, and what does not fit."""
    head = ["carte", "lue", "opération", "connu ensuite", "comptes", "écart", "en vol", "constats"]
    lines = []
    for line in card_lines(territory.slug):
        equal = line.equal
        lines.append(
            [
                line.story.card_number,
                plain_euros(equal.seen_cents) if equal else "",
                equal.seen_operation if equal else "",
                plain_euros(equal.later_cents) if equal else "",
                plain_euros(line.story.shadow_cents),
                plain_euros(equal.difference) if equal else "",
                line.in_flight,
                " ".join(f"{found.kind}:{found.subject}" for found in line.found),
            ]
        )
    return csv_response(f"rapprochement-cartes-{territory.slug}", head, lines)


@staff_page
@require_GET
def reconciliation_identity(request: HttpRequest, territory: Territory) -> HttpResponse:
    """The identity of today and of every day that was kept."""
    head = ["jour", "actif", "famille", "montant"]
    lines: list[list[object]] = []
    for kept in DailyIdentity.objects.filter(territory=territory.slug).order_by("day"):
        for asset in ("EUR", "PTS"):
            figures = kept.figures.get(asset, {})
            for name, amount in {**figures.get("families", {}), "écart": figures.get("difference", 0)}.items():
                shown = plain_euros(amount) if asset == "EUR" else amount
                lines.append([kept.day.isoformat(), asset, FAMILIES.get(name, name), shown])
    return csv_response(f"rapprochement-jours-{territory.slug}", head, lines)


@staff_page
@require_GET
def reconciliation_flights(request: HttpRequest, territory: Territory) -> HttpResponse:
    """Operations in doubt, card by card."""
    head = ["carte", "genre", "montant", "appareil", "âge en heures", "classe", "identifiant"]
    lines = [
        [
            flight.row.card_number,
            TRANSFERS.get(flight.row.kind or "", ""),
            plain_euros(flight.row.amount_cents),
            flight.row.device,
            flight.age_ms // 3_600_000,
            flight.age or "moins de 24 heures",
            str(flight.row.intent),
        ]
        for flight in in_flight(territory.slug, runtime().clock.now_ms())
    ]
    return csv_response(f"rapprochement-en-vol-{territory.slug}", head, lines)


@staff_page
@require_POST
def reconciliation_change(request: HttpRequest, territory: Territory) -> HttpResponse:
    """Explain a problem, decide a doubt, or write what the bank says."""
    form, name, now = request.POST, who(request), runtime().clock.now_ms()
    try:
        match form.get("what", ""):
            case "explain":
                explain(territory.slug, [text(form, "key", 36)], name, text(form, "note"), now)
                messages.success(request, "C'est noté ; le constat reste dans les archives.")
            case "doubt":
                intent = UUID(text(form, "key", 36))
                decide_by_person(territory.slug, intent, name, text(form, "note"), now, done=form.get("done") == "1")
                messages.success(request, "L'opération est tranchée.")
            case "bank":
                _bank(territory.slug, text(form, "balance", 20), day(form, "day", "Jour"), name)
                messages.success(request, "Le solde de la banque est inscrit.")
            case _:
                raise FormRefused("Cette action n'existe pas.")
    except DoubtRefused as error:
        messages.error(request, str(error))
    except ValueError as error:
        messages.error(request, str(error) if isinstance(error, FormRefused) or error.args else "Formulaire abîmé.")
    return redirect("reconciliation")


def _bank(territory: str, typed: str, when: date, name: str) -> None:
    sign = -1 if typed.startswith(("-", "−")) else 1
    try:
        balance = sign * parse_euros(typed.lstrip("-−"))
    except ValueError as error:
        raise FormRefused("Le solde s'écrit comme 1234,50.") from error
    BankStatement.objects.update_or_create(
        territory=territory, day=when, defaults={"balance_cents": balance, "written_by": name}
    )
    StaffAction.objects.create(territory=territory, who=name, what="bank.written", target=str(when))
