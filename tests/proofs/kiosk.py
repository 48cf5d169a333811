"""A kiosk for the proofs of the sync: its real journal, state, content and engine, in a folder that can be copied,
opened again, or run in a process of its own that is killed.

    python -m tests.proofs.kiosk FOLDER URL --die-at N

runs one pass in this process and kills it (SIGKILL) when a port has been used N times: each use is a stage's step.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from domain.facts import Fact
from domain.ports import Clock, Uuid7Ids
from hardware.card.system import SystemChance
from kiosk.store.content import ContentStore
from kiosk.store.journal import Draft, Journal
from kiosk.store.journal_opening import open_journal
from kiosk.store.state import KioskState
from kiosk.workers.clock import DeviceClock
from sync.client import DeviceClient as EngineClient
from sync.client import Refused
from sync.engine import Engine, SyncReport
from sync.http import Bounds, Fetcher
from sync.keys import create_device_identity, read_device_identity, write_device_identity
from sync.pairing import Pairing, claim, finish, read_pairing, write_pairing
from sync.protocol import parse_code
from sync.transport import Offline
from tests.fixtures.purse_facts import award, debit_intent, load_intent, outcome
from tests.fixtures.server import LiveServer

PATIENT = Bounds(3, 60, 120)  # a busy machine is no failure of a proof
HASTY = Bounds(1, 0.6, 2)  # for lines that stall: what takes longer is given up


class ProofFailed(AssertionError):
    """What should hold does not; the text names the case."""


def check(holds: bool, message: str) -> None:
    if not holds:
        raise ProofFailed(message)


class ShiftedClock:
    """A wall clock that is wrong; the monotonic one is right."""

    def __init__(self, shift_ms: int) -> None:
        self._clock, self._shift_ms = DeviceClock(), shift_ms

    def now_ms(self) -> int:
        return self._clock.now_ms() + self._shift_ms

    def monotonic_ms(self) -> int:
        return self._clock.monotonic_ms()


def pair(folder: Path, server: LiveServer, name: str) -> None:
    """Make a record on the server, claim it, approve it, and keep identity and pairing in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    identity, fetcher = create_device_identity(), Fetcher(PATIENT)
    try:
        found = claim(fetcher, server.base, parse_code(server.create_device(name)["code"]), identity, "prove")
        if isinstance(found, Refused | Offline):
            raise ProofFailed(f"pairing: {found}")
        pairing, _words = found
        server.run("approve", name)
        clock, chance = DeviceClock(), SystemChance()
        client = EngineClient(fetcher, server.base, pairing.device, identity, clock=clock, chance=chance)
        done = finish(client, pairing)
    finally:
        fetcher.close()
    if not isinstance(done, Pairing):
        raise ProofFailed(f"pairing: {done}")
    write_device_identity(folder, identity)
    write_pairing(folder, done)


class Kiosk:
    """Opens what `pair` left in `folder`; `url` is where it believes the server to be."""

    def __init__(
        self,
        folder: Path,
        url: str,
        *,
        bounds: Bounds = PATIENT,
        clock: Clock | None = None,
        watch: Callable[[Any, str], Any] = lambda port, name: port,
    ) -> None:
        clock, chance = clock or DeviceClock(), SystemChance()
        pairing, identity = read_pairing(folder), read_device_identity(folder)
        if pairing is None or identity is None:
            raise ProofFailed(f"{folder} holds no paired kiosk")
        self.folder, self.pairing = folder, replace(pairing, url=url)
        self.fetcher = Fetcher(bounds)
        self.state = KioskState(folder / "state.db", pairing.recipient, boot="b")
        self.content = ContentStore(folder / "content", pairing.server_key, lambda path: None)
        self.journal: Journal = open_journal(
            folder / "journal", pairing.territory, pairing.device,
            clock=clock, ids=Uuid7Ids(clock, chance), chance=chance, boot="b",
        )  # fmt: skip
        if self.journal.last_place() == (0, 0):
            self.journal.start_incarnation(pairing.incarnation, "paired")
        transport, journal = watch(self.fetcher, "line"), watch(self.journal, "journal")
        client = EngineClient(transport, url, pairing.device, identity, clock=clock, chance=chance)
        self.engine = Engine(
            client, journal, watch(self.state, "state"), watch(self.content, "content"), pairing.recipient,
            clock=clock, chance=chance,
        )  # fmt: skip

    def sync(self) -> SyncReport:
        return self.engine.run_once()

    def visits(self, count: int) -> None:
        """So many facts that move nothing."""
        body = {"site": 1, "session": "s", "started_at": 1, "ended_at": 2, "language": "fr", "card": None}
        self.journal.append_all([Draft("visit", {**body, "offers_seen": n}) for n in range(count)])

    def sell(self, card: str) -> None:
        """50 € loaded onto a card, 18 € of them spent, 40 points given."""
        loaded = self._append("purse.load.intent", load_intent(card=card))
        self._append("purse.load.outcome", outcome(loaded.id))
        paid = self._append("purse.debit.intent", {**debit_intent(card=card), "sale": f"sale-{card}"})
        self._append("purse.debit.outcome", outcome(paid.id, operation=2, balance=3200, points=40))
        self._append("points.awarded", award(paid.id, card=card))

    def _append(self, kind: str, body: dict[str, object]) -> Fact:
        return self.journal.append(kind, body)  # type: ignore[arg-type]

    def close(self) -> None:
        self.journal.close()
        self.state.close()
        self.fetcher.close()


def settle(kiosk: Kiosk, passes: int = 12) -> int:
    """Passes until nothing waits; how many facts they sent."""
    sent = 0
    for _ in range(passes):
        report = kiosk.sync()
        sent += report.facts_sent
        if report.facts_waiting == 0 and report.trouble is None:
            return sent
    raise ProofFailed(f"facts still wait: {report}")


class _Fuse:
    """Counts what the engine does to its ports and kills this process before or after one of them."""

    def __init__(self, die_at: int) -> None:
        self.steps, self.die_at = 0, die_at

    def step(self, name: str) -> None:
        self.steps += 1
        if self.steps == self.die_at:
            print(name, flush=True)
            os.kill(os.getpid(), signal.SIGKILL)

    def wrap(self, port: Any, name: str) -> Any:
        return _Watched(port, name, self)


class _Watched:
    def __init__(self, port: Any, name: str, fuse: _Fuse) -> None:
        self._port, self._name, self._fuse = port, name, fuse

    def __getattr__(self, attribute: str) -> Any:
        found = getattr(self._port, attribute)
        if not callable(found):
            return found

        def call(*args: Any, **kwargs: Any) -> Any:
            self._fuse.step(f"before {self._name}.{attribute}")
            answer = found(*args, **kwargs)
            self._fuse.step(f"after {self._name}.{attribute}")
            return answer

        return call


def main(arguments: list[str]) -> int:
    """One pass that dies; prints what it was about to do. When it outlives its steps it prints `done`."""
    folder, url, _, die_at = arguments
    fuse = _Fuse(int(die_at))
    kiosk = Kiosk(Path(folder), url, watch=fuse.wrap)
    report = kiosk.sync()
    kiosk.close()
    print("done" if report.trouble is None else f"trouble {report.trouble}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
