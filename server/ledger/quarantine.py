"""What a person decides about a fact in quarantine: count it after all, or leave it aside for good. It stays kept."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q

from domain.facts import Fact
from domain.ports import Clock
from server.ledger.bodies import BadBody
from server.ledger.booking import book
from server.ledger.ingest import problem_of
from server.ledger.models import COUNTED, Quarantined
from server.ledger.models import Fact as FactModel
from server.territory.models import StaffAction

AT_ONCE = 1_000  # facts in one transaction, as many as a batch has


class QuarantineRefused(ValueError):
    """Nothing was decided; the message is one French sentence."""


def release(row: Quarantined, who: str, why: str, clock: Clock) -> None:
    """Read an authentic fact again, with today's rules, and book it. Raises QuarantineRefused while it is not sound."""
    if not why.strip():
        raise QuarantineRefused("Dites pourquoi ce fait est compté après tout.")
    if not row.stored:
        raise QuarantineRefused("Ce fait n'est pas authentique : il ne peut pas être compté.")
    with transaction.atomic():
        locked = _open_row(row)
        stored = FactModel.objects.get(territory=row.territory, id=row.fact)
        fact = fact_of(stored)
        if (problem := problem_of(fact)) is not None:
            raise QuarantineRefused(f"Ce serveur ne sait toujours pas lire ce fait ({problem}).")
        now = clock.now_ms()
        try:
            book(row.territory, [fact], now)
        except BadBody as error:
            raise QuarantineRefused(f"Ce serveur ne sait toujours pas lire ce fait ({error}).") from error
        _decide(locked, who, f"{COUNTED} : {why.strip()}"[:200], "quarantine.released", now)


@dataclass(frozen=True, slots=True)
class Together:
    """How many facts a decision was for, and how many it left waiting because they are still not sound."""

    decided: int
    left: int


def decide_together(
    territory: str, device: str, reason: str, who: str, why: str, clock: Clock, *, count: bool
) -> Together:
    """Count, or leave aside, every fact of a device that waits for one reason (the part before any colon).

    In the device's order and AT_ONCE in a transaction, so that an intent and its outcome are read together. Raises
    QuarantineRefused without a reason of the person's own.
    """
    if not why.strip():
        raise QuarantineRefused("Dites pourquoi ces faits sont comptés ou classés.")
    waiting = Quarantined.objects.filter(
        Q(reason=reason) | Q(reason__startswith=f"{reason}: "), territory=territory, device=device, released_at=None
    )
    keys = list(waiting.order_by("incarnation", "sequence", "pk").values_list("pk", flat=True))
    decided, left = 0, 0
    words = f"{COUNTED if count else 'classé'} : {why.strip()}"[:200]
    for start in range(0, len(keys), AT_ONCE):
        with transaction.atomic():
            some = Quarantined.objects.select_for_update().filter(pk__in=keys[start : start + AT_ONCE])
            rows = list(some.filter(released_at=None).order_by("incarnation", "sequence", "pk"))
            chosen = _book_sound(territory, rows, clock.now_ms()) if count else rows
            _decide_all(chosen, who, words, clock.now_ms())
        decided, left = decided + len(chosen), left + len(rows) - len(chosen)
    return Together(decided, left)


def _book_sound(territory: str, rows: Sequence[Quarantined], now_ms: int) -> list[Quarantined]:
    """Book those that are authentic and readable; which they were."""
    stored = FactModel.objects.filter(territory=territory, id__in=[row.fact for row in rows if row.stored])
    facts = {row.id: fact_of(row) for row in stored}
    sound = [
        row for row in rows if row.stored and (fact := facts.get(row.fact)) is not None and problem_of(fact) is None
    ]
    book(territory, [facts[row.fact] for row in sound], now_ms)
    return sound


def _decide_all(rows: Sequence[Quarantined], who: str, decision: str, now_ms: int) -> None:
    if not rows:
        return
    for row in rows:
        row.released_at, row.released_by, row.decision = now_ms, who, decision
    Quarantined.objects.bulk_update(rows, ["released_at", "released_by", "decision"])
    what = "quarantine.released" if decision.startswith(COUNTED) else "quarantine.dismissed"
    target = f"{rows[0].device}: {len(rows)} facts, the first {rows[0].fact}"
    StaffAction.objects.create(territory=rows[0].territory, who=who, what=what, target=target)


def dismiss(row: Quarantined, who: str, why: str, clock: Clock) -> None:
    """Leave a fact aside, with a reason. Raises QuarantineRefused without one."""
    if not why.strip():
        raise QuarantineRefused("Dites pourquoi ce fait est classé sans suite.")
    with transaction.atomic():
        _decide(_open_row(row), who, f"classé : {why.strip()}"[:200], "quarantine.dismissed", clock.now_ms())


def _open_row(row: Quarantined) -> Quarantined:
    locked = Quarantined.objects.select_for_update().filter(pk=row.pk, released_at=None).first()
    if locked is None:
        raise QuarantineRefused("Quelqu'un a déjà décidé pour ce fait.")
    return locked


def _decide(row: Quarantined, who: str, decision: str, what: str, now_ms: int) -> None:
    row.released_at, row.released_by, row.decision = now_ms, who, decision
    row.save(update_fields=["released_at", "released_by", "decision"])
    StaffAction.objects.create(territory=row.territory, who=who, what=what, target=str(row.fact))


def fact_of(row: FactModel) -> Fact:
    """A stored fact as a value."""
    return Fact(
        id=str(row.id),
        device=row.device,
        incarnation=row.incarnation,
        sequence=row.sequence,
        kind=row.kind,
        version=row.version,
        occurred_at=row.occurred_at,
        monotonic_ms=row.monotonic_ms,
        boot=row.boot,
        clock_offset_ms=row.clock_offset_ms,
        clock_offset_age_ms=row.clock_offset_age_ms,
        body=json.loads(row.body),
        previous=bytes(row.previous),
        content_hash=bytes(row.content_hash),
        hash=bytes(row.hash),
    )
