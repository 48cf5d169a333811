"""The public page of an offer: what the kiosk shows, on the phone that read the code."""

from __future__ import annotations

import re

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from domain.days import local_day
from domain.offers import Offer
from domain.take_away import calendar_text, vcard_text
from server.api.runtime import runtime
from server.catalogue.extras import coupons_of, reviews_of
from server.catalogue.models import OfferDraft, SourceRecord, VisitorReview
from server.catalogue.pictures import PICTURE_TYPE, Encoded, PictureStore
from server.mobile.words import WORDS, say_dates, say_hours
from sync.content.codec import offer_from_json

LANGUAGES = ("fr", "en")
AUTHOR_CHARS, WORDS_CHARS = 60, 600
# A person reads them: a flood would bury the honest ones.
REVIEWS_AN_HOUR = 30
HOUR_MS = 3_600_000
CACHE_SECONDS = 300


def language_of(request: HttpRequest) -> str:
    """`?l=`, else the first of the browser's languages that we speak, else French."""
    asked = request.GET.get("l", "")
    if asked in LANGUAGES:
        return asked
    for part in request.headers.get("Accept-Language", "")[:200].split(","):
        code = part.partition(";")[0].strip()[:2].lower()
        if code in LANGUAGES:
            return code
    return "fr"


def published(uid: str) -> OfferDraft:
    """The published offer of that id, or the one that it was merged into. Raises Http404."""
    record = SourceRecord.objects.filter(uid=uid).values_list("offer", flat=True).first()
    found = OfferDraft.objects.filter(Q(uid=uid) | Q(uid=record or uid), state=OfferDraft.State.PUBLISHED).first()
    if found is None:
        raise Http404
    return found


@require_GET
def offer(request: HttpRequest, uid: str) -> HttpResponse:
    language = language_of(request)
    words = WORDS[language]
    try:
        draft = published(uid)
    except Http404:
        return render(request, "mobile/gone.html", {"words": words, "language": language}, status=404)
    found, today = offer_from_json(draft.payload), local_day(runtime().clock.now_ms())
    text = found.text(language)
    coupon = coupons_of(draft.territory, today, 1).get(draft.uid)
    context = {
        "offer": found,
        "text": text,
        "paragraphs": [part for part in text.description.split("\n") if part.strip()],
        "words": words,
        "language": language,
        "other": "en" if language == "fr" else "fr",
        "price": _price(found, language),
        "hours": say_hours(found.hours, today, language) if not found.dates else [],
        "dates": say_dates(found.dates, today, language),
        "photo": _photo(found),
        "picture": found.pictures[0] if found.pictures else None,
        "reviews": [("★" * r.stars + "☆" * (5 - r.stars), r) for r in reviews_of(draft.territory).get(draft.uid, ())],
        "coupon": coupon if coupon and coupon.on(today) else None,
        "coupon_text": coupon.text(language) if coupon else "",
        "stalls": [(stall, say_hours(stall.hours, today, language)) for stall in found.stalls],
        "website": found.contact.website if re.match(r"https?://", found.contact.website) else "",
        "phone": re.sub(r"[^+\d]", "", found.contact.phone),
        "route": f"{found.place.latitude}%2C{found.place.longitude}",
        "said": request.GET.get("dit", ""),
    }
    response = render(request, "mobile/offer.html", context)
    response["Cache-Control"] = "no-store" if context["said"] else f"public, max-age={CACHE_SECONDS}"
    return response


def _price(found: Offer, language: str) -> str:
    if found.price_cents is None:
        return ""
    if found.price_cents == 0:
        return WORDS[language]["free"]
    whole, cents = divmod(found.price_cents, 100)
    number = f"{whole},{cents:02d}\u00a0€" if language == "fr" else f"€{whole}.{cents:02d}"
    return number.replace(",00", "").replace(".00", "")


def _photo(found: Offer) -> Encoded | None:
    store = PictureStore(runtime().home.pictures)
    return next((encoded for picture in found.pictures if (encoded := store.get(picture))), None)


@require_GET
def photo(request: HttpRequest, uid: str) -> HttpResponse:
    encoded = _photo(offer_from_json(published(uid).payload))
    if encoded is None:
        raise Http404
    response = HttpResponse(encoded.large, content_type=PICTURE_TYPE)
    response["Cache-Control"] = "public, max-age=86400"
    return response


@require_GET
def contact(request: HttpRequest, uid: str) -> HttpResponse:
    """The offer as a vCard, for the phone's address book."""
    found = offer_from_json(published(uid).payload)
    url = request.build_absolute_uri(reverse("mobile-offer", args=[uid]))
    return HttpResponse(
        vcard_text(found, language_of(request), url, bounded=False), content_type="text/vcard; charset=utf-8"
    )


@require_GET
def calendar(request: HttpRequest, uid: str) -> HttpResponse:
    """The offer's next dates as an iCalendar."""
    found = offer_from_json(published(uid).payload)
    today = local_day(runtime().clock.now_ms())
    url = request.build_absolute_uri(reverse("mobile-offer", args=[uid]))
    text = calendar_text(found, language_of(request), today, url, events_max=20)
    if not text:
        raise Http404
    return HttpResponse(text, content_type="text/calendar; charset=utf-8")


@csrf_exempt  # nobody is logged in here and the page is cached: there is no session that a stranger could borrow
@require_POST
def review(request: HttpRequest, uid: str) -> HttpResponse:
    """A visitor's review: kept for a person to read."""
    draft = published(uid)
    now = runtime().clock.now_ms()
    author = " ".join(request.POST.get("nom", "").split())[:AUTHOR_CHARS]
    said = request.POST.get("mots", "").strip()[:WORDS_CHARS]
    stars = request.POST.get("etoiles", "")
    back = f"{reverse('mobile-offer', args=[draft.uid])}?l={language_of(request)}&dit="
    if not author or not said or stars not in ("1", "2", "3", "4", "5"):
        return redirect(f"{back}refused#avis")
    recent = VisitorReview.objects.filter(territory=draft.territory, created_at__gte=now - HOUR_MS).count()
    if recent >= REVIEWS_AN_HOUR:
        return redirect(f"{back}busy#avis")
    VisitorReview.objects.create(
        territory=draft.territory, offer=draft.uid, author=author, stars=int(stars), words=said,
        day=local_day(now).isoformat(), created_at=now,
    )  # fmt: skip
    return redirect(f"{back}thanks#avis")
