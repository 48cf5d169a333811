"""Wi-Fi: a code that connects the phone that looks at it."""

from __future__ import annotations

from kiosk.flow import events
from kiosk.flow.states import WifiState
from kiosk.screens.base import Page


class WifiScreen(Page):
    """Binds `WifiState`."""

    personal = False
    title_id = "ui_wifi"

    def draw(self, state: WifiState) -> None:
        ids = self.ids
        ids.title.text = self.t("ui_wifi_title")
        ids.name.text = state.ssid
        ids.text.text = self.t("ui_wifi_text")
        ids.code.data = state.qr_payload
        ids.done.text = self.t("ui_finish")

    def finish(self) -> None:
        self.dispatch_touch(events.GoBack())
