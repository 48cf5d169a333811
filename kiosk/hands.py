"""Hands effects to the workers of a paired kiosk. No Kivy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import structlog

from domain.canonical import JsonObject
from domain.facts import Fact, FactKind
from kiosk.flow import effects as ef
from kiosk.jobs import Jobs
from kiosk.store.journal import JournalTrouble
from kiosk.workers import device_facts
from kiosk.workers.card import CardWorker
from kiosk.workers.catalogue import CatalogueWorker
from kiosk.workers.coupons import CouponBook
from kiosk.workers.desk import DeskJobs
from kiosk.workers.map import MapWorker


class Append(Protocol):
    """Appends a fact and counts it; blocks until fsync."""

    def __call__(self, kind: str, body: JsonObject) -> Fact: ...


class Hands:
    """`carry_out` on the UI thread: everything that waits is on another one."""

    def __init__(
        self,
        catalogue: CatalogueWorker,
        map_: MapWorker,
        card: CardWorker,
        desk: DeskJobs,
        coupons: CouponBook,
        jobs: Jobs,
        append: Append,
        site_number: Callable[[], int],
        hurry: Callable[[], None],
    ) -> None:
        """`hurry` asks for a pass of the sync now."""
        self._catalogue, self._map, self._card = catalogue, map_, card
        self._desk, self._coupons, self._jobs = desk, coupons, jobs
        self._append, self._site_number, self._hurry = append, site_number, hurry
        self._log = structlog.get_logger(__name__)

    def carry_out(self, effect: ef.Effect) -> None:
        """Returns at once."""
        match effect:
            case (
                ef.QueryHighlights()
                | ef.QueryHome()
                | ef.QueryResults()
                | ef.QuerySearch()
                | ef.QueryOffer()
                | ef.QuerySuggestions()
                | ef.QueryPins()
                | ef.QueryPin()
            ):
                self._catalogue.ask(effect)
            case ef.OpenMap():
                self._map.ask(effect)
            case (
                ef.ArmDebit()
                | ef.ArmLoad()
                | ef.ArmCharge()
                | ef.ArmPass()
                | ef.ArmRedeem()
                | ef.ArmEntry()
                | ef.ArmRefund()
                | ef.ArmCredit()
                | ef.ArmLook()
            ):
                self._card.arm(effect)
            case ef.Disarm(task):
                self._card.disarm(task)
            case ef.ShowCard():
                self._card.show()
            case ef.CheckPin():
                self._jobs.later(lambda: self._desk.check_pin(effect))
            case ef.RefuseOperator(card, reason):
                body: JsonObject = {"card": card, "reason": reason}
                self._jobs.later(lambda: self._append(FactKind.OPERATOR_REFUSED, body))
            case ef.QueryMyDay(session, operator):
                self._jobs.later(lambda: self._desk.my_day(session, operator))
            case ef.UseCoupon():
                self._jobs.later(lambda: self._coupons.use(effect))
            case ef.RecordVisit():
                self._jobs.later(lambda: self._visit(effect))
            case ef.ClaimPairing() | ef.FinishPairing():
                self._log.warning("this kiosk is paired already")

    def _visit(self, visit: ef.RecordVisit) -> None:
        try:
            self._append(FactKind.VISIT, device_facts.visit(visit, self._site_number()))
        except JournalTrouble as error:  # nobody stands there any more: a notice would start a visit of its own
            self._log.error("a visit could not be kept", reason=str(error))
            return
        self._hurry()
