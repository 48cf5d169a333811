"""Choices: rewards, passes on sale, payments to give back, rights on a card. One screen for all of them."""

from __future__ import annotations

from kivy.metrics import dp

from kiosk import theme
from kiosk.flow import events
from kiosk.flow.states import CHOICES_PER_PAGE, Choice, ChoicesState, Purpose, Shell
from kiosk.screens.base import Page
from kiosk.screens.parts import action_button, draw_pager, first_upper
from kiosk.widgets.base import Icon, Row, Space
from kiosk.widgets.cards import ChoiceRow, ChoiceTile

SIGNS = {
    Purpose.REWARD: "gift_outline",
    Purpose.PASS: "ticket_confirmation_outline",
    Purpose.REFUND: "cash",
    Purpose.ENTRY: "ticket_confirmation_outline",
}


class ChoicesScreen(Page):
    """Binds `ChoicesState`."""

    redraw_on_turn = True

    def bar_title(self, shell: Shell) -> str:
        return self.t(f"ui_choices_{self.state.purpose}") if self.state else shell.place

    def draw(self, state: ChoicesState) -> None:
        ids = self.ids
        empty = not state.choices
        ids.title.text = self.t(f"ui_choices_{state.purpose}_{'none' if empty else 'title'}")
        ids.text.text = first_upper(self._text(state, empty))
        ids.rows.clear_widgets()
        start = state.page * CHOICES_PER_PAGE
        shown = [self._row(choice) for choice in state.choices[start : start + CHOICES_PER_PAGE]]
        if empty:
            sign = Icon(name=SIGNS[state.purpose], tone="rule", step=260, palette=self.palette)
            sign.pos_hint = {"center_x": 0.5, "center_y": 0.5}
            ids.rows.add_widget(Space(size_hint_y=0.6))
            ids.rows.add_widget(sign)
            ids.rows.add_widget(Space())
        columns = 1 if self.portrait else 2
        for first in range(0, 0 if empty else CHOICES_PER_PAGE, columns):
            row = Row(spacing=dp(theme.GAP))
            line = shown[first : first + columns]
            for widget in line:
                row.add_widget(widget)
            for _ in range(columns - len(line)):
                row.add_widget(Space())
            ids.rows.add_widget(row)
        ids.pager.clear_widgets()
        ids.actions.clear_widgets()
        if self.portrait:
            draw_pager(self, ids.pager, state.page, state.pages)
        else:
            draw_pager(self, ids.actions, state.page, state.pages, height=theme.PRIMARY_HEIGHT)
        if not self.portrait and state.pages <= 1:
            ids.actions.add_widget(Space())
        ids.actions.add_widget(action_button(self, self.t("ui_finish"), events.Cancel(), primary=empty))

    def _text(self, state: ChoicesState, empty: bool) -> str:
        if empty:
            return self.t(f"ui_choices_{state.purpose}_none_next")
        if state.purpose is Purpose.REWARD:
            return self.t("ui_choices_points", points=state.points)
        if state.purpose is Purpose.PASS:
            return self.t("balance_left", balance_cents=state.balance_cents)
        return self.t("for_card", number=f"{state.card_number[:4]} {state.card_number[4:]}")

    def _row(self, choice: Choice) -> ChoiceTile | ChoiceRow:
        text = first_upper(self.m(choice.name))
        if choice.refused is not None:
            return ChoiceRow(
                text=text,
                note=self.m(choice.refused),
                value=self.m(choice.value),
                icon=choice.icon,
                palette=self.palette,
            )
        tile = ChoiceTile(
            text=text,
            note=first_upper(self.m(choice.note)),
            value=self.m(choice.value),
            icon=choice.icon,
            touch_label=text,
            palette=self.palette,
        )
        tile.bind(on_tap=lambda _t: self.dispatch_touch(events.Pick(choice.id)))
        return tile
