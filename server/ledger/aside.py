"""What a person must look at: facts kept aside with a reason, and alarms. Call inside the ingest transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256
from uuid import UUID

from server.ledger.models import Alarm, Quarantined
from sync.protocol import FactBatch


def keep_aside(batch: FactBatch, rows: Sequence[tuple[int, str, bool]], now: int) -> None:
    """Keep rows of a batch: (index, reason, whether it is also in the fact table). The same row is kept once."""
    Quarantined.objects.bulk_create([_quarantined(batch, *row, now) for row in rows], ignore_conflicts=True)


def _quarantined(batch: FactBatch, index: int, reason: str, stored: bool, now: int) -> Quarantined:
    row = batch.rows[index]
    raw = json.dumps(list(row), sort_keys=True)
    return Quarantined(
        territory=batch.territory,
        device=batch.device,
        incarnation=batch.incarnation,
        sequence=batch.first + index,
        fact=UUID(row.id),
        kind=printable(row.kind),
        digest=sha256(raw.encode()).hexdigest(),
        reason=printable(reason),
        raw=raw,
        stored=stored,
        received_at=now,
    )


def printable(text: str) -> str:
    """Text that any database takes: what cannot be printed becomes U+FFFD (PostgreSQL refuses NUL)."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def raise_alarm(batch: FactBatch, code: str, subject: str, detail: str) -> None:
    """Raise an alarm once."""
    alarm = Alarm(territory=batch.territory, code=code, device=batch.device, subject=subject, detail=detail)
    Alarm.objects.bulk_create([alarm], ignore_conflicts=True)
