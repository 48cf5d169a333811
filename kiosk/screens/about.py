"""What this screen hears and keeps: figures, in words that anybody understands."""

from __future__ import annotations

from kiosk.flow import events
from kiosk.flow.states import AboutState
from kiosk.screens.base import Page
from kiosk.widgets.cards import FigureTile


class AboutScreen(Page):
    """Binds `AboutState`."""

    personal = False
    title_id = "ui_help_about"

    def draw(self, state: AboutState) -> None:
        ids = self.ids
        ids.title.text = self.t("ui_about_title")
        for name, icon, figure, note in (
            ("beacons", "access_point", state.beacons_kept, self.t("ui_about_beacons_note")),
            ("dropped", "phone_outline", state.beacons_dropped, self.t("ui_about_dropped_note")),
            ("waiting", "calendar_clock_outline", state.facts_waiting, self.t("ui_about_waiting_note")),
            ("offers", "map_outline", state.offers, self._content_note(state)),
        ):
            tile: FigureTile = ids[name]
            tile.icon, tile.figure = icon, self.number(figure)
            tile.text, tile.note = self.t(f"ui_about_{name}"), note
        ids.wipe.title = self.t("ui_about_wipe")
        ids.done.text = self.t("action_done")

    def _content_note(self, state: AboutState) -> str:
        if state.content_percent is not None:
            return self.t("ui_about_offers_coming", percent=state.content_percent)
        note = "ui_about_offers_expired" if state.content_expired else "ui_about_offers_note"
        return self.t(note, content_day=state.content_day)

    def finish(self) -> None:
        self.dispatch_touch(events.GoBack())
