"""Photos of the territory's own library, set before the pictures that feeds bring."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from domain.offers import Offer, Picture
from server.imports.models import Photo


def with_photos(territory: str, offers: Iterable[Offer]) -> Iterator[Offer]:
    """The offers with the photos that a curator has set beside them in front."""
    photos: dict[str, list[Picture]] = defaultdict(list)
    rows = Photo.objects.filter(territory=territory).exclude(offer="").order_by("source_id")
    for row in rows.iterator(chunk_size=500):
        photos[row.offer].append(Picture(row.key, "", row.author, row.licence, row.title))
    for offer in offers:
        own = photos.get(offer.id)
        yield replace(offer, pictures=(*own, *offer.pictures)) if own else offer
