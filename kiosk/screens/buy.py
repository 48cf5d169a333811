"""Buy: which time, how many people, how much it makes."""

from __future__ import annotations

from kivy.metrics import dp

from kiosk import theme
from kiosk.flow import events
from kiosk.flow.states import BuyState
from kiosk.screens.base import Page
from kiosk.screens.parts import first_upper
from kiosk.widgets.base import Row, Space
from kiosk.widgets.buttons import KeyButton

SLOTS_MAX = 6
SLOT_COLUMNS = 2


class BuyScreen(Page):
    """Binds `BuyState`."""

    title_id = "ui_your_booking"

    def draw(self, state: BuyState) -> None:
        ids = self.ids
        ids.picture.source = self.picture(state.offer.picture, 1024, 640)
        ids.name.text = state.offer.name
        ids.price.text = self.m(state.offer.price)
        ids.when.text = self.t("ui_when")
        ids.how_many.text = self.t("ui_how_many")
        self._draw_slots(state)
        ids.people.text = self.t("people", people=state.people)
        ids.less.touch_label = self.t("ui_one_less")
        ids.less.disabled = state.people <= 1
        ids.more.touch_label = self.t("ui_one_more")
        ids.more.disabled = state.people >= state.offer.people_max
        ids.total_name.text = self.t("ui_total")
        ids.total.text = self.money(state.total_cents)
        ids.go.text = self.t("ui_continue")
        ids.go.disabled = state.slot < 0

    def _draw_slots(self, state: BuyState) -> None:
        box = self.ids.slots
        box.clear_widgets()
        buttons = []
        # The chosen slot is always among those shown, however far it lies.
        first = max(0, min(state.slot - SLOTS_MAX + 1, len(state.offer.slots) - SLOTS_MAX))
        for index, slot in list(enumerate(state.offer.slots))[first : first + SLOTS_MAX]:
            text = first_upper(self.m(slot.label))
            button = KeyButton(
                text=text,
                note=self.t("places_kept_here", places=slot.places) if slot.places else self.t("ui_full"),
                touch_label=text,
                chosen=index == state.slot,
                disabled=slot.places <= 0,
                step=theme.TEXT_BODY + 1,
                step_note=theme.TEXT_SMALL - 2,
                palette=self.palette,
                tone="primary_deep",
                role="radio",
            )
            button.bind(on_tap=lambda _b, index=index: self.dispatch_touch(events.ChooseSlot(index)))
            buttons.append(button)
        for start in range(0, len(buttons), SLOT_COLUMNS):
            row = Row(spacing=dp(theme.GAP_SMALL), size_hint_y=None, height=dp(theme.BUTTON_HEIGHT))
            pair = buttons[start : start + SLOT_COLUMNS]
            for button in pair:
                row.add_widget(button)
            if len(pair) < SLOT_COLUMNS:
                row.add_widget(Space())
            box.add_widget(row)

    def change_people(self, by: int) -> None:
        self.dispatch_touch(events.SetPeople(self.state.people + by))

    def go_on(self) -> None:
        self.dispatch_touch(events.Confirm())
