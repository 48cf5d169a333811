"""Look-alikes, side by side: one thing told twice, or two things."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from domain.offers import Offer
from server.backoffice.access import staff_page, who
from server.backoffice.paging import page_of
from server.catalogue import curation
from server.catalogue.layers import FieldRefused
from server.catalogue.models import KeptApart, OfferDraft, Suspect
from server.curation.fields import CATEGORIES
from server.curation.hours_text import format_dates, format_hours
from server.curation.sources import source_label
from server.curation.views.offers import today
from server.territory.models import StaffAction, Territory
from sync.content.codec import offer_from_json


@staff_page
def duplicates(request: HttpRequest, territory: Territory) -> HttpResponse:
    if request.method == "POST":
        found = curation.find_suspects(territory.slug)
        messages.success(request, f"{found} paire{'s' if found > 1 else ''} à regarder.")
        return redirect("duplicates")
    pairs = Suspect.objects.filter(territory=territory.slug).order_by("-score", "one", "other")
    page = page_of(request, pairs)
    drafts = OfferDraft.objects.in_bulk([uid for pair in page for uid in (pair.one, pair.other)])
    shown = [
        (pair, _compare(drafts[pair.one], drafts[pair.other]))
        for pair in page
        if pair.one in drafts and pair.other in drafts
    ]
    apart = KeptApart.objects.filter(territory=territory.slug).count()
    return render(request, "curation/duplicates.html", {"page": page, "pairs": shown, "apart": apart})


def _compare(one: OfferDraft, other: OfferDraft) -> dict[str, object]:
    """The two, and line by line what they say; ``same`` where it is the same."""
    offers = offer_from_json(one.payload), offer_from_json(other.payload)
    lines = []
    for label, read in _LINES:
        left, right = read(offers[0]), read(offers[1])
        if left or right:
            lines.append({"label": label, "left": left, "right": right, "same": left == right})
    metres = offers[0].place.distance_m(offers[1].place)
    return {
        "one": one,
        "other": other,
        "sources": (source_label(one.source), source_label(other.source)),
        "lines": lines,
        "metres": None if metres is None else round(metres),
    }


def _description(offer: Offer) -> str:
    text = offer.text("fr")
    return (text.pitch or text.description)[:240]


_LINES = (
    ("Catégorie", lambda offer: CATEGORIES[offer.category.value]),
    ("Commune", lambda offer: offer.place.commune),
    ("Adresse", lambda offer: offer.place.address),
    ("Accroche", _description),
    ("Horaires", lambda offer: format_hours(offer.hours)),
    ("Dates", lambda offer: format_dates(offer.dates)),
    ("Téléphone", lambda offer: offer.contact.phone),
    ("Site", lambda offer: offer.contact.website),
    ("Langues", lambda offer: " ".join(sorted(offer.texts))),
)


@staff_page
@require_POST
def duplicates_decision(request: HttpRequest, territory: Territory) -> HttpResponse:
    one, other = request.POST.get("une", ""), request.POST.get("autre", "")
    decision = request.POST.get("decision", "")
    if decision == "apart":
        curation.keep_apart(territory.slug, one, other, who(request))
        messages.success(request, "Ce sont deux fiches : elles ne seront plus proposées, même après un import.")
    elif decision in ("one", "other"):
        kept, gone = (one, other) if decision == "one" else (other, one)
        try:
            made = curation.merge_offers(territory.slug, kept, gone, today())
        except FieldRefused as error:
            messages.error(request, str(error))
            return redirect("duplicates")
        messages.success(request, f"Une seule fiche désormais : « {made.name} ».")
    else:
        raise Http404
    StaffAction.objects.create(
        territory=territory.slug, who=who(request), what=f"duplicates.{decision}", target=f"{one} {other}"[:120]
    )
    return redirect("duplicates")
