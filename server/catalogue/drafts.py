"""Offers into and out of the server's database. The only module here, with the models, that needs Django."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from datetime import date as Day
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING

import django
from django.apps import apps
from django.db import DatabaseError, connections, transaction

from domain.offers import Offer
from sync.content.catalogue_file import SEARCH_KEY
from sync.content.codec import Json, dumps, offer_from_json, offer_to_json

if TYPE_CHECKING:
    from server.catalogue.models import OfferDraft

BATCH = 500


class DraftsUnavailable(Exception):
    """The server's database cannot take drafts; the message is one clear sentence."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of the offers: ``unchanged`` ones were there with the same content, or are edited by hand."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0


def set_up_server() -> None:
    """Loads Django with the server's settings, for commands that run outside the server."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "server.settings")
    if not apps.ready:
        django.setup()
    if not apps.is_installed("server.catalogue"):
        raise DraftsUnavailable("The server is configured without its catalogue: server.catalogue is not installed.")


def prepare_drafts(territory: str) -> str:
    """The slug that drafts will be saved under, found before a long import rather than after; DraftsUnavailable.

    Leaves no connection open: the import may fork.
    """
    set_up_server()
    try:
        if not territory:
            return only_territory()
        if not apps.get_model("territory", "Territory").objects.filter(slug=territory).exists():
            raise DraftsUnavailable(f"There is no territory {territory!r} on this server.")
        return territory
    except DatabaseError as error:
        raise DraftsUnavailable(
            "The server's database is not ready: run `zerot server init` first, or build a file with --into."
        ) from error
    finally:
        connections.close_all()


def save_drafts(offers: Iterable[Offer], source: str, territory: str, day: Day) -> Saved:
    """Writes offers as drafts of ``territory`` ('' = the only one there is). Raises DraftsUnavailable."""
    return save_offer_rows(map(offer_to_json, offers), source, territory, day)


def save_offer_rows(rows: Iterable[Json], source: str, territory: str, day: Day) -> Saved:
    """The same for offers already as JSON; ``day`` is the day of the import, written as their time of change."""
    changed_ms = round(datetime.combine(day, time(), UTC).timestamp() * 1000)
    created = updated = unchanged = 0
    try:
        slug = territory or only_territory()
        iterator = iter(rows)
        with transaction.atomic():
            while batch := list(islice(iterator, BATCH)):
                saved = _save_batch(batch, source, slug, changed_ms)
                created += saved.created
                updated += saved.updated
                unchanged += saved.unchanged
    except DatabaseError as error:
        raise DraftsUnavailable(f"The server's database refuses the drafts: {str(error).splitlines()[0]}.") from error
    return Saved(created, updated, unchanged)


def only_territory() -> str:
    """The slug of the server's one territory; DraftsUnavailable when there are none or several."""
    slugs = list(apps.get_model("territory", "Territory").objects.values_list("slug", flat=True)[:2])
    if len(slugs) != 1:
        said = "has no territory yet" if not slugs else "has several territories"
        advice = "run `zerot server init` first" if not slugs else "say which one with --territory"
        raise DraftsUnavailable(f"The server {said}: {advice}.")
    return str(slugs[0])


def _save_batch(batch: list[Json], source: str, territory: str, changed_ms: int) -> Saved:
    from server.catalogue.models import OfferDraft

    drafts = {row["id"]: _draft(row, source, territory, changed_ms) for row in batch}
    known = {
        draft.uid: draft
        for draft in OfferDraft.objects.filter(uid__in=list(drafts)).only("uid", "content_hash", "edited", "territory")
    }
    if any(draft.territory != territory for draft in known.values()):
        raise DraftsUnavailable("Some of these offers already belong to another territory of this server.")
    new = [draft for uid, draft in drafts.items() if uid not in known]
    changed = [
        draft
        for uid, draft in drafts.items()
        if uid in known and not known[uid].edited and known[uid].content_hash != draft.content_hash
    ]
    OfferDraft.objects.bulk_create(new)
    OfferDraft.objects.bulk_update(changed, ["payload", "content_hash", "merit", "updated_at"])
    return Saved(len(new), len(changed), len(drafts) - len(new) - len(changed))


def _draft(row: Json, source: str, territory: str, changed_ms: int) -> OfferDraft:
    from server.catalogue.models import OfferDraft

    row = {name: value for name, value in row.items() if name != SEARCH_KEY}
    provenance = row["details"].get("provenance", ())
    return OfferDraft(
        uid=row["id"],
        territory=territory,
        source=source,
        source_id=provenance[0][1] if provenance else row["id"],
        merit=row["merit"],
        payload=row,
        content_hash=sha256(dumps(row).encode()).hexdigest(),
        updated_at=changed_ms,
    )


def draft_rows(territory: str, states: Iterable[str] = ("draft", "published")) -> Iterator[Json]:
    """Payloads in order of merit, as `build_catalogue_from_json` wants them; read in batches."""
    from server.catalogue.models import OfferDraft

    found = OfferDraft.objects.filter(territory=territory, state__in=list(states)).order_by("-merit", "uid")
    for payload, merit in found.values_list("payload", "merit").iterator(chunk_size=BATCH):
        yield {**payload, "merit": merit}


def load_drafts(territory: str, states: Iterable[str] = ("draft", "published")) -> Iterator[Offer]:
    """The same as offers."""
    return map(offer_from_json, draft_rows(territory, states))
