"""What a publication adds to offers: coupons, moderated reviews, what comes first, the territory's Wi-Fi.

Reads the tables of the territory; what it gives is plain values for `server.catalogue.pack`.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date

from domain.facts import FactKind
from domain.offers import Coupon, Offer, Review
from domain.pushes import share_of_budget
from server.catalogue.models import ClubCoupon, ContentSetting, Push, VisitorReview
from server.ledger.models import Fact
from server.ledger.queries import uncounted
from sync.content.codec import Json

REVIEWS_SHOWN = 3
WIFI = "wifi"


def coupons_used(territory: str) -> dict[str, int]:
    """How many times each coupon (by its id) was used, as far as facts have come in."""
    used: Counter[str] = Counter()
    told = Fact.objects.filter(territory=territory, kind=FactKind.COUPON_USED)
    bodies = told.exclude(id__in=uncounted(territory)).values_list("body", flat=True)
    for body in bodies.iterator(chunk_size=2_000):
        coupon = json.loads(body).get("coupon")
        if isinstance(coupon, str):
            used[coupon] += 1
    return dict(used)


def coupons_of(territory: str, day: date, kiosks: int) -> dict[str, Coupon]:
    """Per offer, the coupon that still holds; the one that ends first where there are several."""
    used = coupons_used(territory)
    found: dict[str, Coupon] = {}
    rows = ClubCoupon.objects.filter(territory=territory, active=True, last_day__gte=day.isoformat())
    for row in rows.order_by("-last_day", "pk"):
        left = share_of_budget(row.budget, used.get(str(row.pk), 0), kiosks)
        if left == 0:
            continue
        texts = {"fr": row.text_fr, **({"en": row.text_en} if row.text_en else {})}
        first, last = date.fromisoformat(row.first_day), date.fromisoformat(row.last_day)
        found[row.offer] = Coupon(str(row.pk), texts, row.code, first, last, row.member, left)
    return found


def reviews_of(territory: str) -> dict[str, tuple[Review, ...]]:
    """Per offer, the newest accepted reviews."""
    found: dict[str, list[Review]] = defaultdict(list)
    rows = VisitorReview.objects.filter(territory=territory, state=VisitorReview.State.ACCEPTED)
    for row in rows.order_by("-day", "-created_at"):
        if len(found[row.offer]) < REVIEWS_SHOWN:
            found[row.offer].append(Review(row.author, date.fromisoformat(row.day), row.stars, row.words))
    return {offer: tuple(reviews) for offer, reviews in found.items()}


def decorate(
    offers: Iterable[Offer], coupons: Mapping[str, Coupon], reviews: Mapping[str, tuple[Review, ...]]
) -> Iterator[Offer]:
    """The offers with their coupons and reviews."""
    for offer in offers:
        if offer.id in coupons or offer.id in reviews:
            yield replace(
                offer, coupon=coupons.get(offer.id, offer.coupon), reviews=reviews.get(offer.id, offer.reviews)
            )
        else:
            yield offer


def pushes_of(territory: str, group: str) -> list[Json]:
    """What comes first on the kiosks of a group, as the catalogue carries it."""
    rows = Push.objects.filter(territory=territory, active=True).order_by("created_at", "pk")
    return [
        {
            "offer": row.offer,
            "campaign": row.kind == Push.Kind.CAMPAIGN,
            "sites": row.sites,
            "card_kinds": row.card_kinds,
            "seasons": row.seasons,
            "minutes": [row.start_minute, row.end_minute],
            "days": [row.first_day, row.last_day],
        }
        for row in rows
        if not row.groups or group in row.groups
    ]


def setting(territory: str, name: str) -> Json:
    """A setting of the territory's content; {} where it was never made."""
    row = ContentSetting.objects.filter(territory=territory, name=name).first()
    return dict(row.value) if row else {}


def put_setting(territory: str, name: str, value: Json) -> None:
    ContentSetting.objects.update_or_create(territory=territory, name=name, defaults={"value": value})


def extras_of(territory: str, group: str) -> Json:
    """What the catalogue says besides offers."""
    found: Json = {}
    if pushes := pushes_of(territory, group):
        found["pushes"] = pushes
    if wifi := setting(territory, WIFI):
        found["wifi"] = wifi
    return found
