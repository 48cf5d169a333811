"""The territory: sites, limits, block list, and how its devices are."""

from __future__ import annotations

from dataclasses import asdict

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from domain.money import format_euros
from hardware.card.desfire.tmac import TmacRule
from server.api.runtime import runtime
from server.backoffice.access import staff_page, who
from server.backoffice.exports import csv_response
from server.backoffice.forms import FormRefused, cents, text, whole
from server.backoffice.paging import page_of, query_of
from server.devices.models import Device, DeviceState
from server.fleet.reports import fleet as fleet_of
from server.fleet.visits import Urgency, reasons, urgency
from server.risk.configuration import LIFE_DAYS_MAX, RiskRefused, risk_in_force, write_risk
from server.risk.models import RiskConfiguration
from server.settlement.models import PartnerSite
from server.territory.blocking import REASONS, BlockingRefused, block_card, unblock_card
from server.territory.models import Beacon, BlockedCard, Site, Territory

LIMITS = {
    "purse_limit_cents": ("Une carte porte au plus", "La loi : 150 € pour une carte anonyme."),
    "monthly_load_limit_cents": ("Chargé au plus par mois", "La loi : 150 € par mois."),
    "offline_debit_limit_cents": ("Un débit hors ligne", "Au-dessus, la borne demande d'abord la ligne."),
    "offline_sum_limit_cents": ("En tout hors ligne, par carte", "Depuis que la carte a été vue en ligne."),
    "offline_count_limit": ("Débits hors ligne, par carte", "Depuis que la carte a été vue en ligne."),
    "kiosk_exposure_limit_cents": ("Non envoyé, par borne", "Au-dessus, la borne arrête les débits."),
    "kiosk_exposure_limit_count": ("Ventes non envoyées, par borne", "Au-dessus, la borne arrête les débits."),
}


@staff_page
@require_GET
def fleet(request: HttpRequest, territory: Territory) -> HttpResponse:
    """Every device that is not dead, the ones that need a visit first."""
    now, wanted = runtime().clock.now_ms(), text(request.GET, "etat", 10)
    rows = []
    for device, health in fleet_of(territory.slug):
        if device.state in (DeviceState.REVOKED, DeviceState.REFUSED) and wanted != "tout":
            continue
        found = reasons(health, now, territory.content_version)
        rows.append((device, health, found, urgency(found)))
    if wanted == "visite":
        rows = [row for row in rows if row[3] is Urgency.NOW]
    names = dict(Site.objects.filter(territory=territory.slug).values_list("number", "name"))
    context = {
        "rows": [
            (device, health, found, level.name.lower(), names.get(device.site_number, ""))
            for device, health, found, level in sorted(rows, key=lambda row: (-row[3], row[0].name))
        ],
        "now_count": sum(1 for row in rows if row[3] is Urgency.NOW),
        "soon_count": sum(1 for row in rows if row[3] is Urgency.SOON),
        "state": wanted,
    }
    return render(request, "bureau/fleet.html", context)


@staff_page
@require_GET
def fleet_csv(request: HttpRequest, territory: Territory) -> HttpResponse:
    """The round to drive: device, place, what is wrong."""
    now = runtime().clock.now_ms()
    sites = {site.number: site for site in Site.objects.filter(territory=territory.slug)}
    head = [
        "appareil",
        "lieu",
        "commune",
        "latitude",
        "longitude",
        "urgence",
        "pourquoi",
        "logiciel",
        "faits à envoyer",
    ]
    lines = []
    for device, health in fleet_of(territory.slug):
        found = reasons(health, now, territory.content_version)
        if not found:
            continue
        site = sites.get(device.site_number)
        lines.append(
            [
                device.name,
                site.name if site else "",
                site.commune if site else "",
                f"{site.latitude:.5f}" if site else "",
                f"{site.longitude:.5f}" if site else "",
                "à visiter" if urgency(found) is Urgency.NOW else "à surveiller",
                ", ".join(reason.text for reason in found),
                health.software,
                health.facts_waiting,
            ]
        )
    return csv_response(f"tournee-{territory.slug}", head, lines)


@staff_page
@require_GET
def sites(request: HttpRequest, territory: Territory) -> HttpResponse:
    rows = Site.objects.filter(territory=territory.slug).order_by("number")
    wanted = text(request.GET, "q")
    if wanted:
        by_number = Q(number=int(wanted)) if wanted.isascii() and wanted.isdigit() and len(wanted) < 6 else Q()
        rows = rows.filter(Q(name__icontains=wanted) | Q(commune__icontains=wanted) | by_number)
    page = page_of(request, rows)
    partners = {
        row.site_number: row.partner
        for row in PartnerSite.objects.filter(
            territory=territory.slug, site_number__in=[site.number for site in page]
        ).select_related("partner")
    }
    devices: dict[int, list[Device]] = {}
    for device in Device.objects.filter(territory=territory.slug).exclude(state=DeviceState.REVOKED).order_by("name"):
        devices.setdefault(device.site_number, []).append(device)
    context = {
        "page": page,
        "rows": [(site, partners.get(site.number), devices.get(site.number, [])) for site in page],
        "wanted": wanted,
        "query": query_of(request, "q"),
    }
    return render(request, "bureau/sites.html", context)


@staff_page
@require_GET
def site(request: HttpRequest, territory: Territory, number: int) -> HttpResponse:
    row = get_object_or_404(Site, territory=territory.slug, number=number)
    context = {
        "row": row,
        "partner": PartnerSite.objects.filter(territory=territory.slug, site_number=number).first(),
        "devices": Device.objects.filter(territory=territory.slug, site_number=number).order_by("name"),
        "beacons": Beacon.objects.filter(territory=territory.slug, site_number=number).order_by("name"),
    }
    return render(request, "bureau/site.html", context)


@staff_page
def risk(request: HttpRequest, territory: Territory) -> HttpResponse:
    """The limits in force, and the form that signs the next ones."""
    run = runtime()
    if request.method == "POST":
        try:
            values = {
                name: whole(request.POST, name, 0, 10_000, LIMITS[name][0])
                if "count" in name
                else cents(request.POST, name)
                for name in LIMITS
            }
            rule = TmacRule(reads="reads" in request.POST, values="values" in request.POST)
            days = whole(request.POST, "days", 1, LIFE_DAYS_MAX, "Durée en jours")
            row = write_risk(territory, values, rule, days, run.identity, who(request), run.clock.now_ms())
            messages.success(
                request, f"Limites n° {row.number} signées : elles partent à la prochaine synchronisation."
            )
            return redirect("risk")
        except (FormRefused, RiskRefused) as error:
            messages.error(request, str(error))
    force = risk_in_force(territory, run.identity.public, run.clock.now_ms())
    shown = asdict(force.limits)
    context = {
        "force": force,
        "limits": [
            (
                name,
                label,
                hint,
                text(request.POST, name) or (str(shown[name]) if "count" in name else format_plain(shown[name])),
                "count" in name,
            )
            for name, (label, hint) in LIMITS.items()
        ],
        "days": text(request.POST, "days") or "60",
        "history": RiskConfiguration.objects.filter(territory=territory.slug).order_by("-number")[:10],
        "now": run.clock.now_ms(),
    }
    return render(request, "bureau/risk.html", context)


def format_plain(cents_value: int) -> str:
    """Cents as the form takes them back: '60,00'."""
    return format_euros(cents_value).replace("\u00a0€", "").replace("\u202f", "")


@staff_page
@require_GET
def blocklist(request: HttpRequest, territory: Territory) -> HttpResponse:
    rows = BlockedCard.objects.filter(territory=territory.slug).order_by("-blocked_at")
    reason, wanted = text(request.GET, "raison", 20), text(request.GET, "q", 10).replace(" ", "")
    if reason in REASONS:
        rows = rows.filter(reason=reason)
    if wanted:
        rows = rows.filter(card_number__contains=wanted)
    page = page_of(request, rows)
    context = {
        "page": page,
        "rows": [(row, REASONS.get(row.reason, row.reason)) for row in page],
        "reasons": REASONS,
        "reason": reason,
        "wanted": wanted,
        "query": query_of(request, "raison", "q"),
        "devices": Device.objects.filter(territory=territory.slug, state=DeviceState.APPROVED).count(),
    }
    return render(request, "bureau/blocklist.html", context)


@staff_page
@require_POST
def blocklist_change(request: HttpRequest, territory: Territory) -> HttpResponse:
    number = text(request.POST, "card", 12).replace(" ", "")
    try:
        if request.POST.get("what") == "unblock":
            unblock_card(territory.slug, number, who(request))
            messages.success(request, "La carte n'est plus sur la liste de blocage.")
        else:
            block_card(territory.slug, number, text(request.POST, "reason", 20), who(request))
            messages.success(request, "Toutes les bornes refuseront cette carte à leur prochaine synchronisation.")
    except BlockingRefused as error:
        messages.error(request, str(error))
    return redirect("blocklist")
