"""PC/SC readers: the one module that imports smartcard.

The binding's own monitor threads die with pcscd, so readers are watched here with SCardGetStatusChange, in slices
of a second, and the context is built anew whenever the service went away. Card thread only, but for `close`.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import Any

from smartcard import scard

from hardware.card.port import (
    CardLost,
    CardPresent,
    CardRemoved,
    Delivery,
    ReaderDown,
    ReaderEvent,
    ReaderReady,
    ReaderTrouble,
    ReaderUnavailable,
    SeveralCards,
)

SLICE_MS = 500  # longest single wait: how late a `close` is noticed at worst
RETRY_SECONDS = 0.5  # between attempts while pcscd or the reader is missing

_NO_SERVICE = frozenset(
    {
        scard.SCARD_E_NO_SERVICE,
        scard.SCARD_E_SERVICE_STOPPED,
        scard.SCARD_E_INVALID_HANDLE,
        scard.SCARD_F_COMM_ERROR,
        scard.SCARD_E_SERVER_TOO_BUSY,
    }
)
_NO_READER = frozenset(
    {
        scard.SCARD_E_READER_UNAVAILABLE,
        scard.SCARD_E_UNKNOWN_READER,
        scard.SCARD_E_NO_READERS_AVAILABLE,
    }
)
_NO_CARD = frozenset(
    {
        scard.SCARD_W_REMOVED_CARD,
        scard.SCARD_W_RESET_CARD,
        scard.SCARD_W_UNPOWERED_CARD,
        scard.SCARD_W_UNRESPONSIVE_CARD,
        scard.SCARD_E_NO_SMARTCARD,
        scard.SCARD_E_NOT_TRANSACTED,
        scard.SCARD_E_PROTO_MISMATCH,
        scard.SCARD_E_TIMEOUT,
    }
)


def trouble_of(result: int) -> ReaderTrouble | None:
    """The trouble that a PC/SC result code means; None when it is about the card, not the reader."""
    if result in _NO_SERVICE:
        return ReaderTrouble.NO_SERVICE
    if result in _NO_READER:
        return ReaderTrouble.NO_READER
    if result == scard.SCARD_E_SHARING_VIOLATION:
        return ReaderTrouble.BUSY
    return None if result in _NO_CARD else ReaderTrouble.FAILED


def choose_reader(names: tuple[str, ...], name_part: str, avoid: str) -> str | None:
    """The first by name that has `name_part` in it and not `avoid`; None when there is none."""
    return next((name for name in sorted(names) if name_part in name and not (avoid and avoid in name)), None)


class PcscChannel:
    """A connection to the card in a reader, exclusive where possible."""

    def __init__(self, handle: Any, protocol: int) -> None:
        self._handle = handle
        self._protocol = scard.SCARD_PCI_T0 if protocol == scard.SCARD_PROTOCOL_T0 else scard.SCARD_PCI_T1
        self._open = True
        self._failed = False

    def transmit(self, apdu: bytes) -> tuple[bytes, int]:
        if not self._open:
            raise CardLost(Delivery.NOT_SENT)
        result, answer = scard.SCardTransmit(self._handle, self._protocol, list(apdu))
        if result == scard.SCARD_S_SUCCESS:
            if len(answer) < 2:  # how vpcd tells that its card went away
                self._failed = True
                raise CardLost(Delivery.UNKNOWN)
            raw = bytes(answer)
            return raw[:-2], int.from_bytes(raw[-2:], "big")
        self._failed = True
        # The codes do not tell whether the frame had left: drivers use the same ones before and after. Never guessed.
        trouble = trouble_of(result)
        if trouble is None or trouble is ReaderTrouble.FAILED:
            raise CardLost(Delivery.UNKNOWN)
        raise ReaderUnavailable(trouble)

    def close(self) -> None:
        if self._open:
            self._open = False
            # Reset: the next program must not inherit our authenticated session. Not after a failure: pcscd 1.9.9
            # notes a failed reset as a removal, and is then blind to a card that is back before its next poll.
            leave = scard.SCARD_LEAVE_CARD if self._failed else scard.SCARD_RESET_CARD
            scard.SCardDisconnect(self._handle, leave)


@dataclass(slots=True)
class _Watched:
    """The state of the chosen reader as last told, in PC/SC flags."""

    name: str
    state: int = scard.SCARD_STATE_UNAWARE
    card: bool = False


class PcscReader:
    """The first reader whose name contains `name_part` (any reader when empty). Implements `CardReader`.

    `avoid`: part of the name of a reader that is never taken, the slot of a desk's key module; "" avoids none.
    """

    def __init__(self, name_part: str = "", avoid: str = "") -> None:
        self._name_part = name_part
        self._avoid = avoid
        self._context: Any = None
        self._watched: _Watched | None = None
        self._presence = 0
        self._events: deque[ReaderEvent] = deque()
        self._trouble: ReaderTrouble | None = None
        self._closed = threading.Event()

    # --- the port ----------------------------------------------------------------------------------------

    def wait(self, timeout_seconds: float) -> ReaderEvent | None:
        left_ms = max(0, int(timeout_seconds * 1000))
        while not self._events and not self._closed.is_set():
            slice_ms = min(SLICE_MS, left_ms)
            self._watch(slice_ms)
            if left_ms <= slice_ms:
                break
            left_ms -= slice_ms
        return self._events.popleft() if self._events else None

    def connect(self) -> PcscChannel:
        self._look_for_reader()
        watched = self._watched
        if self._context is None or watched is None:
            raise ReaderUnavailable(self._trouble or ReaderTrouble.NO_READER)
        protocols = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
        result = scard.SCARD_S_SUCCESS
        for sharing in (scard.SCARD_SHARE_EXCLUSIVE, scard.SCARD_SHARE_SHARED):
            result, handle, protocol = scard.SCardConnect(self._context, watched.name, sharing, protocols)
            if result == scard.SCARD_S_SUCCESS:
                return PcscChannel(handle, protocol)
            if result != scard.SCARD_E_SHARING_VIOLATION:
                break
        trouble = trouble_of(result)
        if trouble is None:
            raise CardLost(Delivery.NOT_SENT)
        if trouble is not ReaderTrouble.BUSY:
            self._fall(trouble)
        raise ReaderUnavailable(trouble)

    def close(self) -> None:
        self._closed.set()
        context = self._context
        if context is not None:
            scard.SCardCancel(context)
            scard.SCardReleaseContext(context)
            self._context = None

    # --- watching ----------------------------------------------------------------------------------------

    def _watch(self, slice_ms: int) -> None:
        """One slice: look for the service and the reader, else for changes on it. Adds events."""
        if not self._look_for_reader():
            self._closed.wait(min(RETRY_SECONDS, slice_ms / 1000))
            return
        watched = self._watched
        if watched is None:
            return
        states = [(watched.name, watched.state)]
        result, changed = scard.SCardGetStatusChange(self._context, slice_ms, states)
        if result == scard.SCARD_E_TIMEOUT or self._closed.is_set():
            return
        if result != scard.SCARD_S_SUCCESS:
            self._fall(trouble_of(result) or ReaderTrouble.FAILED)
            return
        _, flags, atr = changed[0]
        self._changed(watched, flags, bytes(atr))

    def _changed(self, watched: _Watched, flags: int, atr: bytes) -> None:
        """Turn PC/SC flags into events. The high 16 bits count insertions: two at once must not be missed."""
        gone = scard.SCARD_STATE_UNKNOWN | scard.SCARD_STATE_UNAVAILABLE | scard.SCARD_STATE_IGNORE
        if flags & gone:
            self._fall(ReaderTrouble.NO_READER)
            return
        present = bool(flags & scard.SCARD_STATE_PRESENT)
        swapped = watched.card and present and (flags >> 16) != (watched.state >> 16)
        if watched.card and (not present or swapped):
            self._events.append(CardRemoved(self._presence))
        if present and (not watched.card or swapped):
            self._presence += 1
            # A card that does not answer to reset is mostly two cards at once: contactless readers see no ATR.
            mute = bool(flags & scard.SCARD_STATE_MUTE)
            self._events.append(SeveralCards() if mute else CardPresent(self._presence, atr))
        watched.card = present
        watched.state = flags & ~scard.SCARD_STATE_CHANGED

    def _look_for_reader(self) -> bool:
        """Make sure of a context and a reader; tells ReaderReady once. False while either is missing."""
        if self._context is None:
            result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
            if result != scard.SCARD_S_SUCCESS:
                self._fall(ReaderTrouble.NO_SERVICE)
                return False
            self._context = context
        if self._watched is not None:
            return True
        result, names = scard.SCardListReaders(self._context, [])
        if result not in (scard.SCARD_S_SUCCESS, scard.SCARD_E_NO_READERS_AVAILABLE):
            self._fall(trouble_of(result) or ReaderTrouble.FAILED)
            return False
        chosen = choose_reader(tuple(names or ()), self._name_part, self._avoid)
        if chosen is None:
            self._fall(ReaderTrouble.NO_READER)
            return False
        self._watched = _Watched(chosen)
        self._trouble = None
        self._events.append(ReaderReady(chosen))
        return True

    def _fall(self, trouble: ReaderTrouble) -> None:
        """The service or the reader went: tell it once, forget what depended on it."""
        if self._watched is not None and self._watched.card:
            self._events.append(CardRemoved(self._presence))
        self._watched = None
        if trouble is not ReaderTrouble.NO_READER and self._context is not None:
            scard.SCardReleaseContext(self._context)
            self._context = None
        if self._trouble is not trouble:
            self._trouble = trouble
            self._events.append(ReaderDown(trouble))


def list_readers() -> tuple[str, ...]:
    """Names of the readers there are now. Raises ReaderUnavailable(NO_SERVICE) when pcscd does not run."""
    result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
    if result != scard.SCARD_S_SUCCESS:
        raise ReaderUnavailable(ReaderTrouble.NO_SERVICE)
    try:
        result, names = scard.SCardListReaders(context, [])
        return tuple(sorted(names or ())) if result == scard.SCARD_S_SUCCESS else ()
    finally:
        scard.SCardReleaseContext(context)
