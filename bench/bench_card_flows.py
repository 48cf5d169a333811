"""Every card operation as JSON lines: frames, our own code, and the same read by a client that we did not write.

`card.session_FLOW_own_code_ms` is one whole operation (open, read, plan, commit) less the time that the simulated chip
took, in process; the line also says how many `exchanges` it needs on a card met before and how long it takes in all
over pcscd and vpcd (`over_pcscd_ms`, the chip and the sockets included). `card.authenticate_and_read_ms` is one EV1
authentication and a read of 32 bytes with its MAC, by us; `peer` is python-desfire 0.1.5 on the same chip.

Usage: python -m bench.bench_card_flows
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from domain.ports import format_id
from hardware.card.desfire.auth import Ev1Authentication
from hardware.card.desfire.commands import Mode, read_data
from hardware.card.keys import LocalVault
from hardware.card.link import DesfireLink
from hardware.card.opening import KnownChips
from hardware.card.port import CardChannel, CardPresent, CardRead, CardRemoved, Committed
from hardware.card.session import CardSession, open_card
from hardware.card.simulated.card import SimulatedCard
from hardware.card.simulated.reader import SimulatedReader
from hardware.card.simulated.vpcd import VpcdAddress, VpcdCard, VpcdUnavailable
from tests.fixtures.card_proof import FLOWS, Flow, Laboratory
from tests.fixtures.cards import SeededChance
from tests.fixtures.pcscd import PrivatePcscd, free_port, missing_piece

SEED = 20261125
ROUNDS = 100
GET_UID_CLASS = 0xFF
AID = bytes.fromhex("123456")
ZERO = bytes(16)


class TimedCard:
    """Counts the frames that reach a chip, and the seconds it took for them."""

    def __init__(self, card: SimulatedCard) -> None:
        self.card = card
        self.frames = 0
        self.seconds = 0.0

    def power_up(self) -> None:
        self.card.power_up()

    def exchange(self, frame: bytes) -> bytes:
        started = time.perf_counter()
        answer = self.card.exchange(frame)
        self.seconds += time.perf_counter() - started
        self.frames += frame[0] != GET_UID_CLASS
        return answer


def line(name: str, values: list[float], **more: object) -> None:
    figures = {"value": round(statistics.median(values), 3), "unit": "ms", "n": len(values)}
    bounds = {"min": round(min(values), 3), "max": round(max(values), 3)}
    print(json.dumps({"name": name, **figures, **bounds, **more}), flush=True)


def carry_out(channel: CardChannel, vault: LocalVault, known: KnownChips, flow: Flow, transfer: str) -> None:
    """One whole operation on the card that lies there; SystemExit when it was not done."""
    session = open_card(channel, vault, known=known)
    if not isinstance(session, CardSession):
        raise SystemExit(f"the card did not open: {session}")
    result = session.read(records=0, scope=flow.scope)
    if not isinstance(result, CardRead):
        raise SystemExit(f"the card was not read: {result}")
    answer = session.commit(flow.plan(result.reading, transfer))
    if not isinstance(answer, Committed):
        raise SystemExit(f"the operation was not done: {answer}")


class Flows:
    """Cards of one territory, each operation on a fresh copy of the same chip."""

    def __init__(self, seed: int) -> None:
        self._laboratory = Laboratory(seed)
        self._ids = SeededChance(seed + 1)
        self._known = KnownChips()

    def card(self) -> SimulatedCard:
        return self._laboratory.card(3, random_uid=False)

    def in_process(self, name: str, rounds: int) -> tuple[list[float], list[float]]:
        """(ms of our own code, frames) of each round; the first, which meets the card, is left out."""
        own, frames = list[float](), list[float]()
        for number in range(rounds + 1):
            timed, reader = TimedCard(self.card()), SimulatedReader()
            reader.present(timed)
            started = time.perf_counter()
            self._go(reader.connect(), name)
            taken = time.perf_counter() - started
            if number:
                own.append((taken - timed.seconds) * 1000)
                frames.append(timed.frames)
        return own, frames

    def over(self, channel: CardChannel, name: str) -> float:
        """Milliseconds in all over a channel that is open already."""
        started = time.perf_counter()
        self._go(channel, name)
        return (time.perf_counter() - started) * 1000

    def _go(self, channel: CardChannel, name: str) -> None:
        transfer = format_id(self._ids.token(16))
        carry_out(channel, self._laboratory.desk.vault, self._known, FLOWS[name], transfer)


@contextmanager
def lying(card: TimedCard, port: int) -> Iterator[Any]:
    """A reader of the private pcscd on which `card` lies; yields the adapter."""
    from hardware.card.pcsc import PcscReader  # its library reads the socket's place when it is loaded

    served = VpcdCard(card, VpcdAddress("127.0.0.1", port))

    def serve() -> None:
        with suppress(VpcdUnavailable):
            served.serve()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    reader = PcscReader()
    while not isinstance(reader.wait(10), CardPresent):
        pass
    try:
        yield reader
    finally:
        served.leave()
        thread.join()
        while not isinstance(reader.wait(10), CardRemoved):
            pass  # pcscd polls its driver: the next card must not be taken for this one
        reader.close()


def blank_application() -> SimulatedCard:
    """An EV1 card with an application of zero AES keys and a MACed file of 32 bytes, made by python-desfire."""
    from desfire import DESFire, DESFireKey
    from desfire.enums import DESFireCommunicationMode, DESFireFileType, DESFireKeySettings, DESFireKeyType
    from desfire.schemas import FilePermissions, FileSettings, KeySettings

    card = SimulatedCard.blank(SeededChance(SEED), uid=bytes.fromhex("04A1B2C3D4E5F6"), generation=1)
    client = DESFire(in_process_device(card))
    client.authenticate(0, DESFireKey(KeySettings(key_type=DESFireKeyType.DF_KEY_2K3DES), bytes(8)))
    settings = [DESFireKeySettings.KS_ALLOW_CHANGE_MK, DESFireKeySettings.KS_CREATE_DELETE_WITHOUT_MK]
    client.create_application(list(AID), KeySettings(key_type=DESFireKeyType.DF_KEY_AES, settings=settings), 3)
    client.select_application(list(AID))
    client.authenticate(0, DESFireKey(KeySettings(key_type=DESFireKeyType.DF_KEY_AES), ZERO))
    file = FileSettings(
        DESFireCommunicationMode.CMAC, DESFireFileType.MDFT_STANDARD_DATA_FILE, FilePermissions(0, 0, 0, 0), 32
    )
    client.create_standard_file(5, file)
    return card


def in_process_device(card: SimulatedCard | TimedCard) -> Any:
    """The other client's way to a chip in this process."""
    from desfire.devices.base import Device

    class Direct(Device):  # type: ignore[misc]  # the library ships no types
        def transceive(self, frame: list[int]) -> list[int]:
            return list(card.exchange(bytes(frame)))

    card.power_up()
    return Direct()


def read_by_peer(device: Any) -> Callable[[], None]:
    """What python-desfire does once it knows the file: select, authenticate, read."""
    from desfire import DESFire, DESFireKey
    from desfire.enums import DESFireCommunicationMode, DESFireFileType, DESFireKeyType
    from desfire.schemas import FilePermissions, FileSettings, KeySettings

    client = DESFire(device)
    file = FileSettings(
        DESFireCommunicationMode.CMAC, DESFireFileType.MDFT_STANDARD_DATA_FILE, FilePermissions(0, 0, 0, 0), 32
    )

    def go() -> None:
        client.select_application(list(AID))
        # Its key object keeps the running vector of a session: each authentication takes a new one.
        client.authenticate(0, DESFireKey(KeySettings(key_type=DESFireKeyType.DF_KEY_AES), ZERO))
        if client.read_file_data(5, file) != [0] * 32:
            raise SystemExit("python-desfire read something else")

    return go


def read_by_us(channel: CardChannel) -> Callable[[], None]:
    link, chance = DesfireLink(channel), SeededChance(SEED)

    def go() -> None:
        link.select(AID)
        session = link.shake_hands(Ev1Authentication(ZERO, 0, chance.token(16)))
        if link.run(session, read_data(5, 0, 32, Mode.MAC, ev1=True)) != bytes(32):
            raise SystemExit("we read something else")

    return go


def timed_rounds(go: Callable[[], None], timed: TimedCard) -> list[float]:
    """Milliseconds of each round without the chip's own time."""
    found = []
    for _ in range(ROUNDS):
        chip, started = timed.seconds, time.perf_counter()
        go()
        found.append((time.perf_counter() - started - (timed.seconds - chip)) * 1000)
    return found


def compare_with_peer() -> None:
    timed = TimedCard(blank_application())
    reader = SimulatedReader()
    reader.present(timed)
    ours = timed_rounds(read_by_us(reader.connect()), timed)
    theirs = timed_rounds(read_by_peer(in_process_device(timed)), timed)
    peer = {"name": "python-desfire 0.1.5", "value": round(statistics.median(theirs), 3)}
    line("card.authenticate_and_read_ms", ours, peer=peer)


def compare_over_pcscd(port: int) -> None:
    """The same over one connection to the real service: what is left is mostly sockets."""
    from desfire import PCSCDevice
    from smartcard.System import readers

    with lying(TimedCard(blank_application()), port) as reader:
        channel = reader.connect()
        ours = rounds_in_all(read_by_us(channel))
        channel.close()
        connection = readers()[0].createConnection()
        connection.connect()
        theirs = rounds_in_all(read_by_peer(PCSCDevice(connection.component)))
        connection.disconnect()
        connection.release()
    peer = {"name": "python-desfire 0.1.5", "value": round(statistics.median(theirs), 3)}
    line("card.authenticate_and_read_over_pcscd_ms", ours, peer=peer)


def rounds_in_all(go: Callable[[], None]) -> list[float]:
    found = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        go()
        found.append((time.perf_counter() - started) * 1000)
    return found


def flows_over_pcscd(flows: Flows, port: int) -> dict[str, float]:
    """Median milliseconds of each flow, connection to the card included."""
    found: dict[str, float] = {}
    for name in FLOWS:
        taken = []
        timed = TimedCard(flows.card())
        with lying(timed, port) as reader:
            for number in range(20):
                channel = reader.connect()
                milliseconds = flows.over(channel, name)
                timed.card = flows.card()  # as before this round; closing resets, which powers it up
                channel.close()
                if number:
                    taken.append(milliseconds)
        found[name] = round(statistics.median(taken), 3)
    return found


def main() -> None:
    print(f"seed {SEED}", file=sys.stderr)
    flows = Flows(SEED)
    reason = missing_piece()
    over: dict[str, float] = {}
    if reason is not None:
        print(f"what goes over pcscd is left out: {reason}", file=sys.stderr)
    else:
        folder = Path(tempfile.mkdtemp(prefix="zerot-bench-"))
        service = PrivatePcscd(folder, free_port())
        os.environ["PCSCLITE_CSOCK_NAME"] = str(service.socket)
        try:
            service.start()
            over = flows_over_pcscd(flows, service.port)
            compare_over_pcscd(service.port)
        finally:
            service.stop()
            shutil.rmtree(folder, ignore_errors=True)
    for name in FLOWS:
        own, frames = flows.in_process(name, ROUNDS)
        label = name.replace(" ", "_").replace("+", "_with_")
        line(
            f"card.session_{label}_own_code_ms",
            own,
            exchanges=int(statistics.median(frames)),
            over_pcscd_ms=over.get(name),
        )
    compare_with_peer()


if __name__ == "__main__":
    main()
