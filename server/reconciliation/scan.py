"""Reading new facts for the checks of chips: in the worker, batch by batch, each once, whatever order they were
committed in. A batch is known by its row, not by a time or a number, so none is passed over.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from domain.facts import FactKind
from server.ledger.bodies import BadBody, card_number, identifier, whole, whole_or_none
from server.ledger.models import COUNTED, Fact, Quarantined
from server.ledger.queries import uncounted
from server.reconciliation.models import ChipState, ScannedBatch, TransactionCheck
from server.runtime import now_ms

AT_ONCE = 50  # batches per transaction, at most 50 000 facts
NO_COUNTER = -1
_TELLING = Q(kind=FactKind.CARD_SEEN) | Q(kind__startswith="purse.")
COMMANDS_MAX = 64


def unscanned(territory: str, limit: int = AT_ONCE) -> list[tuple[UUID, str, int, int, int, int]]:
    """Batches not read yet: id, device, incarnation, branch, first, last."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT batch.id, batch.device, batch.incarnation, batch.branch, batch.first, batch.last "
            "FROM ledger_batch AS batch LEFT JOIN reconciliation_scannedbatch AS scanned "
            "ON scanned.territory = batch.territory AND scanned.batch = batch.id "
            "WHERE batch.territory = %s AND scanned.id IS NULL ORDER BY batch.id LIMIT %s",
            [territory, limit],
        )
        return [(UUID(str(row[0])), *row[1:]) for row in cursor.fetchall()]


def scan_all(territory: str) -> int:
    """Read every batch that was not; how many facts told something of a chip."""
    told = 0
    while True:
        with transaction.atomic():
            batches = unscanned(territory)
            for _, device, incarnation, branch, first, last in batches:
                rows = Fact.objects.filter(
                    _TELLING,
                    territory=territory,
                    device=device,
                    incarnation=incarnation,
                    branch=branch,
                    sequence__range=(first, last),
                )
                told += read_facts(territory, list(rows))
            _mark(territory, [batch[0] for batch in batches])
        if len(batches) < AT_ONCE:
            break
    return told + _scan_released(territory)


def _scan_released(territory: str) -> int:
    """Facts that a person let out of quarantine count from then on."""
    with transaction.atomic():
        rows = Quarantined.objects.filter(territory=territory, stored=True, decision__startswith=COUNTED)
        fresh = rows.exclude(pk__in=ScannedBatch.objects.filter(territory=territory).values("batch"))
        released = list(fresh.values_list("pk", "fact"))
        facts = Fact.objects.filter(_TELLING, territory=territory, id__in=[fact for _, fact in released])
        told = read_facts(territory, list(facts))
        _mark(territory, [key for key, _ in released])
    return told


def _mark(territory: str, keys: Iterable[UUID]) -> None:
    ScannedBatch.objects.bulk_create(
        [ScannedBatch(territory=territory, batch=key) for key in keys], ignore_conflicts=True
    )


def read_facts(territory: str, facts: list[Fact]) -> int:
    """Add what these facts tell of chips and operations. What was kept aside says nothing."""
    aside = set(uncounted(territory).filter(fact__in=[fact.id for fact in facts]))
    states: list[ChipState] = []
    checks: dict[UUID, TransactionCheck] = {}
    wanted = [(fact, json.loads(fact.body)) for fact in facts if fact.id not in aside]
    keys = {fact.id for fact, _ in wanted} | {UUID(body["intent"]) for _, body in wanted if _is_id(body.get("intent"))}
    for row in TransactionCheck.objects.filter(territory=territory, intent__in=keys):
        checks[row.intent] = row
    for fact, body in wanted:
        try:
            if fact.kind == FactKind.CARD_SEEN:
                states.append(_state(territory, fact, body, card_number(body)))
            elif fact.kind.endswith(".intent"):
                _read_intent(_check(territory, checks, fact.id), fact, body)
            elif fact.kind.endswith(".outcome"):
                _read_outcome(_check(territory, checks, UUID(identifier(body, "intent"))), body)
        except BadBody:
            continue  # the ledger put it in quarantine, or it is of a kind that the ledger does not read
    states += _states_of_outcomes(territory, wanted, checks)
    ChipState.objects.bulk_create(states, ignore_conflicts=True)
    fields = [
        "kind", "device", "card_number", "payee_site", "amount_cents", "uid_sealed", "counter_before", "counter", "mac",
        "commands", "occurred_at", "known",
    ]  # fmt: skip
    TransactionCheck.objects.bulk_create(
        checks.values(), update_conflicts=True, unique_fields=["territory", "intent"], update_fields=fields
    )
    return len(wanted)


def _is_id(value: object) -> bool:
    try:
        identifier({"id": value}, "id")
    except BadBody:
        return False
    return True


def _check(territory: str, checks: dict[UUID, TransactionCheck], intent: UUID) -> TransactionCheck:
    return checks.setdefault(intent, TransactionCheck(territory=territory, intent=intent))


def _state(territory: str, fact: Fact, body: Mapping[str, Any], card: str) -> ChipState:
    counter = whole_or_none(body, "tmc", 0, 0xFFFFFFFF)
    return ChipState(
        territory=territory,
        card_number=card,
        operation_number=whole(body, "operation_number", 0, 0xFFFFFFFF),
        counter=NO_COUNTER if counter is None else counter,
        mac=_mac(body),
        balance_cents=whole(body, "balance_cents", 0, 0xFFFFFFFF),
        fact=fact.id,
        device=fact.device,
        told_at=now_ms(),
    )


def _mac(body: Mapping[str, Any]) -> str:
    """TMV in hex; empty where there is none. Raises BadBody."""
    value = body.get("tmv")
    if value is None:
        return ""
    try:
        raw = bytes.fromhex(value) if isinstance(value, str) else b""
    except ValueError as error:
        raise BadBody("tmv is not hex") from error
    if len(raw) != 8:
        raise BadBody("tmv is not eight bytes")
    return raw.hex()


def _read_intent(check: TransactionCheck, fact: Fact, body: Mapping[str, Any]) -> None:
    check.kind, check.device, check.occurred_at = fact.kind.split(".")[1], fact.device, fact.occurred_at
    check.card_number = card_number(body)
    check.counter_before = whole_or_none(body, "tmc_before", 0, 0xFFFFFFFF)
    check.amount_cents = whole_or_none(body, "amount_cents", 0, 0xFFFFFFFF) or 0
    site = "payee_site" if "payee_site" in body else "site"
    check.payee_site = whole_or_none(body, site, 0, 0xFFFF)
    sealed = body.get("uid_sealed")
    check.uid_sealed = sealed if isinstance(sealed, str) else ""
    check.known = True


def _read_outcome(check: TransactionCheck, body: Mapping[str, Any]) -> None:
    """An answer brings counter and MAC; a doubt brings at least the commands that were sent."""
    commands = body.get("commands")
    if isinstance(commands, list) and 0 < len(commands) <= COMMANDS_MAX and not check.commands:
        check.commands = [command for command in commands if isinstance(command, str)]
    counter = whole_or_none(body, "tmc", 0, 0xFFFFFFFF)
    if body.get("result") == "done" and counter is not None and _mac(body):
        check.counter, check.mac = counter, _mac(body)
        check.commands = [command for command in commands or [] if isinstance(command, str)] or check.commands


def _states_of_outcomes(
    territory: str, wanted: list[tuple[Fact, dict[str, Any]]], checks: Mapping[UUID, TransactionCheck]
) -> list[ChipState]:
    """A done outcome shows the chip too; which card it was stands in its intent, which may come in a later batch."""
    found = []
    for fact, body in wanted:
        if not fact.kind.endswith(".outcome") or body.get("result") != "done":
            continue
        try:
            check = checks[UUID(identifier(body, "intent"))]
            if check.card_number and body.get("operation_number") is not None and body.get("balance_cents") is not None:
                found.append(_state(territory, fact, body, check.card_number))
        except (BadBody, KeyError):
            continue
    return found
