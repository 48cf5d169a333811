"""Personalisation: a blank card becomes ours, closed. Resumable after a tear at any step.

Every step first looks whether it was done already; the only thing trusted between two attempts is the card.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from domain.cards import CardIdentity, ChipGeneration, PurseState
from hardware.card.desfire.commands import (
    Command,
    Ins,
    Mode,
    change_key_settings,
    commit_transaction,
    create_application,
    parse_aids,
    read_data,
    set_configuration,
    write_data,
)
from hardware.card.desfire.status import CardRefused, MessagingError
from hardware.card.keys import LOCKED_VERSION, CardHandle, IssuerVault, KeyMissing, KeyName
from hardware.card.layout import (
    APPLICATION,
    APPLICATION_KEYS,
    APPLICATION_SETTINGS,
    FILE_SIZE,
    PICC,
    PICC_SETTINGS,
    FileNo,
    LayoutError,
    build_file_commands,
    decode_identity,
    encode_identity,
    encode_state,
    is_blank,
)
from hardware.card.link import DesfireLink, Session
from hardware.card.opening import (
    IDENTIFICATION_KEY,
    SITE_KEY,
    Foreign,
    OpenFailure,
    chip_of,
    failure_of,
    find_uid,
    read_version,
)
from hardware.card.port import CardChannel, CardLost, ReaderUnavailable, Refused

FIRST_OPERATION = 1  # the commit of personalisation, so that operation number and TMC start in step
RANDOM_UID_ON = b"\x02"
STEPS = ("master key", "settings", "application", "keys", "files", "identity", "state", "random UID")

Progress = Callable[[int, int, str], None]
_TROUBLES = (CardLost, ReaderUnavailable, CardRefused, MessagingError, KeyMissing, Foreign)


@dataclass(frozen=True, slots=True)
class PersonalisationOrder:
    """What one card is to become."""

    identity: CardIdentity
    random_uid: bool = False


@dataclass(frozen=True, slots=True)
class Personalised:
    """The card is ours. `resumed`: part of the work had been done before."""

    card_uid: bytes
    chip: ChipGeneration
    resumed: bool


@dataclass(frozen=True, slots=True)
class AlreadyIssued:
    """The card is somebody's: file 00 holds another identity, nothing was changed."""

    identity: CardIdentity


PersonaliseResult = Personalised | AlreadyIssued | OpenFailure


class _Issued(Exception):
    def __init__(self, identity: CardIdentity) -> None:
        super().__init__("already issued")
        self.identity = identity


def _ignore(step: int, steps: int, name: str) -> None:
    """No progress wanted."""


def personalise(
    channel: CardChannel, vault: IssuerVault, order: PersonalisationOrder, progress: Progress = _ignore
) -> PersonaliseResult:
    """Make the card of `channel` ours, or finish an attempt that was torn. Card thread.

    `progress(step, steps, name)` is called before each step. A card lost in between is `Lost`: present it again.
    """
    link = DesfireLink(channel)
    try:
        return _Station(link, vault, order, progress).work()
    except _Issued as issued:
        return AlreadyIssued(issued.identity)
    except LayoutError as error:
        return Refused(str(error))
    except _TROUBLES as error:
        return failure_of(error)


class _Station:
    """The steps, in order. `self.resumed` becomes true as soon as one finds its work done."""

    def __init__(self, link: DesfireLink, vault: IssuerVault, order: PersonalisationOrder, progress: Progress) -> None:
        self._link = link
        self._vault = vault
        self._order = order
        self._progress = progress
        self._resumed = False

    def work(self) -> Personalised | AlreadyIssued:
        serial = self._link.read_uid()
        chip = chip_of(read_version(self._link, serial, b""))
        if len(serial) != 7:  # random UID is on: only a card of ours, whose key 3 tells the real one
            self._link.select(APPLICATION)
        self._handle = CardHandle(find_uid(self._link, self._vault, chip, serial), chip)
        steps: tuple[Callable[[], None], ...] = (
            self._leave_factory,
            self._settle_picc,
            self._create_application,
            self._install_keys,
            self._create_files,
            self._write_identity,
            self._write_state,
            self._hide_uid,
        )
        for index, (step, name) in enumerate(zip(steps, STEPS, strict=True)):
            self._progress(index, len(steps), name)
            step()
        self._progress(len(steps), len(steps), "done")
        return Personalised(self._handle.uid, chip, self._resumed)

    def _leave_factory(self) -> None:
        self._link.select(PICC)
        if self._link.key_version(0) == self._vault.version(KeyName.PICC):
            self._resumed = True
            return
        self._vault.leave_factory(self._link, self._handle)

    def _picc(self) -> Session:
        self._link.select(PICC)
        return self._vault.authenticate_picc(self._link, self._handle)

    def _settings(self, session: Session) -> int:
        return self._link.run(session, Command(Ins.GET_KEY_SETTINGS))[0]

    def _settle_picc(self) -> None:
        session = self._picc()
        if self._settings(session) != PICC_SETTINGS:
            self._link.run(session, change_key_settings(PICC_SETTINGS))

    def _create_application(self) -> None:
        session = self._picc()
        if APPLICATION in parse_aids(self._link.run(session, Command(Ins.GET_APPLICATION_IDS))):
            self._resumed = True
            return
        # Closed from its birth: settings 0B let nobody create files without key 0, so a tear leaves nothing open.
        command = create_application(APPLICATION, APPLICATION_SETTINGS, APPLICATION_KEYS)
        self._link.run(session, command)

    def _master(self) -> Session:
        self._link.select(APPLICATION)
        if self._link.key_version(0) == 0:
            return self._vault.authenticate_default(self._link, self._handle)
        return self._vault.authenticate(self._link, 0, self._handle)

    def _install_keys(self) -> None:
        session = self._master()
        versions = [
            self._link.run(session, Command(Ins.GET_KEY_VERSION, bytes([number])))[0]
            for number in range(APPLICATION_KEYS)
        ]
        if versions[0] == 0:
            self._vault.install(self._link, session, 0, self._handle, 0)
            session = self._master()
        for number in range(1, APPLICATION_KEYS):
            if versions[number] == LOCKED_VERSION and self._order.random_uid:
                raise MessagingError("key 3 of this card was locked: it cannot get a random UID any more")
            if versions[number] != 0:
                continue
            if number == IDENTIFICATION_KEY and not self._order.random_uid:
                self._vault.lock(self._link, session, number)
            else:
                self._vault.install(self._link, session, number, self._handle, 0)

    def _create_files(self) -> None:
        session = self._master()
        present = set(self._link.run(session, Command(Ins.GET_FILE_IDS)))
        for number, command in build_file_commands().items():
            if number not in present:
                self._link.run(session, command)
        if FileNo.TRANSACTION_MAC not in present and self._handle.chip is not ChipGeneration.EV1:
            self._vault.create_transaction_mac(self._link, session, self._handle)
        if self._settings(session) != APPLICATION_SETTINGS:
            self._link.run(session, change_key_settings(APPLICATION_SETTINGS))

    def _write_identity(self) -> None:
        session = self._master()
        ev1 = session.ev1
        found = self._link.run(session, read_data(FileNo.IDENTITY, 0, FILE_SIZE, Mode.MAC, ev1=ev1))
        wanted = encode_identity(self._order.identity, self._handle.chip)
        if found == wanted:
            return
        if not is_blank(found):
            raise _Issued(decode_identity(found)[0])
        self._link.run(session, write_data(FileNo.IDENTITY, 0, wanted, Mode.MAC, ev1=ev1))

    def _write_state(self) -> None:
        self._link.select(APPLICATION)
        session = self._vault.authenticate(self._link, SITE_KEY, self._handle)
        ev1 = session.ev1
        found = self._link.run(session, read_data(FileNo.STATE, 0, FILE_SIZE, Mode.MAC, ev1=ev1))
        if not is_blank(found):
            return
        issued = self._order.identity.issued_day  # a station works online: the card starts as last seen that day
        state = PurseState(FIRST_OPERATION, 0, 0, issued, 0, 0, ())
        self._link.run(session, write_data(FileNo.STATE, 0, encode_state(state), Mode.MAC, ev1=ev1))
        self._link.run(session, commit_transaction(with_transaction_mac=not ev1))

    def _hide_uid(self) -> None:
        """Last, as afterwards the PICC key can only be reached through key 3."""
        if self._order.random_uid:
            self._link.run(self._picc(), set_configuration(0x00, RANDOM_UID_ON))
