"""Paid: how much, what is left, the ticket to photograph."""

from __future__ import annotations

from kiosk.flow import events
from kiosk.flow.states import PaidState, Shell
from kiosk.screens.base import Page


class PaidScreen(Page):
    """Binds `PaidState`."""

    def bar_title(self, shell: Shell) -> str:
        return self.t("ui_your_booking")

    def draw(self, state: PaidState) -> None:
        ids = self.ids
        ids.title.text = self.t("ui_paid_title", amount_cents=state.amount_cents)
        if state.points_awarded:
            ids.rest.text = self.t(
                "ui_paid_rest_points", balance_cents=state.balance_cents, points=state.points_awarded
            )
        else:
            ids.rest.text = self.t("ui_paid_rest", balance_cents=state.balance_cents)
        ids.name.text = state.offer_name
        ids.slot.text = " · ".join((self.m(state.slot_label), self.t("people", people=state.people)))
        ids.code.data = state.ticket_payload
        ids.photo.text = self.t("ui_paid_photo")
        ids.short.text = self.t("ui_ticket_code", code=state.ticket_short)
        ids.done.text = self.t("ui_finish")

    def finish(self) -> None:
        self.dispatch_touch(events.Confirm())
