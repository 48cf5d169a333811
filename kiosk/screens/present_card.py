"""Present the card: how much, for what, where to put it; and once more when it left too early."""

from __future__ import annotations

from kiosk.flow import events
from kiosk.flow.states import PresentCardState, Purpose, Shell
from kiosk.screens.base import Page

BAR_TITLES = {Purpose.LOAD: "desk_load", Purpose.PAY: "ui_your_booking"}
# At the desk it is the guest's card that is asked for.
GUESTS = frozenset({Purpose.LOAD, Purpose.CHARGE, Purpose.REFUND, Purpose.ENTRY, Purpose.CREDIT, Purpose.LOOK})
KEEP = {
    Purpose.LOAD: "ui_keep_until_green_load",
    Purpose.CREDIT: "ui_keep_until_green_load",
    Purpose.REWARD: "ui_keep_until_green_plain",
    Purpose.REFUND: "ui_keep_until_green_plain",
    Purpose.ENTRY: "ui_keep_until_green_plain",
    Purpose.LOOK: "ui_look_text",
}


class PresentCardScreen(Page):
    """Binds `PresentCardState`; works at the visitor's screen and at the desk."""

    def bar_title(self, shell: Shell) -> str:
        if self.state is None or self.state.purpose is Purpose.SHOW:
            return self.t("ui_my_card")
        return self.t(BAR_TITLES.get(self.state.purpose) or f"ui_choices_{self.state.purpose}")

    def draw_shell(self, shell: Shell) -> None:
        super().draw_shell(shell)
        self.ids.reader.foot = shell.territory
        self.ids.reader.title = self.t("ui_city_card")
        if self.state is not None:
            self.ids.title.text = self.t(self._title_id(self.state, shell))

    @staticmethod
    def _title_id(state: PresentCardState, shell: Shell) -> str:
        if state.again:
            return "ui_put_again"
        if state.purpose in GUESTS:
            return "ui_put_guest_card"
        return "ui_put_right" if shell.reader_place == "right" else "ui_put_below"

    @staticmethod
    def _text_id(state: PresentCardState) -> str:
        if state.again:
            return "ui_again_in_doubt" if state.in_doubt else "ui_again_nothing"
        if state.purpose is Purpose.SHOW:
            return "ui_show_card_text"
        return KEEP.get(state.purpose, "ui_keep_until_green")

    def draw(self, state: PresentCardState) -> None:
        ids = self.ids
        ids.what.text = " · ".join(filter(None, (self.m(part) for part in state.what)))
        ids.amount.text = self.money(state.amount_cents) if state.amount_cents else ""
        ids.text.text = self.t(self._text_id(state))
        ids.cancel.text = self.t("ui_cancel")
        ids.cancel.disabled = not state.can_cancel
        ids.cancel.opacity = 1 if state.can_cancel else 0

    def entered(self) -> None:
        self.ids.reader.moving = True

    def left(self) -> None:
        self.ids.reader.moving = False

    def cancel(self) -> None:
        self.dispatch_touch(events.Cancel())
