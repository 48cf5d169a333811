"""A small fixed part of `./run prove card`: every flow torn at every frame; the next tap decides, here or elsewhere."""

from __future__ import annotations

import pytest

from hardware.card.port import Committed
from hardware.card.simulated.card import Mishap
from tests.fixtures.card_proof import FLOWS, Laboratory, Stand, tear_everywhere

SEED = 4_711


@pytest.fixture(scope="module")
def laboratory() -> Laboratory:
    print(f"seed {SEED}")
    return Laboratory(SEED)


@pytest.mark.parametrize("mishap", [Mishap.REPLY_LOST, Mishap.POWER_LOST])
@pytest.mark.parametrize("flow", list(FLOWS))
def test_torn_at_every_frame_and_decided_at_the_next_tap(laboratory: Laboratory, flow: str, mishap: Mishap) -> None:
    tally = tear_everywhere(laboratory, flow, 2, False, mishap)
    assert tally.cases > FLOWS[flow].frames


@pytest.mark.parametrize("flow", list(FLOWS))
def test_exchanges_of_each_flow(laboratory: Laboratory, flow: str) -> None:
    """A debit is eleven, with points and a ticket fourteen (design note "The card", Speed)."""
    card = laboratory.card(2, False)
    laboratory.desk.look(card)
    answer, frames = laboratory.desk.carry_out(card, FLOWS[flow], laboratory.new_id())
    assert isinstance(answer, Committed), answer
    assert frames == FLOWS[flow].frames


@pytest.mark.parametrize(("generation", "extra"), [(1, 3), (2, 3), (3, 3)])
def test_a_random_serial_costs_three_exchanges_and_more_at_the_first_meeting_only(
    laboratory: Laboratory, generation: int, extra: int
) -> None:
    """Key 3 and GetCardUID; an EV1 card refuses EV2 first, and has no file 0F to read."""
    stand = Stand(laboratory.ring, laboratory.chance, desk=False)
    card = laboratory.card(generation, True)
    taken = []
    for _ in range(3):
        answer, frames = stand.carry_out(card, FLOWS["debit"], laboratory.new_id())
        assert isinstance(answer, Committed), answer
        taken.append(frames)
    usual = FLOWS["debit"].frames + extra
    assert taken == [usual + 4, usual, usual]


@pytest.mark.parametrize("flow", ["debit", "load"])
def test_other_kinds_of_card(laboratory: Laboratory, flow: str) -> None:
    tear_everywhere(laboratory, flow, 1, False, Mishap.REPLY_LOST)
    tear_everywhere(laboratory, flow, 3, True, Mishap.COMMAND_LOST)
