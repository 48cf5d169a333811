"""Credits at the server: totals, a restored server, a lost card replaced, a second person, hostile sessions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from domain.cards import ChipGeneration
from domain.credits import CREDIT_TAG, parse_order
from hardware.card.simulated.card import SimulatedCard
from hardware.card.simulated.reader import SimulatedReader
from kiosk.workers.relay import LineLost, Piped, Relay
from sync.client import Refused
from sync.keys import verify_document
from sync.messages_cards import (
    RELAY_CONTEXT,
    CardSerials,
    SessionOpening,
    SessionOutcome,
    SessionResult,
    SessionStep,
    SessionTurn,
    build_serials,
)
from sync.sealing import seal
from sync.wire import decode_binary
from tests.fixtures.purse_facts import debit_intent, outcome, refund_requested
from tests.fixtures.relay_world import OPENING_CENTS, Cut, RelayWorld, WireClient

CARD, NEW = "00421187", "00421188"


@pytest.fixture
def world() -> RelayWorld:
    return RelayWorld(20_261_126)


def got(world: RelayWorld, card: SimulatedCard) -> int:
    return world.chip(card).balance_cents - OPENING_CENTS


def result(ended: Piped | LineLost) -> SessionResult:
    assert isinstance(ended, Piped), ended
    return ended.result


# --- how much ------------------------------------------------------------------------------------------------


def test_credits_add_up_and_a_full_purse_leaves_the_rest_due(world: RelayWorld) -> None:
    card = world.card(CARD)
    for cents in (2_000, 2_000, 1_500):
        world.grant(CARD, cents)
    first, _ = world.relay(world.names[0], card)
    assert (result(first).amount_cents, got(world, card)) == (5_500, 5_500)
    for _ in range(5):
        world.grant(CARD, 2_000)
    second = result(world.relay(world.names[1], card)[0])
    room = 15_000 - OPENING_CENTS - 5_500
    assert (second.amount_cents, second.left_cents, second.balance_cents) == (room, 10_000 - room, 15_000)
    assert world.due(CARD) == 10_000 - room
    full = result(world.relay(world.names[0], card)[0])
    assert (full.outcome, full.reason, full.left_cents) == (SessionOutcome.REFUSED, "no_room", 10_000 - room)


def test_a_large_credit_waits_for_a_second_person(world: RelayWorld) -> None:
    from server.cards.granting import GrantRefused, ask_grant, decide_grant
    from server.cards.models import GrantState

    asked = ask_grant(world.territory, CARD, 2_001, "promotion", "Orage", "camille", world.run)
    assert (asked.state, world.due(CARD)) == (GrantState.WAITING, 0)
    with pytest.raises(GrantRefused, match="autre personne"):
        decide_grant(world.territory, asked.pk, True, "camille", world.run)
    assert decide_grant(world.territory, asked.pk, True, "noor", world.run).state == GrantState.GRANTED
    assert world.due(CARD) == 2_001
    with pytest.raises(GrantRefused, match="n'attend plus"):
        decide_grant(world.territory, asked.pk, True, "noor", world.run)


@pytest.mark.parametrize(
    ("number", "cents", "source", "reason"),
    [("42", 100, "promotion", "x"), (CARD, 0, "promotion", "x"), (CARD, 15_001, "promotion", "x"),
     (CARD, 100, "bank", "x"), (CARD, 100, "promotion", "  ")],
)  # fmt: skip
def test_a_grant_that_makes_no_sense_is_one_sentence(
    world: RelayWorld, number: str, cents: int, source: str, reason: str
) -> None:
    from server.cards.granting import GrantRefused, ask_grant

    with pytest.raises(GrantRefused, match=r"\.$"):
        ask_grant(world.territory, number, cents, source, reason, "camille", world.run)


def test_the_signed_order_is_the_desk_s_and_stays_the_same_until_the_total_changes(world: RelayWorld) -> None:
    from server.cards.totals import orders

    world.grant(CARD, 800)
    first = orders(world.territory, world.run.identity, world.clock.now_ms())
    world.clock.advance(86_400_000)
    assert orders(world.territory, world.run.identity, world.clock.now_ms()) == first
    document, signature = first[0]["order"], decode_binary(first[0]["signature"])  # type: ignore[index,call-overload,arg-type]
    assert verify_document(world.run.identity.public, CREDIT_TAG, document, signature)  # type: ignore[arg-type]
    order = parse_order(document)  # type: ignore[arg-type]
    assert (order.card_number, order.total_credited_cents, order.epoch, order.refund) == (CARD, 800, 1, False)
    world.grant(CARD, 100)
    later = orders(world.territory, world.run.identity, world.clock.now_ms())
    assert parse_order(later[0]["order"]).total_credited_cents == 900  # type: ignore[index,call-overload,arg-type]


def test_what_a_desk_applied_is_not_given_again_through_a_kiosk(world: RelayWorld) -> None:
    """The desk's facts are late: file 06 says so all the same."""
    from dataclasses import replace
    from datetime import date

    from domain.credits import PlannedCredit, ServerCredit, plan_server_credit
    from hardware.card.keys import LocalVault
    from hardware.card.port import CardRead, Committed
    from hardware.card.session import CardSession, open_card
    from tests.fixtures.card_proof import NOW

    card = world.card(CARD)
    world.grant(CARD, 800)
    reader = SimulatedReader()
    reader.present(card)
    session = open_card(reader.connect(), LocalVault(world.ring, world.chance))
    assert isinstance(session, CardSession)
    read = session.read(records=0)
    assert isinstance(read, CardRead)
    now = replace(NOW, today=date(2026, 11, 22))
    plan = plan_server_credit(read.reading, ServerCredit(CARD, 1, 800, 60_000), world.ids.new(), now)
    assert isinstance(plan, PlannedCredit)
    assert isinstance(session.commit(plan.write), Committed)
    through = result(world.relay(world.names[0], card)[0])
    assert (through.outcome, got(world, card), world.due(CARD)) == (SessionOutcome.NOTHING, 800, 800)


# --- a restored server -----------------------------------------------------------------------------------------


def forget_since(world: RelayWorld, moment: int) -> None:
    """Take away what came after a backup, past the triggers that refuse it."""
    from django.db import connection

    with connection.cursor() as cursor:
        for table in ("ledger_leg", "ledger_transfer", "ledger_fact", "ledger_batch"):
            cursor.execute(f"DROP TRIGGER {table}_no_delete")  # table names of ours
        since = "SELECT id FROM ledger_transfer WHERE territory = %s AND booked_at > %s"
        cursor.execute(
            f"SELECT account, amount FROM ledger_leg WHERE territory = %s AND transfer_id IN ({since})",  # noqa: S608
            [world.slug, world.slug, moment],
        )
        for account, amount in cursor.fetchall():
            cursor.execute(
                "UPDATE ledger_balance SET amount = amount - %s WHERE territory = %s AND account = %s",
                [amount, world.slug, account],
            )
        cursor.execute(f"DELETE FROM ledger_leg WHERE transfer_id IN ({since})", [world.slug, moment])  # noqa: S608
        cursor.execute("DELETE FROM ledger_transfer WHERE territory = %s AND booked_at > %s", [world.slug, moment])
        cursor.execute("DELETE FROM ledger_fact WHERE territory = %s AND received_at > %s", [world.slug, moment])
        cursor.execute("DELETE FROM ledger_operation WHERE territory = %s AND occurred_at > %s", [world.slug, moment])
        cursor.execute("DELETE FROM ledger_seentotal WHERE territory = %s", [world.slug])
        cursor.execute("DELETE FROM cards_cardsession WHERE territory = %s", [world.slug])
        from server.ledger.schema import statements

        for statement in statements("sqlite"):
            if "_no_delete" in statement and any(
                f"{table}_no_delete" in statement
                for table in ("ledger_leg", "ledger_transfer", "ledger_fact", "ledger_batch")
            ):
                cursor.execute(statement)


def test_a_restored_server_credits_no_card_before_it_has_seen_its_file_06(world: RelayWorld) -> None:
    from server.cards.totals import orders, total_of

    card = world.card(CARD)
    world.grant(CARD, 1_000)
    world.relay(world.names[0], card)
    backup = world.clock.now_ms()
    world.clock.advance(1_000)
    world.grant(CARD, 500, "après la sauvegarde")
    assert result(world.relay(world.names[0], card)[0]).amount_cents == 500
    world.restored(lambda: forget_since(world, backup))
    assert (world.due(CARD), world.booked(CARD), got(world, card)) == (0, 1_000, 1_500)
    world.clock.advance(1_000)
    world.grant(CARD, 300, "nouvelle vie")
    now = world.clock.now_ms()
    assert orders(world.territory, world.run.identity, now) == [], "no order before file 06 was seen"
    assert not total_of(world.territory, CARD, now).confirmed
    ended = result(world.relay(world.names[1], card)[0])
    assert (ended.outcome, ended.amount_cents) == (SessionOutcome.DONE, 300)
    assert got(world, card) == 1_800, "what the former life gave is neither given again nor taken back"
    total = total_of(world.territory, CARD, world.clock.now_ms())
    assert (total.confirmed, total.total_cents, total.epoch) == (True, 1_800, 2)
    assert result(world.relay(world.names[0], card)[0]).outcome is SessionOutcome.NOTHING


@pytest.mark.parametrize("measured", [True, False])
def test_a_refund_told_again_after_a_restore_is_not_given_twice_whatever_the_kiosk_s_clock(
    world: RelayWorld, measured: bool
) -> None:
    """The kiosk's clock is two hours ahead: by its word the refund came after the restore."""
    card, kiosk = world.card(CARD), world.names[0]
    clock: Any = {"ahead_ms": 2 * 3_600_000, "measured": measured}
    backup = world.clock.now_ms()
    paid = world.tell(kiosk, "purse.debit.intent", debit_intent(400, OPENING_CENTS, 0), **clock)
    done = outcome(paid.id, "done", 1, OPENING_CENTS - 400)
    world.tell(kiosk, "purse.debit.outcome", done, **clock)
    asked = refund_requested(paid.id, 400)
    world.tell(kiosk, "purse.refund.requested", asked, **clock)
    assert world.due(CARD) == 400
    assert result(world.relay(kiosk, card)[0]).amount_cents == 400
    held = world.chip(card).balance_cents
    world.restored(lambda: forget_since(world, backup))
    assert world.due(CARD) == 0
    world.send_again(kiosk)
    assert world.due(CARD) == 400, "the books do not know that the card has it"
    world.grant(CARD, 100, "nouvelle vie")
    for name in world.names:
        world.relay(name, card)
    assert world.chip(card).balance_cents == held + 100, "the new grant, and the refund not again"


def test_a_tap_is_enough_to_see_file_06(world: RelayWorld) -> None:
    from server.cards.totals import orders

    card = world.card(CARD)
    world.grant(CARD, 1_000)
    world.relay(world.names[0], card)
    world.restored(lambda: None)
    world.grant(CARD, 300)
    assert orders(world.territory, world.run.identity, world.clock.now_ms()) == []
    world.tap_and_sync(world.names[1], card)
    (line,) = orders(world.territory, world.run.identity, world.clock.now_ms())
    order = parse_order(line["order"])  # type: ignore[index,call-overload,arg-type]
    assert (order.total_credited_cents, order.epoch) == (1_300, 2)


def test_a_server_restored_without_a_new_epoch_alarms_and_gives_nothing(world: RelayWorld) -> None:
    card = world.card(CARD)
    world.grant(CARD, 1_000)
    backup = world.clock.now_ms()
    world.clock.advance(1_000)
    world.grant(CARD, 500)
    world.relay(world.names[0], card)
    forget_since(world, backup)
    world.grant(CARD, 300)
    assert result(world.relay(world.names[0], card)[0]).outcome is SessionOutcome.NOTHING
    assert (got(world, card), world.alarms()) == (1_500, ["credit_from_another_life"])


# --- a lost card ------------------------------------------------------------------------------------------------


def test_a_lost_card_is_dead_and_what_it_held_comes_onto_the_new_one(world: RelayWorld) -> None:
    from server.cards.granting import GrantRefused, ask_grant, replace_card
    from server.content.documents import blocklist_core
    from server.territory.blocking import BlockingRefused, unblock_card

    old, new = world.card(CARD), world.card(NEW)
    world.grant(CARD, 1_000)
    world.relay(world.names[0], old)
    world.grant(CARD, 400)
    moved = replace_card(world.territory, CARD, NEW, "camille", world.run)
    assert (moved, world.due(CARD), world.due(NEW), world.booked(CARD)) == (1_400, 0, 1_400, 0)
    assert {"card_number": CARD, "reason": "replaced"} in blocklist_core(world.slug)["cards"]  # type: ignore[operator]
    with pytest.raises(BlockingRefused):
        unblock_card(world.slug, CARD, "camille")
    with pytest.raises(GrantRefused):
        ask_grant(world.territory, CARD, 100, "promotion", "x", "camille", world.run)
    with pytest.raises(GrantRefused, match="déjà"):
        replace_card(world.territory, CARD, "00421189", "camille", world.run)
    assert result(world.relay(world.names[0], old)[0]).outcome is SessionOutcome.NOTHING
    ended = result(world.relay(world.names[1], new)[0])
    assert (ended.amount_cents, got(world, new), got(world, old)) == (1_400, 1_400, 1_000)


def test_a_load_told_late_follows_to_the_new_card(world: RelayWorld) -> None:
    from server.cards.granting import replace_card
    from tests.fixtures.purse_facts import load_intent, outcome

    new = world.card(NEW)
    assert replace_card(world.territory, CARD, NEW, "camille", world.run) == 0
    world.tell(world.names[0], "purse.load.intent", load_intent(amount=2_500, card=CARD))
    intent = world._chains[world.names[0]].facts[-1].id
    world.tell(world.names[0], "purse.load.outcome", outcome(intent, balance=2_500))
    assert world.booked(CARD) == 2_500
    # The opening of the new card's session finds it.
    ended = result(world.relay(world.names[1], new)[0])
    assert (ended.amount_cents, got(world, new), world.booked(CARD)) == (2_500, 2_500, 0)


# --- sessions -----------------------------------------------------------------------------------------------------


def opening(world: RelayWorld, card: SimulatedCard, number: str = CARD, session: str = "") -> SessionOpening:
    box = build_serials(CardSerials(card.uid, card.uid))
    sealed = seal(world.run.identity.sealing_public, box, RELAY_CONTEXT, world.chance)
    return SessionOpening(session or world.ids.new(), number, int(ChipGeneration.EV3), sealed)


def test_one_session_per_device_and_per_card(world: RelayWorld) -> None:
    from server.cards.models import CardSession

    card = world.card(CARD)
    world.grant(CARD, 500)
    here, there = WireClient(world, world.names[0]), WireClient(world, world.names[1])
    first = opening(world, card)
    step = here.open_card_session(first)
    assert isinstance(step, SessionStep)
    assert there.open_card_session(opening(world, card)) is not None
    assert CardSession.objects.get(pk=UUID(first.session)).outcome == SessionOutcome.NOT_DONE
    late = here.continue_card_session(first.session, SessionTurn(1, (b"\x91\x00", bytes(16) + b"\x91\xaf")))
    assert isinstance(late, Refused)


def test_the_card_comes_back_while_its_commit_is_unknown(world: RelayWorld) -> None:
    """The line went with the commit: the session is told as in doubt when the next one begins, and lands once."""
    card = world.card(CARD)
    world.grant(CARD, 500)
    lost, _ = world.relay(world.names[0], card, cut=Cut(6, answered=False, for_good=True))
    assert lost == LineLost(committing=True)
    assert (got(world, card), world.due(CARD), world.open_operations()) == (500, 500, 1)
    again = result(world.relay(world.names[0], card)[0])
    assert (again.outcome, got(world, card)) == (SessionOutcome.NOTHING, 500)
    world.tap_and_sync(world.names[0], card)
    assert (world.due(CARD), world.booked(CARD), world.open_operations(), world.alarms()) == (0, 500, 0, [])


def test_an_old_session_is_over(world: RelayWorld) -> None:
    card = world.card(CARD)
    world.grant(CARD, 500)
    client, first = WireClient(world, world.names[0]), opening(world, card)
    assert isinstance(client.open_card_session(first), SessionStep)
    world.clock.advance(31_000)
    over = client.continue_card_session(first.session, SessionTurn(1, (b"\x91\x00", bytes(16) + b"\x91\xaf")))
    assert isinstance(over, SessionStep)
    assert over.result == SessionResult(SessionOutcome.NOT_DONE, "expired", left_cents=500)


def test_another_device_s_session_and_another_content_are_refused(world: RelayWorld) -> None:
    card = world.card(CARD)
    world.grant(CARD, 500)
    here, there = WireClient(world, world.names[0]), WireClient(world, world.names[1])
    first = opening(world, card)
    step = here.open_card_session(first)
    assert here.open_card_session(first) == step
    assert isinstance(here.open_card_session(opening(world, card, NEW, first.session)), Refused)
    assert isinstance(there.continue_card_session(first.session, SessionTurn(1, (b"\x91\x00",), lost=True)), Refused)
    for answers in ((), (b"\x91\x00",), (b"\x91\x9d", b"\x91\x00"), (b"\x91\x00",) * 3):
        assert isinstance(here.continue_card_session(first.session, SessionTurn(1, answers)), Refused)
    assert isinstance(here.continue_card_session(first.session, SessionTurn(2, (b"\x91\x00",), lost=True)), Refused)
    ended = here.continue_card_session(first.session, SessionTurn(1, (), lost=True))
    assert isinstance(ended, SessionStep)
    assert ended.result is not None
    assert ended.result.outcome is SessionOutcome.NOT_DONE
    assert here.continue_card_session(first.session, SessionTurn(1, (), lost=True)) == ended


def test_another_card_on_the_reader_gets_nothing(world: RelayWorld) -> None:
    """The kiosk names a card to which something is due and lays another one there."""
    card, other = world.card(CARD), world.card(NEW)
    world.grant(CARD, 500)
    reading = world.look(world.names[0], other)
    from dataclasses import replace

    lying = replace(reading, identity=replace(reading.identity, card_number=CARD))
    reader = SimulatedReader()
    reader.present(other)
    relay = Relay(
        WireClient(world, world.names[0]),
        lambda box: seal(world.run.identity.sealing_public, box, RELAY_CONTEXT, world.chance),
        world.ids,
    )
    ended = relay.carry(reader.connect(), lying, lambda _: None)
    assert (result(ended).outcome, got(world, other), got(world, card)) == (SessionOutcome.REFUSED, 0, 0)


@pytest.mark.parametrize("turn", range(1, 7))
def test_an_answer_that_was_altered_ends_the_session_and_credits_nothing_it_should_not(
    world: RelayWorld, turn: int
) -> None:
    """Whoever sits in the kiosk changes one bit of what the card said, at every turn."""
    card = world.card(CARD)
    world.grant(CARD, 500)

    class Liar(WireClient):
        def continue_card_session(self, session: str, told: SessionTurn) -> SessionStep | Refused | object:
            if told.turn == turn and told.answers:
                last = bytearray(told.answers[-1])
                last[0] ^= 1
                told = SessionTurn(told.turn, (*told.answers[:-1], bytes(last)), told.lost)
            return super().continue_card_session(session, told)

    relay = Relay(
        Liar(world, world.names[0]),
        lambda box: seal(world.run.identity.sealing_public, box, RELAY_CONTEXT, world.chance),
        world.ids,
    )
    reading = world.look(world.names[0], card)
    reader = SimulatedReader()
    reader.present(card)
    ended = relay.carry(reader.connect(), reading, lambda _: None)
    happened = got(world, card)
    assert isinstance(ended, Piped)
    assert ended.result.outcome is not SessionOutcome.DONE
    assert (happened, ended.result.outcome is SessionOutcome.IN_DOUBT) == ((500, True) if turn == 6 else (0, False))
    world.tap_and_sync(world.names[1], card)
    assert (world.open_operations(), world.booked(CARD), world.due(CARD)) == (0, happened, 500 - happened)
