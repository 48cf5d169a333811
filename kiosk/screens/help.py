"""Help: the four things to know, and the phone number of somebody who answers."""

from __future__ import annotations

from kivy.metrics import dp

from kiosk import theme
from kiosk.flow import events
from kiosk.flow.states import HelpState
from kiosk.screens.base import Page
from kiosk.screens.parts import action_button


class HelpScreen(Page):
    """Binds `HelpState`."""

    personal = False
    title_id = "ui_help"

    def draw(self, state: HelpState) -> None:
        ids = self.ids
        ids.title.text = self.t("ui_help_title")
        ids.picture.source = self.picture("illustration:hilltop", 1024, 640)
        for name in ("touch", "card", "money"):
            ids[name].text = self.t(f"ui_help_{name}")
            ids[name].note = self.t(f"ui_help_{name}_note")
        ids.phone.text = state.phone
        ids.phone.note = self.t("ui_help_phone") if state.phone else ""
        ids.phone.opacity = 1 if state.phone else 0
        ids.about.text = self.t("ui_help_about")
        ids.done.text = self.t("action_done")
        more = ids.more
        more.clear_widgets()
        if state.settle:
            touch = events.OpenDoor("settle")
            more.add_widget(action_button(self, self.t("door_settle"), touch, primary=False, icon="home_outline"))
        if state.wifi:
            more.add_widget(action_button(self, self.t("ui_wifi"), events.OpenWifi(), primary=False, icon="wifi"))
        more.height = dp(theme.PRIMARY_HEIGHT) if more.children else 0
        more.opacity = 1 if more.children else 0

    def tell_more(self) -> None:
        self.dispatch_touch(events.OpenAbout())

    def finish(self) -> None:
        self.dispatch_touch(events.GoBack())
