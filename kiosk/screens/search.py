"""Search: our own keyboard, results as you type."""

from __future__ import annotations

from typing import Any

from kivy.metrics import dp

from kiosk import theme
from kiosk.flow import events
from kiosk.flow.states import SearchState, Shell
from kiosk.screens.base import Page
from kiosk.screens.parts import draw_grid
from kiosk.screens.shape import search_grid
from kiosk.widgets.keys import BACKSPACE, keyboard_height

CARET = "|"
KEY_ROWS = 5


class SearchScreen(Page):
    """Binds `SearchState`. The keyboard is built once; only the field and the cards change with each key."""

    title_id = "ui_search"
    redraw_on_turn = True

    def draw_shell(self, shell: Shell) -> None:
        super().draw_shell(shell)
        keyboard = self.ids.keyboard
        keyboard.layout_name = "azerty" if shell.language == "fr" else "qwerty"
        keyboard.labels = {BACKSPACE: self.t("ui_erase"), " ": self.t("ui_space")}

    def on_size(self, *_: Any) -> None:
        keyboard = self.ids.keyboard
        keyboard.height = keyboard_height(self.width, self.height, KEY_ROWS if keyboard.digits else KEY_ROWS - 1)

    def key(self, key: str) -> None:
        self.dispatch_touch(events.EraseText() if key == BACKSPACE else events.TypeText(key))

    def erase_all(self) -> None:
        self.dispatch_touch(events.EraseText(everything=True))

    def turn(self, by: int) -> None:
        self.dispatch_touch(events.TurnPage(self.state.page + by))

    def _draw_turns(self, state: SearchState) -> None:
        for button, text_id, there in (
            (self.ids.previous, "ui_page_previous", state.page > 0),
            (self.ids.next, "ui_page_next", state.page < state.pages - 1),
        ):
            button.touch_label = self.t(text_id)
            button.disabled = not there
            button.opacity = 1 if there else 0
            button.width = dp(theme.CIRCLE) if state.pages > 1 else 0

    def draw(self, state: SearchState) -> None:
        ids = self.ids
        ids.typed.text = state.typed + CARET if state.typed else self.t("ui_search_hint")
        ids.typed.tone = "ink" if state.typed else "muted"
        ids.erase.touch_label = self.t("ui_erase_all")
        ids.erase.disabled = not state.typed
        ids.erase.opacity = 1 if state.typed else 0
        self._draw_turns(state)
        none = bool(state.typed) and not state.cards and not state.loading
        if none:
            ids.count.text = self.t("ui_search_none", typed=state.typed)
            ids.hint.text = self.t("ui_search_none_next")
        else:
            count = self.t("results_count", count=state.total) if state.typed else ""
            where = self.t("ui_page_of", page=state.page + 1, pages=state.pages) if state.pages > 1 else ""
            ids.count.text = " · ".join(filter(None, (count, where)))
            ids.hint.text = ""
        draw_grid(self, ids.grid, state.cards, search_grid(self.width, self.height))
