"""What a person decides about a fact in quarantine: count it after all, or leave it aside for good. It stays kept."""

from __future__ import annotations

import json

from django.db import transaction

from domain.facts import Fact
from domain.ports import Clock
from server.ledger.bodies import BadBody
from server.ledger.booking import book
from server.ledger.ingest import problem_of
from server.ledger.models import Fact as FactModel
from server.ledger.models import Quarantined
from server.territory.models import StaffAction


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
        _decide(locked, who, f"compté : {why.strip()}"[:200], "quarantine.released", now)


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
