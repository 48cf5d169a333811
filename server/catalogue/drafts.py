"""Offers into and out of the server's database: records of feeds in, drafts made of them, published offers out."""

from __future__ import annotations

import logging
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
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
from server.catalogue import quality
from server.catalogue.layers import FieldRefused, layer
from server.catalogue.merging import same_thing
from sync.content.catalogue_file import SEARCH_KEY
from sync.content.codec import Json, dumps, offer_from_json, offer_to_json
from sync.content.text import tokens

if TYPE_CHECKING:
    from server.catalogue.models import OfferDraft, SourceRecord

logger = logging.getLogger("zerot.catalogue")
BATCH = 500
# Duplicates are looked for at once after an import of so many; after a larger one when the page is opened.
FRESH_MAX = 20_000
MANUAL = "manual"  # the source of offers that the back office made


class DraftsUnavailable(Exception):
    """The server's database cannot take drafts; the message is one clear sentence."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of the offers. ``joined`` ones are one thing with an offer of another source or an older record."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    joined: int = 0


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


def only_territory() -> str:
    """The slug of the server's one territory; DraftsUnavailable when there are none or several."""
    slugs = list(apps.get_model("territory", "Territory").objects.values_list("slug", flat=True)[:2])
    if len(slugs) != 1:
        said = "has no territory yet" if not slugs else "has several territories"
        advice = "run `zerot server init` first" if not slugs else "say which one with --territory"
        raise DraftsUnavailable(f"The server {said}: {advice}.")
    return str(slugs[0])


def save_drafts(offers: Iterable[Offer], source: str, territory: str, day: Day) -> Saved:
    """Writes offers as records of ``territory`` ('' = the only one there is). Raises DraftsUnavailable."""
    return save_offer_rows(map(offer_to_json, offers), source, territory, day)


def save_offer_rows(rows: Iterable[Json], source: str, territory: str, day: Day) -> Saved:
    """The same for offers already as JSON; ``day`` is the day of the import, written as their time of change.

    One transaction. A record that is known keeps its offer; a new one joins the offer that is the same thing, else it
    makes a draft of its own. What a person changed stays.
    """
    seen_ms = round(datetime.combine(day, time(), UTC).timestamp() * 1000)
    total = Saved()
    fresh: set[str] = set()
    try:
        slug = territory or only_territory()
        iterator = iter(rows)
        with transaction.atomic():
            while batch := list(islice(iterator, BATCH)):
                saved, touched = _save_batch(batch, source, slug, seen_ms)
                fresh |= touched
                total = Saved(
                    total.created + saved.created,
                    total.updated + saved.updated,
                    total.unchanged + saved.unchanged,
                    total.joined + saved.joined,
                )
        if fresh and len(fresh) <= FRESH_MAX:
            from server.catalogue.curation import find_suspects

            find_suspects(slug, fresh)
    except DatabaseError as error:
        raise DraftsUnavailable(f"The server's database refuses the drafts: {str(error).splitlines()[0]}.") from error
    return total


def source_ids(territory: str, source: str) -> set[str]:
    """Identifiers of everything that a source tells of and has not withdrawn."""
    from server.catalogue.models import SourceRecord

    rows = SourceRecord.objects.filter(territory=territory, source=source, withdrawn=False)
    return set(rows.values_list("source_id", flat=True).iterator(chunk_size=BATCH))


def withdraw_records(territory: str, source: str, source_ids: Iterable[str], day: Day) -> int:
    """The source says that these are no more; gives how many were known. An offer that nobody tells of expires.

    Raises DraftsUnavailable.
    """
    from server.catalogue.models import OfferDraft, SourceRecord

    touched = 0
    try:
        with transaction.atomic():
            iterator = iter(source_ids)
            while batch := list(islice(iterator, BATCH)):
                records = SourceRecord.objects.filter(
                    territory=territory, source=source, source_id__in=batch, withdrawn=False
                )
                offers = set(records.values_list("offer", flat=True))
                touched += records.update(withdrawn=True)
                alive = set(
                    SourceRecord.objects.filter(offer__in=offers, withdrawn=False).values_list("offer", flat=True)
                )
                OfferDraft.objects.filter(uid__in=offers - alive).update(state=OfferDraft.State.EXPIRED)
                rebuild(alive, day.isoformat())
    except DatabaseError as error:
        raise DraftsUnavailable(f"The server's database refuses it: {str(error).splitlines()[0]}.") from error
    return touched


def _save_batch(batch: list[Json], source: str, territory: str, seen_ms: int) -> tuple[Saved, set[str]]:
    """What became of them, and the offers that are not what they were."""
    from server.catalogue.models import SourceRecord

    records = {row["id"]: _record(row, source, territory, seen_ms) for row in batch}
    known = _known_records(records, source, territory)
    if any(record.territory != territory for record in known.values()):
        raise DraftsUnavailable("Some of these offers already belong to another territory of this server.")
    changed: list[SourceRecord] = []
    same: list[str] = []
    for uid, old in known.items():
        record = records[uid]
        record.uid, record.offer = old.uid, old.offer
        record.payload = {**record.payload, "id": old.uid}
        if old.content_hash == record.content_hash and not old.withdrawn:
            same.append(old.uid)
        else:
            changed.append(record)
    new = [record for uid, record in records.items() if uid not in known]
    joined = _find_offers(new, territory)
    SourceRecord.objects.bulk_create(new)
    SourceRecord.objects.bulk_update(changed, ["payload", "content_hash", "seen_at", "withdrawn", "source_id"])
    SourceRecord.objects.filter(uid__in=same).update(seen_at=seen_ms)
    own = [record for record in new if record.offer == record.uid]
    _create_drafts(own, seen_ms)
    again = {record.offer for record in (*changed, *joined)}
    rebuild(again, _iso(seen_ms), seen_ms)
    return Saved(len(own), len(changed), len(same), len(joined)), again | {record.uid for record in own}


def _iso(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).date().isoformat()


def _record(row: Json, source: str, territory: str, seen_ms: int) -> SourceRecord:
    from server.catalogue.models import SourceRecord

    row = {name: value for name, value in row.items() if name != SEARCH_KEY}
    provenance = row["details"].get("provenance", ())
    return SourceRecord(
        uid=row["id"],
        territory=territory,
        source=source,
        source_id=provenance[0][1] if provenance else row["id"],
        offer=row["id"],
        payload=row,
        content_hash=sha256(dumps(row).encode()).hexdigest(),
        seen_at=seen_ms,
    )


def _known_records(records: Mapping[str, SourceRecord], source: str, territory: str) -> dict[str, SourceRecord]:
    """Per id of the batch, the record that is there already: of that id, else of a source id that it names."""
    from server.catalogue.models import SourceRecord

    wanted = ("uid", "offer", "content_hash", "territory", "withdrawn", "source_id")
    known = {record.uid: record for record in SourceRecord.objects.filter(uid__in=list(records)).only(*wanted)}
    by_source_id = {
        source_id: uid for uid, record in records.items() if uid not in known for source_id in _source_ids(record)
    }
    if by_source_id:
        taken = {record.uid for record in known.values()}
        found = SourceRecord.objects.filter(territory=territory, source=source, source_id__in=list(by_source_id))
        for record in found.only(*wanted):
            if record.uid not in taken:
                known.setdefault(by_source_id[record.source_id], record)
                taken.add(record.uid)
    return known


def _source_ids(record: SourceRecord) -> set[str]:
    """Every identifier by which the record's own source may know it."""
    named = {p[1] for p in record.payload["details"].get("provenance", ())}
    return {record.source_id, *named}


def _find_offers(new: list[SourceRecord], territory: str) -> list[SourceRecord]:
    """Points new records at the offers that they tell of; gives those that joined one."""
    from server.catalogue.models import KeptApart, OfferDraft

    labels: dict[str, list[SourceRecord]] = defaultdict(list)
    for record in new:
        if label := label_of(record.payload):
            labels[label].append(record)
    joined = []
    rows = OfferDraft.objects.filter(territory=territory, label__in=list(labels)).order_by("uid")
    for draft in rows.only("uid", "label", "payload"):
        there = offer_from_json(draft.payload)
        for record in labels[draft.label]:
            if record.offer != record.uid or not same_thing(there, offer_from_json(record.payload)):
                continue
            one, other = sorted((draft.uid, record.uid))
            if not KeptApart.objects.filter(territory=territory, one=one, other=other).exists():
                record.offer = draft.uid
                joined.append(record)
    return joined


def _create_drafts(records: list[SourceRecord], now_ms: int) -> None:
    from server.catalogue.models import OfferDraft

    made = []
    for record in records:
        draft = OfferDraft(
            uid=record.uid,
            territory=record.territory,
            source=record.source,
            source_id=record.source_id,
            updated_at=now_ms,
        )
        fill(draft, record.payload, {})
        made.append(draft)
    OfferDraft.objects.bulk_create(made)


def label_of(payload: Json) -> str:
    """The folded name that `OfferDraft.label` keeps; as `server.catalogue.merging.label_key`."""
    texts = payload["texts"]
    text = texts.get("fr") or texts.get("en") or next(iter(texts.values()))
    return " ".join(tokens(text[0]))[:200]


def fill(draft: OfferDraft, payload: Json, origins: Mapping[str, list[str]]) -> None:
    """The payload and every column that repeats a part of it."""
    texts = payload["texts"]
    text = texts.get("fr") or texts.get("en") or next(iter(texts.values()))
    draft.payload = payload
    draft.origins = dict(origins)
    draft.merit = payload["merit"]
    draft.content_hash = sha256(dumps(payload).encode()).hexdigest()
    draft.name = text[0][:200]
    draft.label = label_of(payload)
    draft.category = payload["category"]
    draft.commune = payload["place"][0][:120]
    draft.problems = quality.column(quality.static_problems(payload))
    draft.last_day = quality.last_day(payload)
    draft.hours_until = quality.hours_until(payload)
    draft.edited = bool(draft.overrides)


FILLED = (
    *("payload", "origins", "merit", "content_hash", "name", "label", "category", "commune", "problems"),
    *("last_day", "hours_until", "edited", "updated_at", "state", "overrides"),
)


def rebuild(uids: Iterable[str], today: str, now_ms: int | None = None) -> None:
    """Makes these offers again from their records and changes. An expired one whose dates go on is a draft again."""
    from server.catalogue.models import OfferDraft, SourceRecord

    wanted = list(uids)
    for start in range(0, len(wanted), BATCH):
        part = wanted[start : start + BATCH]
        rows: dict[str, list[Json]] = defaultdict(list)
        alive: dict[str, list[Json]] = defaultdict(list)
        for record in SourceRecord.objects.filter(offer__in=part).order_by("uid"):
            rows[record.offer].append(record.payload)
            if not record.withdrawn:
                alive[record.offer].append(record.payload)
        drafts = []
        for draft in OfferDraft.objects.filter(uid__in=part):
            try:
                made = layer(draft.uid, alive[draft.uid] or rows[draft.uid], draft.overrides)
            except FieldRefused as error:
                # What the source now says and what was typed do not make an offer together: the old one stays.
                logger.warning("the offer %s stays as it was: %s", draft.uid, error)
                continue
            several = len(rows[draft.uid]) > 1 or draft.overrides
            fill(draft, made.payload, made.origins if several else {})
            if now_ms is not None:
                draft.updated_at = now_ms
            if draft.state == OfferDraft.State.EXPIRED and alive[draft.uid] and draft.last_day >= today:
                draft.state = OfferDraft.State.DRAFT
            drafts.append(draft)
        OfferDraft.objects.bulk_update(drafts, FILLED)


def expire(territory: str, today: Day) -> int:
    """Drafts and published offers whose last day is over expire; how many did. New dates make them drafts again."""
    from server.catalogue.models import OfferDraft

    over = OfferDraft.objects.filter(territory=territory, last_day__lt=today.isoformat())
    return over.exclude(state=OfferDraft.State.EXPIRED).update(state=OfferDraft.State.EXPIRED)


def draft_rows(territory: str, states: Iterable[str] = ("draft", "published")) -> Iterator[Json]:
    """Payloads in order of merit, as `build_catalogue_from_json` wants them; read in batches."""
    from server.catalogue.models import OfferDraft

    found = OfferDraft.objects.filter(territory=territory, state__in=list(states)).order_by("-merit", "uid")
    for payload, merit in found.values_list("payload", "merit").iterator(chunk_size=BATCH):
        yield {**payload, "merit": merit}


def load_drafts(territory: str, states: Iterable[str] = ("draft", "published")) -> Iterator[Offer]:
    """The same as offers."""
    return map(offer_from_json, draft_rows(territory, states))
