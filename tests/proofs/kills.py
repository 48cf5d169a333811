"""Proofs about sudden death and old copies: kiosk and server killed at every stage, images and databases restored."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

from sync.http import Bounds
from tests.fixtures.server import ROOT, LiveServer
from tests.proofs.books import Counts, check_books, numbered
from tests.proofs.database import Database
from tests.proofs.kiosk import HASTY, Kiosk, check, pair, settle
from tests.proofs.line import check_arrived, kiosk_behind, port_of
from tests.proofs.relay import Direction

PATIENT = Bounds(4, 30, 60)  # a server that has just started on a busy machine answers late: it must not be given up
PASS_FACTS = 4_000  # four batches: a question and four deliveries, each with an answer


def one_pass_dying(folder: Path, url: str, step: int) -> str:
    """A pass in a process of its own; the step before which it died, `done` when it went through."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.proofs.kiosk", str(folder), url, "--die-at", str(step)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    told = done.stdout.strip()
    died = done.returncode == -signal.SIGKILL
    check(died or (done.returncode == 0 and told == "done"), f"step {step}: {done.returncode} {told} {done.stderr}")
    return told


def prove_kiosk_kills(server: LiveServer, database: Database, share: int) -> Counts:
    """kill -9 of a kiosk's process before and after each thing that a pass does: the next pass goes on from there.

    Every step has its own kiosk life before it: a journal with money and visits that has never met the server, and
    content that it has not fetched. `share` takes every n-th step.
    """
    stages: set[str] = set()
    kills = 0
    with tempfile.TemporaryDirectory() as named:
        folder = Path(named, "kiosk")
        pair(folder, server, "KILLED")
        untouched = Path(named, "untouched")
        shutil.copytree(folder, untouched)
        step, cards = 1, 0
        while True:
            with closing(Kiosk(folder, server.base)) as kiosk:
                kiosk.sell(f"{500_000 + cards:08d}")
                kiosk.visits(3)
            cards += 1
            for forgotten in ("state.db", "state.db-wal", "state.db-shm"):  # feeds and place are pulled again
                Path(folder, forgotten).unlink(missing_ok=True)
            shutil.rmtree(folder / "content", ignore_errors=True)
            told = one_pass_dying(folder, server.base, step)
            if told == "done":
                break
            stages.add(told)
            kills += 1
            step += share
        with closing(Kiosk(folder, server.base)) as kiosk:
            settle(kiosk)
            check_arrived(server, database, kiosk)
        check_books(server, numbered(500_000, cards))
    return {"kills": kills, "stages and sides": len(stages)}


def prove_server_kills(server: LiveServer, database: Database, kills: int, seed: int) -> Counts:
    """kill -9 of the server when the n-th request or answer of a pass is on its way, and in the middle of ingest."""
    chance = random.Random(seed)
    struck: set[tuple[int, Direction]] = set()
    asked: set[tuple[int, Direction]] = set()
    with kiosk_behind(server, "KILLS", PATIENT) as (kiosk, relay):
        for number in range(kills):
            if number % 3 == 2:  # any moment at all
                kiosk.visits(chance.choice([5, 1_500, 4_000]))
                killer = threading.Timer(chance.uniform(0.005, 0.3), server.kill)
                killer.start()
                kiosk.sync()
                killer.join()
            else:
                kiosk.visits(PASS_FACTS)
                kiosk.fetcher.close()
                wanted = (number // 3 % 4, Direction.UP if number % 3 else Direction.DOWN)

                def strike(message: int, direction: Direction, wanted: tuple[int, Direction] = wanted) -> None:
                    if (message, direction) == wanted and server.process is not None:
                        struck.add(wanted)
                        server.process.kill()

                asked.add(wanted)
                relay.on_message = strike
                kiosk.sync()
                relay.on_message = lambda number, direction: None
                server.kill()
            server.start()
            relay.point_at(port_of(server))
        settle(kiosk)
        check_arrived(server, database, kiosk)
        facts = kiosk.journal.last_place()[1]
    check(struck == asked, f"the server was not killed at {asked - struck}: no pass came so far")
    return {"kills": kills, "stages hit": len(struck), "facts": facts}


def comparable(report: dict[str, Any]) -> dict[str, Any]:
    """What must be the same however the facts came."""
    return {name: report[name] for name in ("facts_by_kind", "accounts", "cards", "open_operations", "quarantined")}


def prove_old_backup(server: LiveServer, database: Database, rounds: int) -> Counts:
    """The server is put back to an older copy of its database: kiosks send again, the books are those of before."""
    with tempfile.TemporaryDirectory() as named:
        names, cards = ["OLD-A", "OLD-B"], 0
        for name in names:
            pair(Path(named, name), server, name)
        for _ in range(rounds):
            cards = _trade(server, named, names, cards)
            server.stop()
            put_back = database.copy(server)
            server.start()
            cards = _trade(server, named, names, cards)
            before = comparable(server.report())
            server.stop()
            put_back()
            database.run("UPDATE territory_territory SET server_epoch = server_epoch + 1")
            server.start()
            server.staff_client = None
            check(server.report()["facts"] < sum(before["facts_by_kind"].values()), "the copy is not older")
            for name in names:
                with closing(Kiosk(Path(named, name), server.base)) as kiosk:
                    settle(kiosk)
            after = comparable(server.report())
            check(after == before, f"the books differ:\n{before}\n{after}")
        check_books(server, numbered(600_000, cards))
    return {"restores": rounds, "cards": cards}


def _trade(server: LiveServer, named: str, names: list[str], cards: int) -> int:
    for name in names:
        with closing(Kiosk(Path(named, name), server.base)) as kiosk:
            for _ in range(3):
                kiosk.sell(f"{600_000 + cards:08d}")
                cards += 1
            kiosk.visits(30)
            settle(kiosk)
    return cards


def prove_old_image(server: LiveServer, database: Database, rounds: int) -> Counts:
    """A kiosk is put back to an older image, sells before it meets the server, and meets it: all of it is booked once.

    What it sold before the image was taken back is on the server already; what it sells afterwards lies at places
    that are taken, and counts all the same: as a branch when it has sold as much again, else it notices and begins a
    new incarnation as well.
    """
    with tempfile.TemporaryDirectory() as named:
        folder, image = Path(named, "kiosk"), Path(named, "image")
        pair(folder, server, "IMAGE")
        cards = 0
        for number in range(rounds):
            cards = _sell(folder, server, cards, 1, met=True)
            shutil.rmtree(image, ignore_errors=True)
            shutil.copytree(folder, image)
            cards = _sell(folder, server, cards, 2, met=True)
            shutil.rmtree(folder)
            shutil.copytree(image, folder)
            cards = _sell(folder, server, cards, number % 3 + 1, met=False)
            with closing(Kiosk(folder, server.base)) as kiosk:
                settle(kiosk)
            cards = _sell(folder, server, cards, 1, met=True)
        check_books(server, numbered(700_000, cards), alarms=True)
        codes = {alarm["code"] for alarm in server.report()["alarms"] if alarm["device"] == "IMAGE"}
        check(codes == {"fork"}, f"alarms: {codes}")
        branches = database.run("SELECT count(*) FROM ledger_head WHERE device = 'IMAGE'") - 1
        check(branches >= rounds, f"{branches} branches and incarnations for {rounds} restored images")
    return {"restored images": rounds, "branches and incarnations": branches, "cards": cards}


def _sell(folder: Path, server: LiveServer, cards: int, count: int, *, met: bool) -> int:
    with closing(Kiosk(folder, server.base)) as kiosk:
        for _ in range(count):
            kiosk.sell(f"{700_000 + cards:08d}")
            cards += 1
        if met:
            settle(kiosk)
    return cards


def prove_locked(server: LiveServer, database: Database, times: int) -> Counts:
    """The database is locked for longer than a kiosk waits: it gives up, comes again, and everything is there once."""
    refused = 0
    with kiosk_behind(server, "LOCKED", HASTY) as (kiosk, _relay):
        for _ in range(times):
            kiosk.visits(200)
            with database.locked():
                report = kiosk.sync()
                refused += report.facts_waiting > 0
        check(refused == times, f"{refused} of {times} passes found the lock")
        settle(kiosk)
        check_arrived(server, database, kiosk)
    return {"locks": times}
