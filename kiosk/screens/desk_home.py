"""Desk home: what the partner may do here now, in large tiles; nothing that cannot work."""

from __future__ import annotations

from kivy.metrics import dp

from kiosk import theme
from kiosk.flow import events
from kiosk.flow.states import DeskHomeState, Shell
from kiosk.screens.base import Page
from kiosk.widgets.base import Row, Space
from kiosk.widgets.cards import DeskTile

ICONS = {
    "load": "credit_card_plus_outline",
    "charge": "credit_card_check_outline",
    "entry": "ticket_confirmation_outline",
    "refund": "cash",
    "credit": "credit_card_refresh_outline",
    "my_day": "cash_register",
    "about": "shield_check_outline",
    "help": "help_circle_outline",
}
COLOURS = {"load": 0, "charge": 1, "entry": 3, "refund": 5, "credit": 7, "my_day": 2, "about": 6, "help": 4}


FEW = 3  # in portrait, as many tiles stand under each other


class DeskHomeScreen(Page):
    """Binds `DeskHomeState`."""

    desk = True
    redraw_on_turn = True

    def bar_title(self, shell: Shell) -> str:
        return self.t("ui_desk")

    def bar_pills(self, shell: Shell) -> tuple[str, ...]:
        may_load = (self.m(self.state.may_load),) if self.state else ()
        doubts = (self.m(shell.doubts),) if shell.doubts and not self.portrait else ()
        return doubts + may_load + super().bar_pills(shell)

    def draw(self, state: DeskHomeState) -> None:
        self.ids.title.text = self.t("ui_desk_hello", name=state.operator_name)
        box = self.ids.actions
        box.clear_widgets()
        tiles = []
        for action in state.actions:
            text = self.t(f"desk_{action}")
            tile = DeskTile(
                text=text,
                note=self.t(f"desk_{action}_note") if action not in ("about", "help") else "",
                touch_label=text,
                icon=ICONS[action],
                colour=self.palette.doors[COLOURS[action]],
                palette=self.palette,
            )
            tile.bind(on_tap=lambda _t, action=action: self.dispatch_touch(events.DeskAction(action)))
            tiles.append(tile)
        columns = 1 if self.portrait and len(tiles) <= FEW else 2
        for start in range(0, len(tiles), columns):
            row = Row(spacing=dp(theme.GAP))
            for tile in tiles[start : start + columns]:
                row.add_widget(tile)
            for _ in range(columns - len(row.children)):
                row.add_widget(Space())
            box.add_widget(row)
        if len(tiles) <= 2:
            box.add_widget(Space(size_hint_y=0.6 if columns == 2 else 0.9))
