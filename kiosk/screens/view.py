"""The root of the window: keeps the screen of the current state, lays the shell's overlays over it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from kivy.lang import Builder
from kivy.uix.floatlayout import FloatLayout

from kiosk import theme
from kiosk.flow import events
from kiosk.flow.states import AttractState, ScreenState, Shell
from kiosk.i18n import Translations
from kiosk.screens.base import Context, Pictures, Screen
from kiosk.screens.overlays import FreshnessNote, StillThere
from kiosk.screens.registry import SCREENS
from kiosk.theme import Palette
from kiosk.tile_pictures import NO_TILES, TileSource
from kiosk.widgets import buttons, cards, keys, picture, pin_dots, qr, reader, tiles, top_bar
from kiosk.widgets.base import Themed, register_fonts

HERE = Path(__file__).parent
WIDGETS = HERE.parent / "widgets"
KEPT_MAX = 28  # screens built once and shown again: about as many as there are
# The .kv files name these classes: importing their modules is what makes Kivy know them.
WIDGET_MODULES = (buttons, cards, keys, picture, pin_dots, qr, reader, tiles, top_bar)


def load_rules() -> None:
    """Register the icon font and every screen's .kv file; loading one twice changes nothing."""
    register_fonts()
    first = [WIDGETS / "base.kv", WIDGETS / "touch.kv"]
    rest = [path for path in sorted(WIDGETS.glob("*.kv")) if path not in first]
    base = HERE / "base.kv"
    screens = [path for path in sorted(HERE.glob("*.kv")) if path != base]
    # Kivy applies rules in the order they were loaded, not in that of the ancestors: bases go first.
    for path in (*first, *rest, base, *screens):
        if str(path) not in Builder.files:
            Builder.load_file(str(path), encoding="utf-8")


class KioskView(FloatLayout, Themed):
    """What the window shows. The application calls `show` with each new state, on the UI thread.

    `send` receives what fingers mean; it must return at once (it puts the event on the flow's queue).
    """

    def __init__(
        self,
        translations: Translations,
        send: Callable[[events.Touch], None],
        pictures: Pictures,
        palette: Palette = theme.LIGHT,
        tiles: TileSource | None = None,
        **kwargs: Any,
    ) -> None:
        load_rules()
        super().__init__(palette=palette, **kwargs)
        self._translations = translations
        self._send = send
        self._pictures = pictures
        self._tiles = tiles or NO_TILES
        self._key: tuple[type, str] | None = None
        self._kept: dict[tuple[type, str], Screen] = {}
        self._still: StillThere | None = None
        self._note: FreshnessNote | None = None
        self.screen: Screen | None = None

    def context(self, language: str) -> Context:
        return Context(self._translations.for_language(language), self._send, self._pictures, self.palette, self._tiles)

    def show(self, shell: Shell, state: ScreenState) -> None:
        """Draw `state` under `shell`: the same screen is updated in place, another one replaces it."""
        key = (type(state), shell.language)
        screen = self.screen if key == self._key and self.screen is not None else self._change(key, shell.language)
        screen.show(state, shell)
        self._overlays(shell)

    def _change(self, key: tuple[type, str], language: str) -> Screen:
        """Put another screen in place: one that was built before when there is one, else a new one."""
        if self.screen is not None:
            self.screen.left()
            self.remove_widget(self.screen)
        if key[0] is AttractState:
            self.wipe()
        screen = self._kept.get(key)
        if screen is None:
            screen = SCREENS[key[0]](self.context(language), size_hint=(1, 1))
            if len(self._kept) >= KEPT_MAX:
                self._kept.pop(next(iter(self._kept)))
            self._kept[key] = screen
        screen.size = self.size
        self.add_widget(screen, index=len(self.children))
        self.screen, self._key = screen, key
        screen.entered()
        return screen

    def wipe(self) -> None:
        """The visitor left: forget every screen that may have drawn something of theirs."""
        self._kept = {key: screen for key, screen in self._kept.items() if not screen.personal}

    def _overlays(self, shell: Shell) -> None:
        if (shell.still_there_seconds is None) != (self._still is None):
            if self._still is None:
                self._still = StillThere(self.context(shell.language))
                self.add_widget(self._still)
            else:
                self.remove_widget(self._still)
                self._still = None
        if self._still is not None:
            self._still.show(shell)
        if shell.freshness_open != (self._note is not None):
            if self._note is None:
                self._note = FreshnessNote(self.context(shell.language))
                self.add_widget(self._note, index=1 if self._still else 0)
            else:
                self.remove_widget(self._note)
                self._note = None
        if self._note is not None:
            self._note.show(shell)
