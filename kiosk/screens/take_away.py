"""Take away: the QR of an offer; it carries the essentials even with no network."""

from __future__ import annotations

from kiosk.flow import events
from kiosk.flow.states import Shell, TakeAwayState
from kiosk.screens.base import Page
from kiosk.screens.parts import chip


class TakeAwayScreen(Page):
    """Binds `TakeAwayState`."""

    def bar_title(self, shell: Shell) -> str:
        return self.t("ui_take_away")

    def draw(self, state: TakeAwayState) -> None:
        ids = self.ids
        ids.title.text = self.t("ui_take_away_title")
        ids.name.text = state.name
        ids.text.text = self.t("ui_take_away_page_text" if state.page else "ui_take_away_text")
        ids.code.data = state.page_url if state.page else state.qr_payload
        ids.kinds.clear_widgets()
        for page in (False, True) if state.page_url else ():
            label = self.t("ui_take_away_page" if page else "ui_take_away_keep")
            touch = events.ChooseTakeAway(page)
            ids.kinds.add_widget(chip(self, label, touch, chosen=page is state.page))
        if not state.page_url:
            ids.kinds.height = 0
        ids.done.text = self.t("ui_finish")

    def finish(self) -> None:
        self.dispatch_touch(events.GoBack())
