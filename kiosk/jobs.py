"""Small jobs of a kiosk that may wait for the disk: one after the other on a thread of their own. No Kivy."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import structlog

from kiosk.flow import events as ev
from kiosk.store.journal import JournalTrouble
from kiosk.store.state import StateTrouble


class Jobs:
    """`later` from any thread; `stop` waits for what was begun."""

    def __init__(self, post: Callable[[ev.Event], None]) -> None:
        self._post = post
        self._thread = ThreadPoolExecutor(1, "jobs")
        self._log = structlog.get_logger(__name__)

    def later(self, work: Callable[[], object]) -> None:
        """Run on the jobs thread; trouble is logged and shown, never swallowed."""

        def run() -> None:
            try:
                work()
            except (JournalTrouble, StateTrouble) as error:
                self._log.error("a fact could not be kept", reason=str(error))
                self._post(ev.CardRefused(ev.CardTrouble.DISK_FULL))
            except Exception:  # noqa: BLE001 the one supervisor of this thread; logged with its traceback
                self._log.exception("a job failed")

        self._thread.submit(run)

    def stop(self) -> None:
        self._thread.shutdown(wait=True)
