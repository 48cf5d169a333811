"""Builders of native DESFire commands, and parsers of what they answer.

`header` travels in clear and is only MACed; `data` is what Full mode enciphers. EV1 appends a MAC to a command
only where there is `data`, so everything that is not file content or a secret is header.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum, unique

from hardware.card.desfire.crypto import crc32, xor
from hardware.card.desfire.status import MessagingError


@unique
class Ins(IntEnum):
    """Instruction bytes used."""

    AUTHENTICATE_ISO = 0x1A
    AUTHENTICATE_AES = 0xAA
    AUTHENTICATE_EV2_FIRST = 0x71
    AUTHENTICATE_EV2_NON_FIRST = 0x77
    ADDITIONAL_FRAME = 0xAF
    GET_VERSION = 0x60
    GET_CARD_UID = 0x51
    GET_FREE_MEMORY = 0x6E
    GET_APPLICATION_IDS = 0x6A
    SELECT_APPLICATION = 0x5A
    CREATE_APPLICATION = 0xCA
    DELETE_APPLICATION = 0xDA
    FORMAT_PICC = 0xFC
    GET_FILE_IDS = 0x6F
    GET_FILE_SETTINGS = 0xF5
    CHANGE_FILE_SETTINGS = 0x5F
    GET_KEY_SETTINGS = 0x45
    CHANGE_KEY_SETTINGS = 0x54
    GET_KEY_VERSION = 0x64
    CHANGE_KEY = 0xC4
    SET_CONFIGURATION = 0x5C
    CREATE_STANDARD_FILE = 0xCD
    CREATE_BACKUP_FILE = 0xCB
    CREATE_VALUE_FILE = 0xCC
    CREATE_LINEAR_FILE = 0xC1
    CREATE_CYCLIC_FILE = 0xC0
    CREATE_TRANSACTION_MAC_FILE = 0xCE
    DELETE_FILE = 0xDF
    GET_VALUE = 0x6C
    DEBIT = 0xDC
    CREDIT = 0x0C
    LIMITED_CREDIT = 0x1C
    READ_DATA = 0xAD
    WRITE_DATA = 0x8D
    READ_DATA_EV1 = 0xBD
    WRITE_DATA_EV1 = 0x3D
    READ_RECORDS = 0xAB
    WRITE_RECORD = 0x8B
    READ_RECORDS_EV1 = 0xBB
    WRITE_RECORD_EV1 = 0x3B
    CLEAR_RECORD_FILE = 0xEB
    COMMIT_READER_ID = 0xC8
    COMMIT_TRANSACTION = 0xC7
    ABORT_TRANSACTION = 0xA7


@unique
class Mode(Enum):
    """Communication mode of one command: EV1 treats PLAIN and MAC of commands without data alike."""

    PLAIN = 0x00
    MAC = 0x01
    FULL = 0x03


@dataclass(frozen=True, slots=True)
class Command:
    """One native command before secure messaging.

    `reply_length` is the number of plain bytes a Full answer holds (EV1 cannot tell it from its padding).
    `trailer` goes after the command's CRC in EV1 and after `data` in EV2 (ChangeKey). `ends_session`: the card
    forgets the session and answers without a MAC.
    """

    instruction: Ins
    header: bytes = b""
    data: bytes = b""
    mode: Mode = Mode.MAC
    reply_length: int = 0
    trailer: bytes = b""
    ends_session: bool = False


def _le(value: int, size: int) -> bytes:
    return value.to_bytes(size, "little")


def _signed4(value: int) -> bytes:
    return value.to_bytes(4, "little", signed=True)


@dataclass(frozen=True, slots=True)
class AccessRights:
    """Key numbers 0–13, 14 free, 15 never."""

    read: int
    write: int
    read_write: int
    change: int

    def to_bytes(self) -> bytes:
        """Two bytes as in file settings, least significant first."""
        return bytes([self.read_write << 4 | self.change, self.read << 4 | self.write])


def get_value(file_no: int, mode: Mode) -> Command:
    return Command(Ins.GET_VALUE, bytes([file_no]), mode=mode, reply_length=4)


def change_value(instruction: Ins, file_no: int, amount: int, mode: Mode) -> Command:
    """Credit, Debit or LimitedCredit of a positive `amount` (integer units of the file)."""
    if amount <= 0:
        raise ValueError("an amount is positive; the command says the direction")
    return Command(instruction, bytes([file_no]), _signed4(amount), mode)


def read_data(file_no: int, offset: int, length: int, mode: Mode, *, ev1: bool) -> Command:
    header = bytes([file_no]) + _le(offset, 3) + _le(length, 3)
    return Command(Ins.READ_DATA_EV1 if ev1 else Ins.READ_DATA, header, mode=mode, reply_length=length)


def write_data(file_no: int, offset: int, data: bytes, mode: Mode, *, ev1: bool) -> Command:
    header = bytes([file_no]) + _le(offset, 3) + _le(len(data), 3)
    return Command(Ins.WRITE_DATA_EV1 if ev1 else Ins.WRITE_DATA, header, data, mode)


def read_records(file_no: int, first: int, count: int, record_size: int, mode: Mode, *, ev1: bool) -> Command:
    """`first` 0 is the newest record; the card answers oldest first."""
    header = bytes([file_no]) + _le(first, 3) + _le(count, 3)
    instruction = Ins.READ_RECORDS_EV1 if ev1 else Ins.READ_RECORDS
    return Command(instruction, header, mode=mode, reply_length=count * record_size)


def write_record(file_no: int, offset: int, data: bytes, mode: Mode, *, ev1: bool) -> Command:
    header = bytes([file_no]) + _le(offset, 3) + _le(len(data), 3)
    return Command(Ins.WRITE_RECORD_EV1 if ev1 else Ins.WRITE_RECORD, header, data, mode)


def commit_transaction(*, with_transaction_mac: bool) -> Command:
    """With option 01 an EV2 card that has a transaction MAC file answers TMC ‖ TMV."""
    return Command(Ins.COMMIT_TRANSACTION, b"\x01" if with_transaction_mac else b"")


def select_application(aid: bytes) -> bytes:
    """Payload of SelectApplication for a three-byte AID."""
    if len(aid) != 3:
        raise ValueError("an AID has three bytes")
    return aid


def create_application(aid: bytes, settings: int, aes_keys: int) -> Command:
    return Command(Ins.CREATE_APPLICATION, select_application(aid) + bytes([settings, 0x80 | aes_keys]))


def create_data_file(file_no: int, mode: Mode, rights: AccessRights, size: int, *, backup: bool) -> Command:
    instruction = Ins.CREATE_BACKUP_FILE if backup else Ins.CREATE_STANDARD_FILE
    return Command(instruction, bytes([file_no, mode.value]) + rights.to_bytes() + _le(size, 3))


def create_value_file(file_no: int, mode: Mode, rights: AccessRights, lower: int, upper: int, value: int) -> Command:
    """Limits and start in the file's unit; LimitedCredit stays off, and reading is never free."""
    limits = _signed4(lower) + _signed4(upper) + _signed4(value)
    return Command(Ins.CREATE_VALUE_FILE, bytes([file_no, mode.value]) + rights.to_bytes() + limits + b"\x00")


def create_cyclic_file(file_no: int, mode: Mode, rights: AccessRights, record_size: int, records: int) -> Command:
    """`records` counts the spare one that the card writes into: one fewer can be read."""
    sizes = _le(record_size, 3) + _le(records, 3)
    return Command(Ins.CREATE_CYCLIC_FILE, bytes([file_no, mode.value]) + rights.to_bytes() + sizes)


def create_transaction_mac_file(file_no: int, mode: Mode, rights: AccessRights, key: bytes, version: int) -> Command:
    header = bytes([file_no, mode.value]) + rights.to_bytes() + b"\x02"  # 02: an AES key
    return Command(Ins.CREATE_TRANSACTION_MAC_FILE, header, key + bytes([version]), Mode.FULL)


def change_key(key_no: int, new: bytes, version: int, old: bytes | None, *, picc_to_aes: bool = False) -> Command:
    """ChangeKey to an AES key. `old` None: the key of this very session, which then ends.

    At PICC level the key number carries the new type (80 = AES).
    """
    header = bytes([key_no | (0x80 if picc_to_aes else 0)])
    if old is None:
        return Command(Ins.CHANGE_KEY, header, new + bytes([version]), Mode.FULL, ends_session=True)
    data = xor(new, old) + bytes([version])
    return Command(Ins.CHANGE_KEY, header, data, Mode.FULL, trailer=crc32(new))


def change_key_settings(settings: int) -> Command:
    return Command(Ins.CHANGE_KEY_SETTINGS, b"", bytes([settings]), Mode.FULL)


def set_configuration(option: int, data: bytes) -> Command:
    return Command(Ins.SET_CONFIGURATION, bytes([option]), data, Mode.FULL)


def get_card_uid() -> Command:
    return Command(Ins.GET_CARD_UID, mode=Mode.FULL, reply_length=7)


def parse_value(answer: bytes) -> int:
    """Signed 32-bit value; MessagingError for a wrong length."""
    if len(answer) != 4:
        raise MessagingError("a value has four bytes")
    return int.from_bytes(answer, "little", signed=True)


@dataclass(frozen=True, slots=True)
class Version:
    """Answer of GetVersion, the parts that matter. `uid` is seven zero bytes where random UID is on."""

    hardware_major: int
    software_major: int
    uid: bytes


def parse_version(answer: bytes) -> Version:
    """From the 28 (EV3: up to 29) bytes of the three frames together."""
    if len(answer) < 28:
        raise MessagingError("GetVersion is too short")
    return Version(hardware_major=answer[3], software_major=answer[10], uid=answer[14:21])


def parse_transaction_mac(answer: bytes) -> tuple[int, bytes]:
    """TMC (unsigned) and TMV from file 0F or from a commit with option 01."""
    if len(answer) != 12:
        raise MessagingError("a transaction MAC is TMC₄ ‖ TMV₈")
    return int.from_bytes(answer[:4], "little"), answer[4:]


def parse_aids(answer: bytes) -> tuple[bytes, ...]:
    if len(answer) % 3:
        raise MessagingError("AIDs have three bytes each")
    return tuple(answer[i : i + 3] for i in range(0, len(answer), 3))
