"""Take away: the QR of an offer; it carries the essentials even with no network."""

from __future__ import annotations

from kiosk.flow import events
from kiosk.flow.states import Shell, TakeAwayState
from kiosk.screens.base import Page


class TakeAwayScreen(Page):
    """Binds `TakeAwayState`."""

    def bar_title(self, shell: Shell) -> str:
        return self.t("ui_take_away")

    def draw(self, state: TakeAwayState) -> None:
        ids = self.ids
        ids.title.text = self.t("ui_take_away_title")
        ids.name.text = state.name
        ids.text.text = self.t("ui_take_away_text")
        ids.code.data = state.qr_payload
        ids.done.text = self.t("ui_finish")

    def finish(self) -> None:
        self.dispatch_touch(events.GoBack())
