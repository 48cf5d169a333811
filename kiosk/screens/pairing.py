"""Pairing: type address and code, compare eight words, wait for approval, receive the content."""

from __future__ import annotations

from typing import Any

from kivy.metrics import dp

from kiosk import theme
from kiosk.flow import events
from kiosk.flow.states import PairingState, PairStep, Shell
from kiosk.screens.base import Page
from kiosk.widgets.base import Row
from kiosk.widgets.cards import WordTile
from kiosk.widgets.keys import BACKSPACE, keyboard_height

TITLES = {
    PairStep.TYPING: ("ui_pair_title", "ui_pair_text"),
    PairStep.CLAIMING: ("ui_pair_title", "ui_pair_claiming"),
    PairStep.COMPARING: ("ui_pair_compare", "ui_pair_compare_text"),
    PairStep.RECEIVING: ("ui_pair_receiving", "ui_pair_receiving_text"),
    PairStep.DONE: ("ui_pair_done", "ui_pair_done_text"),
}
URL_KEYS = ":/."
CARET = "|"
KEY_ROWS = 5


class PairingScreen(Page):
    """Binds `PairingState`."""

    redraw_on_turn = True

    def bar_title(self, shell: Shell) -> str:
        return shell.place or self.t("ui_pair_title")

    def draw_shell(self, shell: Shell) -> None:
        super().draw_shell(shell)
        self.ids.keyboard.labels = {BACKSPACE: self.t("ui_erase"), " ": self.t("ui_space")}

    def on_size(self, *_: Any) -> None:
        if self.state is not None:
            self.draw(self.state)

    def draw(self, state: PairingState) -> None:
        ids = self.ids
        title, text = TITLES[state.step]
        # With an error beside the keys there is no room for a heading that the bar says already.
        full = state.step is PairStep.TYPING and (self.compact or (state.notice is not None and not self.portrait))
        ids.title.text = "" if full else self.t(title)
        crowded = state.notice is not None or (self.compact and state.step is PairStep.TYPING)
        ids.text.text = "" if crowded else self.t(text)
        typing = state.step is PairStep.TYPING
        ids.fields.opacity = 1 if typing else 0
        ids.go.disabled = not typing or not state.url or not state.code
        ids.go.opacity = 1 if typing else 0
        ids.over.size_hint_y = 0.0001 if typing else 1
        ids.go.text = self.t("ui_pair_go")
        ids.keyboard.opacity = 1 if typing else 0
        ids.keyboard.disabled = not typing
        ids.keyboard.height = keyboard_height(self.width, self.height, KEY_ROWS) if typing else 0
        ids.keyboard.capitals = state.field == "code"
        ids.keyboard.extra = URL_KEYS if state.field == "url" else ""
        for field, typed in (("url", state.url), ("code", state.code)):
            widget = ids[field]
            widget.name = self.t(f"ui_pair_{field}")
            widget.text = typed + (CARET if field == state.field else "")
            widget.active = field == state.field
            widget.disabled = not typing
        ids.notice.opacity = 1 if state.notice else 0
        ids.notice.title = self.m(state.notice)
        self._draw_words(state)
        receiving = state.step is PairStep.RECEIVING
        ids.progress.opacity = 1 if receiving else 0
        ids.progress.share = state.progress_percent / 100
        ids.percent.text = self.t("ui_percent", percent=state.progress_percent) if receiving else ""
        ids.sign.opacity = 1 if state.step in (PairStep.DONE, PairStep.CLAIMING) else 0
        ids.sign.icon = "check" if state.step is PairStep.DONE else "timer_sand"
        ids.sign.tone = "good" if state.step is PairStep.DONE else "primary"
        ids.sign.height = dp(230) if ids.sign.opacity else 0

    def _draw_words(self, state: PairingState) -> None:
        box = self.ids.words
        box.clear_widgets()
        words = state.words if state.step is PairStep.COMPARING else ()
        columns = 2 if self.portrait else 4
        for start in range(0, len(words), columns):
            row = Row(size_hint_y=None, height=dp(150), spacing=dp(theme.GAP))
            for number, word in enumerate(words[start : start + columns], start + 1):
                row.add_widget(WordTile(number=str(number), word=word, palette=self.palette))
            box.add_widget(row)

    def choose(self, field: str) -> None:
        self.dispatch_touch(events.ChooseField(field))

    def key(self, key: str) -> None:
        self.dispatch_touch(events.EraseText() if key == BACKSPACE else events.TypeText(key))

    def confirm(self) -> None:
        self.dispatch_touch(events.Confirm())
