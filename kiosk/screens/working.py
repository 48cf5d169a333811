"""Working: the card is being written. One sentence, large: do not take it away."""

from __future__ import annotations

from kiosk.flow.states import Purpose, Shell, WorkingState
from kiosk.screens.base import Page

TEXTS = {Purpose.LOAD: "ui_working_load", Purpose.REFUND: "ui_working_write"}  # the rest: paying, or no amount


class WorkingScreen(Page):
    """Binds `WorkingState`."""

    def bar_title(self, shell: Shell) -> str:
        return shell.place

    def draw_shell(self, shell: Shell) -> None:
        super().draw_shell(shell)
        self.ids.reader.foot = shell.territory
        self.ids.reader.title = self.t("ui_city_card")

    def draw(self, state: WorkingState) -> None:
        self.ids.title.text = self.t("ui_working_title")
        if not state.amount_cents:
            self.ids.text.text = self.t("ui_working_show" if state.purpose is Purpose.SHOW else "ui_working_write")
        else:
            self.ids.text.text = self.t(TEXTS.get(state.purpose, "ui_working_pay"), amount_cents=state.amount_cents)
