"""A transfer on its way into the books. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from domain.ledger import Transfer


@dataclass(frozen=True, slots=True)
class Posting:
    """A transfer with where it comes from. `fact` completed it; `intent` is None for awards that stand alone."""

    transfer: Transfer
    device: str
    fact: str
    intent: str | None
    occurred_at: int
    reason: str = ""
    booked_by: str = ""
