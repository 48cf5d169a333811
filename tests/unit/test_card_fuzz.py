"""Fuzzing with fixed seeds; `./run prove card` goes much further."""

from __future__ import annotations

import pytest

from tests.fixtures.card_fuzz import fuzz_card, fuzz_client
from tests.fixtures.card_proof import Laboratory


@pytest.fixture(scope="module")
def laboratory() -> Laboratory:
    return Laboratory(2_718)


@pytest.mark.parametrize("seed", [1, 2])
def test_random_frames_change_nothing_and_the_card_still_serves(laboratory: Laboratory, seed: int) -> None:
    assert fuzz_card(laboratory, seed, 1_500) == 3_000


@pytest.mark.parametrize("seed", [1, 2])
def test_a_line_that_lies_makes_no_money_and_no_crash(laboratory: Laboratory, seed: int) -> None:
    assert fuzz_client(laboratory, seed, 150) == 150
