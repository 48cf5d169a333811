"""Where a desk's load key may be: a file sealed to one desk, or a module that comes and goes."""

from __future__ import annotations

from pathlib import Path

import pytest

from hardware.card.keys import KIOSK_KEYS, KeyFileError, KeyMissing, KeyName, KeyRing, LocalVault
from hardware.card.module_vault import ModuleVault
from hardware.card.opening import LOAD_KEY
from hardware.card.port import Committed, ReaderTrouble
from hardware.card.sam import SamRefused, SamVault
from hardware.card.session import CardSession, open_card
from hardware.card.simulated.reader import SimulatedChannel, SimulatedReader
from hardware.card.simulated.sam import ATR, SimulatedSam
from hardware.card.system import SystemChance
from kiosk.config import SettingsRefused, read_settings
from kiosk.desk_vault import read_module_secret, ring_of, sealed_file
from kiosk.flow import events as ev
from kiosk.workers.card import SplitVault
from sync.desk_keys import (
    DeskKeysTrouble,
    SealedDeskKeys,
    build_desk_keys,
    open_desk_keys,
    parse_desk_keys,
    seal_desk_keys,
)
from sync.keys import create_device_identity, create_server_identity
from sync.messages_pairing import CardKey, CardKeys
from sync.pairing import Pairing
from tests.fixtures.cards import Bench, load_write, make_bench, opened, read_all
from tests.fixtures.purse import Counter, make_card, make_ring

SECRET = b"desk 7 secret"
CHANCE = SystemChance()
DESK, OTHER, SERVER = create_device_identity(), create_device_identity(), create_server_identity()
PAIRING = Pairing("https://x", "BC-001", "bon-coin", SERVER.public, SERVER.sealing_public, 1, b"")


def keys_of(ring: KeyRing, number: int = 2, name: KeyName = KeyName.LOAD) -> CardKeys:
    versions = ring.masters[name].items()
    return CardKeys(ring.system_id, tuple(CardKey(number, version, master) for version, master in versions))


def sealed_for_desk(ring: KeyRing) -> SealedDeskKeys:
    return seal_desk_keys(keys_of(ring), "bon-coin", "BC-001", DESK.sealing_public, SERVER, CHANCE)


def write_file(path: Path, raw: bytes, mode: int = 0o600) -> Path:
    path.write_bytes(raw)
    path.chmod(mode)
    return path


@pytest.fixture
def bench() -> Bench:
    return make_bench(83)


class TestSealedFile:
    def test_the_desk_it_was_sealed_to_loads_with_it(self, bench: Bench, tmp_path: Path) -> None:
        bench.card(balance_cents=1_000)
        path = write_file(tmp_path / "desk.json", build_desk_keys(sealed_for_desk(bench.ring)))
        vault = sealed_file(path, CHANCE)(PAIRING, DESK)
        assert vault.holds(KeyName.LOAD)
        assert not vault.holds(KeyName.SITE)
        session = open_card(bench.reader.connect(), SplitVault(LocalVault(bench.ring.only(KIOSK_KEYS), CHANCE), vault))
        assert isinstance(session, CardSession), session
        assert isinstance(session.commit(load_write(read_all(session), 2_500, bench.new_id())), Committed)

    def test_no_key_stands_in_it(self, bench: Bench) -> None:
        raw = build_desk_keys(sealed_for_desk(bench.ring))
        master = bench.ring.masters[KeyName.LOAD][1]
        assert master not in raw
        assert master.hex().encode() not in raw

    @pytest.mark.parametrize(
        ("change", "word"),
        [
            ("device", "for the desk BC-002"),
            ("territory", "for the desk BC-001"),
            ("server", "not made by this desk's server"),
            ("box", "not made by this desk's server"),
            ("identity", "earlier pairing"),
        ],
    )
    def test_it_opens_nowhere_else(self, bench: Bench, change: str, word: str) -> None:
        sealed = sealed_for_desk(bench.ring)
        device, territory, identity = "BC-001", "bon-coin", DESK
        if change == "device":
            sealed = seal_desk_keys(keys_of(bench.ring), "bon-coin", "BC-002", DESK.sealing_public, SERVER, CHANCE)
        elif change == "territory":
            territory = "autre"
        elif change == "server":
            stranger = create_server_identity()
            sealed = seal_desk_keys(keys_of(bench.ring), "bon-coin", "BC-001", DESK.sealing_public, stranger, CHANCE)
        elif change == "box":
            box = bytes([sealed.box[0] ^ 1]) + sealed.box[1:]
            sealed = SealedDeskKeys(sealed.territory, sealed.device, box, sealed.signature)
        else:
            identity = OTHER
        with pytest.raises(DeskKeysTrouble, match=word):
            open_desk_keys(sealed, territory, device, SERVER.public, identity)

    def test_other_keys_are_never_sealed_for_a_desk(self, bench: Bench) -> None:
        for keys in (keys_of(bench.ring, 1, KeyName.SITE), CardKeys(bench.ring.system_id, ())):
            with pytest.raises(ValueError, match="load keys alone"):
                seal_desk_keys(keys, "bon-coin", "BC-001", DESK.sealing_public, SERVER, CHANCE)

    @pytest.mark.parametrize("raw", [b"", b"{}", b"[]", b'{"version":1}', b"\xff" * 40, b" " * 40_000])
    def test_a_damaged_file_is_one_sentence(self, tmp_path: Path, raw: bytes) -> None:
        with pytest.raises(DeskKeysTrouble, match="not a desk's key file"):
            parse_desk_keys(raw)
        with pytest.raises(KeyFileError, match=r"desk\.json"):
            sealed_file(write_file(tmp_path / "desk.json", raw), CHANCE)

    def test_a_file_open_to_others_or_missing_is_refused(self, bench: Bench, tmp_path: Path) -> None:
        raw = build_desk_keys(sealed_for_desk(bench.ring))
        with pytest.raises(KeyFileError, match="0600"):
            sealed_file(write_file(tmp_path / "open.json", raw, 0o644), CHANCE)
        with pytest.raises(KeyFileError, match="there is no file"):
            sealed_file(tmp_path / "none.json", CHANCE)

    def test_a_ring_takes_only_the_numbers_it_may(self, bench: Bench) -> None:
        both = CardKeys(bench.ring.system_id, (CardKey(1, 1, bytes(16)), CardKey(2, 1, bytes(16))))
        assert set(ring_of(both, frozenset({1, 3})).masters) == {KeyName.SITE}


class TestModule:
    def test_taken_home_and_brought_back(self, bench: Bench) -> None:
        card = bench.card(balance_cents=1_000)
        slot = SimulatedReader("SAM")
        vault = ModuleVault(slot, SECRET)
        sam = SimulatedSam(bench.ring.only(frozenset({KeyName.LOAD})), SECRET, bench.chance)
        assert not vault.holds(KeyName.LOAD)
        assert "no key module" in vault.trouble
        for expected in (1_500, 2_000):
            slot.present(sam, ATR)
            assert vault.holds(KeyName.LOAD)
            assert vault.trouble == ""
            desk = SplitVault(LocalVault(bench.ring.only(KIOSK_KEYS), bench.chance), vault)
            session = open_card(bench.reader.connect(), desk)
            assert isinstance(session, CardSession)
            done = session.commit(load_write(read_all(session), 500, bench.new_id()))
            assert isinstance(done, Committed)
            assert done.balance_cents == expected
            slot.remove()
            assert not vault.holds(KeyName.LOAD)
            bench.reader.present(card)
        session = opened(bench.reader.connect(), bench.kiosk)
        assert isinstance(session, CardSession)

    def test_a_reader_that_fails_once_is_asked_twice(self, bench: Bench) -> None:
        class Restarted(SimulatedReader):
            """Its first connection after a restart of the service fails, as PC/SC contexts do."""

            failures = 1

            def connect(self) -> SimulatedChannel:
                if self.failures:
                    self.failures -= 1
                    self.unplug(ReaderTrouble.NO_SERVICE)
                    try:
                        return super().connect()
                    finally:
                        self.plug()
                        self.present(sam, ATR)
                return super().connect()

        sam = SimulatedSam(bench.ring.only(frozenset({KeyName.LOAD})), SECRET, bench.chance)
        slot = Restarted("SAM")
        assert ModuleVault(slot, SECRET).holds(KeyName.LOAD)
        assert slot.failures == 0

    def test_a_refused_secret_is_tried_once_only(self, bench: Bench) -> None:
        slot = SimulatedReader("SAM")
        slot.present(SimulatedSam(bench.ring.only(frozenset({KeyName.LOAD})), SECRET, bench.chance), ATR)
        vault = ModuleVault(slot, b"guess")
        for _ in range(5):
            assert not vault.holds(KeyName.LOAD)
        assert "2 tries left" in vault.trouble
        assert "guess" not in vault.trouble
        assert SamVault.unlock(slot, SECRET).holds(KeyName.LOAD)
        with pytest.raises(SamRefused, match="2 tries left"):
            SamVault.unlock(slot, b"guess")

    def test_without_a_module_a_load_is_refused_before_the_card_is_written(self) -> None:
        """At the desk: the guest hears that this desk cannot load, no intent is kept, and the card is as it was."""
        ring = make_ring(84)
        counter = Counter(ring, 84, desk=True)
        slot = SimulatedReader("SAM")
        module = ModuleVault(slot, SECRET)
        counter.vault = SplitVault(LocalVault(ring.only(KIOSK_KEYS), CHANCE), module)
        counter.can_load = lambda: module.holds(KeyName.LOAD)
        counter.restart()
        card = make_card(ring, 84)
        counter.arm_load(1_000)
        told = counter.tap(card)
        assert [event.trouble for event in told if isinstance(event, ev.CardRefused)] == [ev.CardTrouble.NO_LOAD_KEY]
        assert not [fact for fact in counter.journal.facts if fact.kind.startswith("purse.load")]
        slot.present(SimulatedSam(ring.only(frozenset({KeyName.LOAD})), SECRET, CHANCE), ATR)
        counter.arm_load(1_000)
        assert any(isinstance(event, ev.LoadSettled) for event in counter.tap(card))

    def test_its_card_is_missing_key_when_asked_without_module(self, bench: Bench) -> None:
        bench.card(balance_cents=1_000)
        desk = SplitVault(
            LocalVault(bench.ring.only(KIOSK_KEYS), bench.chance), ModuleVault(SimulatedReader("SAM"), SECRET)
        )
        session = open_card(bench.reader.connect(), desk)
        assert isinstance(session, CardSession)
        with pytest.raises(KeyMissing):
            desk.authenticate(session._link, LOAD_KEY, session._handle)


class TestSettings:
    def test_a_module_needs_slot_and_secret_and_no_file(self, tmp_path: Path) -> None:
        home = {"ZEROT_HOME": str(tmp_path)}
        with pytest.raises(SettingsRefused, match="both ZEROT_MODULE_SLOT and ZEROT_MODULE_SECRET"):
            read_settings({**home, "ZEROT_MODULE_SLOT": "SAM"})
        with pytest.raises(SettingsRefused, match="both"):
            read_settings({**home, "ZEROT_MODULE_SECRET": "/x"})
        with pytest.raises(SettingsRefused, match="not both"):
            read_settings({**home, "ZEROT_MODULE_SLOT": "SAM", "ZEROT_MODULE_SECRET": "/x", "ZEROT_DESK_KEYS": "/y"})
        settings, unknown = read_settings({**home, "ZEROT_MODULE_SLOT": "SAM", "ZEROT_MODULE_SECRET": "/x"})
        assert (settings.module_slot, settings.module_secret, unknown) == ("SAM", Path("/x"), ())

    def test_the_modules_secret_is_the_first_line_of_a_private_file(self, tmp_path: Path) -> None:
        assert read_module_secret(write_file(tmp_path / "s", b"desk 7 secret\nnot this\n")) == b"desk 7 secret"
        for raw in (b"", b"abc\n", b"x" * 17):
            with pytest.raises(KeyFileError, match="4 to 16 bytes"):
                read_module_secret(write_file(tmp_path / "s", raw))
        with pytest.raises(KeyFileError, match="0600"):
            read_module_secret(write_file(tmp_path / "s", b"desk 7 secret", 0o640))
