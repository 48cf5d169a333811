"""Torn cards, exhaustively: every frame of every flow, lost in each way; then the next tap decides and is right."""

from __future__ import annotations

import pytest

from domain.cards import CardReading, RecordKind
from domain.purse import OpenIntent, Verdict, resolve_intent
from hardware.card.personalise import PersonalisationOrder, Personalised, personalise
from hardware.card.port import CommitResult, Committed, InDoubt, Lost, NotDone, NotOurs, ReaderOut, Refused
from hardware.card.session import open_card
from hardware.card.simulated.card import Mishap, SimulatedCard, Tear
from hardware.card.simulated.factory import make_identity
from tests.fixtures.cards import Bench, make_bench, opened, read_all, write_of

AMOUNT = 300
FRAMES_MAX = 40
EUROS = {RecordKind.LOAD: 1, RecordKind.REFUND: 1, RecordKind.SERVER_CREDIT: 1, RecordKind.DEBIT: -1}
POINTS = {RecordKind.AWARD: 1, RecordKind.REDEEM: -1}


def attempt(bench: Bench, kind: RecordKind, transfer: str) -> CommitResult | None:
    """One visit to the card; None when it was lost before anything could be written."""
    session = open_card(bench.reader.connect(), bench.issuer)
    if isinstance(session, NotOurs | Lost | Refused | ReaderOut):
        assert session == Lost()
        return None
    result = session.read(records=0)
    if isinstance(result, NotOurs | Lost | Refused | ReaderOut):
        assert result == Lost()
        return None
    return session.commit(write_of(kind, result.reading, AMOUNT, transfer))


def intent_of(reading: CardReading, transfer: str) -> OpenIntent:
    return OpenIntent(
        transfer_id=transfer,
        card_number=reading.identity.card_number,
        amount_cents=AMOUNT,
        balance_before=reading.balance_cents,
        operation_before=reading.state.operation_number,
        counter_before=reading.transaction_counter,
    )


def look(bench: Bench, card: SimulatedCard) -> CardReading:
    """The next tap, at any kiosk."""
    bench.reader.present(card)
    return read_all(opened(bench.reader.connect(), bench.kiosk))


@pytest.mark.parametrize("generation", [1, 3])
@pytest.mark.parametrize("mishap", list(Mishap))
@pytest.mark.parametrize("kind", list(RecordKind))
def test_a_tear_at_every_frame_is_decided_by_the_card(kind: RecordKind, mishap: Mishap, generation: int) -> None:
    bench = make_bench(21)
    card = bench.card(generation=generation, balance_cents=6_000)
    points = opened(bench.reader.connect(), bench.kiosk)
    assert isinstance(points.commit(write_of(RecordKind.AWARD, read_all(points), 5_000, bench.new_id())), Committed)
    in_doubt = done = 0
    for frame in range(FRAMES_MAX):
        before = look(bench, card)
        transfer = bench.new_id()
        bench.reader.present(card)
        card.arm(Tear(frame, mishap))
        answer = attempt(bench, kind, transfer)
        fired = card.armed is None
        card.arm(None)
        after = look(bench, card)
        happened = transfer in [record.transfer_id for record in after.records]
        change = AMOUNT if happened else 0
        assert after.balance_cents == before.balance_cents + EUROS.get(kind, 0) * change
        assert after.points == before.points + POINTS.get(kind, 0) * change
        assert after.state.operation_number == before.state.operation_number + happened
        if generation > 1:
            assert after.transaction_counter == (before.transaction_counter or 0) + happened
        verdict = resolve_intent(intent_of(before, transfer), after)
        assert verdict is (Verdict.DONE if happened else Verdict.NOT_DONE)
        match answer:
            case Committed():
                assert happened
                assert not fired
                done += 1
            case InDoubt():
                in_doubt += 1
                assert happened is (mishap is Mishap.REPLY_LOST)
            case NotDone() | None:
                assert not happened, "told as not done, but the chip did it"
        if not fired:
            break
    else:
        raise AssertionError(f"the flow has more than {FRAMES_MAX} frames")
    assert done == 1, "only the untorn attempt ends well"
    assert in_doubt == (0 if mishap is Mishap.GONE_BEFORE else 1), "only the commit frame can leave a doubt"


@pytest.mark.parametrize("random_uid", [False, True])
@pytest.mark.parametrize("generation", [1, 2])
@pytest.mark.parametrize("mishap", list(Mishap))
def test_personalisation_resumes_after_a_tear_at_every_frame(mishap: Mishap, generation: int, random_uid: bool) -> None:
    bench = make_bench(22)
    order = PersonalisationOrder(make_identity("00421187"), random_uid)
    for frame in range(200):
        card = SimulatedCard.blank(bench.chance, generation=generation)
        bench.reader.present(card)
        card.arm(Tear(frame, mishap))
        first = personalise(bench.reader.connect(), bench.issuer, order)
        fired = card.armed is None
        card.arm(None)
        if fired:
            assert first == Lost(), first
            bench.reader.present(card)
            second = personalise(bench.reader.connect(), bench.issuer, order)
            assert isinstance(second, Personalised), (frame, second)
        reading = look(bench, card)
        assert (reading.balance_cents, reading.state.operation_number) == (0, 1)
        assert reading.card_uid == card.uid
        if not fired:
            break
    else:
        raise AssertionError("personalisation takes more than 200 frames")
