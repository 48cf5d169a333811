"""Partners: what they took, what is due, payments, payouts, agreements, statements."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from server.api.runtime import runtime
from server.backoffice.access import staff_page, who
from server.backoffice.exports import csv_response, plain_euros
from server.backoffice.forms import FormRefused, cents, day_start, identifier, rate_bp, text, whole
from server.backoffice.paging import page_of, query_of
from server.runtime import new_uuid
from server.settlement.cash import CashRefused, close_statement, pay_out, receive_payment
from server.settlement.models import Partner, Statement
from server.settlement.partners import PartnerRefused, agree, assign_site, figures_of, put_partner
from server.territory.models import Site, Territory

LABELS = {
    "taken_cents": "Encaissé pour lui",
    "commission_cents": "Commission",
    "earned_cents": "Gagné comme hôte",
    "corrected_cents": "Corrections",
    "provisional_cents": "Opérations en doute",
    "paid_out_cents": "Déjà versé",
    "loaded_cents": "Espèces encaissées",
    "handed_over_cents": "Espèces remises",
}


@staff_page
def partners(request: HttpRequest, territory: Territory) -> HttpResponse:
    """The list with what is due to each and by each, and the form for a new one."""
    if request.method == "POST":
        try:
            made = put_partner(territory.slug, text(request.POST, "code", 64), text(request.POST, "name"), who(request))
            return redirect("partner", key=made.pk)
        except PartnerRefused as error:
            messages.error(request, str(error))
    rows = Partner.objects.filter(territory=territory.slug).order_by("name")
    wanted = text(request.GET, "q")
    if wanted:
        rows = rows.filter(name__icontains=wanted)
    page = page_of(request, rows)
    context = {
        "page": page,
        "rows": [(row, figures_of(row), list(row.sites.values_list("site_number", flat=True))) for row in page],
        "wanted": wanted,
        "query": query_of(request, "q"),
        "entered": {name: text(request.POST, name) for name in ("code", "name")},
    }
    return render(request, "bureau/partners.html", context)


@staff_page
@require_GET
def partners_csv(request: HttpRequest, territory: Territory) -> HttpResponse:
    head = ["code", "nom", *LABELS.values(), "dû", "payable", "espèces dues"]
    lines = []
    for row in Partner.objects.filter(territory=territory.slug).order_by("code"):
        figures = figures_of(row)
        amounts = [getattr(figures, name) for name in LABELS]
        amounts += [figures.due_cents, figures.payable_cents, figures.owed_cents]
        lines.append([row.code, row.name, *map(plain_euros, amounts)])
    return csv_response(f"partenaires-{territory.slug}", head, lines)


@staff_page
@require_GET
def partner(request: HttpRequest, territory: Territory, key: UUID) -> HttpResponse:
    row = get_object_or_404(Partner, pk=key, territory=territory.slug)
    mine = list(row.sites.order_by("site_number").values_list("site_number", flat=True))
    taken = set(row.sites.model.objects.filter(territory=territory.slug).values_list("site_number", flat=True))
    figures = figures_of(row)
    context = {
        "row": row,
        "figures": figures,
        "lines": [(label, getattr(figures, name), name) for name, label in LABELS.items()],
        "sites": Site.objects.filter(territory=territory.slug, number__in=mine).order_by("number"),
        "free": Site.objects.filter(territory=territory.slug).exclude(number__in=taken).order_by("name"),
        "agreements": row.agreements.order_by("-starts_at"),
        "statements": row.statements.order_by("-number")[:12],
        # The form's own number is the transfer's: sent twice, it books once.
        "payment_id": new_uuid(),
        "payout_id": new_uuid(),
        "now": runtime().clock.now_ms(),
    }
    return render(request, "bureau/partner.html", context)


@staff_page
@require_POST
def partner_change(request: HttpRequest, territory: Territory, key: UUID) -> HttpResponse:
    """Every form of a partner's page; `what` says which."""
    row = get_object_or_404(Partner, pk=key, territory=territory.slug)
    try:
        sentence = _change(request, territory, row, request.POST.get("what", ""))
        messages.success(request, sentence)
    except (PartnerRefused, CashRefused, FormRefused) as error:
        messages.error(request, str(error))
    return redirect("partner", key=key)


def _change(request: HttpRequest, territory: Territory, row: Partner, what: str) -> str:
    form, name, now = request.POST, who(request), runtime().clock.now_ms()
    match what:
        case "site":
            assign_site(row, whole(form, "site", 0, 0xFFFF, "Lieu"), name)
            return "Le lieu lui appartient."
        case "agreement":
            commission, host = rate_bp(form, "commission", "Commission"), rate_bp(form, "host", "Part d'hôte")
            agree(row, day_start(form, "starts", "Début"), commission, host, name, now)
            return "L'accord est enregistré."
        case "payment":
            site = whole(form, "site", 0, 0xFFFF, "Lieu")
            if not row.sites.filter(site_number=site).exists():
                raise FormRefused("Ce lieu n'est pas à ce partenaire.")
            transfer = str(identifier(form, "id"))
            receive_payment(territory.slug, transfer, site, cents(form, "amount"), text(form, "reference"), name, now)
            return "Les espèces remises sont inscrites."
        case "payout":
            transfer = str(identifier(form, "id"))
            pay_out(row, transfer, cents(form, "amount"), text(form, "reference"), name, now)
            return "Le versement est inscrit."
        case "statement":
            statement = close_statement(row, name, now)
            return f"Relevé n° {statement.number} arrêté."
        case _:
            raise FormRefused("Cette action n'existe pas.")


@staff_page
@require_GET
def partner_statement(request: HttpRequest, territory: Territory, key: UUID) -> HttpResponse:
    """One closed statement, to print."""
    row = get_object_or_404(Statement, pk=key, territory=territory.slug)
    context = {
        "row": row,
        "lines": [(label, row.period.get(name, 0), row.totals.get(name, 0)) for name, label in LABELS.items()],
    }
    return render(request, "bureau/statement.html", context)
