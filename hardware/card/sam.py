"""A vault in a second reader slot: a secure access module that authenticates and never gives its key out.

The module gets the card's challenge and answers with what the card wants to see; then it gets the card's proof and
gives the keys of *this one session*. So whoever owns the desk's computer can load while the module lies there and no
longer, and what was seen on one card opens no other. The commands are ours, shaped like those of bought modules
(`build_…` below); another module goes behind the same class. Card thread only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from domain.cards import ChipGeneration
from hardware.card.desfire.commands import Ins
from hardware.card.desfire.ev1 import Ev1Session
from hardware.card.desfire.ev2 import Ev2Session
from hardware.card.desfire.status import ISO_OK, MessagingError
from hardware.card.keys import NAME_OF_NUMBER, CardHandle, KeyMissing, KeyName, open_newest
from hardware.card.link import DesfireLink, Session
from hardware.card.port import CardChannel, CardLost, CardReader, ReaderUnavailable

CLASS = 0x80
INS_START, INS_FINISH, INS_INFO = 0x10, 0x11, 0x12
MODE_EV1, MODE_EV2_FIRST, MODE_EV2_NEXT = 1, 2, 3
SECRET_SIZES = range(4, 17)
KEY_NOT_FOUND, WRONG_PROOF = 0x6A88, 0x6988
_FINISHED_SIZE = {MODE_EV1: 16, MODE_EV2_FIRST: 36, MODE_EV2_NEXT: 32}


class SamUnusable(Exception):
    """The module is missing, locked or answers nonsense; one sentence without any secret."""


class SamRefused(SamUnusable):
    """The module does not take this secret: every further try may be its last."""


def build_verify(secret: bytes) -> bytes:
    """Unlock the module until it loses power: ISO 7816-4 VERIFY."""
    if len(secret) not in SECRET_SIZES:
        raise ValueError("the module's secret has 4 to 16 bytes")
    return bytes([0x00, 0x20, 0x00, 0x80, len(secret)]) + secret


def build_info() -> bytes:
    """Which keys it has: answered by `number₁ count₁ versions` for each."""
    return bytes([CLASS, INS_INFO, 0, 0, 0])


def build_start(key_number: int, mode: int, version: int, uid: bytes, challenge: bytes) -> bytes:
    """The card's enciphered RndB; answered by the 32 bytes that go back to the card."""
    data = bytes([version, len(uid)]) + uid + challenge
    return bytes([CLASS, INS_START, key_number, mode, len(data)]) + data + b"\0"


def build_finish(proof: bytes) -> bytes:
    """The card's last answer; answered by [TI₄] K_enc K_mac of EV2, or the session key of EV1."""
    return bytes([CLASS, INS_FINISH, 0, 0, len(proof)]) + proof + b"\0"


def parse_info(data: bytes) -> dict[KeyName, frozenset[int]]:
    """SamUnusable when it is not what `build_info` asked for."""
    held: dict[KeyName, frozenset[int]] = {}
    while data:
        number, count = data[0], data[1] if len(data) > 1 else 0
        if number not in NAME_OF_NUMBER or count == 0 or len(data) < 2 + count:
            raise SamUnusable("The key module tells its keys in a way that is not known.")
        held[NAME_OF_NUMBER[number]] = frozenset(data[2 : 2 + count])
        data = data[2 + count :]
    return held


@dataclass(slots=True)
class _SamHandshake:
    """The three steps of an authentication, two of them in the module."""

    vault: SamVault
    key_number: int
    version: int
    card: CardHandle
    previous: Ev2Session | None = field(default=None, repr=False)

    @property
    def mode(self) -> int:
        if self.card.chip is ChipGeneration.EV1:
            return MODE_EV1
        return MODE_EV2_FIRST if self.previous is None else MODE_EV2_NEXT

    def start(self) -> tuple[Ins, bytes]:
        number = bytes([self.key_number])
        match self.mode:
            case 1:
                return Ins.AUTHENTICATE_AES, number
            case 2:
                return Ins.AUTHENTICATE_EV2_FIRST, number + b"\0"
            case _:
                return Ins.AUTHENTICATE_EV2_NON_FIRST, number

    def answer(self, challenge: bytes) -> bytes:
        command = build_start(self.key_number, self.mode, self.version, self.card.uid, challenge)
        token = self.vault.ask(command, NAME_OF_NUMBER[self.key_number])
        if len(token) != 32:
            raise MessagingError("the key module answers with the wrong length")
        return token

    def finish(self, proof: bytes) -> Session:
        keys = self.vault.ask(build_finish(proof), NAME_OF_NUMBER[self.key_number])
        if len(keys) != _FINISHED_SIZE[self.mode]:
            raise MessagingError("the key module answers with the wrong length")
        if self.mode == MODE_EV1:
            return Ev1Session(self.key_number, keys)
        if self.previous is None:
            return Ev2Session(self.key_number, keys[:4], keys[4:20], keys[20:])
        return Ev2Session(self.key_number, self.previous.transaction_id, keys[:16], keys[16:], self.previous.counter)


class SamVault:
    """Implements `hardware.card.keys.KeyVault` with the module in `reader`'s slot."""

    def __init__(self, channel: CardChannel, held: Mapping[KeyName, frozenset[int]]) -> None:
        self._channel: CardChannel | None = channel
        self._held = MappingProxyType(dict(held))

    def __repr__(self) -> str:
        return f"SamVault({', '.join(sorted(self._held))})"

    @classmethod
    def unlock(cls, reader: CardReader, secret: bytes) -> SamVault:
        """Connect, unlock, ask which keys there are. Raises SamUnusable, and of it SamRefused for a wrong secret.

        Keep it open: power loss locks it again.
        """
        try:
            channel = reader.connect()
            _, word = channel.transmit(build_verify(secret))
            if word != ISO_OK:
                channel.close()
                tries = f", {word & 0xF} tries left" if word & 0xFFF0 == 0x63C0 else ""
                raise SamRefused(f"The key module refuses its secret{tries}.")
            data, word = channel.transmit(build_info())
        except (CardLost, ReaderUnavailable) as error:
            raise SamUnusable("There is no key module in its slot.") from error
        if word != ISO_OK:
            channel.close()
            raise SamUnusable("This is not a key module of ours.")
        return cls(channel, parse_info(data))

    def holds(self, name: KeyName) -> bool:
        """False too once the module was taken out."""
        return self._channel is not None and name in self._held

    def answers(self) -> bool:
        """Whether the module still lies there, unlocked: one exchange. False closes this conversation for good."""
        if self._channel is None:
            return False
        try:
            _, word = self._channel.transmit(build_info())
        except (CardLost, ReaderUnavailable):
            word = 0
        if word != ISO_OK:
            self.close()
        return word == ISO_OK

    def close(self) -> None:
        """Let go of the module: it locks itself."""
        channel, self._channel = self._channel, None
        if channel is not None:
            channel.close()

    def ask(self, command: bytes, name: KeyName) -> bytes:
        """One command to the module. A module that is gone is a key that is missing, not a card that was lost."""
        if self._channel is None:
            raise KeyMissing(name)
        try:
            data, word = self._channel.transmit(command)
        except (CardLost, ReaderUnavailable) as error:
            self.close()
            raise KeyMissing(name) from error
        if word == WRONG_PROOF:
            raise MessagingError("the card does not know the key")
        if word == KEY_NOT_FOUND:
            raise KeyMissing(name)
        if word != ISO_OK:
            raise MessagingError(f"the key module refuses ({word:04x})")
        return data

    def authenticate(
        self, link: DesfireLink, key_number: int, card: CardHandle, previous: Session | None = None
    ) -> Session:
        """Raises KeyMissing, also when the module was taken out, and what the link raises."""
        versions = self._held.get(NAME_OF_NUMBER[key_number])
        if not versions or self._channel is None:
            raise KeyMissing(NAME_OF_NUMBER[key_number])
        before = previous if isinstance(previous, Ev2Session) else None

        def open_version(version: int) -> Session:
            return link.shake_hands(_SamHandshake(self, key_number, version, card, before))

        return open_newest(link, key_number, versions, previous, open_version)
