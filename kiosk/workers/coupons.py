"""Coupons at this kiosk: how many were given, to which cards, and the fact that keeps one. Any thread.

A coupon works once for a card. Without a card it works once for whoever stands there, which the flow sees to; the
budget that came with the content bounds how many this kiosk gives in all before the next publication.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable

from domain.canonical import JsonObject
from domain.facts import Fact, FactKind
from domain.offers import Coupon
from kiosk.flow import events as ev
from kiosk.flow.effects import UseCoupon
from kiosk.store.journal import JournalTrouble

Append = Callable[[str, JsonObject], Fact]


class CouponBook:
    """Counts from the journal's own facts; `use` runs on the jobs thread."""

    def __init__(
        self, facts: Iterable[Fact], append: Append, site: Callable[[], int], post: Callable[[ev.Event], None]
    ) -> None:
        """`facts` are those of kind `coupon.used`, oldest first."""
        self._append, self._site, self._post = append, site, post
        self._lock = threading.Lock()
        self._used: Counter[tuple[str, int]] = Counter()
        self._cards: set[tuple[str, str]] = set()
        for fact in facts:
            self._take(fact.body)

    def _take(self, body: JsonObject) -> None:
        coupon, issue, card = str(body.get("coupon", "")), body.get("issue"), str(body.get("card", ""))
        self._used[coupon, issue if isinstance(issue, int) else 0] += 1
        if card:
            self._cards.add((coupon, card))

    def left(self, coupon: Coupon, issue: int) -> bool:
        """Whether one more may be given out of what the content version `issue` brought."""
        with self._lock:
            return coupon.budget is None or self._used[coupon.id, issue] < coupon.budget

    def use(self, effect: UseCoupon) -> None:
        """Keep the fact, then say that the coupon is good; a card that used it before is told so."""
        with self._lock:
            if effect.card_number and (effect.coupon_id, effect.card_number) in self._cards:
                self._post(ev.CouponRefused(effect.session, effect.coupon_id))
                return
            spent = effect.budget is not None and self._used[effect.coupon_id, effect.issue] >= effect.budget
            if spent:
                self._post(ev.CouponRefused(effect.session, effect.coupon_id))
                return
        body: JsonObject = {
            "coupon": effect.coupon_id,
            "offer": effect.offer_id,
            "site": self._site(),
            "issue": effect.issue,
            **({"card": effect.card_number} if effect.card_number else {}),
        }
        try:
            fact = self._append(FactKind.COUPON_USED, body)
        except JournalTrouble:
            self._post(ev.CouponRefused(effect.session, effect.coupon_id))
            raise
        with self._lock:
            self._take(fact.body)
        self._post(ev.CouponGiven(effect.session, effect.coupon_id, short_mark(fact.id)))


def short_mark(fact_id: str) -> str:
    """Four letters that tell one use from another when a partner reads them aloud."""
    return fact_id.replace("-", "")[-4:].upper()
