"""Revoked: nothing is left but what the kiosk owes, sealed; any cut is gone on with; then the last key goes."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from domain.ports import FixedClock
from kiosk import wipe
from kiosk.config import Settings
from kiosk.device_keys import DeviceKeys
from kiosk.store import sealed_outbox
from kiosk.store.journal import Draft
from kiosk.store.sealed_outbox import boxes, is_complete
from kiosk.store.state import KioskState
from sync.client import DeviceClient
from sync.keys import REVOKED_TAG, create_server_identity
from sync.messages_pairing import build_revocation, revocation_document
from sync.pairing import Pairing, read_pairing, write_pairing
from sync.protocol import Head, chain_batch, unpack_batch
from sync.sealing import FACTS_CONTEXT, SealBroken, seal
from sync.transport import Answer, Fetched, Offline, OfflineReason, Request, Sink, never
from tests.fixtures.memory import memory_folder
from tests.unit.sync_fake_central import NOW_MS, FakeCentral, SeededChance
from tests.unit.test_journal import opener

SECRET = b"Jean Dupont"


class Central(FakeCentral):
    """Takes sealed batches too, as the server does."""

    down = False
    sealed = 0

    def fetch(self, request: Request, sink: Sink | None = None, cancelled: Callable[[], bool] = never) -> Fetched:
        if self.down:
            return Offline(OfflineReason.NO_ROUTE)
        if request.headers.get("Content-Type") == "application/zerot-sealed":
            self.sealed += 1
            return self._take(self.keys.open_box(request.body, FACTS_CONTEXT))
        return super().fetch(request, sink, cancelled)


def keys_of(folder: Path) -> DeviceKeys:
    return DeviceKeys(folder, None)


class World:
    """A kiosk's folder after a day without a line."""

    def __init__(self, home: Path) -> None:
        self.settings = Settings(home, (1280, 800), 97, None)
        self.clock = FixedClock(NOW_MS, 1)
        self.central = Central(self.clock)
        self.home = self.settings.kiosk_home
        self.home.mkdir(parents=True)
        self.identity = keys_of(self.settings.identity).open()
        self.central.device_key = self.identity.public_der
        keys = self.central.keys
        pairing = Pairing("https://zerot.example", "BC-017", "bon-coin", keys.public, keys.sealing_public, 1, b"k" * 60)
        write_pairing(self.home, pairing)
        with opener(self.settings.journal, self.clock)() as journal:
            journal.start_incarnation(1, "paired")
            journal.append_all([Draft("message", {}, personal=SECRET)])
            journal.append_all([Draft("visit", {"n": n, "name": SECRET.decode()}) for n in range(1_200)])
            self.facts = [fact.id for fact in journal.iterate()]
        state = KioskState(self.settings.state, pairing.recipient, boot="b")
        state.set_acknowledged(Head(1, 2))
        state.close()
        (self.home / "journal-damaged-1").mkdir()
        (self.settings.content / "blobs").mkdir(parents=True)
        (self.settings.content / "blobs" / "x").write_bytes(b"picture")

    def remains(self) -> wipe.Remains:
        return wipe.Remains(self.home, keys_of, lambda: self.central, self.clock, SeededChance())

    def names(self) -> list[str]:
        return sorted(path.name for path in self.home.iterdir())


@pytest.fixture
def world() -> Iterator[World]:
    with memory_folder() as folder:
        yield World(folder)


def run(world: World) -> None:
    wipe.begin(world.home)
    wipe.go_on(world.settings, keys_of, SeededChance())


def test_nothing_is_left_but_what_is_owed_and_only_the_server_reads_it(world: World) -> None:
    box = seal(world.identity.sealing_public, b"card keys", b"zerot-keys-1", SeededChance())
    run(world)
    assert world.names() == ["sealed-1"]
    (folder,) = wipe.remains_of(world.home)
    for path in folder.rglob("*"):
        assert path.is_dir() or SECRET not in path.read_bytes()
    kept = keys_of(folder / "identity").read()
    assert kept is not None
    assert kept.public_der == world.identity.public_der
    with pytest.raises(SealBroken):
        kept.open_box(box, b"zerot-keys-1")
    pairing = read_pairing(folder)
    assert pairing is not None
    assert pairing.sealed_keys == b""
    found = [
        fact.id
        for path in boxes(folder)
        for fact in chain_batch(unpack_batch(world.central.keys.open_box(path.read_bytes(), FACTS_CONTEXT)))
    ]
    assert found == world.facts[2:]
    assert len(boxes(folder)) == 3


def test_what_is_owed_is_handed_in_and_the_last_key_goes(world: World) -> None:
    run(world)
    remains = world.remains()
    remains.start()
    assert remains._thread is not None
    remains._thread.join(30)
    assert world.central.sealed == 3
    assert sorted(world.central.facts) == sorted(world.facts[2:])
    assert world.names() == []
    remains.stop()


def test_a_line_that_is_down_keeps_everything_and_stopping_is_prompt(world: World) -> None:
    run(world)
    world.central.down = True
    remains = world.remains()
    remains.start()
    remains.stop()
    (folder,) = wipe.remains_of(world.home)
    assert len(boxes(folder)) == 3
    world.central.down = False
    again = world.remains()
    assert again._pass(folder)
    assert world.names() == []


def test_a_refusal_keeps_the_rest(world: World) -> None:
    run(world)
    (folder,) = wipe.remains_of(world.home)
    taken = world.central._take
    count = iter(range(10))

    def once(packed: bytes) -> Answer:
        return taken(packed) if next(count) == 0 else Answer(503, {}, b"")

    world.central._take = once  # type: ignore[method-assign]
    assert world.remains()._pass(folder) is False
    assert len(boxes(folder)) == 2


STEPS = [
    (sealed_outbox, "_write"),
    (shutil, "rmtree"),
    (DeviceKeys, "forget_sealing"),
    (Path, "rmdir"),
    (Path, "unlink"),
]


@pytest.mark.parametrize("after", range(6))
@pytest.mark.parametrize("step", range(len(STEPS)))
def test_a_cut_at_any_step_is_gone_on_with(
    world: World, monkeypatch: pytest.MonkeyPatch, step: int, after: int
) -> None:
    owner, name = STEPS[step]
    really, calls = getattr(owner, name), iter(range(100))

    def cut(*arguments: object, **named: object) -> object:
        if next(calls) == after:
            raise OSError("power cut")
        return really(*arguments, **named)

    wipe.begin(world.home)
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, cut)
        try:
            wipe.go_on(world.settings, keys_of, SeededChance())
        except OSError:
            assert wipe.is_begun(world.home)
    if wipe.is_begun(world.home):
        wipe.go_on(world.settings, keys_of, SeededChance())
    assert world.names() == ["sealed-1"]
    (folder,) = wipe.remains_of(world.home)
    assert is_complete(folder)
    assert world.remains()._pass(folder)
    assert sorted(world.central.facts) == sorted(world.facts[2:])


def test_wiped_again_before_the_first_debts_are_handed_in(world: World, tmp_path: Path) -> None:
    run(world)
    second = World(tmp_path / "second")
    for path in second.home.iterdir():
        shutil.move(path, world.home / path.name)
    run(world)
    assert world.names() == ["sealed-1", "sealed-2"]
    first, other = wipe.remains_of(world.home)
    assert len(boxes(first)) == len(boxes(other)) == 3


def test_never_paired_owes_nothing(tmp_path: Path) -> None:
    settings = Settings(tmp_path, (1280, 800), 97, None)
    settings.kiosk_home.mkdir(parents=True)
    wipe.begin(settings.kiosk_home)
    wipe.go_on(settings, keys_of, SeededChance())
    remains = wipe.Remains(settings.kiosk_home, keys_of, lambda: Central(FixedClock(0)), FixedClock(0), SeededChance())
    assert remains._pass(settings.kiosk_home / "sealed-1")
    assert wipe.remains_of(settings.kiosk_home) == []


def test_only_a_signed_word_is_believed(world: World) -> None:
    client = DeviceClient(
        world.central, "https://zerot.example", "BC-017", world.identity, clock=world.clock, chance=SeededChance()
    )
    document = revocation_document("BC-017", world.identity.public_der)
    other = create_server_identity()

    def says(signature: bytes) -> None:
        headers = {"content-type": "application/json"}
        world.central.before = lambda path: Answer(200, headers, build_revocation(signature))

    assert not client.is_revoked(world.central.keys.public)  # approved
    says(other.sign_document(REVOKED_TAG, document))
    assert not client.is_revoked(world.central.keys.public)
    says(world.central.keys.sign_document(REVOKED_TAG, revocation_document("BC-018", world.identity.public_der)))
    assert not client.is_revoked(world.central.keys.public)
    says(world.central.keys.sign_document(REVOKED_TAG, document))
    assert client.is_revoked(world.central.keys.public)
