"""The engine: one synchronous pass through the stages, safe to kill at any instant and to call again.

probe → push facts → pull feeds → pull manifest → pull blobs → swap. With nothing to do a pass is one `GET /feeds`,
which is probe, clock, acknowledged head and manifest version in one. Push and pull do not wait for each other: a feed
that cannot be understood never stops the facts. Everything durable is in the ports; the engine itself remembers only
how often it failed, for the back-off.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum, unique
from typing import Final

from domain.ports import Chance, Clock
from sync.client import DeviceClient, Refused
from sync.content_pull import (
    ContentCurrent,
    ContentRefused,
    ContentResult,
    pull_content,
)
from sync.feeds import EntryRefusal, Recipient, judge_entries
from sync.messages_common import ErrorCode
from sync.messages_down import Cursor, FeedsAnswer
from sync.messages_pairing import TimeAnswer
from sync.ports import ContentPort, JournalPort, Progress, StatePort
from sync.push import place_of, push_facts
from sync.transport import Offline, OfflineReason

FEED_PAGES_MAX: Final = 8
IDLE_SECONDS: Final = 60
BACKOFF_BASE_SECONDS: Final = 5
BACKOFF_CAP_SECONDS: Final = 900  # after a night without a line the shop's first quarter of an hour may pass
# Reasons that speak of one answer, not of the line: the facts are tried all the same.
_ONE_ANSWER: Final = frozenset(
    {OfflineReason.GARBAGE, OfflineReason.TRUNCATED, OfflineReason.TOO_LARGE, OfflineReason.PORTAL}
)


@unique
class Stage(StrEnum):
    """Where a pass ended, or that it went through."""

    PROBE = "probe"
    PUSH = "push"
    FEEDS = "feeds"
    CONTENT = "content"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What one pass did. `trouble` is the first thing that went wrong; `next_seconds` when to call again."""

    online: bool
    stopped_at: Stage
    trouble: Offline | Refused | None
    facts_sent: int
    facts_waiting: int
    quarantined: int
    new_feeds: tuple[str, ...]
    refused_feeds: tuple[tuple[str, EntryRefusal], ...]
    content: ContentResult
    revoked: bool
    met: bool  # the server answered as it answers a device that it knows
    new_incarnation: int | None
    next_seconds: float


@dataclass(frozen=True, slots=True)
class _Pass:
    """What has been gathered so far."""

    online: bool = False
    met: bool = False
    stopped_at: Stage = Stage.DONE
    trouble: Offline | Refused | None = None
    sent: int = 0
    quarantined: int = 0
    new_feeds: tuple[str, ...] = ()
    refused_feeds: tuple[tuple[str, EntryRefusal], ...] = ()
    content: ContentResult = field(default_factory=ContentCurrent)
    new_incarnation: int | None = None

    def failed(self, stage: Stage, trouble: Offline | Refused) -> _Pass:
        return self if self.trouble is not None else replace(self, stopped_at=stage, trouble=trouble)


class Engine:
    """One device's sync. Make one per pairing; `run_once` from one thread at a time."""

    def __init__(
        self,
        client: DeviceClient,
        journal: JournalPort,
        state: StatePort,
        content: ContentPort,
        recipient: Recipient,
        *,
        clock: Clock,
        chance: Chance,
        progress: Callable[[Progress], None] = lambda progress: None,
    ) -> None:
        self._client, self._journal, self._state, self._content = client, journal, state, content
        self._recipient, self._clock, self._chance, self._progress = recipient, clock, chance, progress
        self._failures = 0

    def run_once(self) -> SyncReport:
        """One pass. Raises OSError or the stores' own trouble when this device's disk fails, never for the network."""
        answer = self._probe()
        done = _Pass()
        if isinstance(answer, FeedsAnswer):
            done = self._meet(answer, replace(done, online=True, met=True))
        else:
            done = done.failed(Stage.PROBE, answer)
        if isinstance(answer, (FeedsAnswer, Refused)) or answer.reason in _ONE_ANSWER:
            done = self._push(done)
        if isinstance(answer, FeedsAnswer):
            done = self._pull_feeds(answer, done)
            done = self._pull_content(answer, done)
        return self._report(done)

    def _probe(self) -> FeedsAnswer | Refused | Offline:
        """The first question. When the certificate fails by date alone, the server's signed time tells whose clock."""
        answer = self._client.read_feeds(self._state.cursor())
        if not isinstance(answer, Offline) or answer.reason is not OfflineReason.TLS_DATE:
            return answer
        if not isinstance(self._client.measure_time(self._recipient.server_key), TimeAnswer):
            return answer
        return self._client.read_feeds(self._state.cursor())

    def _meet(self, answer: FeedsAnswer, done: _Pass) -> _Pass:
        """Note the contact and compare heads: who knows more, we or the server?"""
        self._state.record_contact(answer.time, self._clock.now_ms(), self._clock.monotonic_ms())
        told, (incarnation, sequence) = answer.acknowledged, self._journal.last_place()
        if told is not None and (told.incarnation, told.sequence) > (incarnation, sequence):
            # The server has facts of ours that we do not: this is a restored image. What we wrote since stays ours.
            number = told.incarnation + 1
            self._journal.fork(number)
            return replace(done, new_incarnation=number)
        if place_of(told) < place_of(self._state.acknowledged()):
            # A restored server knows less: offer it everything from there. Forward its word alone counts for nothing:
            # after a fork it speaks of another's facts at our places, and sending again is harmless.
            self._state.set_acknowledged(told)
        return done

    def _push(self, done: _Pass) -> _Pass:
        pushed = push_facts(
            self._client,
            self._journal,
            self._state,
            self._recipient.territory,
            lambda left: self._progress(Progress(left, None)),
        )
        sent, quarantined = done.sent + pushed.sent, done.quarantined + pushed.quarantined
        done = replace(done, online=done.online or pushed.sent > 0, sent=sent, quarantined=quarantined)
        return done if pushed.trouble is None else done.failed(Stage.PUSH, pushed.trouble)

    def _pull_feeds(self, answer: FeedsAnswer, done: _Pass) -> _Pass:
        for _ in range(FEED_PAGES_MAX):
            before = self._state.cursor()
            done = self._keep(answer, before, done)
            if not answer.entries or self._state.cursor() == before:
                return done
            following = self._client.read_feeds(self._state.cursor())
            if not isinstance(following, FeedsAnswer):
                return done.failed(Stage.FEEDS, following)
            answer = following
        return done

    def _keep(self, answer: FeedsAnswer, before: Cursor, done: _Pass) -> _Pass:
        new_epoch = answer.server_epoch > before.epoch
        accepted, refused = judge_entries(
            answer.entries,
            self._state.kept_feeds(),
            self._recipient,
            now_ms=self._time(answer),
            new_epoch=new_epoch,
        )
        # With a refused entry the cursor stays, so that a true one may still come; a cursor never goes back.
        moves = not refused and answer.cursor > before and answer.cursor.epoch == answer.server_epoch
        if accepted or moves:
            self._state.save_feeds(accepted, answer.cursor if moves else None)
        return replace(
            done,
            new_feeds=done.new_feeds + tuple(entry.feed for entry in accepted),
            refused_feeds=done.refused_feeds + refused,
        )

    def _pull_content(self, answer: FeedsAnswer, done: _Pass) -> _Pass:
        if answer.manifest_version <= self._content.active_version():
            return done
        result = pull_content(
            self._client,
            self._content,
            server_key=self._recipient.server_key,
            territory=self._recipient.territory,
            now_ms=self._time(answer),
            progress=lambda percent: self._progress(Progress(self._waiting(), percent)),
        )
        done = replace(done, content=result)
        if isinstance(result, (Offline, Refused)):
            return done.failed(Stage.CONTENT, result)
        return done

    def _time(self, answer: FeedsAnswer) -> int:
        """The server's time, for expiries: a device whose own clock is years off still gets its feeds.

        Never before the newest signed manifest: an answer replayed from the past revives nothing that has expired.
        """
        return max(answer.time, self._content.newest_issued_at())

    def _waiting(self) -> int:
        return self._journal.count_after(*place_of(self._state.acknowledged()))

    def _report(self, done: _Pass) -> SyncReport:
        revoked = isinstance(done.trouble, Refused) and done.trouble.error.code == ErrorCode.REVOKED
        return SyncReport(
            online=done.online,
            stopped_at=done.stopped_at,
            trouble=done.trouble,
            facts_sent=done.sent,
            facts_waiting=self._waiting(),
            quarantined=done.quarantined,
            new_feeds=done.new_feeds,
            refused_feeds=done.refused_feeds,
            content=done.content,
            revoked=revoked,
            met=done.met,
            new_incarnation=done.new_incarnation,
            next_seconds=self._wait(done),
        )

    def _wait(self, done: _Pass) -> float:
        """Full jitter, capped; the server's Retry-After is the least."""
        failed = done.trouble is not None or isinstance(done.content, ContentRefused)
        if not failed:
            self._failures = 0
            return IDLE_SECONDS
        ceiling = min(BACKOFF_CAP_SECONDS, BACKOFF_BASE_SECONDS << min(self._failures, 12))
        self._failures += 1
        drawn = int.from_bytes(self._chance.token(4), "big") / 2**32 * ceiling
        asked = done.trouble.retry_after_seconds if isinstance(done.trouble, Refused) else None
        return drawn if asked is None else asked + drawn
