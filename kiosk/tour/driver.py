"""Drives the real application as a finger does: finds a control by its label, touches it, waits for the screen.

The application owns the main thread; the driver runs on its own and asks the UI thread through Kivy's clock.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

from kivy.base import EventLoop
from kivy.clock import Clock as KivyClock
from kivy.core.window import Window
from kivy.graphics.opengl import GL_RGB, GL_UNSIGNED_BYTE, glReadPixels
from kivy.input.motionevent import MotionEvent
from kivy.lang import Builder

from kiosk.app import KioskApp
from kiosk.flow.model import Kiosk
from kiosk.flow.states import ScreenState
from kiosk.widgets.find import find_by_label, labels

T = TypeVar("T")
S = TypeVar("S")
WAIT_SECONDS = 20.0
POLL_SECONDS = 0.02
# A picture is taken when nothing moves any more: transitions take at most 240 ms (design note "Screens").
SETTLE_SECONDS = 0.35


class TourFailed(Exception):
    """A step did not come true; the message says which and what was on the screen."""


class FingerTouch(MotionEvent):
    """One finger at a window position, going through the same input path as a real one."""

    def __init__(self, x: float, y: float, number: int) -> None:
        super().__init__("tour", number, {"x": x, "y": y}, is_touch=True, type_id="touch")

    def depack(self, args: dict[str, float]) -> None:
        """Position as shares of the window, as the touch screen drivers give it."""
        self.sx = args["x"] / max(1, Window.width - 1)
        self.sy = args["y"] / max(1, Window.height - 1)
        self.profile = ["pos"]
        super().depack(args)


class Driver:
    """All methods are called from the tour's thread."""

    def __init__(self, app: KioskApp) -> None:
        self._app = app
        self._touches = 0
        self._pause = threading.Event()

    def on_ui(self, work: Callable[[], T]) -> T:
        """Run `work` on the UI thread and return what it returns."""
        answer: Future[T] = Future()

        def run(_elapsed: float) -> None:
            try:
                answer.set_result(work())
            except BaseException as error:  # noqa: BLE001 handed to the caller, who raises it
                answer.set_exception(error)

        KivyClock.schedule_once(run, 0)
        return answer.result(WAIT_SECONDS)

    @property
    def kiosk(self) -> Kiosk:
        """The whole state of the conversation, as it stands."""
        return self._app.conversation.kiosk

    @property
    def screen(self) -> ScreenState:
        return self._app.conversation.kiosk.screen

    def wait(self, what: str, ready: Callable[[], bool], seconds: float = WAIT_SECONDS) -> None:
        """Wait until `ready`; TourFailed names `what` and the screen that is there instead."""
        left = seconds
        while not ready():
            if left <= 0:
                raise TourFailed(f"waited {seconds:.0f} s for {what}; on the screen: {self.describe()}")
            self._pause.wait(POLL_SECONDS)
            left -= POLL_SECONDS

    def wait_screen(
        self, kind: type[S], fits: Callable[[S], bool] = lambda _: True, seconds: float = WAIT_SECONDS
    ) -> S:
        """Wait until the screen is of `kind` and `fits`; that screen's state."""
        found: list[S] = []

        def ready() -> bool:
            screen = self.screen
            if isinstance(screen, kind) and fits(screen):
                found.append(screen)
                return True
            return False

        self.wait(f"{kind.__name__}", ready, seconds)
        return found[-1]

    def map_is_drawn(self) -> bool:
        """On the UI thread: the map screen has every tile in view."""
        screen = self._app.view.screen
        return bool(screen is not None and "map" in screen.ids and screen.ids.map.complete)

    def describe(self) -> str:
        names = self.on_ui(lambda: labels(self._app.view))
        return f"{self.screen} with the controls {names}"

    def labels(self) -> list[str]:
        return self.on_ui(lambda: labels(self._app.view))

    def tap(self, label: str) -> None:
        """Put a finger on the control of that name, as soon as it is there, and lift it a frame later."""
        places: list[tuple[float, float]] = []

        def there() -> bool:
            place = self.on_ui(lambda: find_by_label(self._app.view, label))
            if place is not None:
                places.append(place)
            # At rest: the same place in two looks, so that a screen still being laid out is not touched.
            return place is not None and places[-2:] == [place, place]

        self.wait(f"a control named {label!r}", there)
        self._touches += 1
        touch = FingerTouch(*places[-1], self._touches)
        self.on_ui(lambda: EventLoop.post_dispatch_input("begin", touch))
        self.on_ui(lambda: EventLoop.post_dispatch_input("end", touch))

    def type(self, text: str) -> None:
        """Type on our own keyboard, one key after the other."""
        for letter in text:
            self.tap(letter)

    def picture(self, path: Path) -> None:
        """Write the window as PNG; TourFailed when it shows one colour only."""
        self._pause.wait(SETTLE_SECONDS)
        colours = self.on_ui(lambda: save_window(path))
        if colours < 8:
            raise TourFailed(f"the picture {path.name} is blank")


def save_window(path: Path) -> int:
    """Read the window's pixels into a PNG; how many different colours it has. UI thread."""
    from PIL import Image

    Builder.sync()  # kv rules of this frame, else a widget may be drawn half moved
    Window.dispatch("on_draw")
    width, height = Window.system_size
    pixels: Any = glReadPixels(0, 0, width, height, GL_RGB, GL_UNSIGNED_BYTE)
    image = Image.frombytes("RGB", (width, height), bytes(pixels)).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    image.save(path, optimize=True)
    return len(image.getcolors(maxcolors=1 << 24) or ())
