"""`zerot card simulate` and `zerot card module`: a simulated card or key module for any PC/SC program."""

from __future__ import annotations

from pathlib import Path

import click

from hardware.card.desk import Failed, sentences
from hardware.card.keys import KeyName, load_ring
from hardware.card.sam import SECRET_SIZES
from hardware.card.simulated.card import ATR as CARD_ATR
from hardware.card.simulated.card import SimulatedCard
from hardware.card.simulated.reader import AnyCard
from hardware.card.simulated.sam import ATR as MODULE_ATR
from hardware.card.simulated.sam import SimulatedSam
from hardware.card.simulated.vpcd import VpcdAddress, VpcdCard, VpcdUnavailable
from hardware.card.system import SystemChance


@click.command("simulate")
@click.option("--vpcd", required=True, metavar="HOST:PORT", help="Where the virtual reader's driver listens.")
@click.option("--blank", is_flag=True, help="A card as the factory delivers it.")
@click.option("--file", "path", type=click.Path(path_type=Path), help="Keep the card in this file.")
@click.option("--uid", metavar="HEX", help="Seven bytes; by default 04 and six by chance.")
@click.option("--generation", type=click.IntRange(1, 3), default=3, show_default=True, help="DESFire EV1, EV2, EV3.")
def simulate(vpcd: str, blank: bool, path: Path | None, uid: str | None, generation: int) -> None:
    """Put a simulated card on the virtual reader of a running pcscd until Ctrl-C."""
    with sentences():
        try:
            address = VpcdAddress.parse(vpcd)
            serial = None if uid is None else bytes.fromhex(uid)
        except ValueError as error:
            raise Failed(str(error) if uid is None else f"'{uid}' is not seven hexadecimal bytes") from error
        chip = _simulated_card(blank, path, serial, generation)
        _serve(chip, address, CARD_ATR, f"A DESFire EV{chip.memory.generation} card lies on the reader at {vpcd}.")


def _serve(card: AnyCard, address: VpcdAddress, atr: bytes, sentence: str) -> None:
    try:
        served = VpcdCard(card, address, atr)
        click.echo(f"{sentence} Ctrl-C takes it away.")
        served.serve()
    except VpcdUnavailable as error:
        raise Failed(str(error)) from error
    except KeyboardInterrupt:
        click.echo("The card was taken away.")


def _simulated_card(blank: bool, path: Path | None, serial: bytes | None, generation: int) -> SimulatedCard:
    if serial is not None and len(serial) != 7:
        raise Failed("a UID has seven bytes, fourteen hexadecimal digits")
    if path is not None and path.exists():
        if blank:
            raise Failed(f"{path} exists already: without --blank it is used as it is")
        return SimulatedCard.load(path, SystemChance())
    if not blank:
        raise Failed("say --blank for a factory card, or --file with the file of a card")
    try:
        return SimulatedCard.blank(SystemChance(), uid=serial, generation=generation, path=path)
    except OSError as error:
        raise Failed(f"cannot write the card file {path}: {error.strerror}") from error


@click.command("module")
@click.option("--vpcd", required=True, metavar="HOST:PORT", help="Where the slot listens: the card's port and one.")
@click.option("--keys", type=click.Path(path_type=Path), required=True, help="Key file (0600) that holds the load key.")
@click.option("--secret", envvar="ZEROT_MODULE_SECRET", prompt=True, hide_input=True, help="What unlocks it.")
def module(vpcd: str, keys: Path, secret: str) -> None:
    """Put a simulated key module, with the load key only, on a slot of a running pcscd until Ctrl-C."""
    with sentences():
        try:
            address = VpcdAddress.parse(vpcd)
        except ValueError as error:
            raise Failed(str(error)) from error
        if len(secret.encode()) not in SECRET_SIZES:
            raise Failed("a module's secret has 4 to 16 bytes")
        ring = load_ring(keys).only(frozenset({KeyName.LOAD}))
        if not ring.masters:
            raise Failed(f"{keys} holds no load key")
        sam = SimulatedSam(ring, secret.encode(), SystemChance())
        _serve(sam, address, MODULE_ATR, f"A key module lies in the slot at {vpcd}.")
