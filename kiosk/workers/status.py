"""What the screen is told of this kiosk: its line, its content, what waits, its configuration. Any worker's thread."""

from __future__ import annotations

from collections.abc import Callable

from domain.days import local_day
from domain.ports import Clock
from kiosk.flow import events as ev
from kiosk.store.catalogue import CatalogueFailed, open_catalogue
from kiosk.store.content import ContentStore
from kiosk.store.journal import Journal
from kiosk.store.state import KioskState
from kiosk.workers.knowledge import Knowledge
from kiosk.workers.purchases import NO_DOUBTS, Doubts
from sync.ports import Progress

PROGRESS_MS = 1_000


class Status:
    """Reads the stores and posts news. Never called from the UI thread: it reads files."""

    def __init__(
        self,
        journal: Journal,
        state: KioskState,
        content: ContentStore,
        knowledge: Knowledge,
        post: Callable[[ev.Event], None],
        clock: Clock,
        doubts: Callable[[], Doubts] = lambda: NO_DOUBTS,
    ) -> None:
        self._journal = journal
        self._state = state
        self._content = content
        self._knowledge = knowledge
        self._post = post
        self._doubts = doubts
        self._clock = clock
        self._percent: int | None = None
        self._told_ms = -PROGRESS_MS
        self._about_known = (0, (0, ""))

    def waiting(self) -> int:
        """Facts that the server has not acknowledged."""
        head = self._state.acknowledged()
        return self._journal.count_after(*((head.incarnation, head.sequence) if head else (0, 0)))

    def about(self) -> tuple[int, str]:
        """(offers, ISO day of the content) of the version on show; (0, '') when there is none."""
        manifest = self._content.manifest()
        if manifest is None:
            return 0, ""
        version, known = self._about_known
        if version == manifest.content_version:
            return known
        try:
            catalogue = open_catalogue(self._content.catalogue_path(manifest.content_version))
        except CatalogueFailed:
            return 0, ""  # the catalogue worker meets it too, shows the version before and says so
        offers = catalogue.about.offers
        catalogue.close()
        known = (offers, local_day(manifest.issued_at).isoformat())
        self._about_known = (manifest.content_version, known)
        return known

    def tell_config(self) -> None:
        event = self._knowledge.config_event()
        if event is not None:
            self._post(event)

    def expired(self) -> bool:
        """Whether the content on show is too old to sell from: its manifest has expired.

        By the server's time where it was measured since this boot: a clock that is years off closes no shop.
        """
        manifest = self._content.manifest()
        offset = self._state.clock_offset_now(self._clock.monotonic_ms)
        now = self._clock.now_ms() + (0 if offset is None else offset[0])
        return manifest is not None and manifest.expires_at <= now

    def oldest_waiting_ms(self) -> int | None:
        """When the oldest fact that the server has not acknowledged happened; None when it has all."""
        head = self._state.acknowledged()
        facts = self._journal.facts_after(*((head.incarnation, head.sequence) if head else (0, 0)), 1)
        return facts[0].occurred_at if facts else None

    def tell_progress(self, progress: Progress) -> None:
        """While a pass runs: facts that still wait, and how much of newer content is here; at most once a second."""
        percent = progress.content_percent
        done = percent is not None and percent >= 100
        now = self._clock.monotonic_ms()
        if not done and now - self._told_ms < PROGRESS_MS:
            return
        self._told_ms = now
        self._percent = None if done else percent
        self.tell_line(progress.facts_waiting)

    def tell_line(self, waiting: int | None = None) -> None:
        """`waiting`: facts that wait, where somebody counted them a moment ago."""
        offers, day = self.about()
        doubts = self._doubts()
        if waiting is None:  # the pass is over: what was coming is here, or comes another time
            self._percent = None
        self._post(
            ev.LineNews(
                online=self._knowledge.online,
                last_contact_ms=self._knowledge.last_contact_ms,
                facts_waiting=self.waiting() if waiting is None else waiting,
                content_percent=self._percent,
                content_expired=self.expired(),
                content_day=day,
                content_version=self._content.active_version(),
                offers=offers,
                in_doubt=doubts.count,
                in_doubt_oldest_ms=doubts.oldest_ms,
            )
        )

    def tell_content(self) -> None:
        offers, day = self.about()
        self._post(ev.ContentArrived(self._content.active_version(), offers, day))
