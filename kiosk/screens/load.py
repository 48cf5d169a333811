"""Load: how much, how the guest paid, then the card."""

from __future__ import annotations

from kiosk import theme
from kiosk.flow import events
from kiosk.flow.states import LoadState, Shell
from kiosk.screens.base import Page
from kiosk.widgets.buttons import KeyButton
from kiosk.widgets.keys import BACKSPACE

WAYS = ("cash", "terminal")


class LoadScreen(Page):
    """Binds `LoadState`."""

    desk = True
    title_id = "desk_load"

    def bar_pills(self, shell: Shell) -> tuple[str, ...]:
        may_load = (self.m(self.state.may_load),) if self.state else ()
        return may_load + super().bar_pills(shell)

    def draw_shell(self, shell: Shell) -> None:
        super().draw_shell(shell)
        self.ids.keypad.labels = {BACKSPACE: self.t("ui_erase"), ",": self.t("ui_comma")}

    def draw(self, state: LoadState) -> None:
        ids = self.ids
        ids.how_much.text = self.t("ui_load_how_much")
        ids.paid_how.text = self.t("ui_load_paid_how")
        ids.presets.clear_widgets()
        for cents in state.presets:
            button = KeyButton(
                text=self.money(cents, short=True),
                chosen=cents == state.amount_cents,
                step=theme.TEXT_HEADING - 2,
                tone="primary_deep",
                role="radio",
                palette=self.palette,
            )
            button.bind(on_tap=lambda _b, cents=cents: self.dispatch_touch(events.ChooseAmount(cents)))
            ids.presets.add_widget(button)
        ids.ways.clear_widgets()
        for way in WAYS:
            button = KeyButton(
                text=self.t(f"paid_by_{way}"),
                chosen=way == state.paid_by,
                step=theme.TEXT_LEAD - 2,
                tone="primary_deep",
                role="radio",
                palette=self.palette,
            )
            button.bind(on_tap=lambda _b, way=way: self.dispatch_touch(events.ChoosePaidBy(way)))
            ids.ways.add_widget(button)
        ids.to_take.text = self.t("ui_to_take")
        ids.amount.text = self.money(state.amount_cents)
        ids.notice.opacity = 1 if state.notice else 0
        ids.notice.title = self.m(state.notice)
        ids.go.text = self.t("ui_present_card")
        ids.go.disabled = state.amount_cents <= 0 or not state.paid_by

    def key(self, key: str) -> None:
        self.dispatch_touch(events.EraseText() if key == BACKSPACE else events.TypeText(key))

    def confirm(self) -> None:
        self.dispatch_touch(events.Confirm())
