"""What the issuing desk's commands share: a reader to wait at, and one clear sentence for everything that fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, assert_never

import click

from domain.cards import CardReading
from hardware.card.keys import KeyFileError, LocalVault, load_ring
from hardware.card.opening import OpenFailure
from hardware.card.port import (
    CardChannel,
    CardLost,
    CardPresent,
    CardRead,
    CardReader,
    CardRemoved,
    ForeignCard,
    Lost,
    NotOurs,
    ReaderDown,
    ReaderOut,
    ReaderReady,
    ReaderTrouble,
    ReaderUnavailable,
    Refused,
    SeveralCards,
)
from hardware.card.session import CardSession, open_card
from hardware.card.simulated.card import SimulatedCard
from hardware.card.simulated.chip_memory import CardFileError
from hardware.card.simulated.reader import SimulatedReader
from hardware.card.system import SystemChance

EXIT_FAILED = 2
WAIT_SECONDS = 60.0

_TROUBLES = {
    ReaderTrouble.NO_SERVICE: "The card service (pcscd) is not running.",
    ReaderTrouble.NO_READER: "No card reader is connected.",
    ReaderTrouble.BUSY: "The reader is busy: another program holds it.",
    ReaderTrouble.FAILED: "The reader does not answer as it should.",
}
_FOREIGN = {
    ForeignCard.EMPTY_DESFIRE: "This is a DESFire card, but not a city card yet: personalise it first.",
    ForeignCard.CLASSIC: "This is a MIFARE Classic: it cannot hold money.",
    ForeignCard.BANK_CARD: "This is a bank card.",
    ForeignCard.PHONE: "This is a phone.",
    ForeignCard.UNKNOWN: "This card is of a kind that cannot be a city card.",
}


F = TypeVar("F", bound=Callable[..., Any])


def card_options(command: F) -> F:
    """Options by which a command finds its card and its keys."""
    options = (
        click.option("--keys", type=click.Path(path_type=Path), required=True, help="Key file (0600)."),
        click.option("--reader", default="", metavar="NAME", help="Part of the reader's name; any reader by default."),
        click.option("--simulated", type=click.Path(path_type=Path), help="Use the simulated card of this file."),
    )
    for option in reversed(options):
        command = option(command)
    return command


class Failed(Exception):
    """Stop the command: one sentence on stderr, exit status 2."""


@contextmanager
def sentences() -> Iterator[None]:
    """Turn what can go wrong at a desk into one sentence and exit status 2."""
    try:
        yield
    except Failed as error:
        reason = str(error)
    except (KeyFileError, CardFileError) as error:
        reason = str(error)
    except ReaderUnavailable as error:
        reason = _TROUBLES[error.trouble]
    except CardLost:
        reason = "The card was taken away."
    else:
        return
    click.echo(reason[:1].upper() + reason[1:], err=True)
    raise SystemExit(EXIT_FAILED)


def sentence_of(failure: OpenFailure) -> str:
    """Why a card cannot be used."""
    match failure:
        case NotOurs(what):
            return _FOREIGN[what]
        case Lost():
            return "The card was taken away: nothing was written."
        case Refused(reason):
            return f"The card does not accept our keys, or was altered ({reason})."
        case ReaderOut(trouble):
            return _TROUBLES[trouble]
        case _:
            assert_never(failure)


def open_vault(keys: Path) -> LocalVault:
    """A vault on a key file; KeyFileError."""
    return LocalVault(load_ring(keys), SystemChance())


def find_reader(reader: str, simulated: Path | None) -> CardReader:
    """A simulated reader with the card of that file on it, else the PC/SC reader whose name holds `reader`."""
    if simulated is not None:
        place = SimulatedReader(simulated.name)
        place.present(SimulatedCard.load(simulated, SystemChance()))
        return place
    from hardware.card.pcsc import PcscReader  # only where a real reader is wanted: it needs libpcsclite

    return PcscReader(reader)


def wait_for_card(reader: CardReader) -> None:
    """Wait for a card, saying what is missing; Failed after a minute or when no reader can serve."""
    waited, asked = 0.0, False
    while waited < WAIT_SECONDS:
        event = reader.wait(1.0)
        match event:
            case CardPresent():
                return
            case ReaderDown(trouble):
                raise Failed(_TROUBLES[trouble])
            case SeveralCards():
                click.echo("One card at a time, please.", err=True)
            case None:
                waited += 1.0
                if not asked:
                    click.echo("Put the card on the reader.", err=True)
                    asked = True
            case CardRemoved() | ReaderReady():
                continue
            case _:
                assert_never(event)
    raise Failed("No card was put on the reader.")


def wait_for_removal(reader: CardReader) -> None:
    """Wait until the card is taken off, for a minute; Failed when it stays or the reader goes."""
    waited = 0.0
    click.echo("Take the card off the reader.", err=True)
    while waited < WAIT_SECONDS:
        event = reader.wait(1.0)
        match event:
            case CardRemoved():
                return
            case ReaderDown(trouble):
                raise Failed(_TROUBLES[trouble])
            case None:
                waited += 1.0
            case CardPresent() | SeveralCards() | ReaderReady():
                continue
            case _:
                assert_never(event)
    raise Failed("The card was left on the reader.")


@contextmanager
def connected(reader: CardReader) -> Iterator[CardChannel]:
    """A channel to the card that lies there, always released."""
    channel = reader.connect()
    try:
        yield channel
    finally:
        channel.close()


def opened(channel: CardChannel, vault: LocalVault) -> CardSession:
    """An authenticated session, or Failed with the sentence."""
    session = open_card(channel, vault)
    if isinstance(session, CardSession):
        return session
    raise Failed(sentence_of(session))


def read(session: CardSession, records: int) -> CardReading:
    """A reading, or Failed with the sentence."""
    result = session.read(records=records)
    if isinstance(result, CardRead):
        return result.reading
    raise Failed(sentence_of(result))
