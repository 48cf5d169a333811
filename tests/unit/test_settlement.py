"""What partners owe each other for sales: rates by the time of the fact, to the cent, and back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ledger import Asset, TransferKind, sums
from domain.settlement import Agreement, Taking, agreement_at, price, share

CANOE = Agreement("canoe", 1_000, 1_000, 0)
CANOE_LATER = Agreement("canoe", 2_000, 2_000, 0)
BAKER = Agreement("baker", 0, 800, 400)
SOLD_AT_THE_BAKER = Taking(
    intent="01920000-0000-7000-8000-000000000001",
    at=1_500,
    amount_cents=1_800,
    payee_site=4,
    payee="canoe",
    host_site=1,
    host="baker",
    provider="canoe",
)


def _accounts(taking: Taking, *agreements: Agreement) -> dict[str, int]:
    totals: dict[str, int] = {}
    for transfer in price(taking, agreements).transfers:
        for leg in transfer.legs:
            totals[leg.account] = totals.get(leg.account, 0) + leg.amount
    return totals


def test_a_sale_at_another_partners_kiosk_shares_the_commission() -> None:
    assert _accounts(SOLD_AT_THE_BAKER, CANOE, BAKER) == {
        "site_payable:4": -180,
        "commission:territory": 108,
        "commission:1": 72,
    }


def test_the_agreement_is_that_of_the_facts_time_whenever_it_arrives() -> None:
    early, late = replace(SOLD_AT_THE_BAKER, at=999), replace(SOLD_AT_THE_BAKER, at=2_000)
    assert price(early, (CANOE, CANOE_LATER)).transfers == ()
    assert price(late, (CANOE_LATER, CANOE)).commission_cents == 360
    assert agreement_at((CANOE, CANOE_LATER), "canoe", 1_999) == CANOE
    assert agreement_at((CANOE,), "nobody", 5_000) is None


def test_an_activity_of_somebody_else_goes_to_its_provider_first() -> None:
    elsewhere = replace(SOLD_AT_THE_BAKER, payee_site=7, payee="museum")
    kinds = [transfer.kind for transfer in price(elsewhere, (CANOE,)).transfers]
    assert kinds == [TransferKind.SALE, TransferKind.COMMISSION]
    expected = {"site_payable:7": -1_800, "provider:canoe": 1_620, "commission:territory": 180}
    assert _accounts(elsewhere, CANOE) == expected


def test_a_host_gets_nothing_for_what_it_sells_itself_and_never_more_than_the_commission() -> None:
    own = replace(SOLD_AT_THE_BAKER, payee_site=1, payee="baker", provider=None)
    assert _accounts(own, BAKER) == {"site_payable:1": -144, "commission:territory": 144}
    generous = Agreement("baker", 0, 0, 5_000)
    assert price(SOLD_AT_THE_BAKER, (CANOE, generous)).host_cents == 180


@given(amount=st.integers(1, 10_000_000), rate=st.integers(0, 5_000), host=st.integers(0, 5_000))
def test_a_refund_gives_back_exactly_what_was_taken(amount: int, rate: int, host: int) -> None:
    agreements = (Agreement("canoe", 0, rate, 0), Agreement("baker", 0, 0, host))
    taken = price(replace(SOLD_AT_THE_BAKER, amount_cents=amount), agreements)
    given_back = price(replace(SOLD_AT_THE_BAKER, amount_cents=-amount), agreements)
    assert (given_back.commission_cents, given_back.host_cents) == (-taken.commission_cents, -taken.host_cents)
    for transfer in (*taken.transfers, *given_back.transfers):
        assert sums(transfer.legs) == {Asset.EUR: 0}


@pytest.mark.parametrize(("amount", "rate", "cents"), [(1, 5_000, 1), (1, 4_999, 0), (-1, 5_000, -1), (333, 1_000, 33)])
def test_half_a_cent_goes_away_from_zero(amount: int, rate: int, cents: int) -> None:
    assert share(amount, rate) == cents
