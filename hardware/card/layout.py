"""The bytes of our application's files, as laid down in the design note "The card". Our integers are big-endian.

A file whose 32 bytes are all zero was created and never written: its decoder gives the starting value, so that a
card torn during personalisation reads as a young one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, unique

from domain.cards import (
    POINTS_LIMIT,
    PURSE_LIMIT_CENTS,
    RECORDS_MAX,
    VISIT_SITES_MAX,
    CardIdentity,
    CardKind,
    CardRights,
    CarriedTicket,
    ChipGeneration,
    CreditState,
    PassRight,
    PurseRecord,
    PurseState,
    RecordKind,
)
from domain.ports import format_id, id_bytes
from hardware.card.desfire.commands import (
    AccessRights,
    Command,
    Mode,
    create_cyclic_file,
    create_data_file,
    create_value_file,
)

APPLICATION = bytes.fromhex("4F525A")
PICC = bytes(3)
FILE_SIZE = 32
VERSION = 1
PICC_SETTINGS = 0x09  # master key and settings changeable; listing and creating need the key
APPLICATION_SETTINGS = 0x0B  # as above, listing free; key 0 changes keys
APPLICATION_KEYS = 4
NEVER = 0xF
TICKETS_MAX = 3
PASSES_MAX = 1
PASS_USED_OFFSET = 30  # the two bytes behind the third ticket: zero on cards written before they had a meaning
EXPIRES_OFFSET, EXPIRES_SIZE = 12, 2  # of the expiry within file 00


class LayoutError(ValueError):
    """A file of the card does not hold what our layout says: damaged, or written by somebody else."""


@unique
class FileNo(IntEnum):
    """Our files."""

    IDENTITY = 0x00
    EUROS = 0x01
    POINTS = 0x02
    RECORDS = 0x03
    STATE = 0x04
    RIGHTS = 0x05
    CREDITS = 0x06
    TRANSACTION_MAC = 0x0F


TRANSACTION_MAC_RIGHTS = AccessRights(1, NEVER, NEVER, 0)


def build_file_commands() -> dict[FileNo, Command]:
    """How each file but 0F is created."""
    state_rights = AccessRights(NEVER, 2, 1, 0)
    backups = {
        number: create_data_file(number, Mode.MAC, rights, FILE_SIZE, backup=True)
        for number, rights in (
            (FileNo.STATE, state_rights),
            (FileNo.RIGHTS, state_rights),
            (FileNo.CREDITS, AccessRights(1, NEVER, 2, 0)),
        )
    }
    return {
        FileNo.IDENTITY: create_data_file(
            FileNo.IDENTITY, Mode.MAC, AccessRights(1, NEVER, 0, 0), FILE_SIZE, backup=False
        ),
        FileNo.EUROS: create_value_file(FileNo.EUROS, Mode.FULL, AccessRights(1, NEVER, 2, 0), 0, PURSE_LIMIT_CENTS, 0),
        FileNo.POINTS: create_value_file(
            FileNo.POINTS, Mode.FULL, AccessRights(NEVER, NEVER, 1, 0), 0, POINTS_LIMIT, 0
        ),
        # One record more than can be read: the card writes the next one into the spare.
        FileNo.RECORDS: create_cyclic_file(FileNo.RECORDS, Mode.MAC, state_rights, FILE_SIZE, RECORDS_MAX + 1),
        **backups,
    }


@dataclass(frozen=True, slots=True)
class Reader:
    """Takes unsigned integers off the front of 32 bytes."""

    data: bytes

    def at(self, offset: int, size: int) -> int:
        return int.from_bytes(self.data[offset : offset + size], "big")


def _open(data: bytes, name: str) -> Reader:
    if len(data) != FILE_SIZE:
        raise LayoutError(f"{name} has {len(data)} bytes, not {FILE_SIZE}")
    if data[0] != VERSION:
        raise LayoutError(f"{name} has layout version {data[0]}")
    return Reader(data)


def is_blank(data: bytes) -> bool:
    """Created, never written."""
    return len(data) == FILE_SIZE and not any(data)


def _fill(*parts: tuple[int, int]) -> bytes:
    """(value, size) pairs after the version byte, zero-filled to 32; LayoutError when a value does not fit."""
    try:
        body = b"".join(value.to_bytes(size, "big") for value, size in parts)
    except OverflowError as error:
        raise LayoutError("a value does not fit its field") from error
    return (bytes([VERSION]) + body).ljust(FILE_SIZE, b"\0")


def encode_identity(identity: CardIdentity, chip: ChipGeneration) -> bytes:
    """File 00. The chip's generation is kept so that an EV2 card is never spoken to in EV1 mode."""
    return _fill(
        (int(identity.card_number), 4),
        (identity.kind, 1),
        (identity.generation, 1),
        (chip, 1),
        (identity.programme, 2),
        (identity.issued_day, 2),
        (identity.expires_day, 2),
    )


def decode_identity(data: bytes) -> tuple[CardIdentity, ChipGeneration]:
    """Inverse of `encode_identity`; LayoutError also for a blank file (never issued)."""
    raw = _open(data, "file 00")
    number = raw.at(1, 4)
    if number > 99_999_999:
        raise LayoutError("file 00: not a card number")
    try:
        identity = CardIdentity(
            card_number=f"{number:08d}",
            kind=CardKind(raw.at(5, 1)),
            generation=raw.at(6, 1),
            programme=raw.at(8, 2),
            issued_day=raw.at(10, 2),
            expires_day=raw.at(EXPIRES_OFFSET, EXPIRES_SIZE),
        )
        return identity, ChipGeneration(raw.at(7, 1))
    except ValueError as error:
        raise LayoutError(f"file 00: {error}") from error


def encode_record(record: PurseRecord) -> bytes:
    """One record of file 03."""
    return (
        bytes([VERSION])
        + id_bytes(record.transfer_id)
        + _fill(
            (record.kind, 1),
            (record.amount_cents, 4),
            (record.device, 4),
            (record.day, 2),
            (record.operation_number, 4),
        )[1:16]
    )


def decode_record(data: bytes) -> PurseRecord:
    raw = _open(data, "a record")
    try:
        kind = RecordKind(raw.at(17, 1))
    except ValueError as error:
        raise LayoutError(f"a record: {error}") from error
    return PurseRecord(
        transfer_id=format_id(data[1:17]),
        kind=kind,
        amount_cents=raw.at(18, 4),
        device=raw.at(22, 4),
        day=raw.at(26, 2),
        operation_number=raw.at(28, 4),
    )


def encode_state(state: PurseState) -> bytes:
    """File 04. Sites are non-zero 16-bit numbers, at most nine."""
    if len(state.visited_sites) > VISIT_SITES_MAX or 0 in state.visited_sites:
        raise LayoutError("at most nine visited sites, none of them 0")
    sites = tuple((site, 2) for site in state.visited_sites)
    return _fill(
        (state.operation_number, 4),
        (state.offline_sum_cents, 3),
        (state.offline_count, 1),
        (state.last_online_day, 2),
        (state.consent, 1),
        (state.visit_day, 2),
        *sites,
    )


def decode_state(data: bytes) -> PurseState:
    if is_blank(data):
        return PurseState(0, 0, 0, 0, 0, 0, ())
    raw = _open(data, "file 04")
    sites = (raw.at(14 + 2 * i, 2) for i in range(VISIT_SITES_MAX))
    return PurseState(
        operation_number=raw.at(1, 4),
        offline_sum_cents=raw.at(5, 3),
        offline_count=raw.at(8, 1),
        last_online_day=raw.at(9, 2),
        consent=raw.at(11, 1),
        visit_day=raw.at(12, 2),
        visited_sites=tuple(site for site in sites if site),
    )


def encode_rights(rights: CardRights) -> bytes:
    """File 05: one counting byte (passes high, tickets low), one pass, three tickets, the pass's last day of use."""
    if len(rights.passes) > PASSES_MAX or len(rights.tickets) > TICKETS_MAX:
        raise LayoutError("a card carries one pass and three tickets")
    passes = rights.passes or (PassRight(0, 0, 0, 0),)
    parts: list[tuple[int, int]] = [(len(rights.passes) << 4 | len(rights.tickets), 1)]
    for right in passes:
        parts += [(right.programme, 2), (right.valid_from_day, 2), (right.valid_until_day, 2), (right.uses_left, 1)]
    for ticket in rights.tickets:
        parts += [(ticket.ticket_ref, 4), (ticket.day, 2), (ticket.people, 1)]
    parts += [(0, 7)] * (TICKETS_MAX - len(rights.tickets))
    return _fill(*parts, (passes[0].used_day, 2))


def decode_rights(data: bytes) -> CardRights:
    if is_blank(data):
        return CardRights()
    raw = _open(data, "file 05")
    passes, tickets = raw.at(1, 1) >> 4, raw.at(1, 1) & 0xF
    if passes > PASSES_MAX or tickets > TICKETS_MAX:
        raise LayoutError("file 05: impossible counts")
    right = PassRight(raw.at(2, 2), raw.at(4, 2), raw.at(6, 2), raw.at(8, 1), raw.at(PASS_USED_OFFSET, 2))
    starts = range(9, 9 + 7 * tickets, 7)
    return CardRights(
        passes=(right,) if passes else (),
        tickets=tuple(CarriedTicket(raw.at(s, 4), raw.at(s + 4, 2), raw.at(s + 6, 1)) for s in starts),
    )


def encode_credits(credits: CreditState) -> bytes:
    """File 06."""
    return _fill(
        (credits.total_credited_cents, 4),
        (credits.credit_epoch, 4),
        (credits.month, 2),
        (credits.month_loads_cents, 4),
    )


def decode_credits(data: bytes) -> CreditState:
    if is_blank(data):
        return CreditState(0, 0, 0, 0)
    raw = _open(data, "file 06")
    return CreditState(raw.at(1, 4), raw.at(5, 4), raw.at(9, 2), raw.at(11, 4))
