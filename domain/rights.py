"""Points and passes on a card: awards, rewards, rights over a period. All under the site key, none of it makes euros.

Each plan is one commit: operation number, record, state and what changed. A record of an award or a reward tells
points; with amount 0 it tells that a pass was put on the card (AWARD) or used (REDEEM). Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum, unique

from domain.cards import (
    POINTS_LIMIT,
    CardReading,
    CardRights,
    CardWrite,
    CarriedTicket,
    PassRight,
    RecordKind,
)
from domain.days import day_number
from domain.purse import (
    Circumstances,
    Refused,
    advance_state,
    build_record,
    check_purse,
    offline_too_long,
    plan_debit,
    points_for_visit,
)

USES_UNLIMITED = 0xFF  # in `PassRight.uses_left`: as often as one likes within its days


@unique
class RightsRefusal(StrEnum):
    """Why nothing was written."""

    CARD = "card"  # blocked or expired
    NOT_ENOUGH_POINTS = "not_enough_points"
    NOTHING_EARNED = "nothing_earned"  # this site was visited today already, or the day's list is full
    POINTS_FULL = "points_full"
    OFFLINE_TOO_LONG = "offline_too_long"  # the list of lost cards is too old to hand something over
    OTHER_RIGHT = "other_right"  # the card carries another pass that is still good
    NO_RIGHT = "no_right"
    NOT_YET = "not_yet"
    OVER = "over"
    USED_UP = "used_up"
    ALREADY_TODAY = "already_today"  # this pass is good once a day
    OTHER_SITE = "other_site"  # the pass does not open this place


@dataclass(frozen=True, slots=True)
class RightsRefused:
    """`value`: missing points, or the day number from or until which the pass is good, as the reason says."""

    reason: RightsRefusal
    value: int = 0


@dataclass(frozen=True, slots=True)
class PlannedRights:
    """What to write under key 1, and the points that it gives (negative: takes)."""

    write: CardWrite
    points: int


@dataclass(frozen=True, slots=True)
class PassRule:
    """Where and how often a pass opens: `sites` empty means everywhere."""

    programme: int
    sites: frozenset[int] = frozenset()
    once_a_day: bool = False


def plan_award(reading: CardReading, transfer_id: str, now: Circumstances) -> PlannedRights | RightsRefused:
    """The points of a visit without a purchase, once per site and day. `reading` must hold the points."""
    _needs_points(reading)
    if isinstance(check_purse(reading, now), Refused):
        return RightsRefused(RightsRefusal.CARD)
    earned, visited = points_for_visit(reading.state, now)
    if earned == 0:
        return RightsRefused(RightsRefusal.NOTHING_EARNED)
    points = min(earned, POINTS_LIMIT - reading.points)
    if points == 0:
        return RightsRefused(RightsRefusal.POINTS_FULL)
    write = CardWrite(
        record=build_record(reading, RecordKind.AWARD, points, transfer_id, now),
        state=advance_state(visited, now, offline_cents=0),
        points_delta=points,
    )
    return PlannedRights(write, points)


def plan_redeem(
    reading: CardReading, points: int, transfer_id: str, now: Circumstances
) -> PlannedRights | RightsRefused:
    """`points` off the card for a reward."""
    if points <= 0:
        raise ValueError("a reward costs a positive number of points")
    _needs_points(reading)
    if isinstance(check_purse(reading, now), Refused):
        return RightsRefused(RightsRefusal.CARD)
    if points > reading.points:
        return RightsRefused(RightsRefusal.NOT_ENOUGH_POINTS, points - reading.points)
    if not now.online and offline_too_long(now):
        return RightsRefused(RightsRefusal.OFFLINE_TOO_LONG)
    return _take(reading, points, transfer_id, now)


def plan_points_reversal(
    reading: CardReading, points: int, transfer_id: str, now: Circumstances
) -> PlannedRights | RightsRefused:
    """Take back the points of a purchase that was refunded, as far as they are still there.

    A commit of its own: key 2, which gives the euros back, does not write points.
    """
    if points <= 0:
        raise ValueError("a reversal takes a positive number of points")
    _needs_points(reading)
    if isinstance(check_purse(reading, now), Refused):
        return RightsRefused(RightsRefusal.CARD)
    if reading.points == 0:
        return RightsRefused(RightsRefusal.NOT_ENOUGH_POINTS, points)
    return _take(reading, min(points, reading.points), transfer_id, now)


def _take(reading: CardReading, points: int, transfer_id: str, now: Circumstances) -> PlannedRights:
    write = CardWrite(
        record=build_record(reading, RecordKind.REDEEM, points, transfer_id, now),
        state=advance_state(reading.state, now, offline_cents=0),
        points_delta=-points,
    )
    return PlannedRights(write, -points)


def _needs_points(reading: CardReading) -> None:
    if reading.points < 0:
        raise ValueError("this plan needs the points: read them")


def _needs_rights(reading: CardReading) -> CardRights:
    if reading.rights is None:
        raise ValueError("this plan needs file 05: read it")
    return reading.rights


def plan_pass(
    reading: CardReading, right: PassRight, price_cents: int, transfer_id: str, now: Circumstances
) -> PlannedRights | Refused | RightsRefused:
    """Put a pass on the card, paid from the purse in the same commit, or given (`price_cents` 0).

    The card carries one: a pass of the same programme is renewed, another one must be over or used up.
    """
    if price_cents < 0 or right.valid_until_day < right.valid_from_day or right.uses_left <= 0:
        raise ValueError("a pass has a price, days in order and at least one use")
    rights, today = _needs_rights(reading), day_number(now.today)
    for held in rights.passes:
        good = held.valid_until_day >= today and held.uses_left > 0
        if good and held.programme != right.programme:
            return RightsRefused(RightsRefusal.OTHER_RIGHT, held.valid_until_day)
    after = replace(rights, passes=(right,))
    if price_cents:
        bought = plan_debit(reading, price_cents, transfer_id, now)
        if isinstance(bought, Refused):
            return bought
        write, points = bought
        return PlannedRights(replace(write, rights=after), points)
    if isinstance(check_purse(reading, now), Refused):
        return RightsRefused(RightsRefusal.CARD)
    write = CardWrite(
        record=build_record(reading, RecordKind.AWARD, 0, transfer_id, now),
        state=advance_state(reading.state, now, offline_cents=0),
        rights=after,
    )
    return PlannedRights(write, 0)


def check_pass(reading: CardReading, rule: PassRule, now: Circumstances) -> PassRight | RightsRefused:
    """Whether the card's pass of this programme opens this site now; shown before anything is written."""
    rights, today = _needs_rights(reading), day_number(now.today)
    if isinstance(check_purse(reading, now), Refused):
        return RightsRefused(RightsRefusal.CARD)
    held = next((one for one in rights.passes if one.programme == rule.programme), None)
    if held is None:
        return RightsRefused(RightsRefusal.NO_RIGHT)
    if today < held.valid_from_day:
        return RightsRefused(RightsRefusal.NOT_YET, held.valid_from_day)
    if today > held.valid_until_day:
        return RightsRefused(RightsRefusal.OVER, held.valid_until_day)
    if rule.sites and now.site not in rule.sites:
        return RightsRefused(RightsRefusal.OTHER_SITE)
    if held.uses_left == 0:
        return RightsRefused(RightsRefusal.USED_UP)
    if rule.once_a_day and held.used_day >= today:
        return RightsRefused(RightsRefusal.ALREADY_TODAY)
    return held


def plan_pass_use(
    reading: CardReading, rule: PassRule, transfer_id: str, now: Circumstances
) -> PlannedRights | RightsRefused:
    """One entry with the pass: a use less, and the points of the visit in the same commit."""
    rights = _needs_rights(reading)
    _needs_points(reading)
    held = check_pass(reading, rule, now)
    if isinstance(held, RightsRefused):
        return held
    left = held.uses_left if held.uses_left == USES_UNLIMITED else held.uses_left - 1
    used = replace(held, uses_left=left, used_day=max(held.used_day, day_number(now.today)))
    return _enter(reading, replace(rights, passes=(used,)), transfer_id, now)


def check_ticket(reading: CardReading, ticket_ref: int, now: Circumstances) -> CarriedTicket | RightsRefused:
    """Whether the card carries this ticket, for today."""
    rights, today = _needs_rights(reading), day_number(now.today)
    if isinstance(check_purse(reading, now), Refused):
        return RightsRefused(RightsRefusal.CARD)
    held = next((one for one in rights.tickets if one.ticket_ref == ticket_ref), None)
    if held is None:
        return RightsRefused(RightsRefusal.NO_RIGHT)
    if today < held.day:
        return RightsRefused(RightsRefusal.NOT_YET, held.day)
    if today > held.day:
        return RightsRefused(RightsRefusal.OVER, held.day)
    return held


def plan_ticket_use(
    reading: CardReading, ticket_ref: int, transfer_id: str, now: Circumstances
) -> PlannedRights | RightsRefused:
    """The ticket leaves the card, so that it opens once wherever it is shown; the points of the visit with it."""
    rights = _needs_rights(reading)
    _needs_points(reading)
    held = check_ticket(reading, ticket_ref, now)
    if isinstance(held, RightsRefused):
        return held
    kept = tuple(one for one in rights.tickets if one is not held)
    return _enter(reading, replace(rights, tickets=kept), transfer_id, now)


def _enter(reading: CardReading, after: CardRights, transfer_id: str, now: Circumstances) -> PlannedRights:
    earned, visited = points_for_visit(reading.state, now)
    points = min(earned, POINTS_LIMIT - reading.points)
    write = CardWrite(
        record=build_record(reading, RecordKind.REDEEM, 0, transfer_id, now),
        state=advance_state(visited, now, offline_cents=0),
        points_delta=points,
        rights=after,
    )
    return PlannedRights(write, points)
