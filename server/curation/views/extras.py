"""The territory's Wi-Fi, and the groups of kiosks with what each is entitled to."""

from __future__ import annotations

import re
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from domain.offers import LANGUAGES
from server.backoffice.access import staff_page, who
from server.catalogue.extras import WIFI, put_setting, setting
from server.catalogue.layers import FieldRefused
from server.catalogue.models import KioskGroup
from server.curation.fields import CATEGORIES, LANGUAGE_NAMES, read_line, read_number, read_position
from server.devices.models import Device, DeviceState
from server.territory.models import StaffAction, Territory


@staff_page
def extras(request: HttpRequest, territory: Territory) -> HttpResponse:
    if request.method == "POST":
        try:
            if request.POST.get("quoi") == "wifi":
                _save_wifi(request, territory)
            else:
                _add_group(request, territory)
        except FieldRefused as error:
            messages.error(request, str(error))
        else:
            return redirect("extras")
    context = {
        "wifi": {"ssid": "", "password": "", **setting(territory.slug, WIFI)},
        "groups": [
            (group, _said(group)) for group in KioskGroup.objects.filter(territory=territory.slug).order_by("label")
        ],
        "devices": Device.objects.filter(territory=territory.slug)
        .exclude(state=DeviceState.REVOKED)
        .order_by("name")
        .values_list("name", flat=True),
        "categories": CATEGORIES.items(),
        "languages": [(code, LANGUAGE_NAMES[code]) for code in LANGUAGES],
        "entered": request.POST,
    }
    return render(request, "curation/extras.html", context, status=422 if request.method == "POST" else 200)


def _said(group: KioskGroup) -> str:
    """What the group gets, in one line."""
    parts = [", ".join(CATEGORIES[name].lower() for name in group.categories) or "toutes les catégories"]
    if group.radius_km:
        parts.append(f"à {group.radius_km} km à la ronde")
    parts.append(f"{group.offers_max} fiches et {group.megabytes_max} Mo au plus")
    if not group.pictures:
        parts.append("sans photos")
    if group.languages:
        parts.append(" ".join(group.languages))
    return " · ".join(parts)


def _save_wifi(request: HttpRequest, territory: Territory) -> None:
    """A network name of at most 32 bytes and a password of 8 to 63 letters (IEEE 802.11, WPA2), or an open one."""
    name = request.POST.get("reseau", "").strip()
    password = request.POST.get("cle", "")
    if name and len(name.encode()) > 32:
        raise FieldRefused("Un nom de réseau Wi-Fi a 32 octets au plus.")
    if password and not re.fullmatch(r"[\x20-\x7e]{8,63}", password):
        raise FieldRefused("Une clé Wi-Fi a 8 à 63 lettres ordinaires ; laissez vide si le réseau est ouvert.")
    put_setting(territory.slug, WIFI, {"ssid": name, "password": password} if name else {})
    _note(request, territory, "wifi.changed", name)
    said = "Les bornes afficheront le code qui connecte." if name else "Les bornes ne proposent plus de Wi-Fi."
    messages.success(request, said)


def _add_group(request: HttpRequest, territory: Territory) -> None:
    post = request.POST
    label = read_line(120)(post.get("nom", ""))
    name = re.sub(r"[^a-z0-9]+", "-", post.get("code", "").strip().lower()).strip("-")[:40]
    if not label or not name:
        raise FieldRefused("Un groupe a un nom et un code court, comme « gares ».")
    if KioskGroup.objects.filter(territory=territory.slug, name=name).exists():
        raise FieldRefused(f"Le groupe « {name} » existe déjà.")
    latitude, longitude = read_position(post.get("centre", ""))
    radius = read_number(0, 200, "Rayon")(post.get("rayon", "")) or 0
    if radius and latitude is None:
        raise FieldRefused("Un rayon se compte depuis un centre : donnez ses coordonnées.")
    KioskGroup.objects.create(
        territory=territory.slug,
        name=name,
        label=label,
        categories=[value for value in post.getlist("categories") if value in CATEGORIES],
        languages=[value for value in post.getlist("langues") if value in LANGUAGES],
        center_latitude=latitude,
        center_longitude=longitude,
        radius_km=radius,
        offers_max=read_number(10, 100_000, "Fiches")(post.get("fiches", "")) or 5000,
        megabytes_max=read_number(1, 2000, "Mégaoctets")(post.get("megaoctets", "")) or 120,
        pictures=post.get("photos") == "1",
    )
    _note(request, territory, "group.created", name)
    messages.success(request, f"Groupe « {label} » créé : donnez-le aux bornes dans leur page.")


@staff_page
@require_POST
def extra_group(request: HttpRequest, territory: Territory, key: UUID) -> HttpResponse:
    group = get_object_or_404(KioskGroup, territory=territory.slug, pk=key)
    if request.POST.get("action") == "bornes":
        _put_members(territory, group, request.POST.getlist("bornes"))
        _note(request, territory, "group.members", group.name)
        messages.success(request, f"Bornes de « {group.label} » : elles prendront leur contenu au prochain envoi.")
        return redirect("extras")
    group.delete()
    _note(request, territory, "group.deleted", group.name)
    messages.success(request, f"Groupe « {group.label} » supprimé : ses bornes reçoivent de nouveau tout.")
    return redirect("extras")


def _put_members(territory: Territory, group: KioskGroup, wanted: list[str]) -> None:
    """These devices are in the group, and in no other."""
    names = set(Device.objects.filter(territory=territory.slug, name__in=wanted).values_list("name", flat=True))
    with transaction.atomic():
        for other in KioskGroup.objects.select_for_update().filter(territory=territory.slug):
            members = sorted(names) if other.pk == group.pk else [name for name in other.members if name not in names]
            if members != other.members:
                other.members = members
                other.save(update_fields=["members"])


def _note(request: HttpRequest, territory: Territory, what: str, target: str) -> None:
    StaffAction.objects.create(territory=territory.slug, who=who(request), what=what, target=target[:120])
