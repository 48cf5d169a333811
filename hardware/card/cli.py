"""`zerot card`: the issuing desk, and a simulated card for any PC/SC program.

These commands write chips, not the ledger: `load` prints the transfer as JSON so that the server can book it.
"""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

import click

from domain.cards import CardIdentity, CardReading, PurseRecord, format_card_number
from domain.days import day_from_number, day_number, local_day
from domain.money import format_euros, parse_euros
from domain.ports import Uuid7Ids
from hardware.card.cli_batch import KINDS, LAYOUT_GENERATION, PROGRAMME, VALID_YEARS, batch, block
from hardware.card.cli_simulate import module, simulate
from hardware.card.desk import (
    Failed,
    card_options,
    connected,
    find_reader,
    open_vault,
    opened,
    read,
    sentence_of,
    sentences,
    wait_for_card,
)
from hardware.card.desk_load import plan, settle
from hardware.card.keys import DESK_KEYS, KIOSK_KEYS, KeyRing, load_ring, save_ring
from hardware.card.personalise import AlreadyIssued, PersonalisationOrder, Personalised, personalise
from hardware.card.port import Committed, InDoubt, NotDone
from hardware.card.system import SystemChance, SystemClock


@click.group("card")
def card() -> None:
    """City cards: keys, personalise, batch, show, load, history, block, simulate, module."""


card.add_command(batch)
card.add_command(block)
card.add_command(simulate)
card.add_command(module)


@card.command("keys")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--from", "source", type=click.Path(path_type=Path), help="Take the keys from this full key file.")
@click.option("--for", "holder", type=click.Choice(["issuer", "desk", "kiosk"]), default="issuer", show_default=True)
def make_keys(path: Path, source: Path | None, holder: str) -> None:
    """Create a key file at PATH: fresh keys, or with --from the part that a desk or kiosk may hold."""
    with sentences():
        ring = KeyRing.generate(SystemChance()) if source is None else load_ring(source)
        if holder != "issuer":
            ring = ring.only(DESK_KEYS if holder == "desk" else KIOSK_KEYS)
        save_ring(ring, path)
    click.echo(f"{path}: {', '.join(sorted(ring.masters))}")


@card.command("personalise")
@card_options
@click.option("--number", required=True, metavar="NNNNNNNN", help="The eight digits printed on the card.")
@click.option("--kind", type=click.Choice(sorted(KINDS)), default="visitor", show_default=True)
@click.option("--expires", type=click.DateTime(["%Y-%m-%d"]), help="Last day of validity; in three years by default.")
@click.option("--random-uid", is_flag=True, help="The card hides its serial for ever: one more authentication a tap.")
def personalise_card(
    keys: Path, reader: str, simulated: Path | None, number: str, kind: str, expires: Any, random_uid: bool
) -> None:
    """Turn a blank card into a city card; present it again to finish after a tear."""
    with sentences():
        today = local_day(SystemClock().now_ms())
        # A plain number of days, so that a card issued on 29 February expires on a day that exists.
        last = expires.date() if expires is not None else day_from_number(day_number(today) + 365 * VALID_YEARS)
        order = PersonalisationOrder(_identity(number, kind, today, last), random_uid)
        vault = open_vault(keys)
        place = find_reader(reader, simulated)
        wait_for_card(place)
        with connected(place) as channel, click.progressbar(length=1, label=number, file=sys.stderr) as bar:

            def progress(step: int, steps: int, name: str) -> None:
                bar.length = steps
                bar.label = f"{number} {name}"
                bar.update(step - bar.pos)

            result = personalise(channel, vault, order, progress)
        place.close()
        if isinstance(result, AlreadyIssued):
            raise Failed(f"this card was issued before, as {format_card_number(result.identity.card_number)}")
        if not isinstance(result, Personalised):
            raise Failed(sentence_of(result))
    finished = "finished" if result.resumed else "ready"
    click.echo(f"Card {format_card_number(number)} is {finished} (DESFire EV{result.chip.value}).")


def _identity(number: str, kind: str, today: date, last: date) -> CardIdentity:
    try:
        days = day_number(today), day_number(last)
        return CardIdentity(number, KINDS[kind], LAYOUT_GENERATION, PROGRAMME, *days)
    except ValueError as error:
        raise Failed(str(error)) from error


def _show(reading: CardReading) -> dict[str, Any]:
    identity = reading.identity
    return {
        "card_number": identity.card_number,
        "kind": identity.kind.name.lower(),
        "chip": f"EV{reading.chip.value}",
        "issued": day_from_number(identity.issued_day).isoformat(),
        "expires": day_from_number(identity.expires_day).isoformat(),
        "balance_cents": reading.balance_cents,
        "points": reading.points,
        "operation_number": reading.state.operation_number,
        "transaction_counter": reading.transaction_counter,
        "offline_sum_cents": reading.state.offline_sum_cents,
        "offline_count": reading.state.offline_count,
        "month_loads_cents": reading.credits.month_loads_cents if reading.credits else 0,
    }


@card.command("show")
@card_options
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def show(keys: Path, reader: str, simulated: Path | None, as_json: bool) -> None:
    """What the card holds."""
    with sentences():
        place = find_reader(reader, simulated)
        vault = open_vault(keys)
        wait_for_card(place)
        with connected(place) as channel:
            reading = read(opened(channel, vault), 0)
        place.close()
    if as_json:
        click.echo(json.dumps(_show(reading)))
        return
    shown = _show(reading)
    shown["card_number"] = format_card_number(reading.identity.card_number)
    shown["balance"] = format_euros(shown.pop("balance_cents"), "en")
    for name, value in shown.items():
        click.echo(f"{name.replace('_', ' ').removesuffix(' cents'):22} {value}")


def _record(record: PurseRecord) -> dict[str, Any]:
    return {
        "operation_number": record.operation_number,
        "kind": record.kind.name.lower(),
        "amount": record.amount_cents,
        "day": day_from_number(record.day).isoformat(),
        "device": record.device,
        "transfer_id": record.transfer_id,
    }


@card.command("history")
@card_options
def history(keys: Path, reader: str, simulated: Path | None) -> None:
    """The last ten operations, newest first, one JSON object a line."""
    with sentences():
        place = find_reader(reader, simulated)
        vault = open_vault(keys)
        wait_for_card(place)
        with connected(place) as channel:
            reading = read(opened(channel, vault), 10)
        place.close()
    for record in reading.records:
        click.echo(json.dumps(_record(record)))


@card.command("load")
@card_options
@click.argument("amount", metavar="EUROS")
def load(keys: Path, reader: str, simulated: Path | None, amount: str) -> None:
    """Load EUROS onto the card (needs the load key) and print the transfer as JSON, for the server to book."""
    with sentences():
        try:
            cents = parse_euros(amount)
        except ValueError as error:
            raise Failed(f"'{amount}' is not an amount in euros") from error
        if cents <= 0:
            raise Failed("an amount to load is positive")
        vault = open_vault(keys)
        place = find_reader(reader, simulated)
        wait_for_card(place)
        clock = SystemClock()
        transfer = Uuid7Ids(clock, SystemChance()).new()
        with connected(place) as channel:
            session = opened(channel, vault)
            reading = read(session, 0)
            write = plan(reading, cents, transfer, local_day(clock.now_ms()))
            answer = session.commit(write)
        match answer:
            case NotDone(reason):
                raise Failed(f"nothing was loaded ({reason})")
            case InDoubt():
                balance, operation = settle(place, vault, reading, write)
            case Committed():
                balance, operation = answer.balance_cents, answer.operation_number
        place.close()
    line = {"transfer_id": transfer, "card_number": reading.identity.card_number, "amount_cents": cents}
    click.echo(json.dumps(line | {"balance_cents": balance, "operation_number": operation}))
