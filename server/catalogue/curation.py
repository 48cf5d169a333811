"""What a curator does to offers: change fields, judge duplicates, publish in bulk. Each call is one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date as Day

from django.db import transaction
from django.db.models import Q, QuerySet

from server.catalogue.drafts import MANUAL, fill, rebuild
from server.catalogue.duplicates import look_at, suspects
from server.catalogue.layers import FieldRefused, layer, read_field
from server.catalogue.models import KeptApart, OfferDraft, SourceRecord, Suspect
from server.catalogue.quality import Problem
from server.runtime import now_ms
from sync.content.codec import Json, offer_from_json

LOOKED_AT_MAX = 60_000


def change_fields(uid: str, changes: Mapping[str, object], released: Iterable[str], today: Day) -> OfferDraft:
    """Lay ``changes`` over the offer; ``released`` paths go back to what the sources say. Raises FieldRefused."""
    with transaction.atomic():
        draft = OfferDraft.objects.select_for_update().get(uid=uid)
        overrides = {path: value for path, value in draft.overrides.items() if path not in set(released)}
        for path, value in changes.items():
            # What was typed as it stands is no change: the source stays in charge of the field.
            if path in overrides or read_field(draft.payload, path) != value:
                overrides[path] = value
        draft.overrides = overrides
        rows = list(SourceRecord.objects.filter(offer=uid).order_by("uid"))
        alive = [row.payload for row in rows if not row.withdrawn] or [row.payload for row in rows]
        made = layer(uid, alive, overrides)
        fill(draft, made.payload, made.origins if overrides or len(rows) > 1 else {})
        if draft.state == OfferDraft.State.EXPIRED and draft.last_day >= today.isoformat():
            draft.state = OfferDraft.State.DRAFT
        draft.updated_at = now_ms()
        draft.save()
        find_suspects(draft.territory, [uid])
    return draft


def create_offer(territory: str, uid: str, name: str, category: str, commune: str, publisher: str) -> OfferDraft:
    """An offer of the territory's own, to be filled in. Raises FieldRefused."""
    if not name.strip():
        raise FieldRefused("Donnez un nom à la nouvelle fiche.")
    payload: Json = {
        "id": uid,
        "category": category,
        "texts": {"fr": [name.strip()[:200], "", ""]},
        "place": [commune.strip()[:120], "", None, None],
        "illustration": "lavender",
        "tags": [],
        "price_cents": None,
        "hours": {},
        "dates": {},
        "details": {"provenance": [[MANUAL, uid, "", None, publisher]]},
        "merit": 40,
    }
    made = layer(uid, [payload], {})
    with transaction.atomic():
        SourceRecord.objects.create(
            uid=uid, territory=territory, source=MANUAL, source_id=uid, offer=uid, payload=payload, content_hash=""
        )
        draft = OfferDraft(uid=uid, territory=territory, source=MANUAL, source_id=uid)
        fill(draft, made.payload, {})
        draft.save()
    return draft


def merge_offers(territory: str, kept: str, gone: str, today: Day) -> OfferDraft:
    """Make one offer of two: records move, changes made by hand to ``kept`` win over those to ``gone``."""
    if kept == gone:
        raise FieldRefused("Une fiche ne se fusionne pas avec elle-même.")
    with transaction.atomic():
        found = {row.uid: row for row in OfferDraft.objects.select_for_update().filter(uid__in=[kept, gone])}
        if set(found) != {kept, gone} or any(row.territory != territory for row in found.values()):
            raise FieldRefused("Une des deux fiches n'existe plus : elle a peut-être déjà été fusionnée.")
        head, other = found[kept], found[gone]
        head.overrides = {**other.overrides, **head.overrides}
        if OfferDraft.State.PUBLISHED in (head.state, other.state):
            head.state = OfferDraft.State.PUBLISHED
        SourceRecord.objects.filter(offer=gone).update(offer=kept)
        Suspect.objects.filter(Q(one__in=[kept, gone]) | Q(other__in=[kept, gone]), territory=territory).delete()
        _repoint(gone, kept)
        other.delete()
        head.save()
        rebuild([kept], today.isoformat(), now_ms())
        find_suspects(territory, [kept])
        return OfferDraft.objects.get(uid=kept)


def _repoint(gone: str, kept: str) -> None:
    """What hangs on the offer follows it."""
    from server.catalogue.models import ClubCoupon, Push, VisitorReview
    from server.imports.models import Photo, Story

    for model in (Push, ClubCoupon, VisitorReview):
        model.objects.filter(offer=gone).update(offer=kept)
    # An offer shows one story: the one that the kept offer has.
    told = Story.objects.filter(offer=kept).exists()
    Story.objects.filter(offer=gone).update(offer="" if told else kept)
    Photo.objects.filter(offer=gone).update(offer=kept)


def keep_apart(territory: str, one: str, other: str, who: str) -> None:
    """Remember that these are two things, whatever feeds bring later."""
    with transaction.atomic():
        records = {
            uid: list(SourceRecord.objects.filter(territory=territory, offer=uid).values_list("uid", flat=True))
            for uid in (one, other)
        }
        _remember_apart(territory, records[one], records[other], who)
        first, second = sorted((one, other))
        Suspect.objects.filter(territory=territory, one=first, other=second).delete()


def _remember_apart(territory: str, ones: Iterable[str], others: Iterable[str], who: str) -> None:
    others = list(others)
    pairs = [sorted((one, other)) for one in ones for other in others]
    KeptApart.objects.bulk_create(
        [KeptApart(territory=territory, one=one, other=other, who=who) for one, other in pairs], ignore_conflicts=True
    )


def split_record(territory: str, record_uid: str, who: str, today: Day) -> OfferDraft:
    """Take one source's record out of its offer: it becomes a draft of its own, and stays one. Raises FieldRefused."""
    with transaction.atomic():
        record = SourceRecord.objects.select_for_update().filter(territory=territory, uid=record_uid).first()
        if record is None:
            raise FieldRefused("Cette source n'existe plus.")
        rest = list(
            SourceRecord.objects.filter(offer=record.offer).exclude(uid=record_uid).values_list("uid", flat=True)
        )
        if not rest:
            raise FieldRefused("Cette fiche n'a qu'une source : il n'y a rien à séparer.")
        head = record.offer
        if head == record.uid:
            raise FieldRefused("Séparez plutôt l'autre source : celle-ci a donné son identité à la fiche.")
        _remember_apart(territory, [record_uid], rest, who)
        record.offer = record.uid
        record.save(update_fields=["offer"])
        draft = OfferDraft(uid=record.uid, territory=territory, source=record.source, source_id=record.source_id)
        fill(draft, record.payload, {})
        draft.save()
        rebuild([head], today.isoformat(), now_ms())
        return draft


def find_suspects(territory: str, fresh: Iterable[str] | None = None) -> int:
    """Look for duplicates among the offers of a territory (of ``fresh`` ones only); how many wait in all."""
    wanted = None if fresh is None else frozenset(fresh)
    rows = OfferDraft.objects.filter(territory=territory).exclude(state=OfferDraft.State.EXPIRED)
    if wanted is not None and len(wanted) == 1:
        only = rows.filter(uid__in=wanted).first()
        # Names alike begin alike or share the village: a scan of one commune is enough for one offer that changed.
        if only is not None and only.commune:
            rows = rows.filter(commune=only.commune)
    looks = [
        look_at(offer_from_json(payload))
        for payload in rows.order_by("uid").values_list("payload", flat=True)[:LOOKED_AT_MAX].iterator(chunk_size=500)
    ]
    record_offer = dict(SourceRecord.objects.filter(territory=territory).values_list("uid", "offer"))
    apart = {
        tuple(sorted((record_offer.get(one, one), record_offer.get(other, other))))
        for one, other in KeptApart.objects.filter(territory=territory).values_list("one", "other")
    }
    found = [
        Suspect(territory=territory, one=one, other=other, score=score)
        for one, other, score in suspects(looks, wanted)
        if (one, other) not in apart
    ]
    with transaction.atomic():
        stale = Suspect.objects.filter(territory=territory)
        if wanted is not None:
            stale = stale.filter(Q(one__in=wanted) | Q(other__in=wanted))
        stale.delete()
        Suspect.objects.bulk_create(found, ignore_conflicts=True, batch_size=500)
    return Suspect.objects.filter(territory=territory).count()


def with_problem(rows: QuerySet[OfferDraft], problem: Problem, today: Day) -> QuerySet[OfferDraft]:
    """Those of the offers that have the problem."""
    if problem is Problem.DEAD_DATES:
        return rows.filter(last_day__lt=today.isoformat())
    if problem is Problem.OLD_HOURS:
        return rows.filter(hours_until__lt=today.isoformat())
    if problem is Problem.DUPLICATE:
        pairs = Suspect.objects.all()
        return rows.filter(Q(uid__in=pairs.values("one")) | Q(uid__in=pairs.values("other")))
    return rows.filter(problems__contains=f" {problem.value} ")


def set_state(rows: QuerySet[OfferDraft], state: str, today: Day) -> int:
    """Publish, withdraw or expire offers; what is over is never published. How many changed."""
    rows = rows.exclude(state=state)
    if state == OfferDraft.State.PUBLISHED:
        rows = rows.filter(last_day__gte=today.isoformat())
    return rows.order_by().update(state=state, updated_at=now_ms())
