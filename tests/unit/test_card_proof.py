"""A small fixed part of `./run prove card`: every flow torn at every frame; the next tap decides, here or elsewhere."""

from __future__ import annotations

import pytest

from hardware.card.port import Committed
from hardware.card.simulated.card import Mishap
from tests.fixtures.card_proof import FLOWS, Laboratory, tear_everywhere

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


@pytest.mark.parametrize("flow", ["debit", "load"])
def test_other_kinds_of_card(laboratory: Laboratory, flow: str) -> None:
    tear_everywhere(laboratory, flow, 1, False, Mishap.REPLY_LOST)
    tear_everywhere(laboratory, flow, 3, True, Mishap.COMMAND_LOST)
