"""The map: filters above, two big buttons and the way back to here, a card for what was touched."""

from __future__ import annotations

from typing import Any

from kivy.metrics import dp

from domain.maps import Mark, Spot
from kiosk import theme
from kiosk.flow import events
from kiosk.flow.states import MapState
from kiosk.flow.visitor.map import zoom_limits
from kiosk.screens.base import Context, Page
from kiosk.screens.parts import chip, first_upper, offer_card
from kiosk.widgets.buttons import SecondaryButton

CARD_WIDTH = 710.0
CARD_HEIGHT = 355.0


class MapScreen(Page):
    """Binds `MapState`."""

    personal = False
    title_id = "door_map"
    redraw_on_turn = True

    def __init__(self, context: Context, **kwargs: Any) -> None:
        super().__init__(context, **kwargs)
        self._card_drawn: object = None
        tiles = self.ids.map
        tiles.moved, tiles.chose, tiles.left = self._moved, self._chose, self._left_mark
        self.ids.closer.touch_label = self.t("ui_map_closer")
        self.ids.further.touch_label = self.t("ui_map_further")
        self.ids.here.touch_label = self.t("ui_map_here")

    def entered(self) -> None:
        self.ids.map.listen(self.context.tiles)

    def left(self) -> None:
        self.ids.map.forget()

    def _moved(self, centre: Spot) -> None:
        self.dispatch_touch(events.MoveMap(centre))

    def _chose(self, mark: Mark) -> None:
        self.dispatch_touch(events.ChooseMark(mark))

    def _left_mark(self) -> None:
        self.dispatch_touch(events.CloseMapCard())

    def zoom(self, steps: int) -> None:
        self.dispatch_touch(events.ZoomMap(steps))

    def go_here(self) -> None:
        self.dispatch_touch(events.CentreMap())

    def draw(self, state: MapState) -> None:
        ids, info = self.ids, state.info
        self._draw_filters(state)
        chosen = state.chosen[state.shown] if state.chosen else ""
        ids.map.show(info, state.centre, state.zoom, state.marks, chosen)
        low, high = zoom_limits(info) if info else (0, 0)
        ids.closer.disabled = info is None or state.zoom >= high
        ids.further.disabled = info is None or state.zoom <= low
        ids.here.disabled = info is None
        ids.credit.text = info.attribution if info else ""
        ids.nothing.text = "" if info else self.t("ui_loading" if state.loading else "ui_map_none")
        self._draw_card(state)

    def _draw_filters(self, state: MapState) -> None:
        chips = self.ids.chips
        chips.clear_widgets()
        for name in state.filters:
            text = self.t("ui_map_all") if name == "all" else first_upper(self.t(filter_text(name)))
            if name == state.filter and state.info is not None:
                text = f"{text} · {state.total}"
            chips.add_widget(chip(self, text, events.ToggleChip(name), chosen=name == state.filter))

    def _draw_card(self, state: MapState) -> None:
        """The touched offer, bottom left; beside it the way to the next one of the same place."""
        wanted = (state.card, len(state.chosen), state.shown, tuple(self.size))
        if wanted == self._card_drawn:
            return
        self._card_drawn = wanted
        foot = self.ids.foot
        foot.clear_widgets()
        if state.card is None:
            return
        several = len(state.chosen) > 1
        room = self.width - 2 * dp(theme.MARGIN) - (dp(theme.TARGET_PRIMARY + theme.GAP) if several else 0)
        card = offer_card(self, state.card, size_hint=(None, None), size=(min(dp(CARD_WIDTH), room), dp(CARD_HEIGHT)))
        foot.add_widget(card)
        if several:
            step = SecondaryButton(
                text="",
                icon="chevron_right",
                palette=self.palette,
                size_hint=(None, None),
                size=(dp(theme.TARGET_PRIMARY), dp(theme.TARGET_PRIMARY)),
                touch_label=self.t("ui_map_next", number=state.shown + 1, count=len(state.chosen)),
                lifted=True,
            )
            step.bind(on_tap=lambda _b: self.dispatch_touch(events.NextPin()))
            foot.add_widget(step)


def filter_text(name: str) -> str:
    """The id of a filter's text: a chip of the results page, or a door."""
    return f"chip_{name}" if name in ("open_now", "tonight") else f"map_{name}"
