"""Card sessions through a kiosk (POST /api/v1/card-sessions): the server's key 2, the kiosk's reader, a line between.

A session is a row: its sealed seed, the answers so far, what was decided. Each request runs the whole session again
over the record (server.cards.script), in a few milliseconds; so no thread waits for a card, a killed server has
forgotten nothing, and any process over the same database serves the next request.

INTENT is committed before the commit frame leaves, OUTCOME after its answer. What lies between is in doubt and is
decided by the next tap's records, as for every other operation.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from domain.cards import CardReading, ChipGeneration
from domain.config import Limits
from domain.credits import CreditRefusal, CreditRefused, PlannedCredit, ServerCredit, plan_server_credit
from domain.days import day_number, local_day
from domain.purse import Circumstances
from hardware.card.keys import KeyName
from hardware.card.port import Committed, InDoubt, Lost, NotDone, NotOurs, ReaderOut, Refused
from server.api.runtime import Runtime
from server.cards.card_keys import card_masters, keys_due, note_keys
from server.cards.granting import move_remainder
from server.cards.models import CardSession, Replacement
from server.cards.own_facts import new_id
from server.cards.relay_facts import done_body, intend, outcome_body, tell
from server.cards.ring import ring_of
from server.cards.script import CARD_OK, Exchange, OffScript, Run, Script, digest_of
from server.cards.script import run as run_script
from server.cards.totals import due_cents, see_total, total_of
from server.devices.models import Device, Nonce
from server.ledger.cards import queue_for_cards
from server.runtime import MS_PER_DAY
from server.territory.models import BlockedCard, Territory
from sync.messages_cards import (
    FRAMES_MAX,
    RELAY_CONTEXT,
    SESSION_SECONDS,
    SessionOpening,
    SessionOutcome,
    SessionResult,
    SessionStep,
    SessionTurn,
    build_step,
    parse_serials,
)
from sync.protocol import ErrorCode, WireError
from sync.sealing import SealBroken, seal

NONCE_DAYS = 30
SEED_CONTEXT = b"zerot-relay-seed-1"
_KEYS_JOB = "keys"
_KEYS = frozenset({KeyName.SITE, KeyName.LOAD, KeyName.IDENTIFICATION})


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the device, its request's nonce, and a digest of what it sent."""

    device: Device
    nonce: str
    digest: str

    @classmethod
    def of(cls, device: Device, nonce: str, body: bytes) -> Caller:
        return cls(device, nonce, sha256(body).hexdigest())


def open_session(opening: SessionOpening, caller: Caller, run: Runtime) -> bytes:
    """The first step as the body of an answer. The same request again has the same answer. Raises WireError."""
    device = caller.device
    keys = keys_due(device.territory, opening.card_number, card_masters(device.territory, run))
    if not keys and _nothing_to_do(opening, device.territory):
        return build_step(SessionStep(1, (), 0, SessionResult(SessionOutcome.NOTHING)))
    with transaction.atomic():
        territory = Territory.objects.get(slug=device.territory)
        queue_for_cards(territory.slug, [opening.card_number])
        Device.objects.select_for_update(of=("self",)).get(pk=device.pk)  # one opening of a device at a time
        known = CardSession.objects.select_for_update().filter(pk=UUID(opening.session)).first()
        fresh_nonce = _remember(caller, run.clock.now_ms())
        if known is not None:
            if (known.device, known.turn, known.request_digest) != (device.name, 1, caller.digest):
                raise WireError(ErrorCode.BAD_REQUEST, "this session was begun with another request")
            return known.step.encode()
        if not fresh_nonce:
            raise WireError(ErrorCode.BAD_SIGNATURE, "this nonce was used")
        _end_others(territory, opening, device, run)
        move_remainder(territory, opening.card_number, run)
        now = run.clock.now_ms()
        row = CardSession(
            id=UUID(opening.session),
            territory=territory.slug,
            device=device.name,
            card_number=opening.card_number,
            site=device.site_number,
            chip=opening.chip,
            serials=_reseal(opening.card_sealed, run),
            seed=seal(run.identity.sealing_public, run.chance.token(32), SEED_CONTEXT, run.chance),
            opened_at=now,
            expires_at=now + SESSION_SECONDS * 1000,
            due_cents=due_cents(territory.slug, opening.card_number),
        )
        if row.due_cents <= 0 and keys and not _blocked(territory.slug, opening.card_number):
            row.job = _KEYS_JOB
            return _advance(territory, row, caller, run, lost=False)
        if row.due_cents <= 0:
            return _end(row, caller, SessionResult(SessionOutcome.NOTHING))
        if _blocked(territory.slug, opening.card_number):
            return _end(row, caller, _refusal(CreditRefusal.CARD, row.due_cents))
        return _advance(territory, row, caller, run, lost=False)


def _nothing_to_do(opening: SessionOpening, territory: str) -> bool:
    """Most taps: nothing is due, and nothing is written for it. Asking again may find something: that is no harm."""
    return not (
        due_cents(territory, opening.card_number) > 0
        or Replacement.objects.filter(territory=territory, new_card=opening.card_number).exists()
        or CardSession.objects.filter(pk=UUID(opening.session)).exists()
    )


def continue_session(session: UUID, turn: SessionTurn, caller: Caller, run: Runtime) -> bytes:
    """The next step. The same turn with the same content again has the same answer. Raises WireError."""
    with transaction.atomic():
        territory = Territory.objects.get(slug=caller.device.territory)
        found = CardSession.objects.filter(pk=session, device=caller.device.name).first()
        if found is None:
            raise WireError(ErrorCode.NOT_FOUND, "no such card session")
        queue_for_cards(territory.slug, [found.card_number])
        row = CardSession.objects.select_for_update().get(pk=session)
        fresh_nonce = _remember(caller, run.clock.now_ms())
        if turn.turn == row.turn - 1 and caller.digest == row.request_digest:
            return row.step.encode()
        if not fresh_nonce:
            raise WireError(ErrorCode.BAD_SIGNATURE, "this nonce was used")
        if turn.turn != row.turn or row.outcome:
            raise WireError(ErrorCode.BAD_REQUEST, "this turn of the session is over")
        if run.clock.now_ms() > row.expires_at and row.intent is None:
            return _end(row, caller, SessionResult(SessionOutcome.NOT_DONE, "expired", left_cents=row.due_cents))
        _take(row, turn)
        return _advance(territory, row, caller, run, lost=turn.lost)


def _remember(caller: Caller, now_ms: int) -> bool:
    """Whether the nonce is new; it is kept, for a month."""
    month_ago = now_ms - NONCE_DAYS * MS_PER_DAY
    Nonce.objects.filter(device_name=caller.device.name, seen_at__lt=month_ago).delete()
    _, created = Nonce.objects.get_or_create(
        device_name=caller.device.name,
        nonce=caller.nonce,
        defaults={"territory": caller.device.territory, "seen_at": now_ms},
    )
    return created


def _reseal(box: bytes, run: Runtime) -> bytes:
    """Check what the kiosk sealed; it is kept as it came."""
    try:
        parse_serials(run.identity.open_box(box, RELAY_CONTEXT))
    except SealBroken as error:
        raise WireError(ErrorCode.BAD_REQUEST, "card_sealed does not open") from error
    return box


def _end_others(territory: Territory, opening: SessionOpening, device: Device, run: Runtime) -> None:
    """A device has one card before it, and a card lies on one reader: what was open of either is over."""
    same = Q(device=device.name) | Q(card_number=opening.card_number)
    running = CardSession.objects.select_for_update().filter(same, territory=territory.slug, outcome="")
    for row in running.order_by("id"):
        if row.intent is None:
            _close(row, SessionOutcome.NOT_DONE, "abandoned")
        else:
            tell(territory, outcome_body(row, "in_doubt", (), "boot"), run)
            _close(row, SessionOutcome.IN_DOUBT, "abandoned")
        row.save()


def _take(row: CardSession, turn: SessionTurn) -> None:
    """Add the answers of this turn to the record. Raises WireError when they cannot be those of its frames."""
    given, asked = turn.answers, row.pending
    stopped = bool(given) and given[-1][-2:] != CARD_OK
    early = any(answer[-2:] != CARD_OK for answer in given[:-1])
    if len(given) > len(asked) or early or (len(given) < len(asked) and not (turn.lost or stopped)):
        raise WireError(ErrorCode.BAD_REQUEST, "answers: not those of the frames of this turn")
    row.exchanges += [[digest, b64encode(answer).decode("ascii")] for digest, answer in zip(asked, given, strict=False)]


def _advance(territory: Territory, row: CardSession, caller: Caller, run: Runtime, *, lost: bool) -> bytes:
    """Run the session over its record: the next frames, or the end."""
    serials = parse_serials(run.identity.open_box(bytes(row.serials), RELAY_CONTEXT))
    masters, keys = card_masters(territory.slug, run), row.job == _KEYS_JOB
    script = Script(
        ring_of(masters).only(_KEYS | {KeyName.MASTER} if keys else _KEYS),
        run.identity.open_box(bytes(row.seed), SEED_CONTEXT),
        serials.serial,
        serials.uid,
        ChipGeneration(row.chip),
        keys,
    )
    record = [Exchange(digest, b64decode(answer)) for digest, answer in row.exchanges]
    try:
        found = run_script(script, record, lambda reading: _decide(territory, row, reading, run), lost=lost)
    except OffScript as error:
        found = Run(answer=NotDone(str(error)) if row.intent is None else InDoubt(()))
    if found.rotated is not None:
        note_keys(territory.slug, row.card_number, masters)
        return _end(row, caller, SessionResult(SessionOutcome.DONE, "keys"))
    if not found.frames:
        return _finish(territory, row, caller, found, run)
    if len(record) + len(found.frames) > FRAMES_MAX:
        return _end(row, caller, SessionResult(SessionOutcome.NOT_DONE, "too long", left_cents=row.due_cents))
    if found.commits and row.intent is None:
        intend(territory, row, found, run)
    row.pending = [digest_of(frame) for frame in found.frames]
    return _answer(row, caller, SessionStep(row.turn + 1, found.frames, row.due_cents))


def _decide(
    territory: Territory, row: CardSession, reading: CardReading, run: Runtime
) -> PlannedCredit | CreditRefused:
    """What is written to this card: decided once, at the end of its reading, and kept in the row."""
    if reading.identity.card_number != row.card_number or reading.credits is None:
        return CreditRefused(CreditRefusal.CARD, row.due_cents)
    if row.decision is None:
        now = run.clock.now_ms()
        see_total(territory, row.card_number, reading.credits.credit_epoch, reading.credits.total_credited_cents)
        total = total_of(territory, row.card_number, now)
        limits = territory.settings.get("limits", {})
        row.decision = {
            "transfer": new_id(run),
            "total": total.total_cents,
            "epoch": total.epoch,
            "refund": total.refund,
            "day": local_day(now).isoformat(),
            "purse_limit": int(limits.get("purse_limit_cents", Limits().purse_limit_cents)),
            "blocked": _blocked(territory.slug, row.card_number),
        }
    kept = row.decision
    today = date.fromisoformat(kept["day"])
    order = ServerCredit(row.card_number, kept["epoch"], kept["total"], day_number(today), kept["refund"])
    circumstances = Circumstances(
        today=today,
        clock_confirmed=True,
        online=True,
        since_contact_ms=0,
        device=int.from_bytes(sha256(row.device.encode()).digest()[:4], "big"),
        site=row.site,
        blocked=frozenset({row.card_number}) if kept["blocked"] else frozenset(),
        limits=Limits(purse_limit_cents=kept["purse_limit"]),
        points_per_site_day=0,
    )
    return plan_server_credit(reading, order, kept["transfer"], circumstances)


def _finish(territory: Territory, row: CardSession, caller: Caller, found: Run, run: Runtime) -> bytes:
    """The run came to its end: say what is known, and keep the outcome of what was intended."""
    plan = found.plan
    match found.answer:
        case Committed() as done if isinstance(plan, PlannedCredit) and row.intent is not None:
            tell(territory, done_body(row, done), run)
            written = plan.write.credits
            if written is not None:
                see_total(territory, row.card_number, written.credit_epoch, written.total_credited_cents)
            ended = SessionResult(SessionOutcome.DONE, "", plan.amount_cents, done.balance_cents, plan.left_cents)
        case InDoubt(commands) if row.intent is not None:
            tell(territory, outcome_body(row, "in_doubt", commands, "answer"), run)
            amount = plan.amount_cents if isinstance(plan, PlannedCredit) else 0
            ended = SessionResult(SessionOutcome.IN_DOUBT, "", amount, None, row.due_cents)
        case NotDone(reason):
            ended = SessionResult(SessionOutcome.NOT_DONE, reason[:200], left_cents=row.due_cents)
        case Committed() | InDoubt():
            raise ValueError("a commit that was never intended")
        case None:
            ended = _undone(row, found)
    return _end(row, caller, ended)


def _undone(row: CardSession, found: Run) -> SessionResult:
    """Nothing was written: because of the card, or because the order credits nothing."""
    if isinstance(found.plan, CreditRefused):
        if found.plan.reason is CreditRefusal.NOTHING_DUE:
            return SessionResult(SessionOutcome.NOTHING)
        return _refusal(found.plan.reason, found.plan.due_cents)
    match found.failure:
        case Refused(reason):
            return SessionResult(SessionOutcome.REFUSED, f"altered: {reason}"[:200], left_cents=row.due_cents)
        case NotOurs(what):
            return SessionResult(SessionOutcome.REFUSED, f"not ours: {what.value}", left_cents=row.due_cents)
        case Lost() | ReaderOut() | None:
            return SessionResult(SessionOutcome.NOT_DONE, "card lost", left_cents=row.due_cents)


def _refusal(reason: CreditRefusal, due: int) -> SessionResult:
    return SessionResult(SessionOutcome.REFUSED, reason.value, left_cents=due)


def _blocked(territory: str, card_number: str) -> bool:
    return BlockedCard.objects.filter(territory=territory, card_number=card_number).exists()


def _close(row: CardSession, outcome: SessionOutcome, reason: str) -> None:
    """Over: nothing of the conversation is kept but its result."""
    row.outcome, row.reason = outcome.value, reason
    row.seed, row.serials, row.exchanges, row.pending = b"", b"", [], []


def _end(row: CardSession, caller: Caller, result: SessionResult) -> bytes:
    _close(row, result.outcome, result.reason)
    return _answer(row, caller, SessionStep(row.turn + 1, (), row.due_cents, result))


def _answer(row: CardSession, caller: Caller, step: SessionStep) -> bytes:
    """Keep the step, so that the same request again is answered the same."""
    row.turn, row.request_digest = step.turn, caller.digest
    row.step = build_step(step).decode()
    row.save()
    return row.step.encode()
