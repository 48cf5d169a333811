"""The Kivy application: one window, one view, the conversation drained when something was posted.

The UI thread never waits: it draws, forwards touches and drains events. Imported only after `config.prepare_kivy`,
because Kivy reads its environment and may open a window at import.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kivy.config import Config

Config.set("graphics", "multisamples", "0")  # 20 → 59 fps on software GL; shapes are smoothed by their own textures
Config.set("kivy", "exit_on_escape", "0")
Config.set("kivy", "log_enable", "0")
Config.set("input", "mouse", "mouse,disable_multitouch")

from kivy.app import App  # noqa: E402
from kivy.clock import Clock as KivyClock  # noqa: E402
from kivy.core.window import Window  # noqa: E402
from kivy.uix.widget import Widget  # noqa: E402

from domain.ports import Clock  # noqa: E402
from kiosk.conversation import Conversation, EventQueue  # noqa: E402
from kiosk.flow import events as ev  # noqa: E402
from kiosk.flow.effects import Effect  # noqa: E402
from kiosk.i18n import Translations  # noqa: E402
from kiosk.screens.base import Pictures  # noqa: E402
from kiosk.screens.shape import screen_shape  # noqa: E402
from kiosk.screens.view import KioskView  # noqa: E402
from kiosk.tile_pictures import TileSource  # noqa: E402

TICK_SECONDS = 1.0


class KioskApp(App):
    """Runs until `stop`. `decorate` may wrap the view (the demo's tray); it gets the view and returns the root."""

    use_kivy_settings = False

    def __init__(
        self,
        *,
        queue: EventQueue,
        clock: Clock,
        translations: Translations,
        pictures: Pictures,
        tiles: TileSource,
        carry_out: Callable[[Effect], None],
        started: Callable[[], None],
        paired: bool,
        language: str,
        window: tuple[int, int] | None,
        decorate: Callable[[Widget], Widget] | None = None,
    ) -> None:
        super().__init__()
        self.title = "Zér'ot"
        self._events = queue
        self._device_clock = clock
        self._translations = translations
        self._pictures = pictures
        self._tiles = tiles
        self._carry_out = carry_out
        self._started = started
        self._paired = paired
        self._language = language
        self._window = window
        self._decorate = decorate
        self.view: KioskView
        self.conversation: Conversation

    def open_settings(self, *_: Any) -> bool:
        """Kivy would open its settings panel on F1: a kiosk has no such way out."""
        return False

    def build(self) -> Widget:
        """Called by Kivy on the UI thread."""
        if self._window is None:
            Window.fullscreen = "auto"
        elif tuple(Window.system_size) != self._window:
            Window.system_size = self._window
        Window.clearcolor = (0.984, 0.969, 0.941, 1)
        self.view = KioskView(self._translations, self.touch, self._pictures, tiles=self._tiles)
        self.conversation = Conversation(
            self._events,
            self._carry_out,
            self.view.show,
            paired=self._paired,
            language=self._language,
            now_ms=self._device_clock.now_ms(),
            monotonic_ms=self._device_clock.monotonic_ms(),
        )
        self._events.on_post = KivyClock.create_trigger(self._drain)
        self.view.bind(size=self._reshape)
        return self._decorate(self.view) if self._decorate else self.view

    def on_start(self) -> None:
        """The window is there: first picture, then the workers."""
        self._reshape()
        self._tick(0)
        KivyClock.schedule_interval(self._tick, TICK_SECONDS)
        self._started()

    def touch(self, touch: ev.Touch) -> None:
        """What a finger meant: answered within this frame."""
        self.conversation.handle(touch)
        self.conversation.draw()

    def _drain(self, _elapsed: float) -> None:
        self.conversation.drain()
        if self._events.waiting():
            self._events.on_post()

    def _tick(self, _elapsed: float) -> None:
        clock = self._device_clock
        self.conversation.handle(ev.Tick(clock.now_ms(), clock.monotonic_ms()))
        self.conversation.drain()

    def _reshape(self, *_: Any) -> None:
        self.conversation.handle(screen_shape(*self.view.size))
        self.conversation.draw()
