"""Load done: how much, what the card holds now, a receipt to photograph."""

from __future__ import annotations

from domain.cards import format_card_number
from kiosk.flow import events
from kiosk.flow.states import LoadDoneState
from kiosk.screens.base import Page


class LoadDoneScreen(Page):
    """Binds `LoadDoneState`."""

    desk = True
    title_id = "desk_load"

    def draw(self, state: LoadDoneState) -> None:
        ids = self.ids
        ids.title.text = self.t("ui_load_done", amount_cents=state.amount_cents)
        ids.text.text = self.t(
            "ui_load_done_text", number=format_card_number(state.card_number), balance_cents=state.balance_cents
        )
        ids.way.text = self.t(f"ui_paid_{state.paid_by}") if state.paid_by else ""
        ids.receipt.text = self.t("ui_load_receipt")
        ids.receipt_text.text = self.t("ui_load_receipt_text")
        ids.code.data = state.receipt_payload
        ids.done.text = self.t("ui_finish")

    def finish(self) -> None:
        self.dispatch_touch(events.Confirm())
