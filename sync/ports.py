"""What the engine needs of the kiosk: journal, state, content store. Called from the sync thread."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from domain.facts import Fact
from sync.messages_common import Head
from sync.messages_down import Cursor, FeedEntry, SignedManifest
from sync.transport import Sink


class JournalPort(Protocol):
    """The facts of this device."""

    def facts_after(self, incarnation: int, sequence: int, limit: int) -> tuple[Fact, ...]:
        """The next facts after a place, in order, of one incarnation; empty when nothing follows."""

    def count_after(self, incarnation: int, sequence: int) -> int:
        """How many facts follow a place."""

    def last_place(self) -> tuple[int, int]:
        """Incarnation and sequence of the last durable fact; (0, 0) for an empty journal."""

    def fork(self, number: int) -> Fact:
        """Begin incarnation `number` because this journal is a restored image; its first fact names the fork point."""


class StatePort(Protocol):
    """What can be rebuilt. Every write is durable when the call returns."""

    def acknowledged(self) -> Head | None:
        """How far the server has everything, as last told."""

    def set_acknowledged(self, head: Head | None) -> None:
        """Also backwards: a restored server may know less than before."""

    def cursor(self) -> Cursor:
        """How far the feeds were read; 0.0 at first."""

    def kept_feeds(self) -> Mapping[str, FeedEntry]:
        """The newest accepted entry per feed, verified."""

    def save_feeds(self, entries: tuple[FeedEntry, ...], cursor: Cursor | None) -> None:
        """Keep accepted entries and, when not None, the cursor, together."""

    def record_contact(self, server_ms: int, device_ms: int, monotonic_ms: int) -> None:
        """The server answered: its time, ours, and the monotonic clock."""


class ContentPort(Protocol):
    """Content-addressed files of the kiosk and the version on show."""

    def active_version(self) -> int:
        """The content version on show; 0 when there is none."""

    def newest_issued_at(self) -> int:
        """`issued_at` of the newest manifest accepted, in ms; 0 when there is none: a floor for the device's time."""

    def has(self, sha256: str) -> bool:
        """Whether the file is complete and was verified."""

    def partial_bytes(self, sha256: str) -> int:
        """How much of a file an interrupted transfer left."""

    def sink(self, sha256: str, size: int, offset: int) -> AbstractContextManager[Sink]:
        """Where the rest of the file goes; leaving the context makes what came durable."""

    def finish(self, sha256: str, size: int, kind: str) -> str | None:
        """Verify size, SHA-256 and type; the reason when refused, and then the partial file is gone."""

    def activate(self, signed: SignedManifest) -> str | None:
        """Build the version aside, check it, swap, keep the previous one. The reason when refused."""


@dataclass(frozen=True, slots=True)
class Progress:
    """For the screen: facts that wait, and how much of new content is here (None: nothing to fetch)."""

    facts_waiting: int
    content_percent: int | None
