"""A load at the issuing desk: what the rules let be written, and who decides when the answer was lost."""

from __future__ import annotations

from datetime import date

import click

from domain.cards import CardReading, CardWrite
from domain.config import Limits
from domain.money import format_euros
from domain.purse import Circumstances, OpenIntent, Refusal, Verdict, plan_load, resolve_intent
from domain.purse import Refused as RuleRefused
from hardware.card.desk import Failed, connected, opened, read, wait_for_card
from hardware.card.keys import LocalVault
from hardware.card.port import CardReader


def plan(reading: CardReading, cents: int, transfer: str, today: date) -> CardWrite:
    """The issuing desk is at the server's side: its own allowance is the amount, the card's limits still hold."""
    now = Circumstances(
        today=today,
        clock_confirmed=True,
        online=True,
        since_contact_ms=0,
        device=0,
        site=0,
        blocked=frozenset(),
        limits=Limits(),
        points_per_site_day=0,
        allowance_left_cents=cents,
    )
    plan = plan_load(reading, cents, transfer, now)
    if isinstance(plan, RuleRefused):
        room = format_euros(plan.value_cents, "en")
        why = {
            Refusal.EXPIRED: "the card has expired",
            Refusal.OVER_PURSE_LIMIT: f"the purse has room for {room} only",
            Refusal.OVER_MONTHLY_LOADS: f"{room} may still be loaded this month",
        }.get(plan.reason, plan.reason.value)
        raise Failed(f"nothing was loaded: {why}")
    write, _ = plan
    return write


def settle(place: CardReader, vault: LocalVault, before: CardReading, write: CardWrite) -> tuple[int, int]:
    """The answer to the commit was lost: the card itself decides, now or when it is put back."""
    click.echo("The answer of the card was lost. Put the same card back: it will tell.", err=True)
    intent = OpenIntent(
        transfer_id=write.record.transfer_id,
        card_number=before.identity.card_number,
        amount_cents=write.record.amount_cents,
        balance_before=before.balance_cents,
        operation_before=before.state.operation_number,
        counter_before=before.transaction_counter,
    )
    wait_for_card(place)
    with connected(place) as channel:
        after = read(opened(channel, vault), 10)
    if after.identity.card_number != intent.card_number:
        raise Failed(f"this is another card: transfer {intent.transfer_id} stays in doubt")
    verdict = resolve_intent(intent, after)
    if verdict is Verdict.DONE:
        return after.balance_cents, after.state.operation_number
    if verdict is Verdict.NOT_DONE:
        raise Failed("nothing was loaded")
    raise Failed(f"transfer {intent.transfer_id} stays in doubt ({verdict.value})")
