"""Key rotation in a mixed fleet, torn at every frame: the card stays usable for vaults that know both versions."""

from __future__ import annotations

import pytest

from hardware.card.keys import KIOSK_KEYS, KeyName, LocalVault
from hardware.card.port import Committed, Lost, Refused
from hardware.card.rotate import Rotated, rotate_keys
from hardware.card.session import open_card
from hardware.card.simulated.card import Mishap, Tear
from tests.fixtures.cards import debit_write, load_write, make_bench, opened, read_all


@pytest.mark.parametrize("generation", [1, 2, 3])
def test_a_card_that_lies_there_in_the_middle_of_a_session_is_rotated_too(generation: int) -> None:
    """As on a kiosk: it has read the card, and the keys come through the same connection."""
    bench = make_bench(62)
    issuer = LocalVault(bench.ring.rotated(KeyName.SITE, bench.chance), bench.chance)
    bench.card(generation=generation)
    channel = bench.reader.connect()
    read_all(opened(channel, bench.kiosk))
    assert rotate_keys(channel, issuer) == Rotated((1,))


@pytest.mark.parametrize("generation", [1, 3])
@pytest.mark.parametrize("mishap", list(Mishap))
def test_rotation_survives_a_tear_at_every_frame(mishap: Mishap, generation: int) -> None:
    bench = make_bench(61)
    ring = bench.ring
    for name in (KeyName.MASTER, KeyName.SITE, KeyName.LOAD):
        ring = ring.rotated(name, bench.chance)
    issuer, kiosk = LocalVault(ring, bench.chance), LocalVault(ring.only(KIOSK_KEYS), bench.chance)
    for frame in range(60):
        card = bench.card(generation=generation, balance_cents=1_000)
        card.arm(Tear(frame, mishap))
        first = rotate_keys(bench.reader.connect(), issuer)
        fired = card.armed is None
        card.arm(None)
        bench.reader.present(card)
        session = opened(bench.reader.connect(), kiosk)
        assert isinstance(session.commit(debit_write(read_all(session), 100, bench.new_id())), Committed)
        session = opened(bench.reader.connect(), issuer)
        assert isinstance(session.commit(load_write(read_all(session), 100, bench.new_id())), Committed)
        if fired:
            assert first == Lost()
            assert isinstance(rotate_keys(bench.reader.connect(), issuer), Rotated)
        else:
            assert first == Rotated((1, 2, 0))
        assert rotate_keys(bench.reader.connect(), issuer) == Rotated(())
        assert isinstance(open_card(bench.reader.connect(), bench.kiosk), Refused), "the old key still opens"
        if not fired:
            return
    raise AssertionError("rotation takes more than 60 frames")
