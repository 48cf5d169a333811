"""A club member's coupon: what it gives, shown to who serves, good for ten minutes once, kept as a fact. Pure."""

from __future__ import annotations

from dataclasses import replace

from kiosk.flow import events as ev
from kiosk.flow.effects import UseCoupon
from kiosk.flow.messages import M, message
from kiosk.flow.model import Kiosk, Step, go, notice, put
from kiosk.flow.states import CouponState, NoticeState, OfferDetail, Tone

# Long enough to reach the counter and be served, short enough that a photo of the screen is of no use tomorrow.
GOOD_SECONDS = 600


def open_coupon(kiosk: Kiosk, offer: OfferDetail) -> Step | None:
    """From the offer; nothing without a coupon, or when this visitor used it already."""
    if offer.coupon is None:
        return None
    return go(kiosk, CouponState(offer.id, offer.name, offer.coupon, offer.picture))


def coupon(kiosk: Kiosk, screen: CouponState, event: ev.Event) -> Step | None:
    """Use it, or leave it for another day."""
    match event:
        case ev.Confirm() if not screen.mark and not screen.waiting:
            if screen.coupon.id in kiosk.coupons_used:
                return put(kiosk, _refused())
            effect = UseCoupon(
                kiosk.session,
                screen.coupon.id,
                screen.offer_id,
                kiosk.card_number,
                screen.coupon.budget,
                screen.coupon.issue,
            )
            return put(kiosk, replace(screen, waiting=True), effect)
        case ev.CouponGiven(_, coupon_id, mark) if coupon_id == screen.coupon.id:
            kiosk = replace(kiosk, coupons_used=kiosk.coupons_used | {coupon_id})
            until = kiosk.mono + 1000 * GOOD_SECONDS
            return put(kiosk, replace(screen, waiting=False, mark=mark, until_mono=until, seconds_left=GOOD_SECONDS))
        case ev.CouponRefused(_, coupon_id) if coupon_id == screen.coupon.id:
            return put(kiosk, _refused())
        case _:
            return None


def tick(kiosk: Kiosk) -> Kiosk:
    """The countdown on the screen; once it is over the code is gone."""
    screen = kiosk.screen
    if not isinstance(screen, CouponState) or not screen.mark:
        return kiosk
    left = max(0, (screen.until_mono - kiosk.mono + 999) // 1000)
    if left == 0:
        return replace(kiosk, screen=_over(), back=kiosk.back)
    return replace(kiosk, screen=replace(screen, seconds_left=left))


def _refused() -> NoticeState:
    return notice(
        Tone.CALM,
        message(M.MONEY_NOT_CONCERNED),
        message(M.COUPON_USED_BEFORE),
        message(M.COUPON_USED_BEFORE_NEXT),
        ("home", True),
    )


def _over() -> NoticeState:
    return notice(
        Tone.CALM, message(M.MONEY_NOT_CONCERNED), message(M.COUPON_OVER), message(M.COUPON_OVER_NEXT), ("home", True)
    )
