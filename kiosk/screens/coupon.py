"""Coupon: what it gives and until when; once used, the code and the time that is left to show it."""

from __future__ import annotations

from typing import Any

from kiosk import i18n
from kiosk.flow import events
from kiosk.flow.states import CouponState, Shell
from kiosk.screens.base import Context, Page


class CouponScreen(Page):
    """Binds `CouponState`."""

    def __init__(self, context: Context, **kwargs: Any) -> None:
        super().__init__(context, **kwargs)
        # Strong references: one of the two is always out of the tree, where Kivy's `ids` would lose it.
        self._panel, self._picture = self.ids.panel.__self__, self.ids.picture.__self__

    def bar_title(self, shell: Shell) -> str:
        return self.t("ui_coupon")

    def draw(self, state: CouponState) -> None:
        ids, coupon = self.ids, state.coupon
        used = bool(state.mark)
        ids.title.text = coupon.text
        ids.partner.text = " · ".join(part for part in (coupon.partner, state.offer_name) if part)
        ids.until.text = self.t("ui_coupon_until", until_day=coupon.last_day) if not used else ""
        ids.advice.text = self.t("ui_coupon_show" if used else "ui_coupon_advice")
        ids.code.data = state.qr_payload if used else ""
        ids.short.text = f"{coupon.code} {state.mark}" if used else ""
        ids.clock.text = self.t("ui_coupon_left", clock=i18n.format_countdown(state.seconds_left)) if used else ""
        ids.picture.source = self.picture(state.picture, 1024, 640)
        self._swap(used)
        ids.act.text = self.t("ui_finish" if used else "ui_coupon_use")
        ids.act.opacity = 0 if state.waiting else 1

    def _swap(self, used: bool) -> None:
        """The picture stands where the code will."""
        shown, hidden = (self._panel, self._picture) if used else (self._picture, self._panel)
        body = self.ids.body
        if hidden.parent is not None:
            body.remove_widget(hidden)
        if shown.parent is None:
            body.add_widget(shown)

    def act(self) -> None:
        used = bool(self.state and self.state.mark)
        self.dispatch_touch(events.GoHome() if used else events.Confirm())
