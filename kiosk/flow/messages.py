"""Messages a flow may show. A flow names them; screens translate them (`kiosk.i18n`, French first).

Each id has a text in every shipped language (a test asserts it). Placeholders are named as the arguments: `*_cents` are
formatted as euros in the person's language, `*_minutes_of_day` as a time of day, `*_day` (ISO date) as a day, the rest
as they are. `text` shows its argument `text` unchanged: names from the catalogue, already in the person's language.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique

Argument = str | int


@dataclass(frozen=True, slots=True)
class Message:
    """An id of `M` and its arguments, hashable."""

    id: str
    args: tuple[tuple[str, Argument], ...] = ()


@unique
class M(StrEnum):
    """Every message id, with its arguments in a comment."""

    TEXT = "text"  # text
    # shell
    FRESH = "fresh"  # time_minutes_of_day: "à jour · 14:05"
    OFFLINE_FOR_MINUTES = "offline_for_minutes"  # minutes
    OFFLINE_FOR_HOURS = "offline_for_hours"  # hours
    OFFLINE_FOR_DAYS = "offline_for_days"  # days
    NEVER_ONLINE = "never_online"
    FRESHNESS_DETAIL = "freshness_detail"  # content_day, waiting (facts)
    DOUBTS_FOR_MINUTES = "doubts_for_minutes"  # count (plural), minutes
    DOUBTS_FOR_HOURS = "doubts_for_hours"  # count (plural), hours
    DOUBTS_FOR_DAYS = "doubts_for_days"  # count (plural), days
    FRESHNESS_RECEIVING = "freshness_receiving"  # percent, waiting (facts)
    FRESHNESS_EXPIRED = "freshness_expired"  # content_day, waiting (facts)
    STILL_THERE = "still_there"  # seconds
    # attract and home
    TOUCH_THE_SCREEN = "touch_the_screen"
    GREETING_MORNING = "greeting_morning"
    GREETING_AFTERNOON = "greeting_afternoon"
    GREETING_EVENING = "greeting_evening"
    # what an offer card or a fact line says
    OPEN_UNTIL = "open_until"  # until_minutes_of_day
    OPENS_AT = "opens_at"  # at_minutes_of_day
    OPENS_ON = "opens_on"  # on_day, at_minutes_of_day
    OPEN_NOW = "open_now"
    OPEN_ALL_DAY = "open_all_day"
    CLOSED_TODAY = "closed_today"
    HOURS_UNKNOWN = "hours_unknown"
    TODAY_AT = "today_at"  # at_minutes_of_day
    TODAY_ALL_DAY = "today_all_day"
    TONIGHT_AT = "tonight_at"  # at_minutes_of_day
    ON_DAY_AT = "on_day_at"  # on_day, at_minutes_of_day
    ON_DAY = "on_day"  # on_day
    DATE_PAST = "date_past"  # on_day
    NEXT_SLOT_TODAY = "next_slot_today"  # at_minutes_of_day
    WALK_MINUTES = "walk_minutes"  # minutes
    BIKE_MINUTES = "bike_minutes"  # minutes
    WALK_ABOUT = "walk_about"  # minutes, estimated from the straight line
    BIKE_ABOUT = "bike_about"  # minutes, estimated
    WALK_BIKE = "walk_bike"  # walk, bike (minutes)
    WALK_BIKE_ABOUT = "walk_bike_about"  # walk, bike (minutes, estimated)
    CAR_KILOMETRES = "car_kilometres"  # kilometres
    HERE = "here"
    IN_COMMUNE = "in_commune"  # commune
    PRICE_FREE = "price_free"
    PRICE_UNKNOWN = "price_unknown"
    PRICE = "price"  # price_cents
    PRICE_PER_PERSON = "price_per_person"  # price_cents
    PLACES_LEFT = "places_left"  # places
    PLACES_KEPT_HERE = "places_kept_here"  # places
    CARD_DISCOUNT = "card_discount"  # discount_cents
    DURATION_HOURS = "duration_hours"  # hours, minutes (0 … 59)
    AGE_FROM = "age_from"  # age
    SPOKEN_LANGUAGES = "spoken_languages"  # languages: "FR EN NL"
    ACCESSIBLE = "accessible"
    FOR_CHILDREN = "for_children"
    PHONE = "phone"  # phone
    STORY_BY = "story_by"  # author, licence
    SOURCE_BY = "source_by"  # publisher, licence
    REVIEW_BY = "review_by"  # stars (★★★★☆), author
    STALL_TODAY = "stall_today"  # where, until_minutes_of_day
    STALL_ON = "stall_on"  # on_day, at_minutes_of_day, where
    STALL_SELLS = "stall_sells"  # what
    COUPON_USED_BEFORE = "coupon_used_before"
    COUPON_USED_BEFORE_NEXT = "coupon_used_before_next"
    COUPON_OVER = "coupon_over"
    COUPON_OVER_NEXT = "coupon_over_next"
    RESULTS_COUNT = "results_count"  # count (plural)
    # buying
    SLOT_TODAY = "slot_today"  # at_minutes_of_day
    SLOT_ON = "slot_on"  # on_day, at_minutes_of_day
    PEOPLE = "people"  # people (plural)
    NO_SLOT_LEFT = "no_slot_left"
    # operations on a card
    OP_LOAD = "op_load"
    OP_DEBIT = "op_debit"
    OP_REFUND = "op_refund"
    OP_AWARD = "op_award"
    OP_REDEEM = "op_redeem"
    OP_SERVER_CREDIT = "op_server_credit"
    OP_CHARGE = "op_charge"
    OP_ENTRY = "op_entry"
    OP_RIGHT = "op_right"
    # passes and tickets: what they are good for, and the plain reason why not
    PASS_UNTIL = "pass_until"  # noqa: S105 on_day
    PASS_UNLIMITED = "pass_unlimited"  # noqa: S105
    PASS_USES_LEFT = "pass_uses_left"  # noqa: S105 left (plural)
    RIGHT_NOT_YET = "right_not_yet"  # on_day
    RIGHT_OVER = "right_over"  # on_day
    RIGHT_USED_UP = "right_used_up"
    RIGHT_ALREADY_TODAY = "right_already_today"
    RIGHT_OTHER_SITE = "right_other_site"
    RIGHT_NO_RIGHT = "right_no_right"
    RIGHT_CARD = "right_card"
    REWARD_AT = "reward_at"  # points, name
    POINTS_TO_GO = "points_to_go"  # points
    # what the server owes the card that lies there
    CREDIT_RUNNING = "credit_running"  # amount_cents
    CREDIT_ARRIVED = "credit_arrived"  # amount_cents
    CREDIT_AGAIN = "credit_again"
    CREDIT_WAITING = "credit_waiting"  # amount_cents
    CREDIT_NO_ROOM = "credit_no_room"  # amount_cents
    # notices: title and what to do; the money line always comes first on the screen
    MONEY_NOTHING_TAKEN = "money_nothing_taken"
    MONEY_NOTHING_LOADED = "money_nothing_loaded"
    MONEY_IN_DOUBT = "money_in_doubt"  # amount_cents
    MONEY_SAFE_ON_CARD = "money_safe_on_card"
    MONEY_NOT_CONCERNED = "money_not_concerned"
    NOT_ENOUGH = "not_enough"  # missing_cents, balance_cents
    NOT_ENOUGH_NEXT = "not_enough_next"
    PRESENT_AGAIN = "present_again"
    PRESENT_AGAIN_NEXT = "present_again_next"
    IN_DOUBT = "in_doubt"
    IN_DOUBT_NEXT = "in_doubt_next"
    CARD_BLOCKED = "card_blocked"
    CARD_BLOCKED_NEXT = "card_blocked_next"
    CARD_EXPIRED = "card_expired"  # on_day
    CARD_EXPIRED_NEXT = "card_expired_next"
    CARD_FOREIGN = "card_foreign"
    CARD_EMPTY_DESFIRE = "card_empty_desfire"
    CARD_CLASSIC = "card_classic"
    CARD_BANK = "card_bank"
    CARD_PHONE = "card_phone"
    CARD_FOREIGN_NEXT = "card_foreign_next"
    CARD_ALTERED = "card_altered"
    CARD_ALTERED_NEXT = "card_altered_next"
    ONE_CARD_AT_A_TIME = "one_card_at_a_time"
    ONE_CARD_NEXT = "one_card_next"
    READER_MISSING = "reader_missing"
    READER_MISSING_NEXT = "reader_missing_next"
    OVER_OFFLINE_LIMIT = "over_offline_limit"  # limit_cents
    OVER_OFFLINE_NEXT = "over_offline_next"
    OVER_PURSE_LIMIT = "over_purse_limit"  # room_cents
    OVER_PURSE_NEXT = "over_purse_next"
    OVER_MONTHLY_LOADS = "over_monthly_loads"  # room_cents
    OVER_MONTHLY_NEXT = "over_monthly_next"
    OVER_ALLOWANCE = "over_allowance"  # left_cents
    OVER_ALLOWANCE_NEXT = "over_allowance_next"
    NO_LOAD_KEY = "no_load_key"
    NO_LOAD_KEY_NEXT = "no_load_key_next"
    OFFLINE_TOO_LONG = "offline_too_long"
    OFFLINE_TOO_LONG_NEXT = "offline_too_long_next"
    QUOTA_GONE = "quota_gone"
    QUOTA_GONE_NEXT = "quota_gone_next"
    DISK_FULL = "disk_full"
    DISK_FULL_NEXT = "disk_full_next"
    KIOSK_FAULT = "kiosk_fault"
    MONEY_CHECKING = "money_checking"
    POINTS_NOTHING_TAKEN = "points_nothing_taken"
    CARD_WRONG_KIND = "card_wrong_kind"
    CARD_WRONG_KIND_NEXT = "card_wrong_kind_next"
    CARD_OTHER = "card_other"
    CARD_OTHER_NEXT = "card_other_next"
    NOT_ENOUGH_POINTS = "not_enough_points"  # points (plural)
    NOT_ENOUGH_POINTS_NEXT = "not_enough_points_next"
    REWARD_GONE = "reward_gone"
    PASS_GONE = "pass_gone"  # noqa: S105 a right, no password
    PASS_GONE_NEXT = "pass_gone_next"  # noqa: S105
    OTHER_RIGHT = "other_right"  # on_day
    OTHER_RIGHT_NEXT = "other_right_next"
    RIGHT_NEXT = "right_next"
    NO_CREDIT = "no_credit"
    NO_CREDIT_NEXT = "no_credit_next"
    CREDIT_STALE = "credit_stale"
    CREDIT_STALE_NEXT = "credit_stale_next"
    NO_ROOM = "no_room"  # due_cents
    NO_ROOM_NEXT = "no_room_next"
    REFUNDED_ALREADY = "refunded_already"
    NOT_REFUNDABLE = "not_refundable"
    NOT_REFUNDABLE_NEXT = "not_refundable_next"
    NO_CONTENT = "no_content"
    NO_CONTENT_NEXT = "no_content_next"
    OPERATOR_UNKNOWN = "operator_unknown"
    OPERATOR_EXPIRED = "operator_expired"
    OPERATOR_LOCKED = "operator_locked"  # minutes
    PIN_WRONG = "pin_wrong"  # left (tries)
    # partner
    PAID_BY_CASH = "paid_by_cash"
    PAID_BY_TERMINAL = "paid_by_terminal"
    DESK_MAY_LOAD = "desk_may_load"  # left_cents
    # what is chosen, confirmed and done with points, passes and refunds
    COSTS_POINTS = "costs_points"  # points (plural)
    POINTS_MISSING = "points_missing"  # points (plural)
    POINTS_TAKEN = "points_taken"  # points (plural)
    POINTS_TAKEN_BACK = "points_taken_back"  # points (plural)
    POINTS_LEFT = "points_left"  # points (plural)
    POINTS_NOW = "points_now"  # points (plural)
    POINTS_EARNED = "points_earned"  # points (plural)
    PASS_DAYS = "pass_days"  # noqa: S105 count (plural)
    PASS_ENTRIES = "pass_entries"  # noqa: S105 count (plural)
    PASS_WHERE = "pass_where"  # noqa: S105 sites
    PASS_EVERYWHERE = "pass_everywhere"  # noqa: S105
    BALANCE_LEFT = "balance_left"  # balance_cents
    FOR_CARD = "for_card"  # number
    DONE_CHARGE = "done_charge"  # amount_cents
    DONE_PASS = "done_pass"  # noqa: S105 name
    DONE_PASS_TEXT = "done_pass_text"  # noqa: S105 from_day, until_day
    DONE_REWARD = "done_reward"  # name
    DONE_REWARD_TEXT = "done_reward_text"
    DONE_REFUND = "done_refund"  # amount_cents
    DONE_REFUND_TEXT = "done_refund_text"
    DONE_ENTRY = "done_entry"
    DONE_CREDIT = "done_credit"  # amount_cents
    DONE_CREDIT_REFUND = "done_credit_refund"  # amount_cents
    DONE_CREDIT_LEFT = "done_credit_left"  # due_cents
    REFUND_COMES_BACK = "refund_comes_back"
    CHARGE_FREE_AMOUNT = "charge_free_amount"
    TICKET_HERE = "ticket_here"
    # pairing
    PAIR_CODE_WRONG = "pair_code_wrong"
    PAIR_CODE_EXPIRED = "pair_code_expired"
    PAIR_CODE_USED = "pair_code_used"
    PAIR_NO_SERVER = "pair_no_server"
    PAIR_NOT_A_SERVER = "pair_not_a_server"
    PAIR_REFUSED = "pair_refused"


def text(value: str) -> Message:
    """A message that shows `value` unchanged."""
    return Message(M.TEXT, (("text", value),))


def message(message_id: M, **args: Argument) -> Message:
    """Build a message with named arguments."""
    return Message(message_id, tuple(sorted(args.items())))
