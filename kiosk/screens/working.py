"""Working: the card is being written. One sentence, large: do not take it away."""

from __future__ import annotations

from kiosk.flow.states import Purpose, Shell, WorkingState
from kiosk.screens.base import Page

TEXTS = {Purpose.PAY: "ui_working_pay", Purpose.LOAD: "ui_working_load", Purpose.SHOW: "ui_working_show"}


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
        if state.purpose is Purpose.SHOW:
            self.ids.text.text = self.t(TEXTS[state.purpose])
        else:
            self.ids.text.text = self.t(TEXTS[state.purpose], amount_cents=state.amount_cents)
