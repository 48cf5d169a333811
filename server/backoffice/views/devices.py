"""Devices: create a record, show its code once, compare eight words, approve, refuse, revoke."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from server.api.runtime import runtime
from server.backoffice.access import staff_page, who
from server.backoffice.qr import qr_svg
from server.devices.models import Device, DeviceState
from server.devices.pairing import DeviceRefused, create_device, decide_device, issue_code, request_roll
from server.devices.roles import all_roles, role_named
from server.ledger.chains import acknowledged
from server.territory.models import Site, Territory
from sync.protocol import PairingOffer, build_offer, format_code

_DECISIONS = {
    "approve": (DeviceState.APPROVED, "L'appareil {} est approuvé : il reçoit ses clés et son contenu."),
    "refuse": (DeviceState.REFUSED, "L'appareil {} est refusé."),
    "revoke": (DeviceState.REVOKED, "L'appareil {} est révoqué : il ne reçoit plus rien."),
}


@staff_page
def devices(request: HttpRequest, territory: Territory) -> HttpResponse:
    """The list, and the form that makes a record."""
    if request.method == "POST":
        return _create(request, territory)
    return render(request, "bureau/devices.html", _list_context(territory, {}))


def _list_context(territory: Territory, entered: dict[str, str]) -> dict[str, object]:
    sites = list(Site.objects.filter(territory=territory.slug).order_by("name"))
    names = {site.number: f"{site.name} · {site.commune}" for site in sites}
    rows = Device.objects.filter(territory=territory.slug).order_by("name")
    return {
        "rows": [
            (
                row,
                names.get(row.site_number, "lieu inconnu"),
                acknowledged(row.territory, row.name),
                role_named(row.role),
            )
            for row in rows
        ],
        "sites": sites,
        "roles": all_roles(),
        "entered": entered,
        "suggested": f"BC-{len(rows) + 1:03d}",
    }


def _create(request: HttpRequest, territory: Territory) -> HttpResponse:
    entered = {key: request.POST.get(key, "")[:64] for key in ("name", "site", "role")}
    site = int(entered["site"]) if entered["site"].isdecimal() else -1
    try:
        made = create_device(territory.slug, entered["name"].strip(), site, entered["role"], who(request))
    except DeviceRefused as error:
        messages.error(request, str(error))
        return render(request, "bureau/devices.html", _list_context(territory, entered), status=400)
    return _with_code(request, made)


def _with_code(request: HttpRequest, row: Device) -> HttpResponse:
    """The one page on which a code is ever shown: it is kept nowhere."""
    run = runtime()
    url = request.build_absolute_uri("/").rstrip("/") if settings.PUBLIC_URL_IS_DEFAULT else settings.PUBLIC_URL
    offer = issue_code(row, url, run.clock, run.chance, who(request))
    return render(request, "bureau/device.html", _device_context(row, offer))


def _device_context(row: Device, offer: PairingOffer | None) -> dict[str, object]:
    return {
        "row": row,
        "site": Site.objects.filter(territory=row.territory, number=row.site_number).first(),
        "role": role_named(row.role),
        "head": acknowledged(row.territory, row.name),
        "words": row.words.split(),
        "code": format_code(offer.code) if offer else "",
        "url": offer.url if offer else "",
        "qr": qr_svg(build_offer(offer)) if offer else "",
        # What the page waits for: a claim after this moment changes the stamp, and the page goes on by itself.
        "stamp": _stamp(row),
    }


def _stamp(row: Device) -> str:
    return f"{row.state}-{row.claimed_at or 0}"


@staff_page
@require_GET
def device(request: HttpRequest, territory: Territory, key: UUID) -> HttpResponse:
    row = get_object_or_404(Device, pk=key, territory=territory.slug)
    return render(request, "bureau/device.html", _device_context(row, None))


@staff_page
@require_GET
def device_state(request: HttpRequest, territory: Territory, key: UUID) -> HttpResponse:
    """What the waiting page asks every two seconds."""
    return JsonResponse({"stamp": _stamp(get_object_or_404(Device, pk=key, territory=territory.slug))})


@staff_page
@require_POST
def device_code(request: HttpRequest, territory: Territory, key: UUID) -> HttpResponse:
    """A fresh code for a record that exists: re-pairing. The present key dies when the code is used."""
    return _with_code(request, get_object_or_404(Device, pk=key, territory=territory.slug))


@staff_page
@require_POST
def device_roll(request: HttpRequest, territory: Territory, key: UUID) -> HttpResponse:
    """Ask for a new key: nobody has to go there."""
    row = get_object_or_404(Device, pk=key, territory=territory.slug)
    try:
        request_roll(row.pk, who(request))
        messages.success(request, f"{row.name} renouvellera sa clé à sa prochaine synchronisation.")
    except DeviceRefused as error:
        messages.error(request, str(error))
    return redirect("device", key=key)


@staff_page
@require_POST
def device_decision(request: HttpRequest, territory: Territory, key: UUID) -> HttpResponse:
    row = get_object_or_404(Device, pk=key, territory=territory.slug)
    decision = _DECISIONS.get(request.POST.get("decision", ""))
    if decision is None:
        messages.error(request, "Cette décision n'existe pas.")
    elif request.POST.get("words", row.words) != row.words:
        # Somebody claimed the record again between the page and the click: the words on the page are not these.
        messages.error(request, "Les huit mots ont changé : comparez-les à nouveau avant de décider.")
    else:
        state, sentence = decision
        try:
            decide_device(row.pk, state, who(request), runtime().clock)
            messages.success(request, sentence.format(row.name))
        except DeviceRefused as error:
            messages.error(request, str(error))
    return redirect("device", key=key)
