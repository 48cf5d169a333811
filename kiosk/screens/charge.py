"""Encaisser: how much; the review and the guest's card follow."""

from __future__ import annotations

from kiosk.flow import events
from kiosk.flow.states import ChargeState, Shell
from kiosk.screens.base import Page
from kiosk.widgets.keys import BACKSPACE


class ChargeScreen(Page):
    """Binds `ChargeState`."""

    desk = True
    title_id = "desk_charge"

    def draw_shell(self, shell: Shell) -> None:
        super().draw_shell(shell)
        self.ids.keypad.labels = {BACKSPACE: self.t("ui_erase"), ",": self.t("ui_comma")}

    def draw(self, state: ChargeState) -> None:
        ids = self.ids
        ids.how_much.text = self.t("ui_load_how_much")
        ids.text.text = self.t("ui_charge_text")
        ids.to_take.text = self.t("ui_charge_amount")
        ids.amount.text = self.money(state.amount_cents)
        ids.go.text = self.t("ui_charge_go")
        ids.go.disabled = state.amount_cents <= 0

    def key(self, key: str) -> None:
        self.dispatch_touch(events.EraseText() if key == BACKSPACE else events.TypeText(key))

    def confirm(self) -> None:
        self.dispatch_touch(events.Confirm())
