"""Review: what, when, how many, how much; nothing has been taken yet."""

from __future__ import annotations

from kiosk.flow import events
from kiosk.flow.states import ReviewState
from kiosk.screens.base import Page
from kiosk.screens.parts import first_upper


class ReviewScreen(Page):
    """Binds `ReviewState`."""

    title_id = "ui_your_booking"

    def draw(self, state: ReviewState) -> None:
        ids = self.ids
        ids.title.text = self.t("ui_review_title")
        ids.picture.source = self.picture(state.offer.picture, 1024, 640)
        ids.name.text = state.offer.name
        ids.when.text = first_upper(self.m(state.slot.label))
        ids.people.text = self.t("people", people=state.people)
        ids.people.note = self.t("price_per_person", price_cents=state.offer.price_cents or 0)
        ids.total_name.text = self.t("ui_total")
        ids.total.text = self.money(state.total_cents)
        ids.card.text = self.t("ui_review_card")
        ids.ticket.text = self.t("ui_review_ticket")
        ids.cancel.text = self.t("ui_cancel")
        ids.pay.text = self.t("ui_pay_with_card")

    def cancel(self) -> None:
        self.dispatch_touch(events.Cancel())

    def pay(self) -> None:
        self.dispatch_touch(events.Confirm())
