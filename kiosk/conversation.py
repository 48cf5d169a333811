"""The heart of a running kiosk: takes events, makes steps, hands effects to workers and tells the view.

No Kivy here: the application calls `drain` on each frame, the simulation and the tests call it from a loop.
All methods but `post` belong to one thread (the UI's).
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from kiosk.flow import events as ev
from kiosk.flow.effects import Effect
from kiosk.flow.model import Kiosk, shell
from kiosk.flow.states import ScreenState, Shell
from kiosk.flow.step import start, step

QUEUE_MAX = 1024
# A frame never spends more than this many events: a flood of news must not stop the picture.
EVENTS_A_FRAME = 64
POST_WAIT_SECONDS = 0.5


def _nobody() -> None:
    """Nobody is to be woken: the queue is read by a loop."""


class EventQueue:
    """Bounded queue of immutable events. `post` blocks a worker while the UI is behind, and gives up at the end.

    `on_post` is called after each post, on the poster's thread: it wakes the UI (a Kivy trigger is safe there).
    """

    def __init__(self) -> None:
        self._queue: queue.Queue[ev.Event] = queue.Queue(QUEUE_MAX)
        self._closed = threading.Event()
        self.on_post: Callable[[], object] = _nobody

    def post(self, event: ev.Event) -> None:
        """From any thread. An event posted after `close` is dropped: nobody draws any more."""
        while not self._closed.is_set():
            try:
                self._queue.put(event, timeout=POST_WAIT_SECONDS)
            except queue.Full:
                continue
            self.on_post()
            return

    def waiting(self) -> bool:
        return not self._queue.empty()

    def take(self) -> ev.Event | None:
        try:
            return self._queue.get_nowait()
        except queue.Empty:
            return None

    def wait(self, timeout_seconds: float) -> ev.Event | None:
        """For loops without a window: block until an event comes."""
        try:
            return self._queue.get(timeout=timeout_seconds)
        except queue.Empty:
            return None

    def close(self) -> None:
        self._closed.set()


class Conversation:
    """Holds the state. `carry_out` must return at once: it queues work for a worker."""

    def __init__(
        self,
        queue_: EventQueue,
        carry_out: Callable[[Effect], None],
        show: Callable[[Shell, ScreenState], None],
        *,
        paired: bool,
        language: str,
        now_ms: int,
        monotonic_ms: int,
    ) -> None:
        self._queue = queue_
        self._carry_out = carry_out
        self._show = show
        self.state, effects = start(paired=paired, language=language, now_ms=now_ms, mono=monotonic_ms)
        self._shown: tuple[Shell, ScreenState] | None = None
        for effect in effects:
            carry_out(effect)

    @property
    def kiosk(self) -> Kiosk:
        return self.state

    def handle(self, event: ev.Event) -> None:
        """One event now: touches come this way, so that the answer is in the same frame."""
        self.state, effects = step(self.state, event)
        for effect in effects:
            self._carry_out(effect)

    def drain(self) -> int:
        """Take what the workers posted and draw once if anything changed. Returns how many events were taken."""
        taken = 0
        while taken < EVENTS_A_FRAME:
            event = self._queue.take()
            if event is None:
                break
            self.handle(event)
            taken += 1
        self.draw()
        return taken

    def draw(self) -> None:
        """Tell the view when what is to be shown differs from what is shown."""
        wanted = (shell(self.state), self.state.screen)
        if wanted != self._shown:
            self._shown = wanted
            self._show(*wanted)
