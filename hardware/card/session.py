"""One authenticated visit to one card: read, let the caller decide, commit at most once.

Knows no limit and no rule: what is written comes as a `domain.cards.CardWrite`. Card thread only.
"""

from __future__ import annotations

from collections.abc import Sequence

from domain.cards import CardReading, CardWrite, ChipGeneration, PurseRecord
from hardware.card.desfire.commands import (
    Command,
    Ins,
    Mode,
    change_value,
    commit_transaction,
    get_value,
    parse_transaction_mac,
    parse_value,
    read_data,
    read_records,
    write_data,
    write_record,
)
from hardware.card.desfire.status import CardRefused, MessagingError, describe
from hardware.card.keys import CardHandle, KeyMissing, KeyName, KeyVault
from hardware.card.layout import (
    FILE_SIZE,
    FileNo,
    LayoutError,
    decode_credits,
    decode_identity,
    decode_record,
    decode_rights,
    decode_state,
    encode_credits,
    encode_record,
    encode_rights,
    encode_state,
)
from hardware.card.link import DesfireLink, Session
from hardware.card.opening import (
    LOAD_KEY,
    KnownChips,
    OpenedCard,
    OpenFailure,
    authenticate_card,
    failure_of,
)
from hardware.card.port import (
    CardChannel,
    CardLost,
    CardRead,
    CommitResult,
    Committed,
    Delivery,
    InDoubt,
    NotDone,
    ReaderUnavailable,
    ReadResult,
    Refused,
    Scope,
)

POINTS_NOT_READ = -1  # in a reading whose scope left the points out, and in the outcome that follows it
RECORDS_PER_READ = 10
_TROUBLES = (CardLost, ReaderUnavailable, CardRefused, MessagingError, KeyMissing)
_VALUES = frozenset({FileNo.EUROS, FileNo.POINTS})
_SIZES = {FileNo.TRANSACTION_MAC: 12}
_PARTS = ((Scope.POINTS, FileNo.POINTS), (Scope.RIGHTS, FileNo.RIGHTS), (Scope.CREDITS, FileNo.CREDITS))
_IN_TRANSACTION_MAC = frozenset(
    {
        *(Ins.GET_VALUE, Ins.DEBIT, Ins.CREDIT, Ins.LIMITED_CREDIT, Ins.CLEAR_RECORD_FILE),
        *(Ins.READ_DATA, Ins.WRITE_DATA, Ins.READ_DATA_EV1, Ins.WRITE_DATA_EV1),
        *(Ins.READ_RECORDS, Ins.WRITE_RECORD, Ins.READ_RECORDS_EV1, Ins.WRITE_RECORD_EV1),
    }
)


def open_card(
    channel: CardChannel, vault: KeyVault, *, known: KnownChips | None = None, atr: bytes = b""
) -> CardSession | OpenFailure:
    """Authenticate the card of `channel` with the site key. `known` spares GetVersion for cards met before."""
    link = DesfireLink(channel)
    try:
        opened = authenticate_card(link, vault, known if known is not None else KnownChips(), atr)
    except Exception as error:  # noqa: BLE001 - failure_of re-raises everything that is not a card's doing
        return failure_of(error)
    return CardSession(opened, vault)


class CardSession:
    """Implements `hardware.card.port.CardOperation`."""

    def __init__(self, opened: OpenedCard, vault: KeyVault) -> None:
        self._link: DesfireLink = opened.link
        self._handle: CardHandle = opened.handle
        self._session: Session = opened.session
        self._vault = vault
        self._reading: CardReading | None = None
        self._commands: list[bytes] = []

    @property
    def exchanges(self) -> int:
        """Frames sent to the card since it was opened."""
        return self._link.exchanges

    @property
    def card_uid(self) -> bytes:
        return self._handle.uid

    def _run(self, command: Command) -> bytes:
        """Run a command and note it for the transaction MAC as `Cmd ‖ header ‖ plain data`."""
        answer = self._link.run(self._session, command)
        self._note(command, answer)
        return answer

    def _run_all(self, commands: Sequence[Command]) -> list[bytes]:
        answers = self._link.run_all(self._session, commands)
        for command, answer in zip(commands, answers, strict=True):
            self._note(command, answer)
        return answers

    def _note(self, command: Command, answer: bytes) -> None:
        is_mac_file = command.header[:1] == bytes([FileNo.TRANSACTION_MAC])
        if command.instruction in _IN_TRANSACTION_MAC and not is_mac_file:
            self._commands.append(bytes([command.instruction]) + command.header + command.data + answer)

    def _read_command(self, number: FileNo) -> Command:
        if number in _VALUES:
            return get_value(number, Mode.FULL)
        return read_data(number, 0, _SIZES.get(number, FILE_SIZE), Mode.MAC, ev1=self._session.ev1)

    # --- reading -----------------------------------------------------------------------------------------

    def read(self, *, records: int, scope: Scope = Scope.ALL) -> ReadResult:
        """Everything asked for in this one authentication; `records` newest records, 0 to 10.

        Fewer records come from a young card. What `scope` leaves out is None, points `POINTS_NOT_READ`.
        """
        if not 0 <= records <= RECORDS_PER_READ:
            raise ValueError("0 to 10 records")
        try:
            self._reading = self._read(records, scope)
        except LayoutError as error:
            return Refused(str(error))
        except _TROUBLES as error:
            return failure_of(error)
        return CardRead(self._reading)

    def _read(self, records: int, scope: Scope) -> CardReading:
        numbers = [FileNo.IDENTITY, FileNo.STATE, FileNo.EUROS]
        if self._handle.chip is not ChipGeneration.EV1:
            numbers.append(FileNo.TRANSACTION_MAC)
        numbers += [number for part, number in _PARTS if part in scope]
        # None of them depends on another's answer: over a line they travel together.
        answers = self._run_all([self._read_command(number) for number in numbers])
        found = dict(zip(numbers, answers, strict=True))
        for number, answer in found.items():
            if number not in _VALUES and len(answer) != _SIZES.get(number, FILE_SIZE):
                raise MessagingError(f"file {number:02X} came with {len(answer)} bytes")
        identity, issued_as = decode_identity(found[FileNo.IDENTITY])
        if issued_as is not self._handle.chip:
            # An EV2 card shown as EV1 would escape the transaction MAC; a card does not change its generation.
            raise MessagingError("the card was issued as another generation")
        state = decode_state(found[FileNo.STATE])
        counter, mac = None, None
        if FileNo.TRANSACTION_MAC in found:
            counter, mac = parse_transaction_mac(found[FileNo.TRANSACTION_MAC])
        points = found.get(FileNo.POINTS)
        rights, credits = found.get(FileNo.RIGHTS), found.get(FileNo.CREDITS)
        return CardReading(
            card_uid=self._handle.uid,
            chip=self._handle.chip,
            identity=identity,
            balance_cents=parse_value(found[FileNo.EUROS]),
            points=POINTS_NOT_READ if points is None else parse_value(points),
            state=state,
            credits=None if credits is None else decode_credits(credits),
            rights=None if rights is None else decode_rights(rights),
            records=self._records(min(records, max(0, state.operation_number - 1))),
            transaction_counter=counter,
            transaction_mac=mac,
        )

    def _records(self, count: int) -> tuple[PurseRecord, ...]:
        """Newest first. The first commit, of personalisation, leaves no record: one fewer than operations."""
        if count == 0:
            return ()
        command = read_records(FileNo.RECORDS, 0, count, FILE_SIZE, Mode.MAC, ev1=self._session.ev1)
        answer = self._run(command)
        if not answer or len(answer) % FILE_SIZE:
            raise MessagingError("records come whole")
        oldest_first = [decode_record(answer[i : i + FILE_SIZE]) for i in range(0, len(answer), FILE_SIZE)]
        return tuple(reversed(oldest_first))

    # --- writing -----------------------------------------------------------------------------------------

    def commit(self, write: CardWrite) -> CommitResult:
        """Stage everything of `write` and commit once. Needs a `read` before; a second commit needs another.

        NotDone: the commit frame was surely not handed over, so the card forgets what was staged. After that
        frame only a verified answer counts; anything else is InDoubt, also an error status, because status
        words carry no MAC and whoever sits in the line could make one up.
        """
        reading, self._reading = self._reading, None
        if reading is None:
            raise ValueError("read the card before each commit")
        self._check(write, reading)
        try:
            if write.needs_load_key:
                if not self._vault.holds(KeyName.LOAD):
                    return NotDone("this device has no load key")
                previous = None if self._session.ev1 else self._session
                self._session = self._vault.authenticate(self._link, LOAD_KEY, self._handle, previous)
                self._commands.clear()  # an authentication aborts what was collected
            self._stage(write)
        except CardRefused as refused:
            return NotDone(f"command {refused.instruction:02X}: {describe(refused.status)}")
        except CardLost:
            return NotDone("card lost")
        except ReaderUnavailable as error:
            return NotDone(f"reader {error.trouble.value}")
        except (MessagingError, KeyMissing, LayoutError) as error:
            return NotDone(str(error))
        return self._commit(write, reading)

    @staticmethod
    def _check(write: CardWrite, reading: CardReading) -> None:
        operation = reading.state.operation_number + 1
        if write.record.operation_number != operation or write.state.operation_number != operation:
            raise ValueError("a commit raises the operation number by one, in record and state")
        if write.needs_load_key and write.points_delta:
            raise ValueError("the load key does not write points: two commits")
        if write.euros_delta_cents > 0 and write.credits is None:
            raise ValueError("a euro credit goes with file 06")

    def _stage(self, write: CardWrite) -> None:
        """Encode everything first, so that a value that does not fit is found before the card is touched."""
        ev1 = self._session.ev1
        commands: list[Command] = []
        for number, delta in ((FileNo.EUROS, write.euros_delta_cents), (FileNo.POINTS, write.points_delta)):
            if delta:
                instruction = Ins.CREDIT if delta > 0 else Ins.DEBIT
                commands.append(change_value(instruction, number, abs(delta), Mode.FULL))
        commands.append(write_record(FileNo.RECORDS, 0, encode_record(write.record), Mode.MAC, ev1=ev1))
        commands.append(write_data(FileNo.STATE, 0, encode_state(write.state), Mode.MAC, ev1=ev1))
        if write.rights is not None:
            commands.append(write_data(FileNo.RIGHTS, 0, encode_rights(write.rights), Mode.MAC, ev1=ev1))
        if write.credits is not None:
            commands.append(write_data(FileNo.CREDITS, 0, encode_credits(write.credits), Mode.MAC, ev1=ev1))
        self._run_all(commands)

    def _commit(self, write: CardWrite, reading: CardReading) -> CommitResult:
        commands = tuple(self._commands)
        self._commands.clear()
        with_mac = self._handle.chip is not ChipGeneration.EV1
        try:
            answer = self._link.run(self._session, commit_transaction(with_transaction_mac=with_mac))
            counter, mac = parse_transaction_mac(answer) if with_mac else (None, None)
        except CardLost as lost:
            if lost.delivery is Delivery.NOT_SENT:
                return NotDone("card lost before the commit")
            return InDoubt(commands)
        except (ReaderUnavailable, CardRefused, MessagingError):
            return InDoubt(commands)
        points = reading.points
        return Committed(
            balance_cents=reading.balance_cents + write.euros_delta_cents,
            points=points if points == POINTS_NOT_READ else points + write.points_delta,
            operation_number=write.state.operation_number,
            transaction_counter=counter,
            transaction_mac=mac,
            commands=commands,
        )
