"""My day: taken, loaded, to hand over, since midnight."""

from __future__ import annotations

from kivy.metrics import dp

from kiosk.flow import events
from kiosk.flow.states import MyDayState
from kiosk.screens.base import Page
from kiosk.widgets.cards import ListRow

ICONS = {
    "loaded_cash": "cash",
    "loaded_terminal": "credit_card_outline",
    "to_hand_over": "basket_outline",
    "count": "credit_card_plus_outline",
    "charged": "credit_card_check_outline",
    "refunded": "cash",
}


class MyDayScreen(Page):
    """Binds `MyDayState`."""

    desk = True
    title_id = "desk_my_day"

    def draw(self, state: MyDayState) -> None:
        ids = self.ids
        ids.title.text = self.t("desk_my_day")
        ids.text.text = self.t("ui_pin_checking" if state.loading else "ui_day_text")
        ids.lines.clear_widgets()
        for number, line in enumerate(state.lines):
            ids.lines.add_widget(
                ListRow(
                    text=self.t(f"day_{line.label}"),
                    value=str(line.count) if line.label == "count" else self.money(line.amount_cents),
                    icon=ICONS[line.label],
                    last=number == len(state.lines) - 1,
                    palette=self.palette,
                    height=dp(128 if len(state.lines) <= 4 else 96),
                )
            )
        ids.panel.opacity = 1 if state.lines else 0
        ids.done.text = self.t("ui_finish")

    def finish(self) -> None:
        self.dispatch_touch(events.GoBack())
