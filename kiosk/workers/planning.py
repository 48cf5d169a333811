"""What a task does to the card that was just read: the intent and the write, or why not.

One function per task, all of one shape; the rules are `domain`'s. Here is money; `planning_rights` has points, passes,
tickets and refunds. Pure but for fresh ids and for what `Surroundings` looks up.
"""

from __future__ import annotations

from datetime import date
from typing import assert_never

from domain.cards import CardWrite, CarriedTicket, PassRight
from domain.credits import CreditRefusal, CreditRefused, plan_server_credit
from domain.days import day_number
from domain.ports import id_bytes
from domain.purse import Refused, check_purse, plan_debit, plan_load
from domain.rights import RightsRefused, plan_pass
from hardware.card.port import Scope
from kiosk.flow import events as ev
from kiosk.flow.effects import ArmCharge, ArmCredit, ArmDebit, ArmEntry, ArmLoad, ArmLook, ArmPass, ArmRedeem, ArmRefund
from kiosk.workers import purse_facts as facts
from kiosk.workers.asked import Charge, CreditOrder, Load, Order, PassSale
from kiosk.workers.planning_rights import plan_entry, plan_refund, plan_reward
from kiosk.workers.purse_ports import Task
from kiosk.workers.visit import Plan, Planned, Visit


def scope_of(task: Task | None) -> Scope:
    """What a task needs of the card; each part is one exchange more while the visitor holds it there."""
    match task:
        case ArmDebit() | ArmPass() | ArmEntry():
            return Scope.POINTS | Scope.RIGHTS
        case ArmCharge() | ArmRedeem() | ArmRefund():
            return Scope.POINTS
        case ArmCredit():
            return Scope.POINTS | Scope.CREDITS
        case ArmLoad() | ArmLook() | None:
            return Scope.ALL
        case _:
            assert_never(task)


def moves_money(task: Task | None) -> bool:
    """Whether offline limits count for it, so that the line may be tried first."""
    return isinstance(task, ArmDebit | ArmCharge | ArmPass)


def plan_task(visit: Visit, task: Task) -> Plan:
    """What to write for `task`, which is not ArmLook."""
    match task:
        case ArmDebit():
            return _debit(visit, task)
        case ArmCharge():
            return _charge(visit, task)
        case ArmPass():
            return _pass(visit, task)
        case ArmLoad():
            return _load(visit, task)
        case ArmRedeem():
            return plan_reward(visit, task)
        case ArmEntry():
            return plan_entry(visit, task)
        case ArmRefund():
            return plan_refund(visit, task)
        case ArmCredit():
            return _credit(visit, task)
        case ArmLook():
            raise ValueError("a look writes nothing")
        case _:
            assert_never(task)


# --- money off the card ------------------------------------------------------------------------------------------


def _debit(visit: Visit, task: ArmDebit) -> Plan:
    places = visit.now.places_left(task.offer_id, task.slot_day, task.slot_start)
    if places is None or places < task.people:
        return visit.turned(ev.CardTrouble.QUOTA_GONE, task.task)
    transfer = visit.ids.new()
    order = Order(
        sale=visit.ids.new(),
        ticket=visit.ids.new(),
        offer=task.offer_id,
        name=task.offer_name,
        provider=task.partner_id,
        payee_site=task.payee_site,
        slot_day=task.slot_day,
        slot_start=task.slot_start,
        people=task.people,
        language=task.language,
    )
    slot_day = day_number(date.fromisoformat(task.slot_day))
    carried = CarriedTicket(int.from_bytes(id_bytes(order.ticket)[-4:], "big"), slot_day, task.people)
    plan = plan_debit(visit.reading, task.amount_cents, transfer, visit.now.circumstances, carried)
    if isinstance(plan, Refused):
        return visit.refused(plan, task.task)
    return _paid(visit, transfer, order, plan[0], task.amount_cents, plan[1], task.task, task.language)


def _charge(visit: Visit, task: ArmCharge) -> Plan:
    transfer = visit.ids.new()
    plan = plan_debit(visit.reading, task.amount_cents, transfer, visit.now.circumstances)
    if isinstance(plan, Refused):
        return visit.refused(plan, task.task)
    what = Charge(visit.ids.new(), visit.site, task.operator_card)
    return _paid(visit, transfer, what, plan[0], task.amount_cents, plan[1], task.task, task.language)


def _pass(visit: Visit, task: ArmPass) -> Plan:
    line = visit.now.passes.get(task.product)
    if line is None:
        return visit.turned(ev.CardTrouble.PASS_GONE, task.task)
    refused = check_purse(visit.reading, visit.now.circumstances)
    if refused:
        return visit.refused(refused, task.task)
    transfer, until = visit.ids.new(), visit.today + line.days - 1
    right = PassRight(line.programme, visit.today, until, line.uses)
    plan = plan_pass(visit.reading, right, line.price_cents, transfer, visit.now.circumstances)
    match plan:
        case Refused():
            return visit.refused(plan, task.task)
        case RightsRefused():
            return visit.no_right(plan, task.task)
    what = PassSale(
        sale=visit.ids.new(),
        payee_site=line.payee_site,
        product=line.id,
        name=line.texts.get(task.language, line.texts["fr"]),
        programme=line.programme,
        valid_from_day=visit.today,
        valid_until_day=until,
        uses=line.uses,
        language=task.language,
    )
    return _paid(visit, transfer, what, plan.write, line.price_cents, plan.points, task.task, task.language)


def _paid(
    visit: Visit,
    transfer: str,
    what: Order | Charge | PassSale,
    write: CardWrite,
    amount: int,
    points: int,
    task: int,
    language: str,
) -> Planned:
    undecided = visit.undecided(transfer, what, amount=amount, points=points, task=task, language=language)
    return Planned(facts.debit_intent(visit.before(), amount, points, what), undecided, write)


# --- money onto the card -----------------------------------------------------------------------------------------


def _load(visit: Visit, task: ArmLoad) -> Plan:
    if not visit.now.can_load():
        return visit.turned(ev.CardTrouble.NO_LOAD_KEY, task.task)
    transfer = visit.ids.new()
    plan = plan_load(visit.reading, task.amount_cents, transfer, visit.now.circumstances)
    if isinstance(plan, Refused):
        return visit.refused(plan, task.task)
    what = Load(task.paid_by, task.operator_card)
    undecided = visit.undecided(transfer, what, amount=task.amount_cents, task=task.task, language=task.language)
    return Planned(facts.load_intent(visit.before(), task.amount_cents, what), undecided, plan[0])


_CREDIT_TROUBLES = {
    CreditRefusal.ORDER_EXPIRED: ev.CardTrouble.CREDIT_STALE,
    CreditRefusal.STALE_EPOCH: ev.CardTrouble.CREDIT_STALE,
    CreditRefusal.NOTHING_DUE: ev.CardTrouble.NO_CREDIT,
    CreditRefusal.NO_ROOM: ev.CardTrouble.NO_ROOM,
}


def _credit(visit: Visit, task: ArmCredit) -> Plan:
    if not visit.now.holds_load_key():
        return visit.turned(ev.CardTrouble.NO_LOAD_KEY, task.task)
    refused = check_purse(visit.reading, visit.now.circumstances)
    if refused:
        return visit.refused(refused, task.task)
    order, held = visit.now.credit_of(visit.card), visit.reading.credits
    if order is None or held is None:
        return visit.turned(ev.CardTrouble.NO_CREDIT, task.task)
    transfer = visit.ids.new()
    plan = plan_server_credit(visit.reading, order, transfer, visit.now.circumstances)
    if isinstance(plan, CreditRefused):
        return visit.turned(_CREDIT_TROUBLES[plan.reason], task.task, plan.due_cents)
    what = CreditOrder(
        order.epoch, held.total_credited_cents, order.total_credited_cents, order.refund, task.operator_card
    )
    undecided = visit.undecided(transfer, what, amount=plan.amount_cents, task=task.task, language=task.language)
    return Planned(facts.credit_intent(visit.before(), plan.amount_cents, what), undecided, plan.write)
