"""What the screen is told of this kiosk: its line, its content, what waits, its configuration. Any worker's thread."""

from __future__ import annotations

from collections.abc import Callable

from domain.days import local_day
from kiosk.flow import events as ev
from kiosk.store.catalogue import CatalogueFailed, open_catalogue
from kiosk.store.content import ContentStore
from kiosk.store.journal import Journal
from kiosk.store.state import KioskState
from kiosk.workers.knowledge import Knowledge
from kiosk.workers.purchases import NO_DOUBTS, Doubts


class Status:
    """Reads the stores and posts news. Never called from the UI thread: it reads files."""

    def __init__(
        self,
        journal: Journal,
        state: KioskState,
        content: ContentStore,
        knowledge: Knowledge,
        post: Callable[[ev.Event], None],
        doubts: Callable[[], Doubts] = lambda: NO_DOUBTS,
    ) -> None:
        self._journal = journal
        self._state = state
        self._content = content
        self._knowledge = knowledge
        self._post = post
        self._doubts = doubts
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

    def tell_line(self) -> None:
        offers, day = self.about()
        doubts = self._doubts()
        self._post(
            ev.LineNews(
                online=self._knowledge.online,
                last_contact_ms=self._knowledge.last_contact_ms,
                facts_waiting=self.waiting(),
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
