"""Points, passes, tickets and refunds: what a task does to the card that was just read. See `planning`."""

from __future__ import annotations

from domain.facts import FactKind
from domain.purse import check_purse
from domain.rights import (
    PassRule,
    PlannedRights,
    RightsRefusal,
    RightsRefused,
    check_ticket,
    plan_award,
    plan_pass_use,
    plan_points_reversal,
    plan_redeem,
    plan_ticket_use,
)
from kiosk.flow import events as ev
from kiosk.flow.effects import ArmEntry, ArmRedeem, ArmRefund
from kiosk.store.journal import Draft
from kiosk.workers import purse_facts as facts
from kiosk.workers.asked import Award, Claim, Entry, Reversal
from kiosk.workers.purse_ports import DoneDebit
from kiosk.workers.visit import Kept, Plan, Planned, Turned, Visit


def plan_visit(visit: Visit) -> Planned | None:
    """The points of a plain tap, where the programme gives them; None when there are none to give."""
    if not visit.now.award_on_tap or check_purse(visit.reading, visit.now.circumstances):
        return None
    transfer = visit.ids.new()
    plan = plan_award(visit.reading, transfer, visit.now.circumstances)
    if isinstance(plan, RightsRefused):
        return None
    undecided = visit.undecided(transfer, Award(), points=plan.points)
    return Planned(facts.award_intent(visit.before(), plan.points), undecided, plan.write)


def plan_reward(visit: Visit, task: ArmRedeem) -> Plan:
    line = visit.now.rewards.get(task.reward)
    if line is None:
        return visit.turned(ev.CardTrouble.REWARD_GONE, task.task)
    refused = check_purse(visit.reading, visit.now.circumstances)
    if refused:
        return visit.refused(refused, task.task)
    transfer = visit.ids.new()
    plan = plan_redeem(visit.reading, line.points, transfer, visit.now.circumstances)
    if isinstance(plan, RightsRefused):
        return visit.no_right(plan, task.task)
    name = line.texts.get(task.language, line.texts["fr"])
    what = Claim(line.id, visit.ids.new(), name, task.language)
    undecided = visit.undecided(transfer, what, points=line.points, task=task.task, language=task.language)
    return Planned(facts.redeem_intent(visit.before(), line.points, what), undecided, plan.write)


def plan_entry(visit: Visit, task: ArmEntry) -> Plan:
    if visit.card != task.card_number:
        return visit.turned(ev.CardTrouble.OTHER_CARD, task.task)
    refused = check_purse(visit.reading, visit.now.circumstances)
    if refused:
        return _no_entry(visit, task, visit.refused(refused, task.task), refused.reason.value, 0)
    transfer = visit.ids.new()
    found = _pass_entry(visit, task, transfer) if task.ticket is None else _ticket_entry(visit, task, transfer)
    if isinstance(found, RightsRefused):
        turned = visit.no_right(found, task.task)
        return _no_entry(visit, task, turned, found.reason.value, found.value)
    what, plan = found
    undecided = visit.undecided(transfer, what, points=plan.points, task=task.task, language=task.language)
    return Planned(facts.entry_intent(visit.before(), plan.points, what), undecided, plan.write)


def _pass_entry(visit: Visit, task: ArmEntry, transfer: str) -> tuple[Entry, PlannedRights] | RightsRefused:
    line = next((one for one in visit.now.passes.values() if one.programme == task.programme), None)
    if line is None or task.programme is None:
        return RightsRefused(RightsRefusal.NO_RIGHT)
    rule = PassRule(line.programme, line.sites, line.once_a_day)
    plan = plan_pass_use(visit.reading, rule, transfer, visit.now.circumstances)
    if isinstance(plan, RightsRefused):
        return plan
    left = plan.write.rights.passes[0].uses_left if plan.write.rights else 0
    name = line.texts.get(task.language, line.texts["fr"])
    return Entry(task.operator_card, 1, visit.today, name, programme=line.programme, uses_left=left), plan


def _ticket_entry(visit: Visit, task: ArmEntry, transfer: str) -> tuple[Entry, PlannedRights] | RightsRefused:
    reference = task.ticket or ""
    number = int(reference, 16)
    held = check_ticket(visit.reading, number, visit.now.circumstances)
    if isinstance(held, RightsRefused):
        return held
    sold_for = visit.now.ticket_site(reference)
    if sold_for is not None and sold_for != visit.site:
        return RightsRefused(RightsRefusal.OTHER_SITE)
    plan = plan_ticket_use(visit.reading, number, transfer, visit.now.circumstances)
    if isinstance(plan, RightsRefused):
        return plan
    return Entry(task.operator_card, held.people, held.day, "", ticket=reference), plan


def _no_entry(visit: Visit, task: ArmEntry, turned: Turned, reason: str, value: int) -> Turned:
    """A door that stays shut is a fact."""
    body = facts.entry_refused(visit.card, visit.site, reason, value, task.operator_card, task.programme, task.ticket)
    return Turned(turned.event, Draft(FactKind.ENTRY_REFUSED, body))


def refundable(debit: DoneDebit | None, card: str, site: int) -> bool:
    """Whether this site may give a debit back: it was paid by it, here, and has not asked yet."""
    return (
        debit is not None
        and debit.card_number == card
        and debit.payee_site == site
        and not (debit.refund_requested and (debit.points_reversed or not debit.points))
    )


def plan_refund(visit: Visit, task: ArmRefund) -> Plan:
    if visit.card != task.card_number:
        return visit.turned(ev.CardTrouble.OTHER_CARD, task.task)
    debit = visit.now.debit_of(task.debit)
    if debit is None or debit.card_number != visit.card or debit.payee_site != visit.site:
        return visit.turned(ev.CardTrouble.NOT_REFUNDABLE, task.task)
    if not refundable(debit, visit.card, visit.site):
        return visit.turned(ev.CardTrouble.REFUNDED_ALREADY, task.task)
    first: tuple[Draft, ...] = ()
    if not debit.refund_requested:
        body = facts.refund_requested(
            visit.card, debit.transfer, debit.amount_cents, debit.points, visit.site, task.operator_card
        )
        first = (Draft(FactKind.REFUND_REQUESTED, body),)
    transfer = visit.ids.new()
    plan = (
        plan_points_reversal(visit.reading, debit.points, transfer, visit.now.circumstances)
        if debit.points and check_purse(visit.reading, visit.now.circumstances) is None
        else None
    )
    if not isinstance(plan, PlannedRights):
        # No points were given, or none are left: the money comes back all the same.
        settled = ev.RefundSettled(task.task, debit.amount_cents, 0, visit.reading.balance_cents, visit.card)
        return Kept(first, settled)
    what = Reversal(debit.transfer, debit.amount_cents, task.operator_card)
    undecided = visit.undecided(transfer, what, points=-plan.points, task=task.task, language=task.language)
    return Planned(facts.redeem_intent(visit.before(), -plan.points, what), undecided, plan.write, first)
