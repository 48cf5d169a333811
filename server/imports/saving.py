"""From a staged import to the server's tables: offers, withdrawals, stories and photos, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db import DatabaseError, transaction

from domain.offers import Picture
from server.catalogue.drafts import DraftsUnavailable, Saved, save_offer_rows, source_ids, withdraw_records
from server.catalogue.models import OfferDraft
from server.catalogue.picture_fetch import PictureTally, fetch_pictures
from server.catalogue.pictures import PictureStore
from server.catalogue.staging import Staging
from server.imports.models import Photo, Story
from server.runtime import SystemClock, now_ms

BATCH = 500
# A whole feed that holds less than this share of what it held is taken for a broken one.
WHOLE_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class SavedImport:
    """What became of an import. ``kept_back``: withdrawals not made, because the feed had lost most of its objects."""

    offers: Saved
    withdrawn: int = 0
    kept_back: int = 0
    stories: int = 0
    photos: int = 0

    def sentence(self) -> str:
        """For the person who imports."""
        offers = self.offers
        parts = [f"{offers.created} new drafts, {offers.updated} updated, {offers.unchanged} unchanged"]
        parts += [f"{offers.joined} joined to known offers"] if offers.joined else []
        parts += [f"{self.withdrawn} withdrawn"] if self.withdrawn else []
        parts += [f"{self.stories} stories"] if self.stories else []
        parts += [f"{self.photos} photos"] if self.photos else []
        text = ", ".join(parts) + "."
        if self.kept_back:
            text += (
                f" {self.kept_back} drafts are no longer in the feed: too many for an ordinary change, so none of them"
                " was withdrawn."
            )
        return text


def save_staged(staging: Staging, source: str, territory: str, day: date, *, complete: bool) -> SavedImport:
    """Writes what an import brought. Raises DraftsUnavailable, and then nothing is written."""
    try:
        with transaction.atomic():
            before = source_ids(territory, source) if complete else set()
            saved = save_offer_rows(staging.rows(), source, territory, day)
            gone = set(staging.withdrawn())
            missing = before - set(staging.source_ids()) - gone if complete else set()
            kept_back = len(missing) if len(missing) > WHOLE_SHARE * len(before) else 0
            if not kept_back:
                gone |= missing
            withdrawn = withdraw_records(territory, source, gone, day)
            stories = _save_stories(staging, source, territory)
            photos = _save_photos(staging, territory)
    except DatabaseError as error:
        raise DraftsUnavailable(f"The server's database refuses the import: {str(error).splitlines()[0]}.") from error
    return SavedImport(saved, withdrawn, kept_back, stories, photos)


def _save_stories(staging: Staging, source: str, territory: str) -> int:
    count = 0
    for post in staging.posts():
        picture = post.picture
        words = {
            "title": post.title[:200],
            "quote": post.quote[:400],
            "text": post.text,
            "url": post.url,
            "author": post.author[:120],
            "licence": post.licence[:120],
            "language": post.language[:3],
            "day": post.day.isoformat() if post.day else "",
            "picture": [picture.key, picture.url, picture.author, picture.licence, picture.title] if picture else [],
            "latitude": post.latitude,
            "longitude": post.longitude,
        }
        found, made = Story.objects.get_or_create(
            territory=territory, source=source, source_id=post.source_id, defaults=words
        )
        if not made and not found.edited:
            Story.objects.filter(pk=found.pk).update(**words, seen_at=now_ms())
        count += 1
    return count


def _save_photos(staging: Staging, territory: str) -> int:
    store = PictureStore(settings.HOME.pictures)
    count = 0
    for photo in staging.photos():
        key = store.add(photo.encoded)
        known = Photo.objects.filter(territory=territory, source_id=photo.source_id).first()
        offer = photo.offer
        if offer and not OfferDraft.objects.filter(territory=territory, uid=offer).exists():
            offer = ""
        words = {"key": key, "title": photo.title, "author": photo.author, "licence": photo.licence}
        if known is None:
            Photo.objects.create(territory=territory, source_id=photo.source_id, offer=offer, **words)
        else:
            # Beside which offer it stands is the curator's, once it stands beside one.
            Photo.objects.filter(pk=known.pk).update(**words, offer=known.offer or offer, seen_at=now_ms())
        count += 1
    return count


def draft_pictures(territory: str) -> Iterator[Picture]:
    """Every picture that a draft of the territory names, the best drafts first."""
    rows = OfferDraft.objects.filter(territory=territory).exclude(state=OfferDraft.State.EXPIRED)
    for payload in rows.order_by("-merit", "uid").values_list("payload", flat=True).iterator(chunk_size=BATCH):
        for picture in payload["details"].get("pictures", ()):
            yield Picture(*picture)


def fetch_draft_pictures(
    territory: str, progress: Callable[[int, int], None] = lambda done, of: None, limit: int = 20_000
) -> PictureTally:
    """Fetches the pictures that drafts name into the server's store."""
    store = PictureStore(settings.HOME.pictures)
    return fetch_pictures(draft_pictures(territory), store, SystemClock(), progress, limit=limit)
