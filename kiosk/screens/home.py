"""Home: what is good now around here, eight doors, the search, and where the card goes."""

from __future__ import annotations

from kivy.metrics import dp

from kiosk import theme
from kiosk.flow import events
from kiosk.flow.states import HomeState, Shell
from kiosk.screens.base import Page
from kiosk.screens.parts import DOOR_ICONS, DOOR_ORDER, offer_card
from kiosk.widgets.base import Row
from kiosk.widgets.buttons import DoorTile


class HomeScreen(Page):
    """Binds `HomeState`."""

    personal = False
    redraw_on_turn = True

    def open_search(self) -> None:
        self.dispatch_touch(events.OpenSearch())

    def draw_shell(self, shell: Shell) -> None:
        super().draw_shell(shell)
        self.ids.arrow.name = "arrow_right" if shell.reader_place == "right" else "arrow_down"

    def draw(self, state: HomeState) -> None:
        ids = self.ids
        ids.greeting.text = self.m(state.greeting)
        ids.search.text = self.t("ui_search")
        ids.put.text = self.t("ui_put_card_here")
        ids.gives.text = "" if self.compact and self.portrait else self.t("ui_put_card_gives")
        self._draw_strip(state)
        self._draw_doors(state)

    def _draw_strip(self, state: HomeState) -> None:
        strip = self.ids.strip
        strip.clear_widgets()
        cards = [offer_card(self, card) for card in state.strip[: 2 if self.compact and self.portrait else 3]]
        if self.portrait and len(cards) == 3:
            strip.orientation = "vertical"
            strip.add_widget(cards[0])
            row = Row(spacing=dp(theme.GAP))
            row.add_widget(cards[1])
            row.add_widget(cards[2])
            strip.add_widget(row)
        else:
            strip.orientation = "horizontal"
            for card in cards:
                strip.add_widget(card)

    def _draw_doors(self, state: HomeState) -> None:
        columns = 2 if self.portrait else 4
        doors = self.ids.doors
        doors.clear_widgets()
        tiles = []
        for door in state.doors:
            name = self.t(f"door_{door.id}")
            colour = self.palette.doors[DOOR_ORDER.index(door.id) % len(self.palette.doors)]
            tile = DoorTile(text=name, touch_label=name, icon=DOOR_ICONS[door.id], colour=colour, palette=self.palette)
            tile.bind(on_tap=lambda _t, door_id=door.id: self.dispatch_touch(events.OpenDoor(door_id)))
            tiles.append(tile)
        rows = [tiles[i : i + columns] for i in range(0, len(tiles), columns)]
        for tiles_row in rows:
            row = Row(spacing=dp(theme.GAP))
            for tile in tiles_row:
                row.add_widget(tile)
            doors.add_widget(row)
        doors.size_hint_y = (0.95 if not self.portrait else 1.15) if state.strip else 1.6
