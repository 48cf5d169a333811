"""What a relayed session tells: its intent before the commit frame leaves, its outcome after the answer."""

from __future__ import annotations

from uuid import UUID

from domain.canonical import JsonObject
from domain.credits import PlannedCredit
from domain.facts import FactKind
from hardware.card.port import Committed
from server.api.runtime import Runtime
from server.cards.models import CardSession
from server.cards.own_facts import keep
from server.cards.script import Run
from server.territory.models import Territory
from sync.sealing import UID_CONTEXT, seal
from sync.wire import encode_binary


def intend(territory: Territory, row: CardSession, found: Run, run: Runtime) -> None:
    """The intent, durable with this transaction: the commit frame leaves after it."""
    reading, plan, kept = found.reading, found.plan, row.decision
    if reading is None or not isinstance(plan, PlannedCredit) or reading.credits is None or kept is None:
        raise ValueError("a commit without a plan")
    body: JsonObject = {
        "card": row.card_number,
        "uid_sealed": encode_binary(seal(run.identity.sealing_public, reading.card_uid, UID_CONTEXT, run.chance)),
        "amount_cents": plan.amount_cents,
        "balance_before": reading.balance_cents,
        "operation_before": reading.state.operation_number,
        "tmc_before": reading.transaction_counter,
        "site": row.site,
        "epoch": kept["epoch"],
        "total_before": reading.credits.total_credited_cents,
        "order_total_cents": kept["total"],
        "refund": kept["refund"],
        "operator": None,
        "through": row.device,
    }
    keep(territory, FactKind.CREDIT_INTENT, body, run, kept["transfer"])
    row.intent = UUID(kept["transfer"])


def tell(territory: Territory, body: JsonObject, run: Runtime) -> None:
    """Keep an outcome. Inside a transaction."""
    keep(territory, FactKind.CREDIT_OUTCOME, body, run)


def done_body(row: CardSession, done: Committed) -> JsonObject:
    """The commit was answered under its MAC."""
    return {
        **outcome_body(row, "done", done.commands, "answer"),
        "operation_number": done.operation_number,
        "tmc": done.transaction_counter,
        "tmv": None if done.transaction_mac is None else done.transaction_mac.hex(),
        "balance_cents": done.balance_cents,
    }


def outcome_body(row: CardSession, result: str, commands: tuple[bytes, ...], decided_by: str) -> JsonObject:
    """`result`: done, not_done or in_doubt; `commands` as the transaction MAC wants them."""
    return {
        "intent": str(row.intent),
        "result": result,
        "operation_number": None,
        "tmc": None,
        "tmv": None,
        "commands": [command.hex() for command in commands],
        "balance_cents": None,
        "decided_by": decided_by,
        "points": 0,
    }
