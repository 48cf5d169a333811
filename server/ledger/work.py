"""What a batch of facts means to the books, gathered before the database is asked. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from domain.facts import Fact, FactKind
from domain.ledger import AMOUNT_MAX_CENTS, Award, Intent, Outcome, RefundRequest, SeenRecord, transfer_from_award
from server.ledger.bodies import (
    POINTS_MAX,
    BadBody,
    card_number,
    parse_award,
    parse_intent,
    parse_outcome,
    parse_seen_records,
    whole,
    whole_or_none,
)
from server.ledger.bodies_credits import server_posting
from server.ledger.bodies_rights import altered_card, check_rights_body, parse_refund_request
from server.ledger.postings import Posting

# Most of what kiosks tell moves nothing and says nothing of a card: the ledger need not read it.
MUTE_KINDS = frozenset({str(FactKind.VISIT), str(FactKind.PRESENCE), str(FactKind.DEVICE_HEALTH)})


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a chip held at its operation number; cents and points."""

    card_number: str
    operation_number: int
    balance_cents: int
    points: int | None
    device: str
    seen_at: int


@dataclass(slots=True)
class Work:
    """Intents, outcomes and awards with the facts that brought them; what stands alone; what chips showed."""

    intents: list[tuple[Intent, Fact]] = field(default_factory=list)
    outcomes: list[tuple[Outcome, Fact]] = field(default_factory=list)
    awards: list[tuple[Award, Fact]] = field(default_factory=list)  # only those within an operation
    refunds: list[tuple[RefundRequest, Fact]] = field(default_factory=list)
    altered: list[tuple[str, Fact]] = field(default_factory=list)  # cards that a kiosk no longer believes
    alone: list[Posting] = field(default_factory=list)
    records: dict[str, set[SeenRecord]] = field(default_factory=dict)  # by card number
    sightings: list[Sighting] = field(default_factory=list)
    counters: list[tuple[Sighting, int | None, Fact]] = field(default_factory=list)  # with the TMC that was read
    facts: list[Fact] = field(default_factory=list)  # all of them, in order
    totals: list[tuple[str, int, int]] = field(default_factory=list)  # file 06: card number, epoch, cents

    @property
    def operations(self) -> set[str]:
        """Intent ids that the batch itself speaks of."""
        named = {intent.transfer_id for intent, _ in self.intents}
        named.update(outcome.intent for outcome, _ in self.outcomes)
        named.update(award.intent for award, _ in self.awards if award.intent is not None)
        named.update(request.debit for request, _ in self.refunds)
        return named


def check_body(kind: str, fact_id: str, body: Mapping[str, object]) -> None:
    """Raise BadBody when the ledger cannot read a fact that it must read."""
    nowhere = Fact(fact_id, "", 1, 1, kind, 1, 0, 0, "", None, None, body, b"", b"", b"")  # type: ignore[arg-type]
    add_fact(Work(), nowhere)


def parse_sighting(body: Mapping[str, object], device: str, seen_at: int) -> Sighting:
    """The values of a `card.seen` body. Raises BadBody."""
    return Sighting(
        card_number=card_number(body),
        operation_number=whole(body, "operation_number", 0, 0xFFFFFFFF),
        balance_cents=whole(body, "balance_cents", 0, AMOUNT_MAX_CENTS),
        points=whole_or_none(body, "points", 0, POINTS_MAX),
        device=device,
        seen_at=seen_at,
    )


def parse_seen_total(body: Mapping[str, object]) -> tuple[str, int, int] | None:
    """Card number, credit epoch and total in cents of a `card.seen` body that read file 06. Raises BadBody."""
    credits = body.get("credits")
    if credits is None:
        return None
    if not isinstance(credits, Mapping):
        raise BadBody("credits is not an object")
    return card_number(body), whole(credits, "epoch", 0, 0xFFFFFFFF), whole(credits, "total_cents", 0, 0xFFFFFFFF)


def gather(facts: Iterable[Fact]) -> Work:
    """Sort sound facts by what they mean to the books. Raises BadBody."""
    work = Work()
    for fact in facts:
        add_fact(work, fact)
    return work


def add_fact(work: Work, fact: Fact) -> None:
    """Add a fact by what it means to the books. Raises BadBody, and then adds nothing."""
    kind, body = fact.kind, fact.body
    if (intent := parse_intent(fact.id, kind, body)) is not None:
        work.intents.append((intent, fact))
    elif (outcome := parse_outcome(kind, body)) is not None:
        work.outcomes.append((outcome, fact))
    elif (award := parse_award(fact.id, kind, body)) is not None:
        if award.intent is not None:
            work.awards.append((award, fact))
        elif (transfer := transfer_from_award(award)) is not None:
            work.alone.append(Posting(transfer, fact.device, fact.id, None, fact.occurred_at))
    elif (posting := server_posting(fact)) is not None:
        work.alone.append(posting)
    elif (request := parse_refund_request(fact.id, kind, body)) is not None:
        work.refunds.append((request, fact))
    elif kind == FactKind.CARD_SEEN:
        sighting = parse_sighting(body, fact.device, fact.occurred_at)
        counter = whole_or_none(body, "tmc", 0, 0xFFFFFFFF)
        records, total = parse_seen_records(body), parse_seen_total(body)
        work.sightings.append(sighting)
        if total is not None:
            work.totals.append(total)
        work.counters.append((sighting, counter, fact))
        work.records.setdefault(sighting.card_number, set()).update(records)
    else:
        check_rights_body(kind, body)
        if (card := altered_card(kind, body)) is not None:
            work.altered.append((card, fact))
    work.facts.append(fact)
