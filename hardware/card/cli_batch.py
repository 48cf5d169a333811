"""`zerot card batch` and `zerot card block`: many cards in one go, and the end of one."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from domain.cards import CardIdentity, CardKind, format_card_number
from domain.days import day_from_number, day_number, local_day
from domain.money import format_euros
from hardware.card.batch import BATCH_MAX, Batch, BatchError, IssueLog
from hardware.card.desk import (
    Failed,
    card_options,
    connected,
    find_reader,
    open_vault,
    sentence_of,
    sentences,
    wait_for_card,
    wait_for_removal,
)
from hardware.card.personalise import PersonalisationOrder
from hardware.card.port import CardChannel, CardReader
from hardware.card.retire import OtherCard, Retired, retire_card
from hardware.card.simulated.card import SimulatedCard
from hardware.card.simulated.reader import SimulatedReader
from hardware.card.system import SystemChance, SystemClock

PROGRAMME = 1
LAYOUT_GENERATION = 1
VALID_YEARS = 3
KINDS = {kind.name.lower(): kind for kind in CardKind}
REASONS = ("lost", "stolen", "altered", "replaced")  # those of the block list, docs/sync-protocol.md


class _ReaderHopper:
    """A person puts one card after the other on a reader."""

    def __init__(self, reader: CardReader) -> None:
        self._reader = reader
        self._first = True

    def next_card(self) -> CardChannel:
        if not self._first:
            wait_for_removal(self._reader)
        self._first = False
        wait_for_card(self._reader)
        return self._reader.connect()

    def say(self, sentence: str) -> None:
        click.echo(f"\n{sentence}", err=True)


class _FolderHopper:
    """The simulated cards of a folder, each once, by name."""

    def __init__(self, folder: Path) -> None:
        self._paths = iter(sorted(folder.glob("*.json")))
        self._reader = SimulatedReader(folder.name)

    def next_card(self) -> CardChannel | None:
        path = next(self._paths, None)
        if path is None:
            return None
        self._reader.present(SimulatedCard.load(path, SystemChance()))
        return self._reader.connect()

    def say(self, sentence: str) -> None:
        click.echo(f"\n{sentence}", err=True)


def numbers_of(first: str | None, count: int | None, listed: Path | None) -> tuple[str, ...]:
    """The numbers of a batch, in order, each once. Failed with one sentence."""
    if (listed is None) == (first is None) or (first is None) != (count is None):
        raise Failed("say which numbers: --first and --count, or --numbers")
    if listed is not None:
        try:
            numbers = tuple(line.replace(" ", "") for line in listed.read_text("utf-8").splitlines() if line.strip())
        except (OSError, UnicodeDecodeError) as error:
            raise Failed(f"cannot read {listed}") from error
    elif first is not None and count is not None:
        if not (first.isascii() and first.isdigit() and len(first) == 8):
            raise Failed(f"'{first}' is not a number of eight digits")
        numbers = tuple(f"{int(first) + index:08d}" for index in range(count))
    wrong = [n for n in numbers if not (n.isascii() and n.isdigit() and len(n) == 8)]
    if wrong:
        raise Failed(f"'{wrong[0]}' is not a number of eight digits")
    if not numbers or len(numbers) > BATCH_MAX or len(set(numbers)) != len(numbers):
        raise Failed(f"a batch has 1 to {BATCH_MAX} numbers, each once")
    return numbers


@click.command("batch")
@click.option("--keys", type=click.Path(path_type=Path), required=True, help="Key file (0600).")
@click.option("--reader", default="", metavar="NAME", help="Part of the reader's name; any reader by default.")
@click.option("--simulated", type=click.Path(path_type=Path, file_okay=False), help="The simulated cards of a folder.")
@click.option("--first", metavar="NNNNNNNN", help="First number of a row of numbers.")
@click.option("--count", type=click.IntRange(1, BATCH_MAX), help="How many numbers from the first on.")
@click.option("--numbers", type=click.Path(path_type=Path), help="A file with one number a line.")
@click.option("--csv", "log", type=click.Path(path_type=Path, dir_okay=False), required=True, help="What was issued.")
@click.option("--kind", type=click.Choice(sorted(KINDS)), default="visitor", show_default=True)
@click.option("--expires", type=click.DateTime(["%Y-%m-%d"]), help="Last day of validity; in three years by default.")
@click.option("--random-uid", is_flag=True, help="The cards hide their serial for ever.")
def batch(
    keys: Path,
    reader: str,
    simulated: Path | None,
    first: str | None,
    count: int | None,
    numbers: Path | None,
    log: Path,
    kind: str,
    expires: Any,
    random_uid: bool,
) -> None:
    """Personalise one card after the other. Type the same again to go on after a stop: the CSV knows where."""
    with sentences():
        today = day_number(local_day(SystemClock().now_ms()))
        last = day_number(expires.date()) if expires is not None else today + 365 * VALID_YEARS
        orders = [
            PersonalisationOrder(
                CardIdentity(number, KINDS[kind], LAYOUT_GENERATION, PROGRAMME, today, last), random_uid
            )
            for number in numbers_of(first, count, numbers)
        ]
        vault = open_vault(keys)
        hopper: _FolderHopper | _ReaderHopper
        hopper = _FolderHopper(simulated) if simulated is not None else _ReaderHopper(find_reader(reader, None))
        try:
            work = Batch(vault, orders, IssueLog(log), hopper, sentence_of)
            with click.progressbar(length=work.total, label="Cards", file=sys.stderr) as bar:
                left = work.run(lambda finished: bar.update(finished - bar.pos))
        except BatchError as error:
            raise Failed(str(error)) from error
        if left:
            raise Failed(f"{left} of {work.total} cards are still to be made: type the same again to go on")
    click.echo(f"{work.total} cards are ready, listed in {log}.")


@click.command("block")
@card_options
@click.option("--reason", type=click.Choice(REASONS), required=True)
@click.option("--number", metavar="NNNNNNNN", help="Block only if the card has this number.")
def block(keys: Path, reader: str, simulated: Path | None, reason: str, number: str | None) -> None:
    """End the card on the reader: every kiosk refuses it from now on. Prints what it held, as JSON.

    For a card that is not at hand, use the block list of the back office.
    """
    with sentences():
        place = find_reader(reader, simulated)
        vault = open_vault(keys)
        wait_for_card(place)
        with connected(place) as channel:
            result = retire_card(channel, vault, only=None if number is None else number.replace(" ", ""))
        place.close()
        match result:
            case OtherCard(other):
                raise Failed(f"this is card {format_card_number(other)}: it was left as it is")
            case Retired(reading, already):
                pass
            case _:
                raise Failed(sentence_of(result))
    identity = reading.identity
    held = {
        "card_number": identity.card_number,
        "reason": reason,
        "issued": day_from_number(identity.issued_day).isoformat(),
        "balance_cents": reading.balance_cents,
        "points": reading.points,
        "operation_number": reading.state.operation_number,
        "transaction_counter": reading.transaction_counter,
        "blocked_before": already,
    }
    click.echo(json.dumps(held))
    shown = f"Card {format_card_number(identity.card_number)} is blocked; it holds"
    click.echo(f"{shown} {format_euros(reading.balance_cents, 'en')} for its replacement.", err=True)
