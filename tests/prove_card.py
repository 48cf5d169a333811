"""`./run prove card`: everything that the tests show on a small fixed set, exhaustively or with many seeds, counted.

    .venv/bin/python -m tests.prove_card [--quick] [--seed N]

Prints one line per proof; exit status 1 with the failing case when something does not hold.
"""

from __future__ import annotations

import itertools
import random
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from domain.doubts import CLOCK_MARGIN_MS
from hardware.card.keys import KIOSK_KEYS, KeyName, KeyRing, LocalVault
from hardware.card.personalise import PersonalisationOrder, Personalised, personalise
from hardware.card.port import Lost
from hardware.card.rotate import Rotated, rotate_keys
from hardware.card.simulated.card import Mishap, SimulatedCard, Tear
from hardware.card.simulated.factory import make_identity
from tests.fixtures.card_fuzz import fuzz_card, fuzz_client
from tests.fixtures.card_proof import FLOWS, FRAMES_MAX, Laboratory, ProofFailed, Stand, check, chip_of, tear_everywhere
from tests.fixtures.card_town import ACTS, Shape, Town
from tests.fixtures.purse import make_ring
from tests.fixtures.relay_proof import cut_relay, tear_relay, wander_relay

KINDS = ((1, False), (2, False), (3, False), (1, True), (3, True))  # generation, random UID
PAIR_FRAMES = 30  # of a debit at a kiosk that knows a doubt: past the end nothing is torn
ANSWERED_MISHAPS = (Mishap.COMMAND_LOST, Mishap.POWER_LOST, Mishap.REPLY_LOST)


@dataclass(frozen=True, slots=True)
class Effort:
    """How far the proofs go."""

    walks: int
    steps: int
    fuzz_seeds: int
    kinds: tuple[tuple[int, bool], ...] = KINDS
    pair_frames: range = range(PAIR_FRAMES)
    ways: tuple[str, ...] = ("same", "restart", "look", "sale", "copy")


FULL = Effort(walks=1_500, steps=40, fuzz_seeds=60)
QUICK = Effort(
    walks=20, steps=25, fuzz_seeds=2, kinds=((1, False), (3, True)), pair_frames=range(15, 22), ways=("look",)
)

Counts = dict[str, int]
Proof = Callable[[Effort, int], Counts]


def prove_flows(effort: Effort, seed: int) -> Counts:
    """Every frame × flow × mishap × kind of card; the next tap on the same kiosk, on another, a sale on another."""
    laboratory, cases, doubts = Laboratory(seed), 0, 0
    for flow, (generation, random_uid), mishap in itertools.product(FLOWS, effort.kinds, Mishap):
        tally = tear_everywhere(laboratory, flow, generation, random_uid, mishap)
        cases, doubts = cases + tally.cases, doubts + tally.in_doubt
    return {"flows": len(FLOWS), "tears": cases, "in doubt": doubts, "next taps": 3 * cases}


def a_day(ring: KeyRing, seed: int, generation: int, act: str, tear: Tear, way: str) -> bool:
    """One torn operation at a desk, and one way that the day goes on; whether the tear fired."""
    town = Town(ring, seed, Shape(generations=(generation, generation)))
    name = f"{act} EV{generation} frame {tear.frame} {tear.mishap.value}, then {way}"
    if act == "refund":
        town.give_up(0, town.act("charge", 0, 0))
    fired = town.tear_act(act, 0, 0, tear)
    task = fired.task
    match way:
        case "same":
            town.tap(0, 0)
            town.tap(0, 0)  # a frame past the end: the task is over and nothing is charged again
            check(not town.counters[0].purse.purchases, f"{name}: in doubt after a tap on the same kiosk")
        case "restart":
            town.counters[0].restart()
        case "look":  # one tap elsewhere, later beyond any doubt, and one sync of both
            town.watch.now_ms += CLOCK_MARGIN_MS
            town.tap(1, 0)
            check(None not in town.settle_at_server().values(), f"{name}: still in doubt")
        case "sale":  # a sale elsewhere decides whatever the clocks say
            town.debit(1, 0, 100)
            town.tap(1, 0)
            check(None not in town.settle_at_server().values(), f"{name}: still in doubt")
        case _:
            town.tap(0, 1)  # another card comes first, and the task goes to it
    town.give_up(0, task)
    town.end_of_day()
    return fired.torn


def prove_kiosks(effort: Effort, seed: int) -> Counts:
    """The card worker with its journal: every operation torn at every frame, then each way that the day may go on."""
    ring, cases, torn = make_ring(seed), 0, 0
    generations = sorted({generation for generation, _ in effort.kinds})
    for generation, act, mishap, way in itertools.product(generations, ACTS, Mishap, effort.ways):
        for frame in range(FRAMES_MAX):
            fired = a_day(ring, seed, generation, act, Tear(frame, mishap), way)
            cases, torn = cases + 1, torn + fired
            if not fired:
                break
        else:
            raise ProofFailed(f"{act} has more than {FRAMES_MAX} frames")
    return {"operations": len(ACTS), "tears": torn, "days": cases}


def prove_pairs(effort: Effort, seed: int) -> Counts:
    """Two kiosks torn one after the other on one card, each at every frame."""
    ring, cases = make_ring(seed), 0
    for first, second in itertools.product(effort.pair_frames, repeat=2):
        for one, two in itertools.product(ANSWERED_MISHAPS, repeat=2):
            town = Town(ring, seed, Shape(desks=0, kiosks=2, generations=(2,)))
            town.give_up(0, town.debit(0, 0, 700, Tear(first, one)))
            town.give_up(1, town.debit(1, 0, 900, Tear(second, two)))
            town.end_of_day()
            cases += 1
    return {"pairs": cases}


def prove_personalisation(effort: Effort, seed: int) -> Counts:
    """Torn at every frame, presented again: ready, closed, empty."""
    laboratory, cases = Laboratory(seed), 0
    issuer = LocalVault(laboratory.ring, laboratory.chance)
    for (generation, random_uid), mishap in itertools.product(effort.kinds, Mishap):
        order = PersonalisationOrder(make_identity("00421187"), random_uid)
        for frame in itertools.count():
            card = SimulatedCard.blank(laboratory.chance, generation=generation)
            reader = laboratory.desk.reader
            reader.present(card)
            card.arm(Tear(frame, mishap))
            first = personalise(reader.connect(), issuer, order)
            fired = card.armed is None
            card.arm(None)
            if fired:
                check(first == Lost(), f"EV{generation} frame {frame} {mishap.value}: {first}")
                reader.present(card)
                second = personalise(reader.connect(), issuer, order)
                check(isinstance(second, Personalised), f"EV{generation} frame {frame} {mishap.value}: {second}")
            chip = chip_of(card)
            check((chip.balance_cents, chip.operation_number) == (0, 1), f"EV{generation} frame {frame}: {chip}")
            laboratory.other.look(card)
            cases += 1
            if not fired:
                break
    return {"tears": cases}


def prove_rotation(effort: Effort, seed: int) -> Counts:
    """All keys changed, torn at every frame: usable in between, and the old keys end."""
    laboratory, cases = Laboratory(seed), 0
    ring = laboratory.ring
    for key in (KeyName.MASTER, KeyName.SITE, KeyName.LOAD):
        ring = ring.rotated(key, laboratory.chance)
    newer = Stand(ring, laboratory.chance, desk=True)
    kiosk = Stand(ring.only(KIOSK_KEYS), laboratory.chance, desk=False)
    for (generation, random_uid), mishap in itertools.product(effort.kinds, Mishap):
        for frame in range(FRAMES_MAX * 2):
            card = laboratory.card(generation, random_uid)
            newer.reader.present(card)
            card.arm(Tear(frame, mishap))
            first = rotate_keys(newer.reader.connect(), newer.vault)
            fired = card.armed is None
            card.arm(None)
            name = f"EV{generation} frame {frame} {mishap.value}"
            check(first == (Lost() if fired else Rotated((1, 2, 0))), f"{name}: {first}")
            for stand, flow in ((kiosk, "debit"), (newer, "load")):
                before = chip_of(card).operation_number
                stand.carry_out(card, FLOWS[flow], laboratory.new_id())
                check(chip_of(card).operation_number == before + 1, f"{name}: no {flow} in between")
            newer.reader.present(card)
            rotate_keys(newer.reader.connect(), newer.vault)
            newer.reader.present(card)
            check(rotate_keys(newer.reader.connect(), newer.vault) == Rotated(()), f"{name}: not all keys are new")
            cases += 1
            if not fired:
                break
        else:
            raise ProofFailed("rotation does not end")
    return {"tears": cases}


def wander(town: Town, chance: random.Random, steps: int) -> None:
    """A day of random acts and tears, the journals checked on the way and everything at its end."""
    kiosks, cards = range(len(town.counters)), range(len(town.cards))
    for _ in range(steps):
        kiosk, card = chance.choice(kiosks), chance.choice(cards)
        tear = Tear(chance.randrange(26), chance.choice(list(Mishap))) if chance.random() < 0.6 else None
        match chance.randrange(12):
            case 0 | 1:
                task = town.debit(kiosk, card, chance.randint(1, 3_000), tear)
            case 2 | 3:
                kiosk, task = 0, town.load(0, card, chance.randint(1, 4_000), tear)
            case 4 | 5 | 6 | 7 | 8:
                act = chance.choice(ACTS)
                kiosk = 0 if act in ("load", "credit") else kiosk
                task = town.act(act, kiosk, card, tear)
            case 9:
                town.counters[kiosk].restart()
                continue
            case 10:
                town.counters[kiosk].online = chance.random() < 0.5
                continue
            case _:
                town.tap(kiosk, card, tear)
                town.check_journals()
                continue
        while chance.random() < 0.4:  # held there again, perhaps torn again, perhaps another card
            again = Tear(chance.randrange(26), chance.choice(list(Mishap))) if chance.random() < 0.4 else None
            town.tap(kiosk, chance.choice(cards), again)
        town.give_up(kiosk, task)
    town.end_of_day()


def prove_towns(effort: Effort, seed: int) -> Counts:
    """Random walks: cards, kiosks, tears, restarts, lines that come and go."""
    ring, taps = make_ring(seed), 0
    for number in range(effort.walks):
        chance = random.Random(seed * 1_000_003 + number)
        town = Town(ring, seed + number, Shape(desks=1, kiosks=2, generations=(3, 1, 2)))
        try:
            wander(town, chance, effort.steps)
        except Exception as error:
            raise ProofFailed(f"walk {number} of seed {seed}: {error!r}") from error
        taps += (town.watch.now_ms - town.started_ms) // 60_000
    return {"walks": effort.walks, "taps": taps}


def prove_fuzz(effort: Effort, seed: int) -> Counts:
    laboratory = Laboratory(seed)
    frames = sum(fuzz_card(laboratory, seed + n, 3_000) for n in range(effort.fuzz_seeds))
    visits = sum(fuzz_client(laboratory, seed + n, 300) for n in range(effort.fuzz_seeds))
    return {"frames to cards": frames, "visits through a line that lies": visits}


def prove_relay(effort: Effort, seed: int) -> Counts:
    """Credits that the server brings through a kiosk: torn at every frame, cut at every request, and at random."""
    cases, doubts, sessions = 0, 0, 0
    both = (False, True)
    for (generation, random_uid), mishap in itertools.product(effort.kinds, Mishap):
        for elsewhere in both if effort is FULL else (True,):
            tally = tear_relay(seed, generation, random_uid, mishap, elsewhere)
            cases, doubts = cases + tally.cases, doubts + tally.in_doubt
    for (generation, random_uid), answered, for_good in itertools.product(effort.kinds, both, both):
        tally = cut_relay(seed, generation, random_uid, answered, for_good)
        cases, doubts = cases + tally.cases, doubts + tally.in_doubt
    for number in range(effort.walks // 30):
        sessions += wander_relay(seed + number, effort.steps)
    return {"tears and cuts": cases, "in doubt": doubts, "sessions at random": sessions}


PROOFS: dict[str, Proof] = {
    "flows": prove_flows,
    "kiosks": prove_kiosks,
    "two kiosks in doubt": prove_pairs,
    "personalisation": prove_personalisation,
    "key rotation": prove_rotation,
    "random towns": prove_towns,
    "relayed credits": prove_relay,
    "fuzz": prove_fuzz,
}


def prove(effort: Effort = FULL, seed: int = 20_261_122, names: Iterable[str] = tuple(PROOFS)) -> Iterator[str]:
    """One line per proof, as it is done. Raises ProofFailed."""
    for name in names:
        started = time.monotonic()
        counts = PROOFS[name](effort, seed)
        shown = ", ".join(f"{value} {what}" for what, value in counts.items())
        yield f"card: {name}: {shown} (seed {seed}, {time.monotonic() - started:.0f} s)"


def main(arguments: list[str]) -> int:
    """Exit status 0 when everything holds."""
    effort = QUICK if "--quick" in arguments else FULL
    seed = int(arguments[arguments.index("--seed") + 1]) if "--seed" in arguments else 20_261_122
    try:
        for line in prove(effort, seed):
            print(line, flush=True)
    except ProofFailed as failed:
        print(f"card: NOT PROVEN: {failed}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
