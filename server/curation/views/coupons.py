"""Coupons of the club's members: on which offer, from when to when, and how many the member pays for."""

from __future__ import annotations

import re
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from server.backoffice.access import staff_page, who
from server.catalogue.extras import coupons_used
from server.catalogue.layers import FieldRefused
from server.catalogue.models import ClubCoupon, OfferDraft
from server.curation.chooser import chosen_offer, offer_names, read_day
from server.curation.fields import read_line, read_number
from server.curation.views.offers import today
from server.devices.models import Device, DeviceState
from server.territory.models import StaffAction, Territory


@staff_page
def coupons(request: HttpRequest, territory: Territory) -> HttpResponse:
    if request.method == "POST":
        try:
            made = _read(request, territory)
        except FieldRefused as error:
            messages.error(request, str(error))
        else:
            made.save()
            _note(request, territory, "coupon.created", made.text_fr)
            messages.success(request, f"Coupon « {made.text_fr} » : il partira aux bornes au prochain envoi.")
            return redirect("coupons")
    rows = list(ClubCoupon.objects.filter(territory=territory.slug).order_by("-active", "-last_day"))
    names, used, day = offer_names(row.offer for row in rows), coupons_used(territory.slug), today().isoformat()
    context = {
        "rows": [(row, names.get(row.offer, "—"), used.get(str(row.pk), 0), row.last_day < day) for row in rows],
        "entered": request.POST,
        "suggestions": OfferDraft.objects.filter(territory=territory.slug, state=OfferDraft.State.PUBLISHED)
        .order_by("name")
        .values_list("uid", "name", "commune")[:400],
    }
    return render(request, "curation/coupons.html", context, status=422 if request.method == "POST" else 200)


def _read(request: HttpRequest, territory: Territory) -> ClubCoupon:
    post = request.POST
    offer = chosen_offer(territory.slug, post.get("offre", ""))
    text = read_line(160)(post.get("texte_fr", ""))
    member = read_line(120)(post.get("membre", ""))
    code = post.get("code", "").strip().upper()
    first, last = read_day(post.get("du", "")), read_day(post.get("au", ""))
    if not text or not member:
        raise FieldRefused("Un coupon dit ce qu'il offre, et quel membre l'offre.")
    if not re.fullmatch(r"[A-Z0-9-]{3,20}", code):
        raise FieldRefused("Le code a 3 à 20 lettres ou chiffres, sans espace.")
    if not first or not last or last < first:
        raise FieldRefused("Un coupon a un premier et un dernier jour.")
    budget = read_number(0, 1_000_000, "Nombre de coupons")(post.get("budget", "")) or 0
    kiosks = Device.objects.filter(territory=territory.slug, state=DeviceState.APPROVED).count()
    if 0 < budget < kiosks:
        raise FieldRefused(f"Le nombre est partagé entre les {kiosks} bornes : il en faut au moins {kiosks}.")
    return ClubCoupon(
        territory=territory.slug,
        offer=offer.uid,
        member=member,
        text_fr=text,
        text_en=read_line(160)(post.get("texte_en", "")),
        code=code,
        first_day=first,
        last_day=last,
        budget=budget,
    )


@staff_page
@require_POST
def coupon_change(request: HttpRequest, territory: Territory, key: UUID) -> HttpResponse:
    row = get_object_or_404(ClubCoupon, territory=territory.slug, pk=key)
    row.active = not row.active
    row.save(update_fields=["active"])
    _note(request, territory, "coupon.changed", row.text_fr)
    messages.success(
        request, f"Coupon « {row.text_fr} » {'repris' if row.active else 'arrêté'} dès le prochain envoi aux bornes."
    )
    return redirect("coupons")


def _note(request: HttpRequest, territory: Territory, what: str, target: str) -> None:
    StaffAction.objects.create(territory=territory.slug, who=who(request), what=what, target=target[:120])
