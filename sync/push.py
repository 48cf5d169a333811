"""The push stage: batches of facts in order, the next one packed while the one before is on its way.

Reading, signing and compressing a batch take a kiosk about half as long as the server takes to keep it; done on a
second thread meanwhile, the server hardly waits for us. At most one batch is ahead, nothing is sent before the one
before it was acknowledged, and what was packed for a place that did not come true is thrown away: so a pass may be
killed at any instant.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from sync.client import DeviceClient, PackedBatch, Refused
from sync.messages_common import ErrorCode, Head
from sync.messages_facts import BATCH_FACTS_MAX, FactsAnswer, Quarantined
from sync.ports import JournalPort, StatePort
from sync.transport import Offline, OfflineReason


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push did until it ended; `trouble` is why it ended early."""

    sent: int = 0
    quarantined: int = 0
    trouble: Offline | Refused | None = None


def push_facts(
    client: DeviceClient, journal: JournalPort, state: StatePort, territory: str, waiting: Callable[[int], None]
) -> Pushed:
    """Send what follows the acknowledged place until nothing does; `waiting` is told how many are left.

    Raises the stores' own trouble; call on the sync thread.
    """
    outbox = _Outbox(client, journal, territory)
    place = place_of(state.acknowledged())
    packed = outbox.pack(place)
    if packed is None:
        return Pushed()
    left = journal.count_after(*place)
    sent = quarantined = 0
    with ThreadPoolExecutor(1, thread_name_prefix="sync-pack") as aside:
        while packed is not None:
            # A batch that is not full is the last one for now: then there is nothing to prepare.
            ahead = aside.submit(outbox.pack, packed.last) if packed.count == outbox.limit else None
            answer = client.send_packed(packed)
            if isinstance(answer, Refused) and answer.error.code == ErrorCode.TOO_LARGE and packed.count > 1:
                outbox.limit = max(1, packed.count // 2)
                packed = outbox.pack(place)
                continue
            if not isinstance(answer, FactsAnswer):
                return Pushed(sent, quarantined, answer)
            sent += packed.count
            quarantined += sum(isinstance(outcome, Quarantined) for outcome in answer.outcomes)
            told = place_of(answer.acknowledged)
            if told < packed.first:  # answered but not committed: believe nothing, try again later
                return Pushed(sent, quarantined, Offline(OfflineReason.GARBAGE, "facts are not acknowledged"))
            reached = min(told, packed.last)  # a head beyond what we sent speaks of another's facts
            state.set_acknowledged(Head(*reached))
            left -= packed.count
            waiting(max(left, 0))
            as_hoped = ahead is not None and reached == packed.last
            place = reached
            packed = ahead.result() if ahead is not None and as_hoped else outbox.pack(place)
    return Pushed(sent, quarantined)


class _Outbox:
    """Packs what follows a place, on any thread; `limit` shrinks when the server finds a batch too large."""

    def __init__(self, client: DeviceClient, journal: JournalPort, territory: str) -> None:
        self.limit = BATCH_FACTS_MAX
        self._client, self._journal, self._territory = client, journal, territory

    def pack(self, place: tuple[int, int]) -> PackedBatch | None:
        facts = self._journal.facts_after(*place, self.limit)
        return self._client.pack_facts(facts, self._territory) if facts else None


def place_of(head: Head | None) -> tuple[int, int]:
    """A head as something to compare; (0, 0) before the first fact."""
    return (0, 0) if head is None else (head.incarnation, head.sequence)
