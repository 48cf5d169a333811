"""What a tap on another kiosk says of a purchase in doubt, once both have synchronised.

Records on a chip stay true for ever (`domain.ledger.results_from_records`). "The operation number has not moved" is
true only of a tap *after* the doubt, and two kiosks have two clocks: it decides only with a margin between them. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.cards import RECORDS_MAX, PurseRecord
from domain.purse import OpenIntent, Verdict

# Clocks of two synchronised kiosks, offsets already applied, differ by seconds; a quarter of an hour also covers
# one that has not met the server for weeks (quartz: 20 ppm, 25 s in a fortnight).
CLOCK_MARGIN_MS = 15 * 60_000


@dataclass(frozen=True, slots=True)
class Sighting:
    """A `card.seen` fact: `seen_at_ms` in the server's time, records as many as were read."""

    operation_number: int
    counter: int | None
    balance_cents: int
    records: tuple[PurseRecord, ...]
    seen_at_ms: int


def decide_from_sighting(intent: OpenIntent, in_doubt_at_ms: int, sighting: Sighting) -> Verdict | None:
    """The verdict on an intent that has been in doubt since `in_doubt_at_ms` (server's time); None: cannot tell.

    ALTERED is never concluded here: an older tap may simply be older. That is for the kiosk with the card before it.
    """
    if any(record.transfer_id == intent.transfer_id for record in sighting.records):
        return Verdict.DONE
    if any(record.operation_number == intent.operation_before + 1 for record in sighting.records):
        return Verdict.NOT_DONE
    if len(sighting.records) == RECORDS_MAX and sighting.operation_number > intent.operation_before + 1:
        return Verdict.OVERWRITTEN  # ten newer ones: the record that would tell is gone
    if sighting.seen_at_ms < in_doubt_at_ms + CLOCK_MARGIN_MS:
        return None
    unmoved = (
        sighting.operation_number == intent.operation_before
        and sighting.balance_cents == intent.balance_before
        and (None in (sighting.counter, intent.counter_before) or sighting.counter == intent.counter_before)
    )
    # A tap ends the session that was in doubt, so that it can commit nothing any more.
    return Verdict.NOT_DONE if unmoved else None
