"""A coupon, the Wi-Fi and the two codes to take away, as steps: what is touched, what comes next, what is kept."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kiosk.flow import events as ev
from kiosk.flow import states as s
from kiosk.flow.effects import QueryResults, UseCoupon
from kiosk.flow.messages import M
from kiosk.flow.model import Kiosk
from kiosk.flow.step import start, step
from kiosk.flow.visitor.coupon import GOOD_SECONDS

DEAL = s.CouponOffer("c1", "Un café offert", "Fournil", "CAFE", "2027-12-31", 3, 7)
OFFER = s.OfferDetail(
    "o1", "food", "Fournil des Ocres", "", "", "illustration:bakery", (), take_away="BEGIN:VCARD", coupon=DEAL
)
NOW = 1_764_000_000_000


def on_offer(offer: s.OfferDetail = OFFER) -> Kiosk:
    kiosk, _ = start(paired=True, language="fr", now_ms=NOW, mono=0)
    for event in (ev.TouchAnywhere(), ev.OpenOffer(offer.id)):
        kiosk, _ = step(kiosk, event)
    kiosk, _ = step(kiosk, ev.OfferArrived(kiosk.session, kiosk.query_id, offer))
    return kiosk


def use(kiosk: Kiosk) -> tuple[Kiosk, UseCoupon]:
    kiosk, _ = step(kiosk, ev.OpenCoupon())
    assert isinstance(kiosk.screen, s.CouponState) and kiosk.screen.coupon == DEAL
    kiosk, effects = step(kiosk, ev.Confirm())
    (effect,) = effects
    assert isinstance(effect, UseCoupon)
    return kiosk, effect


def test_a_coupon_shows_its_code_once_its_fact_is_kept_and_only_for_ten_minutes() -> None:
    kiosk, effect = use(on_offer())
    assert (effect.coupon_id, effect.offer_id, effect.budget, effect.issue) == ("c1", "o1", 3, 7)
    waiting = kiosk.screen
    assert isinstance(waiting, s.CouponState) and waiting.waiting and not waiting.mark
    again, effects = step(kiosk, ev.Confirm())
    assert effects == () and again.screen == waiting  # an impatient finger uses it once
    kiosk, _ = step(kiosk, ev.CouponGiven(kiosk.session, "c1", "7F3A"))
    shown = kiosk.screen
    assert isinstance(shown, s.CouponState)
    assert (shown.mark, shown.seconds_left) == ("7F3A", GOOD_SECONDS)
    assert "CAFE 7F3A" in shown.qr_payload
    for second in range(10, GOOD_SECONDS, 10):
        kiosk, _ = step(kiosk, ev.StillHere())
        kiosk = replace(kiosk, extensions=0)
        kiosk, _ = step(kiosk, ev.Tick(NOW + second * 1000, second * 1000))
    counted = kiosk.screen
    assert isinstance(counted, s.CouponState) and counted.seconds_left == 10
    kiosk, _ = step(kiosk, ev.Tick(NOW, GOOD_SECONDS * 1000))
    assert isinstance(kiosk.screen, s.NoticeState) and kiosk.screen.title.id == M.COUPON_OVER


@pytest.mark.parametrize("refused_by", ["the book", "the visit"])
def test_a_coupon_that_served_is_refused_in_one_sentence(refused_by: str) -> None:
    kiosk, _ = use(on_offer())
    if refused_by == "the book":
        kiosk, _ = step(kiosk, ev.CouponRefused(kiosk.session, "c1"))
    else:
        kiosk, _ = step(kiosk, ev.CouponGiven(kiosk.session, "c1", "7F3A"))
        kiosk, _ = step(kiosk, ev.GoBack())
        kiosk, _ = step(kiosk, ev.OpenCoupon())
        kiosk, effects = step(kiosk, ev.Confirm())
        assert effects == ()
    assert isinstance(kiosk.screen, s.NoticeState) and kiosk.screen.title.id == M.COUPON_USED_BEFORE


def test_the_next_visitor_inherits_no_coupon() -> None:
    kiosk, _ = use(on_offer())
    kiosk, _ = step(kiosk, ev.CouponGiven(kiosk.session, "c1", "7F3A"))
    assert kiosk.coupons_used == {"c1"}
    kiosk, _ = step(kiosk, ev.Tick(NOW + 200_000, 200_000))
    assert isinstance(kiosk.screen, s.AttractState) and kiosk.coupons_used == frozenset()
    stale, _ = step(kiosk, ev.CouponGiven(1, "c1", "0000"))
    assert isinstance(stale.screen, s.AttractState)


def test_an_offer_without_coupon_has_none_to_open() -> None:
    kiosk = on_offer(replace(OFFER, coupon=None))
    after, effects = step(kiosk, ev.OpenCoupon())
    assert isinstance(after.screen, s.OfferState) and effects == ()


def test_wifi_is_offered_only_where_there_is_one() -> None:
    kiosk = on_offer()
    helped, _ = step(kiosk, ev.OpenHelp())
    assert isinstance(helped.screen, s.HelpState) and not helped.screen.wifi
    assert step(helped, ev.OpenWifi())[0].screen == helped.screen
    kiosk, _ = step(kiosk, ev.WifiNews("Bon Coin", "WIFI:T:nopass;S:Bon Coin;;"))
    kiosk, _ = step(kiosk, ev.OpenHelp())
    assert isinstance(kiosk.screen, s.HelpState) and kiosk.screen.wifi
    kiosk, _ = step(kiosk, ev.OpenWifi())
    assert kiosk.screen == s.WifiState("Bon Coin", "WIFI:T:nopass;S:Bon Coin;;")


def test_who_settles_here_finds_the_door_only_where_something_stands_behind_it() -> None:
    helped, _ = step(on_offer(), ev.OpenHelp())
    assert step(helped, ev.OpenDoor("settle"))[0].screen == helped.screen
    kiosk, _ = step(on_offer(), ev.WifiNews("", "", settle=True))
    kiosk, _ = step(kiosk, ev.OpenHelp())
    kiosk, effects = step(kiosk, ev.OpenDoor("settle"))
    assert isinstance(kiosk.screen, s.ResultsState) and kiosk.screen.door == "settle"
    assert [effect.door for effect in effects if isinstance(effect, QueryResults)] == ["settle"]


def test_the_page_can_be_taken_instead_where_there_is_one() -> None:
    kiosk, _ = step(on_offer(), ev.TakeAway())
    assert kiosk.screen == s.TakeAwayState("Fournil des Ocres", "BEGIN:VCARD")
    assert step(kiosk, ev.ChooseTakeAway(True))[0].screen == kiosk.screen
    kiosk, _ = step(on_offer(replace(OFFER, page_url="https://m.example/o/o1")), ev.TakeAway())
    kiosk, _ = step(kiosk, ev.ChooseTakeAway(True))
    assert isinstance(kiosk.screen, s.TakeAwayState) and kiosk.screen.page
    assert isinstance(step(kiosk, ev.GoBack())[0].screen, s.OfferState)
