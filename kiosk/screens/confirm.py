"""Confirm: what exactly is asked of the card; nothing has been taken yet."""

from __future__ import annotations

from kiosk import theme
from kiosk.flow import events
from kiosk.flow.states import ConfirmState, Purpose, Shell
from kiosk.screens.base import Page
from kiosk.screens.parts import first_upper
from kiosk.widgets.cards import FactLine

ICONS = {
    Purpose.CHARGE: "cash_register",
    Purpose.REFUND: "cash",
    Purpose.ENTRY: "ticket_confirmation_outline",
    Purpose.REWARD: "gift_outline",
    Purpose.PASS: "ticket_confirmation_outline",
}
SCENES = {Purpose.REWARD: "deals", Purpose.PASS: "castle"}  # what a visitor looks forward to; a desk wants none


class ConfirmScreen(Page):
    """Binds `ConfirmState`."""

    def bar_title(self, shell: Shell) -> str:
        return self.t(f"ui_choices_{self.state.purpose}") if self.state else shell.place

    def draw(self, state: ConfirmState) -> None:
        ids = self.ids
        ids.title.text = self.t("ui_review_title")
        scene = SCENES.get(state.purpose)
        ids.picture.source = self.picture(f"illustration:{scene}", 1024, 640) if scene else ""
        for box in (ids.panel, ids.said):  # beside a picture as tall as it, else as tall as what is said
            box.hug = not scene
            box.size_hint_y = 1 if scene else None
        ids.icon.name = ICONS.get(state.purpose, "check")
        ids.name.text = first_upper(self.m(state.name))
        if state.points:
            ids.amount.text = self.t("costs_points", points=state.points)
        else:
            ids.amount.text = self.money(state.amount_cents) if state.amount_cents else ""
        ids.lines.clear_widgets()
        for line in state.lines:
            ids.lines.add_widget(
                FactLine(icon="check", text=first_upper(self.m(line)), step=theme.TEXT_STRONG, palette=self.palette)
            )
        ids.cancel.text = self.t("ui_cancel")
        ids.go.text = self.t(f"ui_confirm_{state.purpose}")

    def cancel(self) -> None:
        self.dispatch_touch(events.Cancel())

    def confirm(self) -> None:
        self.dispatch_touch(events.Confirm())
