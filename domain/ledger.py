"""Double entry: what a fact about a purse means in the books. Pure rules, no storage.

A transfer has one id and balanced legs: a credit is positive, a debit negative, and the legs of each asset sum to
zero. A card's balance is what the territory owes its holder, so money loaded *credits* the card and debits whoever
took the cash. Nothing is ever edited: a correction is another transfer. (Design note "The central server", Ledger.)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum, unique
from hashlib import sha256

from domain.ports import format_id, id_bytes

AMOUNT_MAX_CENTS = 10_000_000  # 100 000 €: far above any purse limit, far below what an integer column holds
SUSPENSE = "suspense"
LOSS = "loss"
BANK = "bank"
POINTS_ISSUED = "points_issued"
PROMOTION = "promotion"
TERRITORY_COMMISSION = "commission:territory"


@unique
class Asset(StrEnum):
    EUR = "EUR"  # integer cents
    PTS = "PTS"  # integer points


@unique
class TransferKind(StrEnum):
    LOAD = "load"
    DEBIT = "debit"
    REFUND = "refund"
    CREDIT = "credit"  # what the server owes to a card goes onto it
    AWARD = "award"
    REDEEM = "redeem"
    ENTRY = "entry"  # a pass or a ticket is used: moves nothing but the points of the visit
    GRANT = "grant"  # the server owes something to a card
    REPLACEMENT = "replacement"  # what a lost card held is due to the new one
    CORRECTION = "correction"
    SALE = "sale"  # what a site took for somebody else's activity becomes its provider's
    COMMISSION = "commission"
    PAYMENT = "payment"  # a hotelier hands over cash taken at a desk
    PAYOUT = "payout"  # a partner is paid
    SUSPENSE = "suspense"  # what an undecided operation may cost
    LOSS = "loss"


@unique
class Result(StrEnum):
    """What an outcome says of its intent."""

    DONE = "done"
    NOT_DONE = "not_done"
    IN_DOUBT = "in_doubt"


@dataclass(frozen=True, slots=True)
class Leg:
    """One line of a transfer. `amount` in cents or points, credit positive, never zero."""

    account: str
    asset: Asset
    amount: int


class Unbalanced(ValueError):
    """The legs do not sum to zero, or there are too few of them."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """One movement in the books, posted once by `id`. Raises Unbalanced when it is not one."""

    id: str
    kind: TransferKind
    legs: tuple[Leg, ...]

    def __post_init__(self) -> None:
        if len(self.legs) == 2:  # most by far
            one, other = self.legs
            if one.amount and one.amount == -other.amount and one.asset is other.asset:
                return
        if len(self.legs) < 2 or any(leg.amount == 0 for leg in self.legs):
            raise Unbalanced(f"transfer {self.id} needs at least two legs, none of them zero")
        wrong = {asset: total for asset, total in sums(self.legs).items() if total}
        if wrong:
            raise Unbalanced(f"transfer {self.id} does not sum to zero: {wrong}")


def sums(legs: Iterable[Leg]) -> dict[Asset, int]:
    """Total per asset: zero in any sound set of books."""
    totals: dict[Asset, int] = defaultdict(int)
    for leg in legs:
        totals[leg.asset] += leg.amount
    return dict(totals)


def balances(transfers: Iterable[Transfer]) -> dict[tuple[str, Asset], int]:
    """Balance per account and asset of a set of transfers; a repeated id counts once."""
    totals: dict[tuple[str, Asset], int] = defaultdict(int)
    seen: set[str] = set()
    for transfer in transfers:
        if transfer.id in seen:
            continue
        seen.add(transfer.id)
        for leg in transfer.legs:
            totals[leg.account, leg.asset] += leg.amount
    return dict(totals)


def card_account(card_number: str) -> str:
    return f"card:{card_number}"


def receivable_account(site: int) -> str:
    """What the host of a site owes for cash taken at its desk."""
    return f"hotelier_receivable:{site}"


def payable_account(site: int) -> str:
    """What a site is owed for debits."""
    return f"site_payable:{site}"


def refund_due_account(card_number: str) -> str:
    """What the server has granted to a card and no commit has brought onto it yet."""
    return f"refund_due:{card_number}"


def provider_account(partner: str) -> str:
    """What the provider of an activity is owed for sales made elsewhere."""
    return f"provider:{partner}"


def commission_account(site: int) -> str:
    """What the host of a kiosk is owed for sales made at it."""
    return f"commission:{site}"


@dataclass(frozen=True, slots=True)
class Intent:
    """What was to be done to a card, written before the card was touched. `transfer_id` is the fact's id.

    `site` is where the cash was taken (load) or where the debit happened; `payee_site` who is paid, else `site`.
    `points` were to be awarded in the same commit: they are on the chip if and only if the money left it; None when
    the intent does not say. Of an AWARD they are what it gives, of a REDEEM what it takes; neither moves cents.
    """

    transfer_id: str
    kind: TransferKind
    card_number: str
    amount_cents: int
    balance_before: int
    operation_before: int
    counter_before: int | None
    site: int
    payee_site: int
    points: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an intent. `kind` is what it was told as; `points` were awarded in the same commit."""

    intent: str
    kind: TransferKind
    result: Result
    operation_number: int | None
    balance_cents: int | None
    points: int
    decided_by: str


@dataclass(frozen=True, slots=True)
class Award:
    """Points given to a card, alone (`intent` None) or in the commit of a purse operation."""

    fact_id: str
    card_number: str
    points: int
    site: int
    intent: str | None


def decide(outcomes: Iterable[Result]) -> Result | None:
    """What all outcomes of one intent say together, whatever their order: done wins, doubt is the weakest."""
    seen = set(outcomes)
    for result in (Result.DONE, Result.NOT_DONE, Result.IN_DOUBT):
        if result in seen:
            return result
    return None


def contradicts(outcomes: Iterable[Result]) -> bool:
    """Whether one intent was said to be both done and not done: a person must look."""
    return {Result.DONE, Result.NOT_DONE} <= set(outcomes)


def transfer_of(intent: Intent) -> Transfer:
    """What `intent` moves once it is done."""
    card = card_account(intent.card_number)
    match intent.kind:
        case TransferKind.LOAD:
            legs = _move(receivable_account(intent.site), card, Asset.EUR, intent.amount_cents)
        case TransferKind.DEBIT:
            legs = _move(card, payable_account(intent.payee_site), Asset.EUR, intent.amount_cents)
        case TransferKind.REFUND:
            legs = _move(payable_account(intent.payee_site), card, Asset.EUR, intent.amount_cents)
        case TransferKind.CREDIT:
            legs = _move(refund_due_account(intent.card_number), card, Asset.EUR, intent.amount_cents)
        case TransferKind.AWARD:
            legs = _move(POINTS_ISSUED, card, Asset.PTS, intent.points or 0)
        case TransferKind.REDEEM:
            legs = _move(card, POINTS_ISSUED, Asset.PTS, intent.points or 0)
        case _:
            raise ValueError(f"an intent cannot be a {intent.kind}")
    return Transfer(intent.transfer_id, intent.kind, legs)


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """A site gives back what it was paid by the debit `debit`: whole, and once whoever asks how often."""

    fact_id: str
    debit: str
    card_number: str
    amount_cents: int
    site: int


def refunds(request: RefundRequest, intent: Intent) -> bool:
    """Whether the request may be granted for this debit: its card, its amount, and by the site that was paid."""
    asked = (request.debit, request.card_number, request.amount_cents, request.site)
    paid = (intent.transfer_id, intent.card_number, intent.amount_cents, intent.payee_site)
    return intent.kind is TransferKind.DEBIT and asked == paid


def transfer_from_refund(intent: Intent) -> Transfer:
    """What a granted refund of the debit `intent` moves: the site's money is due to the card, until a commit brings it.

    The id is derived from the debit's, so that a second request finds it booked.
    """
    legs = _move(
        payable_account(intent.payee_site), refund_due_account(intent.card_number), Asset.EUR, intent.amount_cents
    )
    return Transfer(refund_id(intent.transfer_id), TransferKind.REFUND, legs)


def refund_id(debit: str) -> str:
    """The transfer id of the refund of `debit`."""
    return derived_id(b"zerot-refund-1", debit)


def transfer_from_grant(grant_id: str, source: str, card_number: str, amount_cents: int) -> Transfer:
    """The server grants a credit: the account `source` owes it to the card, until a commit brings it."""
    legs = _move(source, refund_due_account(card_number), Asset.EUR, amount_cents)
    return Transfer(grant_id, TransferKind.GRANT, legs)


def transfer_from_replacement(
    replacement_id: str, old_card: str, new_card: str, balance_cents: int, due_cents: int
) -> Transfer | None:
    """What a lost card held, and what was due to it, is due to the card that replaces it; None when that is nothing."""
    parts = ((card_account(old_card), -balance_cents), (refund_due_account(old_card), -due_cents))
    legs = [Leg(account, Asset.EUR, amount) for account, amount in parts if amount]
    if not legs:
        return None
    legs.append(Leg(refund_due_account(new_card), Asset.EUR, balance_cents + due_cents))
    return Transfer(replacement_id, TransferKind.REPLACEMENT, tuple(legs))


def transfer_from_award(award: Award) -> Transfer | None:
    """Points onto a card. An award within a purse operation is one per operation, however often it is told."""
    if award.points == 0:
        return None
    identity = award.fact_id if award.intent is None else award_id(award.intent)
    legs = _move(POINTS_ISSUED, card_account(award.card_number), Asset.PTS, award.points)
    return Transfer(identity, TransferKind.AWARD, legs)


def award_id(intent: str) -> str:
    """The transfer id of the points awarded in the commit of `intent`: derived, so that telling it twice books once."""
    return derived_id(b"zerot-award-1", intent)


def derived_id(tag: bytes, identity: str) -> str:
    """The id of a transfer that follows from another: telling it twice books once."""
    return format_id(sha256(tag + id_bytes(identity)).digest()[:16])


def reverse(transfer: Transfer, new_id: str) -> Transfer:
    """The opposite of `transfer`, to correct it without touching it."""
    legs = tuple(Leg(leg.account, leg.asset, -leg.amount) for leg in transfer.legs)
    return Transfer(new_id, TransferKind.CORRECTION, legs)


def _move(debited: str, credited: str, asset: Asset, amount: int) -> tuple[Leg, ...]:
    return (Leg(debited, asset, -amount), Leg(credited, asset, amount))


@dataclass(frozen=True, slots=True)
class SeenRecord:
    """An operation record read from a card, as `card.seen` carries it."""

    transfer_id: str
    operation_number: int


def results_from_records(intent: Intent, records: Iterable[SeenRecord]) -> frozenset[Result]:
    """What the records of the intent's card say of it, whoever read them and whenever; empty when they cannot tell.

    Only what stays true for ever is used: a record with our id means done, another id under our operation number
    means not done. "The operation number has not moved" says nothing here, for a tap may be older than the intent.
    Each record speaks for itself, so that the answers to parts add up to the answer to the whole; both at once is a
    contradiction, of which `decide` makes done.
    """
    found = set()
    for record in records:
        if record.transfer_id == intent.transfer_id:
            found.add(Result.DONE)
        elif record.operation_number == intent.operation_before + 1:
            found.add(Result.NOT_DONE)
    return frozenset(found)
