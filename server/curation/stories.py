"""Bloggers' stories beside offers: an offer shows one, in the words that a person accepted.

A story that stands beside an offer is a change made by hand to it (`details.story`): it wins over what feeds tell and
survives every import. `Story.offer` says where it stands. Each call is one transaction.
"""

from __future__ import annotations

from datetime import date

from django.db import transaction

from server.catalogue import curation
from server.catalogue.models import OfferDraft
from server.imports.models import Story
from sync.content.text import tokens

PATH = "details.story"
STATES = Story.State
NAMED_MAX = 5
OFFERS_LOOKED_AT = 20_000
# Shorter names ("Le Bar") stand in every second story.
NAME_CHARS_MIN = 6


def attach(story: Story, draft: OfferDraft, today: date) -> None:
    """Set the story beside the offer, in place of what stood there; it leaves the offer that it stood beside."""
    with transaction.atomic():
        if story.offer and story.offer != draft.uid:
            _take_away(story.offer, today)
        Story.objects.filter(territory=story.territory, offer=draft.uid).exclude(pk=story.pk).update(offer="")
        story.offer, story.state = draft.uid, STATES.ACCEPTED
        story.save(update_fields=["offer", "state"])
        curation.change_fields(draft.uid, {PATH: [story.quote, story.author, story.licence]}, (), today)


def detach(story: Story, today: date) -> None:
    """The offer shows again what its sources tell."""
    if not story.offer:
        return
    with transaction.atomic():
        _take_away(story.offer, today)
        story.offer = ""
        story.save(update_fields=["offer"])


def _take_away(uid: str, today: date) -> None:
    if OfferDraft.objects.filter(pk=uid).exists():
        curation.change_fields(uid, {}, [PATH], today)


def write(story: Story, today: date) -> None:
    """Keep words changed by hand; the offer that shows them says them at once."""
    with transaction.atomic():
        story.edited = True
        story.save()
        if story.offer and OfferDraft.objects.filter(pk=story.offer).exists():
            words = [story.quote, story.author, story.licence]
            curation.change_fields(story.offer, {PATH: words}, (), today)


def forget_released(draft: OfferDraft) -> None:
    """After a change of the offer itself: what it gave back to its sources stands beside it no longer."""
    if PATH not in draft.overrides:
        Story.objects.filter(territory=draft.territory, offer=draft.uid).update(offer="")


def named_offers(story: Story) -> list[tuple[str, str, str]]:
    """Offers (uid, name, commune) whose whole name stands in the story: what it is probably about."""
    words = f" {' '.join(tokens(f'{story.title} {story.quote} {story.text}'))} "
    rows = OfferDraft.objects.filter(territory=story.territory).exclude(state=OfferDraft.State.EXPIRED)
    found = []
    listed = rows.order_by("-merit", "uid").values_list("uid", "name", "commune", "label")[:OFFERS_LOOKED_AT]
    for uid, name, commune, label in listed.iterator(chunk_size=2_000):
        if len(label) >= NAME_CHARS_MIN and f" {label} " in words:
            found.append((uid, name, commune))
            if len(found) == NAMED_MAX:
                break
    return found
