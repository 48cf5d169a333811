"""PIN of the partner or technician: digits are counted, never shown."""

from __future__ import annotations

from kivy.metrics import dp

from kiosk.flow import events
from kiosk.flow.states import PinState, Shell
from kiosk.screens.base import Page
from kiosk.widgets.keys import BACKSPACE

DOTS = 6  # the length of every PIN (design note "The card"); the sixth digit is checked at once


class PinScreen(Page):
    """Binds `PinState`."""

    desk = True

    def bar_title(self, shell: Shell) -> str:
        return self.t("ui_desk")

    def draw_shell(self, shell: Shell) -> None:
        super().draw_shell(shell)
        self.ids.keypad.labels = {BACKSPACE: self.t("ui_erase")}

    def draw(self, state: PinState) -> None:
        ids = self.ids
        ids.title.text = self.t("ui_pin_title", name=state.operator_name)
        ids.text.text = self.t("ui_pin_checking" if state.checking else "ui_pin_text")
        ids.dots.filled = len(state.digits)
        ids.dots.count = DOTS
        ids.dots.width = dp(70) * DOTS
        ids.notice.opacity = 1 if state.notice else 0
        ids.notice.title = self.m(state.notice)
        ids.cancel.text = self.t("ui_cancel")
        ids.keypad.disabled = state.locked or state.checking

    def key(self, key: str) -> None:
        self.dispatch_touch(events.EraseText() if key == BACKSPACE else events.TypeText(key))

    def cancel(self) -> None:
        self.dispatch_touch(events.Cancel())
