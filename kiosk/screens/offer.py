"""Offer: the picture, why it is worth it, the facts, what others say, and the one thing to do: book."""

from __future__ import annotations

from dataclasses import replace

from kivy.metrics import dp
from kivy.properties import BooleanProperty

from kiosk import theme
from kiosk.flow import events
from kiosk.flow.messages import M, message
from kiosk.flow.states import OfferDetail, OfferState, Shell
from kiosk.screens.base import Page
from kiosk.screens.parts import action_button, fact_line, offer_card
from kiosk.widgets.base import FillWords, Row, Space

FACTS_MAX = 6
FACTS_CROWDED = 4  # two rows of buttons beside a picture leave room for two rows of facts
TOLD_AT_LENGTH = 200  # characters: such a text needs the room of a taller picture
NEAR_FROM_DP = 1900.0  # a shorter screen needs its room for the offer itself


class OfferScreen(Page):
    """Binds `OfferState`."""

    redraw_on_turn = True
    tall_picture = BooleanProperty(False)  # an offer of few words gives its room to the picture
    crowded = BooleanProperty(False)  # beside the picture, with two rows of buttons below

    def bar_title(self, shell: Shell) -> str:
        offer: OfferDetail | None = self.state.offer if self.state else None
        return self.t(f"door_{offer.category}") if offer else shell.place

    def draw(self, state: OfferState) -> None:
        offer = state.offer
        ids = self.ids
        ids.picture.opacity = ids.content.opacity = 1 if offer else 0
        if offer is None:
            return
        ids.picture.source = self.picture(offer.picture, 1024, 640)
        ids.name.text = offer.name
        much = offer.near or offer.quote or len(offer.facts) > 4 or len(offer.description) > TOLD_AT_LENGTH
        self.tall_picture = not much and not self.compact
        others = bool(offer.take_away) + (offer.coupon is not None) + state.on_map
        self.crowded = not self.portrait and others > 1 and self._can_book(state, offer)
        ids.pitch.text = offer.pitch
        self._draw_facts(offer)
        full_row = state.on_map and offer.coupon is not None and not self.portrait  # three buttons over the first
        refused = self.compact and state.booking_refused is not None
        full = self.crowded and bool(offer.coupon is not None or offer.picture_credit)
        self._draw_quote(offer, crowded=full_row or refused or full)
        self._draw_near(offer)
        self._draw_more(offer)
        self._draw_actions(state, offer)

    def _draw_near(self, offer: OfferDetail) -> None:
        near = self.ids.near
        near.clear_widgets()
        tall_enough = self.portrait and self.height / dp(1) >= NEAR_FROM_DP
        for card in offer.near[:2] if tall_enough else ():
            near.add_widget(offer_card(self, replace(card, badge=message(M.TEXT, text=self.t("ui_near")))))

    def _draw_more(self, offer: OfferDetail) -> None:
        """What else is told fills the room that is left, where nothing else does."""
        column, near = self.ids.told, self.ids.near
        for old in [child for child in column.children if isinstance(child, FillWords)]:
            column.remove_widget(old)
        text = "" if near.children or self.crowded else offer.description
        near.size_hint_y, near.height = (None, 0) if text else (1, 0)
        if text:
            more = FillWords(text=text, step=theme.TEXT_BODY, padding=(0, dp(theme.GAP_TIGHT)), palette=self.palette)
            column.add_widget(more, column.children.index(self.ids.quote) + 1)

    def _draw_facts(self, offer: OfferDetail) -> None:
        facts = self.ids.facts
        facts.clear_widgets()
        lines = [fact_line(self, fact) for fact in offer.facts[: FACTS_CROWDED if self.crowded else FACTS_MAX]]
        for pair in (lines[i : i + 2] for i in range(0, len(lines), 2)):
            row = Row(hug=True, spacing=dp(theme.GAP), palette=self.palette)
            for line in pair:
                line.pos_hint = {"top": 1}
                row.add_widget(line)
            if len(pair) == 1:
                row.add_widget(Space())
            facts.add_widget(row)

    def _draw_quote(self, offer: OfferDetail, crowded: bool) -> None:
        ids = self.ids
        credit = self.m(offer.credit)
        photo = self.t("ui_photo_by", credit=offer.picture_credit) if offer.picture_credit else ""
        quote = "" if crowded else offer.quote
        ids.quote_text.text = f"«\u00a0{quote}\u00a0»" if quote else ""
        ids.credit.text = credit
        ids.quote.opacity = 1 if quote else 0
        # One line says where it all comes from: the photo's author and, where nobody is quoted, the source.
        ids.plain_credit.text = " · ".join(part for part in (photo, "" if quote else credit) if part)

    @staticmethod
    def _can_book(state: OfferState, offer: OfferDetail) -> bool:
        return offer.bookable and state.booking_refused is None and bool(offer.slots)

    def _draw_actions(self, state: OfferState, offer: OfferDetail) -> None:
        ids = self.ids
        ids.refused.title = self.m(state.booking_refused)
        ids.refused.opacity = 1 if state.booking_refused else 0
        others = ids.others
        others.clear_widgets()
        if offer.take_away:
            take = action_button(self, self.t("ui_take_away"), events.TakeAway(), primary=False, icon="qrcode")
            others.add_widget(take)
        if offer.coupon is not None:
            deal = action_button(self, self.t("ui_coupon"), events.OpenCoupon(), primary=False, icon="tag_outline")
            others.add_widget(deal)
        if state.on_map:
            where = action_button(self, self.t("ui_show_on_map"), events.ShowOnMap(), primary=False, icon="map_outline")
            others.add_widget(where)
        book = ids.book
        book.clear_widgets()
        can_book = self._can_book(state, offer)
        if can_book:
            places = max(slot.places for slot in offer.slots)
            button = action_button(
                self,
                self.t("ui_book"),
                events.Book(),
                primary=True,
                amount=self.money(offer.price_cents or 0, short=True),
                note=f"{self.t('ui_per_person')} · {self.t('places_kept_here', places=places)}",
            )
            button.touch_label = self.t("ui_book")
            book.add_widget(button)
        under_each_other = self.portrait or len(others.children) > 1
        others.size_hint_x = 0.45 if can_book else 1
        book.size_hint_x = 1 if can_book else 0.001
        ids.actions.orientation = "vertical" if under_each_other else "horizontal"
        book.size_hint_y = None
        book.height = dp(theme.PRIMARY_HEIGHT) if can_book else 0
        others.height = dp(theme.PRIMARY_HEIGHT) if others.children else 0
        if under_each_other:
            others.size_hint_x = book.size_hint_x = 1
