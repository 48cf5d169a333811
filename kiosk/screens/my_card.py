"""My card: what is left, the points and what they lead to, the last operations, ideas, tickets, what is known."""

from __future__ import annotations

from kiosk.flow import events
from kiosk.flow.states import MyCardState, Operation
from kiosk.i18n import format_signed_money
from kiosk.screens.base import Page
from kiosk.screens.parts import action_button, chip, draw_grid, first_upper
from kiosk.screens.shape import Grid
from kiosk.widgets.base import Panel, Row
from kiosk.widgets.cards import FactLine, ListRow

TABS = ("for_you", "tickets", "data")
OPERATIONS = 3
OPERATIONS_COMPACT = 2


class MyCardScreen(Page):
    """Binds `MyCardState`."""

    title_id = "ui_my_card"
    redraw_on_turn = True

    def draw(self, state: MyCardState) -> None:
        ids = self.ids
        ids.you_have.text = self.t("ui_you_have")
        ids.balance.text = self.money(state.balance_cents)
        number = f"{state.card_number[:4]} {state.card_number[4:]} ({self.t(f'kind_{state.kind}')})"
        ids.number.text = self.t("ui_card_valid", number=number, expires_day=state.expires_day)
        ids.credit.text = self.m(state.credit) if state.credit else ""
        ids.points.text = self.t("ui_points", points=state.points)
        if state.points_awarded:
            ids.points.text += " " + self.t("ui_points_just_now", points=state.points_awarded)
        reward = state.next_reward is not None
        ids.to_go.text = self.t("points_to_go", points=state.points_to_go) if reward else ""
        ids.share.share = min(state.points / state.next_reward_points, 1.0) if state.next_reward_points else 0
        ids.reward.text = self.m(state.next_reward) if reward else self.t("ui_points_none")
        self._draw_operations(state)
        self._draw_tabs(state)
        self._draw_tab(state)
        ids.more.clear_widgets()
        ids.actions.clear_widgets()
        # In portrait the three stand in one row: what is shown needs the height.
        row = ids.actions if self.portrait else ids.more
        for there, text_id, touch in (
            (state.rewards, "ui_my_rewards", events.OpenRewards()),
            (state.passes_on_sale, "ui_my_passes", events.OpenPasses()),
        ):
            if there:
                row.add_widget(action_button(self, self.t(text_id), touch, primary=False))
        ids.actions.add_widget(action_button(self, self.t("ui_close_card"), events.GoHome(), primary=True))

    def _draw_operations(self, state: MyCardState) -> None:
        box = self.ids.operations
        box.clear_widgets()
        most = OPERATIONS_COMPACT if self.compact and not self.portrait else OPERATIONS
        shown = state.operations[:most]
        for number, operation in enumerate(shown):
            box.add_widget(self._operation_row(operation, number == len(shown) - 1))
        self.ids.no_operation.text = "" if shown else self.t("ui_operations_none")

    def _operation_row(self, operation: Operation, last: bool) -> ListRow:
        if operation.amount_cents:
            value = format_signed_money(operation.amount_cents, self.context.say.language)
            note = self._points_text(operation.points) or self.m(operation.day)
        else:
            value, note = self._points_text(operation.points), self.m(operation.day)
        good = operation.amount_cents > 0 or (not operation.amount_cents and operation.points > 0)
        return ListRow(
            text=self.m(operation.label),
            note=note,
            value=value,
            value_tone="good" if good else "ink",
            last=last,
            palette=self.palette,
        )

    def _points_text(self, points: int) -> str:
        if not points:
            return ""
        return self.t("ui_plus_points" if points > 0 else "ui_minus_points", points=abs(points))

    def _draw_tabs(self, state: MyCardState) -> None:
        self.ids.tabs.clear_widgets()
        for tab in TABS:
            text = self.t(f"tab_{tab}")
            carried = len(state.tickets) + len(state.passes)
            shown = f"{text} · {carried}" if tab == "tickets" and carried else text
            one = chip(self, shown, events.ChooseTab(tab), chosen=tab == state.tab)
            one.touch_label = text
            self.ids.tabs.add_widget(one)

    def _draw_tab(self, state: MyCardState) -> None:
        box = self.ids.tab
        box.clear_widgets()
        if state.tab == "for_you":
            grid = Grid(2, 1) if self.portrait or self.compact else Grid(2, 2)
            draw_grid(self, box, state.suggestions, grid)
        elif state.tab == "tickets":
            self._draw_tickets(state)
        else:
            for icon, title, text in (
                ("credit_card_outline", "ui_data_title", "ui_data_text"),
                ("shield_check_outline", "ui_data_kiosk", "ui_data_kiosk_text"),
            ):
                box.add_widget(self._fact(icon, self.t(title), self.t(text)))
            box.add_widget(Row())

    def _draw_tickets(self, state: MyCardState) -> None:
        box = self.ids.tab
        for ticket in state.tickets:
            when = " · ".join((first_upper(self.m(ticket.when)), self.t("people", people=ticket.people)))
            box.add_widget(self._fact("ticket_confirmation_outline", ticket.name, when))
        for held in state.passes:
            note = " · ".join((first_upper(self.m(held.until)), self.m(held.uses)))
            box.add_widget(self._fact("credit_card_check_outline", held.name, note))
        if not state.tickets and not state.passes:
            box.add_widget(
                self._fact("ticket_confirmation_outline", self.t("ui_tickets_none"), self.t("ui_tickets_none_next"))
            )
        box.add_widget(Row())

    def _fact(self, icon: str, title: str, text: str) -> Panel:
        panel = Panel(hug=True, palette=self.palette)
        panel.add_widget(FactLine(icon=icon, text=title, note=text, palette=self.palette))
        return panel
