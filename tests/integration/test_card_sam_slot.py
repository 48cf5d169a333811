"""A desk with two slots over the real pcscd and vpcd: the city card in the first, the key module in the second."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from hardware.card.keys import KIOSK_KEYS, KeyName, LocalVault
from hardware.card.module_vault import ModuleVault
from hardware.card.pcsc import PcscReader
from hardware.card.port import CardPresent, CardRemoved, Committed, ReaderReady
from hardware.card.sam import SamVault
from hardware.card.session import CardSession, open_card
from hardware.card.simulated.reader import AnyCard
from hardware.card.simulated.sam import ATR, SimulatedSam
from hardware.card.simulated.vpcd import VpcdAddress, VpcdCard
from kiosk.workers.card import SplitVault
from tests.fixtures.cards import load_write, make_bench, read_all
from tests.fixtures.pcscd import READER_NAME, PrivatePcscd, pcscd

__all__ = ["pcscd"]

SECRET = b"desk 7 secret"
EVENT_SECONDS = 10.0
CARD_ATR = bytes.fromhex("3B8180018080")


@contextmanager
def lying(port: int, slot: str, card: AnyCard, atr: bytes) -> Iterator[PcscReader]:
    """`card` on that slot for the length of the block; its reader has seen it come and sees it go."""
    served = VpcdCard(card, VpcdAddress("127.0.0.1", port), atr)
    thread = threading.Thread(target=served.serve, daemon=True)
    thread.start()
    reader = PcscReader(f"{READER_NAME} {slot}")
    deadline = time.monotonic() + EVENT_SECONDS
    while not isinstance(reader.wait(0.5), CardPresent):
        assert time.monotonic() < deadline, f"nothing came to slot {slot}"
    try:
        yield reader
    finally:
        served.leave()
        thread.join(5)
        deadline = time.monotonic() + EVENT_SECONDS
        while not isinstance(reader.wait(0.5), CardRemoved):
            assert time.monotonic() < deadline, f"it stays on slot {slot}"
        reader.close()


def test_a_load_with_the_module_in_the_second_slot(pcscd: PrivatePcscd) -> None:
    bench = make_bench(91)
    card = bench.card(balance_cents=1_000)
    module = SimulatedSam(bench.ring.only(frozenset({KeyName.LOAD})), SECRET, bench.chance)
    with lying(pcscd.port, "00 00", card, CARD_ATR) as place, lying(pcscd.port + 1, "00 01", module, ATR) as slot:
        sam = SamVault.unlock(slot, SECRET)
        desk = SplitVault(LocalVault(bench.ring.only(KIOSK_KEYS), bench.chance), sam)
        for expected in (1_500, 2_000):  # the module stays unlocked from one card to the next
            channel = place.connect()
            session = open_card(channel, desk)
            assert isinstance(session, CardSession), session
            done = session.commit(load_write(read_all(session, records=0), 500, bench.new_id()))
            channel.close()
            assert isinstance(done, Committed), done
            assert done.balance_cents == expected
        sam.close()


def test_a_desk_finds_card_and_module_each_in_its_slot_and_the_module_again_after_a_restart(
    pcscd: PrivatePcscd,
) -> None:
    bench = make_bench(92)
    module = SimulatedSam(bench.ring.only(frozenset({KeyName.LOAD})), SECRET, bench.chance)
    slot = PcscReader(f"{READER_NAME} 00 01")
    vault = ModuleVault(slot, SECRET)
    cards = PcscReader(avoid=f"{READER_NAME} 00 01")
    deadline = time.monotonic() + EVENT_SECONDS
    while not isinstance(event := cards.wait(0.5), ReaderReady):
        assert time.monotonic() < deadline, "no reader"
    assert event.name == f"{READER_NAME} 00 00"
    assert not vault.holds(KeyName.LOAD)
    with lying(pcscd.port + 1, "00 01", module, ATR):
        assert vault.holds(KeyName.LOAD)
    assert not vault.holds(KeyName.LOAD)
    pcscd.stop()
    assert not vault.holds(KeyName.LOAD)
    pcscd.start()
    with lying(pcscd.port + 1, "00 01", module, ATR):
        assert vault.holds(KeyName.LOAD)
        assert vault.trouble == ""
    vault.close()
    cards.close()
