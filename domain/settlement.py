"""What partners pay each other for sales: agreements, priced by the time of the fact. Pure rules, integer cents.

A debit pays the site that is named as payee (`site_payable`). Where the activity belongs to another partner, a *sale*
transfer hands it on to its provider. A *commission* transfer then takes the provider's rate off, and gives the host of
the kiosk its share of it; the rest is the territory's. (Design note "The central server", Settlement.)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from domain.ledger import (
    TERRITORY_COMMISSION,
    Asset,
    Leg,
    Transfer,
    TransferKind,
    commission_account,
    derived_id,
    payable_account,
    provider_account,
)

BASIS_POINTS = 10_000  # 1 bp is a hundredth of a percent
RATE_MAX_BP = 5_000  # half of the price: above that somebody mistyped


@dataclass(frozen=True, slots=True)
class Agreement:
    """What a partner has agreed from `starts_at` on (ms since 1970 UTC), until a later agreement starts.

    `commission_bp` of what it takes goes to the territory; `host_bp` of what is sold at its kiosks for others is its.
    """

    partner: str
    starts_at: int
    commission_bp: int
    host_bp: int


@dataclass(frozen=True, slots=True)
class Taking:
    """Money that a debit gave a payee, negative for a refund.

    `payee` and `host` are partners' codes, None where a site has none; `provider` is the partner whose activity it is.
    """

    intent: str
    at: int
    amount_cents: int
    payee_site: int
    payee: str | None
    host_site: int
    host: str | None
    provider: str | None


@dataclass(frozen=True, slots=True)
class Priced:
    """What follows from a taking; `host_cents` is part of `commission_cents`."""

    transfers: tuple[Transfer, ...]
    payer: str | None
    commission_cents: int
    host_cents: int


def agreement_at(agreements: Iterable[Agreement], partner: str | None, at: int) -> Agreement | None:
    """The agreement of `partner` in force at `at`; None before its first."""
    started = [row for row in agreements if row.partner == partner and row.starts_at <= at]
    return max(started, key=lambda row: row.starts_at, default=None)


def share(amount_cents: int, rate_bp: int) -> int:
    """`rate_bp` of an amount, half a cent away from zero: what a refund takes back is what the sale gave."""
    whole = (abs(amount_cents) * rate_bp + BASIS_POINTS // 2) // BASIS_POINTS
    return whole if amount_cents >= 0 else -whole


def sale_id(intent: str) -> str:
    return derived_id(b"zerot-sale-1", intent)


def commission_id(intent: str) -> str:
    return derived_id(b"zerot-commission-1", intent)


def price(taking: Taking, agreements: Iterable[Agreement]) -> Priced:
    """The sale and commission transfers of one taking, by the agreements in force when it happened."""
    known = tuple(agreements)
    elsewhere = taking.provider is not None and taking.provider != taking.payee
    payer = taking.provider if elsewhere else taking.payee
    account = provider_account(taking.provider) if elsewhere and taking.provider else payable_account(taking.payee_site)
    transfers = []
    if elsewhere and taking.amount_cents:
        legs = _legs({payable_account(taking.payee_site): -taking.amount_cents, account: taking.amount_cents})
        transfers.append(Transfer(sale_id(taking.intent), TransferKind.SALE, legs))
    agreed = agreement_at(known, payer, taking.at)
    total = share(taking.amount_cents, agreed.commission_bp) if agreed else 0
    hosting = agreement_at(known, taking.host, taking.at) if taking.host != payer else None
    host = min(share(taking.amount_cents, hosting.host_bp) if hosting else 0, total, key=abs)
    if total:
        amounts = {
            account: -total,
            TERRITORY_COMMISSION: total - host,
            commission_account(taking.host_site): host,
        }
        transfers.append(Transfer(commission_id(taking.intent), TransferKind.COMMISSION, _legs(amounts)))
    return Priced(tuple(transfers), payer, total, host)


def _legs(amounts: dict[str, int]) -> tuple[Leg, ...]:
    return tuple(Leg(account, Asset.EUR, amount) for account, amount in amounts.items() if amount)
