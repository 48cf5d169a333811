"""States of every screen, as the flows make them: drawn by the gallery, checked by the tests."""

from __future__ import annotations

from dataclasses import replace

from domain.maps import Mark, bounds_from_degrees, project
from kiosk.flow import states as s
from kiosk.flow.messages import M, Message, message, text
from kiosk.flow.visitor.map import FILTERS

SHELL = s.Shell(
    place="Fournil des Ocres · Bédarrin",
    territory="Pays du Bon Coin",
    minute_of_day=14 * 60 + 12,
    language="fr",
    line=s.Line.ONLINE,
    freshness=message(M.FRESH, time_minutes_of_day=14 * 60 + 5),
    freshness_detail=message(M.FRESHNESS_DETAIL, content_day="2026-11-12", waiting=7),
)


def card(
    number: int,
    name: str,
    picture: str,
    when: Message | None,
    where: Message | None,
    price: Message,
    badge: Message | None,
) -> s.OfferCard:
    return s.OfferCard(f"offer-{number}", name, f"illustration:{picture}", "outings", when, where, price, badge)


FREE = message(M.PRICE_FREE)
CARDS = (
    card(
        1,
        "Marché paysan de Bédarrin",
        "market",
        message(M.OPEN_UNTIL, until_minutes_of_day=1140),
        message(M.WALK_MINUTES, minutes=4),
        FREE,
        message(M.OPEN_NOW),
    ),
    card(
        2,
        "Trio manouche sous les platanes",
        "concert",
        message(M.TONIGHT_AT, at_minutes_of_day=1260),
        message(M.IN_COMMUNE, commune="Mazelles"),
        message(M.PRICE, price_cents=1200),
        message(M.PLACES_LEFT, places=9),
    ),
    card(
        3,
        "Descente en canoë, 2 heures",
        "canoe",
        message(M.NEXT_SLOT_TODAY, at_minutes_of_day=930),
        message(M.CAR_KILOMETRES, kilometres=9),
        message(M.PRICE, price_cents=1800),
        message(M.CARD_DISCOUNT, discount_cents=200),
    ),
    card(
        4,
        "Caves du Rocher, dégustation commentée de quatre vins et fromages de chèvre",
        "cellar",
        message(M.OPEN_UNTIL, until_minutes_of_day=1110),
        message(M.IN_COMMUNE, commune="Saint-Clar-de-la-Roche"),
        message(M.PRICE, price_cents=850),
        None,
    ),
    card(
        5,
        "Boucle des moulins, 14 km",
        "cycling",
        message(M.TODAY_ALL_DAY),
        message(M.BIKE_MINUTES, minutes=12),
        FREE,
        None,
    ),
    card(
        6,
        "Sentier des ocres au couchant",
        "ochres",
        message(M.TONIGHT_AT, at_minutes_of_day=1210),
        message(M.WALK_MINUTES, minutes=20),
        message(M.PRICE, price_cents=500),
        None,
    ),
    card(
        7, "Moulin à huile de Saint-Clar", "olive_grove", message(M.HOURS_UNKNOWN), None, message(M.PRICE_UNKNOWN), None
    ),
    card(
        8,
        "Nuit des étoiles au col",
        "night_sky",
        message(M.ON_DAY_AT, on_day="2026-11-14", at_minutes_of_day=1290),
        message(M.CAR_KILOMETRES, kilometres=21),
        FREE,
        None,
    ),
)
ATTRACT = s.AttractState(CARDS[1:2] + CARDS[:1] + CARDS[2:3], "illustration:lavender")
ATTRACT_EMPTY = s.AttractState((), "illustration:lavender", ready=False)
DOORS = tuple(s.Door(x) for x in ("today", "outings", "walks", "wine", "food", "deals", "map", "my_card"))
HOME = s.HomeState(message(M.GREETING_AFTERNOON), CARDS[:3], DOORS)
SLOTS = (
    s.SlotChoice("2026-11-12", 930, 6, message(M.SLOT_TODAY, at_minutes_of_day=930)),
    s.SlotChoice("2026-11-12", 1050, 4, message(M.SLOT_TODAY, at_minutes_of_day=1050)),
    s.SlotChoice("2026-11-13", 600, 6, message(M.SLOT_ON, on_day="2026-11-13", at_minutes_of_day=600)),
    s.SlotChoice("2026-11-13", 930, 0, message(M.SLOT_ON, on_day="2026-11-13", at_minutes_of_day=930)),
)
CANOE = s.OfferDetail(
    id="offer-3",
    category="outings",
    name="Descente en canoë sur la Sorguette",
    pitch="Deux heures d'eau claire sous les saules, à portée de rame des plus petits. "
    "On part des roues à aubes et on rentre en navette.",
    description="",
    picture="illustration:canoe",
    facts=(
        s.FactLine(
            "clock",
            message(M.NEXT_SLOT_TODAY, at_minutes_of_day=930),
            message(M.DURATION_HOURS, hours=2, minutes=0),
        ),
        s.FactLine("map", message(M.CAR_KILOMETRES, kilometres=9), message(M.BIKE_MINUTES, minutes=38)),
        s.FactLine("person", message(M.AGE_FROM, age=5), message(M.SPOKEN_LANGUAGES, languages="FR EN NL")),
        s.FactLine("access", message(M.ACCESSIBLE), message(M.FOR_CHILDREN)),
    ),
    quote="La plus belle heure de notre semaine.",
    credit=message(M.STORY_BY, author="Claire B.", licence="licence ouverte"),
    price_cents=1800,
    price=message(M.PRICE_PER_PERSON, price_cents=1800),
    slots=SLOTS,
    people_max=8,
    take_away="https://example.invalid/o/3",
    bookable=True,
    near=CARDS[:2],
)
OFFER = s.OfferState(CANOE, 1)
# Everything an offer can have at once, as the demo's own canoe trip has it.
OFFER_FULL = s.OfferState(
    replace(
        CANOE,
        near=(),
        facts=(
            *CANOE.facts[:2],
            s.FactLine("info", message(M.TEXT, text="Font-Sorguette"), None),
            CANOE.facts[2],
            s.FactLine("phone", message(M.TEXT, text="04 65 71 13 46"), None),
            CANOE.facts[3],
        ),
    ),
    1,
    on_map=True,
)
DEAL = s.CouponOffer(
    "c1", "Le café offert avec une fougasse, avant 10 h 30", "Fournil des Ocres", "FOUGASSE", "2027-12-31", 40, 7
)
OFFER_DEAL = s.OfferState(
    replace(
        CANOE,
        near=(),
        coupon=DEAL,
        picture_credit="A. Martin, CC BY 4.0",
        facts=(
            s.FactLine(
                "stall",
                message(M.STALL_TODAY, where="Marché paysan de Bédarrin", until_minutes_of_day=750),
                message(M.STALL_SELLS, what="miel de lavande, pollen"),
            ),
            *CANOE.facts[:3],
        ),
    ),
    1,
)
# As long as the longest that the kiosk makes (domain.take_away.QR_BYTES_MAX).
TAKEN = "\r\n".join(
    (
        "BEGIN:VCARD", "VERSION:3.0", "N:;;;;", "FN:Descente en canoë sur la Sorguette", "TEL:04 65 71 13 46",
        "ADR:;;base des Roues à aubes\\, chemin du Gué\\, 84994 Font-Sorguette;Font-Sorguette;;;",
        "URL:https://m.pays-du-bon-coin.example/o/demo-descente-canoe", "GEO:43.94510;5.12470",
        f"NOTE:{'Deux heures d’eau claire. ' * 5}", "END:VCARD",
    )
)  # fmt: skip
TOLD = (
    "Le circuit part de la place des Platanes, longe la Sorguette jusqu'au vieux pont, puis monte entre les murets.\n"
    "Comptez deux heures sans vous presser. À mi-chemin, la chapelle Saint-Clar garde des fresques du XVe siècle, "
    "que l'on voit le dimanche ou en demandant la clef à la mairie. "
) * 4


def _detail(state: s.OfferState) -> s.OfferDetail:
    assert state.offer is not None
    return state.offer


OFFER_TOLD = s.OfferState(replace(CANOE, near=(), description=TOLD), 1, on_map=True)
OFFER_PLAIN = s.OfferState(
    s.OfferDetail(
        id="offer-9",
        category="wine",
        name="Domaine de la Roque Alric, vins et huile d'olive de la famille Bertaud-Chazelle",
        pitch="Trois générations sur le même coteau. On goûte au caveau, on marche dans les vignes, "
        "et l'on repart avec l'huile de la dernière récolte.",
        description="",
        picture="illustration:vineyard",
        facts=(
            s.FactLine("clock", message(M.OPENS_ON, on_day="2026-11-14", at_minutes_of_day=600)),
            s.FactLine("phone", message(M.PHONE, phone="04 90 00 00 00")),
        ),
        credit=message(M.SOURCE_BY, publisher="Office de tourisme du Bon Coin", licence="Licence Ouverte 2.0"),
        take_away="https://example.invalid/o/9",
    ),
    2,
)

CHIPS = tuple(
    s.Chip(x, x in ("open_now", "children"), None if x in ("open_now", "children") else 3 * len(x))
    for x in ("open_now", "free", "children", "accessible", "on_foot", "tonight", "weekend")
)
RESULTS = s.ResultsState("outings", CHIPS, "near", CARDS, 68, 0, 9, False, 4)
RESULTS_FEW = s.ResultsState("wine", CHIPS[:4], "soon", CARDS[2:5], 3, 0, 1, False, 5)
RESULTS_EMPTY = s.ResultsState("food", CHIPS, "near", (), 0, 0, 0, False, 6)
BUY = s.BuyState(CANOE, 0, 2)
REVIEW = s.ReviewState(CANOE, SLOTS[0], 2, 3600)
WHAT = (text("Descente en canoë sur la Sorguette"), SLOTS[0].label, message(M.PEOPLE, people=2))
PAY = s.PresentCardState(s.Purpose.PAY, 3600, WHAT)
PAID = s.PaidState(
    3600, 1400, 40, "Descente en canoë sur la Sorguette", SLOTS[0].label, 2, "ZT1:3CQ7M2XW:" + "K7" * 60, "3CQ7M2XW"
)
OPERATIONS = (
    s.Operation(message(M.OP_DEBIT), -1800, 0, text("aujourd'hui")),
    s.Operation(message(M.OP_AWARD), 0, 40, text("aujourd'hui")),
    s.Operation(message(M.OP_LOAD), 5000, 0, text("hier")),
    s.Operation(message(M.OP_REDEEM), 0, -120, text("hier")),
)
MY_CARD = s.MyCardState(
    card_number="00421187",
    kind="visitor",
    balance_cents=2600,
    points=240,
    expires_day="2027-10-31",
    next_reward=message(M.REWARD_AT, points=300, name="un dîner pour deux à l'Auberge du Pressoir"),
    points_to_go=60,
    next_reward_points=300,
    operations=OPERATIONS,
    tickets=(s.CardTicket("Descente en canoë sur la Sorguette", SLOTS[0].label, 2),),
    suggestions=CARDS[3:7],
)
MAY_LOAD = message(M.DESK_MAY_LOAD, left_cents=37000)
HOME_ACTION = s.ActionButton("home", True)
CANCEL_ACTION = s.ActionButton("cancel", False)


def notice(tone: s.Tone, money: Message, title: Message, then: Message, *actions: s.ActionButton) -> s.NoticeState:
    return s.NoticeState(tone, money, title, then, actions or (HOME_ACTION,))


NOTICES = {
    "notice_not_enough": notice(
        s.Tone.CALM,
        message(M.MONEY_NOTHING_TAKEN),
        message(M.NOT_ENOUGH, missing_cents=1000, balance_cents=2600),
        message(M.NOT_ENOUGH_NEXT),
        CANCEL_ACTION,
        s.ActionButton("home", True),
    ),
    "notice_in_doubt": notice(
        s.Tone.DOUBT,
        message(M.MONEY_IN_DOUBT, amount_cents=3600),
        message(M.IN_DOUBT),
        message(M.IN_DOUBT_NEXT),
        s.ActionButton("try_again", True),
    ),
    "notice_blocked": notice(
        s.Tone.BAD, message(M.MONEY_NOTHING_TAKEN), message(M.CARD_BLOCKED), message(M.CARD_BLOCKED_NEXT)
    ),
    "notice_expired": notice(
        s.Tone.CALM,
        message(M.MONEY_SAFE_ON_CARD),
        message(M.CARD_EXPIRED, on_day="2026-10-31"),
        message(M.CARD_EXPIRED_NEXT),
    ),
    "notice_quota": notice(
        s.Tone.CALM,
        message(M.MONEY_NOTHING_TAKEN),
        message(M.QUOTA_GONE),
        message(M.QUOTA_GONE_NEXT),
        s.ActionButton("home", False),
        s.ActionButton("back", True),
    ),
    "notice_foreign": notice(
        s.Tone.CALM, message(M.MONEY_NOT_CONCERNED), message(M.CARD_FOREIGN), message(M.CARD_FOREIGN_NEXT)
    ),
    "notice_reader": notice(
        s.Tone.BAD, message(M.MONEY_NOTHING_TAKEN), message(M.READER_MISSING), message(M.READER_MISSING_NEXT)
    ),
    "notice_offline_too_long": notice(
        s.Tone.BAD, message(M.MONEY_NOTHING_TAKEN), message(M.OFFLINE_TOO_LONG), message(M.OFFLINE_TOO_LONG_NEXT)
    ),
}
TERRITORY = bounds_from_degrees(5.02, 43.84, 5.5, 44.15)
assert TERRITORY is not None
BEDARRIN = project(44.0005, 5.248)
MAP_INFO = s.MapInfo(1, 10, 15, TERRITORY, "Carte dessinée · Pays du Bon Coin", project(44.0009, 5.2483))


def mark(latitude: float, longitude: float, category: str, count: int = 1) -> Mark:
    ids = tuple(f"{category}-{latitude}-{n}" for n in range(count))
    return Mark(project(latitude, longitude), category, count, ids, 0.0001 * (count > 1))


MARKS = (
    mark(44.0233, 5.1756, "wine"),
    mark(44.0184, 5.1993, "outings", 4),
    mark(44.0035, 5.268, "food", 7),
    mark(44.0331, 5.3184, "walks", 3),
    mark(43.9622, 5.3102, "events"),
    mark(43.985, 5.23, "stay"),
    mark(44.04, 5.26, "deals"),
    mark(43.991, 5.19, "services"),
)
MAP = s.MapState(4, BEDARRIN, 13, "all", FILTERS, MAP_INFO, False, MARKS, 214)
REWARD_CHOICES = tuple(
    s.Choice(
        f"reward-{points}",
        "gift_outline",
        text(name),
        None,
        message(M.COSTS_POINTS, points=points),
        message(M.POINTS_MISSING, points=points - 240) if points > 240 else None,
    )
    for points, name in (
        (60, "Un café ou un sirop au Café des Platanes"),
        (100, "Une glace deux boules chez Fontvive"),
        (200, "Une demi-journée de vélo chez Roue Libre"),
        (300, "Un dîner pour deux à l'Auberge du Pressoir"),
        (360, "Trois bouteilles d'huile nouvelle du moulin"),
        (800, "Une nuit pour deux à l'Hôtel des Platanes"),
    )
)
PASS_CHOICES = (
    s.Choice(
        "pass-3",
        "ticket_confirmation_outline",
        text("Pass Patrimoine 3 jours"),
        message(M.PASS_UNLIMITED),
        message(M.PRICE, price_cents=2400),
    ),
    s.Choice(
        "pass-5",
        "ticket_confirmation_outline",
        text("Carnet Détente 5 entrées"),
        message(M.PASS_ENTRIES, count=5),
        message(M.PRICE, price_cents=3000),
        message(M.NOT_ENOUGH, missing_cents=400, balance_cents=2600),
    ),
)
REFUND_CHOICES = (
    s.Choice("a 450 40", "cash", message(M.OP_CHARGE), message(M.ON_DAY, on_day="2026-11-12"), text("4,50 €")),
    s.Choice(
        "b 3200 0",
        "cash",
        text("Trio manouche sous les platanes"),
        message(M.ON_DAY, on_day="2026-11-11"),
        text("32 €"),
    ),
)
ENTRY_CHOICES = (
    s.Choice(
        "ticket a1b2c3d4",
        "ticket_confirmation_outline",
        text("Descente en canoë sur la Sorguette"),
        message(M.ON_DAY, on_day="2026-11-12"),
        message(M.PEOPLE, people=2),
    ),
    s.Choice(
        "pass 5",
        "credit_card_check_outline",
        text("Carnet Détente 5 entrées"),
        message(M.PASS_UNTIL, on_day="2026-12-11"),
        None,
        message(M.RIGHT_OVER, on_day="2026-11-10"),
    ),
)
RIGHTS = {
    "rewards": s.ChoicesState(s.Purpose.REWARD, REWARD_CHOICES, "00421187", 240, 2600),
    "rewards_next": s.ChoicesState(s.Purpose.REWARD, REWARD_CHOICES, "00421187", 240, 2600, page=1),
    "rewards_none": s.ChoicesState(s.Purpose.REWARD, (), "00421187", 240, 2600),
    "passes": s.ChoicesState(s.Purpose.PASS, PASS_CHOICES, "00421187", 240, 2600),
    "reward_confirm": s.ConfirmState(
        s.Purpose.REWARD,
        "reward-60",
        text("Un café ou un sirop au Café des Platanes"),
        (message(M.POINTS_LEFT, points=180),),
        points=60,
    ),
    "pass_confirm": s.ConfirmState(
        s.Purpose.PASS,
        "pass-3",
        text("Pass Patrimoine 3 jours"),
        (
            message(M.PASS_DAYS, count=3),
            message(M.PASS_UNLIMITED),
            message(
                M.PASS_WHERE,
                sites="Musée de la Lavande, Maison des Ocres, Observatoire de Cabrelle, Château de Monfroux, "
                "Abbaye de Sainte-Rémuse",
            ),
        ),
        amount_cents=2400,
    ),
    "reward_done": s.DoneState(
        s.Purpose.REWARD,
        message(M.DONE_REWARD, name="Un café ou un sirop au Café des Platanes"),
        message(M.DONE_REWARD_TEXT),
        (message(M.POINTS_TAKEN, points=60), message(M.POINTS_NOW, points=180)),
        "ZT1:3CQ7M2XW:" + "K7" * 60,
        "3CQ7M2XW",
        "reward",
    ),
    "pass_done": s.DoneState(
        s.Purpose.PASS,
        message(M.DONE_PASS, name="Pass Patrimoine 3 jours"),
        message(M.DONE_PASS_TEXT, from_day="2026-11-12", until_day="2026-11-14"),
        (message(M.BALANCE_LEFT, balance_cents=200), message(M.POINTS_EARNED, points=40)),
    ),
}
COUNTER = {
    "charge": s.ChargeState("Nadia", "4,5", 450),
    "charge_confirm": s.ConfirmState(s.Purpose.CHARGE, "", message(M.CHARGE_FREE_AMOUNT), (), amount_cents=450),
    "charge_done": s.DoneState(
        s.Purpose.CHARGE,
        message(M.DONE_CHARGE, amount_cents=450),
        message(M.BALANCE_LEFT, balance_cents=2150),
        (message(M.POINTS_EARNED, points=40),),
        "ZTR1:" + "4F" * 40,
        "",
        "receipt",
    ),
    "refund_list": s.ChoicesState(s.Purpose.REFUND, REFUND_CHOICES, "00421187"),
    "refund_none": s.ChoicesState(s.Purpose.REFUND, (), "00421187"),
    "refund_confirm": s.ConfirmState(
        s.Purpose.REFUND,
        "a",
        message(M.OP_CHARGE),
        (
            message(M.ON_DAY, on_day="2026-11-12"),
            message(M.FOR_CARD, number="0042 1187"),
            message(M.REFUND_COMES_BACK),
            message(M.POINTS_TAKEN_BACK, points=40),
        ),
        amount_cents=450,
    ),
    "refund_done": s.DoneState(
        s.Purpose.REFUND,
        message(M.DONE_REFUND, amount_cents=450),
        message(M.DONE_REFUND_TEXT),
        (message(M.FOR_CARD, number="0042 1187"), message(M.POINTS_TAKEN_BACK, points=40)),
    ),
    "entry_list": s.ChoicesState(s.Purpose.ENTRY, ENTRY_CHOICES, "00421187"),
    "entry_none": s.ChoicesState(s.Purpose.ENTRY, (), "00421187"),
    "entry_confirm": s.ConfirmState(
        s.Purpose.ENTRY,
        "ticket a1b2c3d4",
        text("Descente en canoë sur la Sorguette"),
        (message(M.ON_DAY, on_day="2026-11-12"), message(M.PEOPLE, people=2), message(M.TICKET_HERE)),
    ),
    "entry_done": s.DoneState(
        s.Purpose.ENTRY,
        message(M.DONE_ENTRY),
        text("Carnet Détente 5 entrées"),
        (message(M.PASS_USES_LEFT, left=4), message(M.POINTS_EARNED, points=40)),
    ),
    "credit_done": s.DoneState(
        s.Purpose.CREDIT,
        message(M.DONE_CREDIT_REFUND, amount_cents=450),
        message(M.BALANCE_LEFT, balance_cents=15000),
        (message(M.FOR_CARD, number="0042 1187"), message(M.DONE_CREDIT_LEFT, due_cents=120)),
    ),
    "present_look": s.PresentCardState(s.Purpose.LOOK, 0, ()),
    "present_charge": s.PresentCardState(s.Purpose.CHARGE, 450, (message(M.CHARGE_FREE_AMOUNT),)),
}
MY_CARD_RICH = replace(
    MY_CARD,
    rewards=True,
    passes_on_sale=True,
    credit=message(M.CREDIT_WAITING, amount_cents=450),
    points_awarded=40,
    passes=(
        s.CardPass(
            3,
            "Pass Patrimoine 3 jours",
            message(M.PASS_UNTIL, on_day="2026-11-14"),
            message(M.PASS_UNLIMITED),
            True,
        ),
    ),
)
WORDS = ("lavande", "moulin", "cigale", "olivier", "rocher", "fontaine", "grenier", "mistral")

STATES: dict[str, s.ScreenState] = {
    "attract": ATTRACT,
    "attract_empty": ATTRACT_EMPTY,
    "home": HOME,
    "home_idle": HOME,
    "home_freshness": HOME,
    "results": RESULTS,
    "results_few": RESULTS_FEW,
    "results_empty": RESULTS_EMPTY,
    "search": s.SearchState("cano", CARDS[2:5], 3, False, 9),
    "search_blank": s.SearchState("", (), 0, False, 0),
    "search_none": s.SearchState("xyzzy", (), 0, False, 9),
    "offer": OFFER,
    "offer_full": OFFER_FULL,
    "offer_plain": OFFER_PLAIN,
    "offer_told": OFFER_TOLD,
    "offer_plain_told": replace(OFFER_PLAIN, offer=replace(_detail(OFFER_PLAIN), description=TOLD)),
    "offer_refused": s.OfferState(CANOE, 1, message(M.NO_SLOT_LEFT)),
    "offer_deal": OFFER_DEAL,
    "take_away": s.TakeAwayState("Descente en canoë sur la Sorguette", TAKEN),
    "take_away_page": s.TakeAwayState(
        "Descente en canoë sur la Sorguette", TAKEN, "https://bon-coin.example/o/demo-descente-canoe", page=True
    ),
    "coupon": s.CouponState("offer-3", "Descente en canoë sur la Sorguette", DEAL),
    "coupon_used": s.CouponState(
        "offer-3", "Descente en canoë sur la Sorguette", DEAL, mark="7F3A", until_mono=1, seconds_left=574
    ),
    "wifi": s.WifiState("Bon Coin gratuit", "WIFI:T:WPA;S:Bon Coin gratuit;P:lavande-84;;"),
    "buy": BUY,
    "review": REVIEW,
    "present_card": PAY,
    "present_again": s.PresentCardState(s.Purpose.PAY, 3600, WHAT, again=True, in_doubt=True, can_cancel=False),
    "present_load": s.PresentCardState(s.Purpose.LOAD, 5000, (text("Carte d'un client"),)),
    "present_show": s.PresentCardState(s.Purpose.SHOW, 0, ()),
    "working": s.WorkingState(s.Purpose.PAY, 3600),
    "paid": PAID,
    **NOTICES,
    "my_card": MY_CARD,
    "my_card_credit": replace(MY_CARD, credit=message(M.CREDIT_RUNNING, amount_cents=1250)),
    "my_card_credit_waits": replace(MY_CARD, credit=message(M.CREDIT_WAITING, amount_cents=1250)),
    "my_card_tickets": replace(MY_CARD, tab="tickets"),
    "my_card_data": replace(MY_CARD, tab="data", operations=(), tickets=(), next_reward=None),
    "my_card_rich": MY_CARD_RICH,
    "my_card_rights": replace(MY_CARD_RICH, tab="tickets"),
    "present_reward": s.PresentCardState(
        s.Purpose.REWARD, 0, (text("Un café ou un sirop au Café des Platanes"), message(M.COSTS_POINTS, points=60))
    ),
    "working_entry": s.WorkingState(s.Purpose.ENTRY, 0),
    **RIGHTS,
    **COUNTER,
    "pin": s.PinState("Nadia", "00420007", "12"),
    "pin_wrong": s.PinState("Nadia", "00420007", "", message(M.PIN_WRONG, left=2)),
    "desk_home": s.DeskHomeState("Nadia", ("load", "my_day"), MAY_LOAD),
    "desk_home_all": s.DeskHomeState("Nadia", ("load", "charge", "entry", "refund", "credit", "my_day"), MAY_LOAD),
    "desk_home_baker": s.DeskHomeState("Nadia", ("charge", "entry", "refund", "my_day"), message(M.NO_LOAD_KEY)),
    "load": s.LoadState("Nadia", (1000, 2000, 3000, 5000, 10000), "50", 5000, "cash", MAY_LOAD),
    "load_refused": s.LoadState(
        "Nadia",
        (1000, 2000, 3000, 5000, 10000),
        "140",
        14000,
        "terminal",
        MAY_LOAD,
        message(M.OVER_PURSE_LIMIT, room_cents=12400),
    ),
    "load_done": s.LoadDoneState(5000, 7600, "00421187", "cash", "ZTR1:" + "4F" * 40),
    "my_day": s.MyDayState(
        "Nadia",
        (
            s.DayLine("loaded_cash", 13000, 4),
            s.DayLine("loaded_terminal", 8000, 2),
            s.DayLine("to_hand_over", 13000, 4),
            s.DayLine("count", 0, 6),
        ),
    ),
    "pairing": s.PairingState(s.PairStep.TYPING, "https://bon-coin.example", "K7Q2", "code"),
    "pairing_url": s.PairingState(s.PairStep.TYPING, "https://bon-c", "", "url", notice=message(M.PAIR_NO_SERVER)),
    "pairing_compare": s.PairingState(s.PairStep.COMPARING, words=WORDS),
    "pairing_receiving": s.PairingState(s.PairStep.RECEIVING, progress_percent=42),
    "pairing_done": s.PairingState(s.PairStep.DONE),
    "map": MAP,
    "map_card": replace(MAP, chosen=MARKS[4].ids, card=CARDS[2]),
    "map_several": replace(MAP, filter="food", chosen=("a", "b", "c"), shown=1, card=CARDS[3]),
    "map_loading": s.MapState(4, None, 13, "all", FILTERS),
    "map_none": s.MapState(4, None, 13, "all", FILTERS, None, False),
    "offer_on_map": replace(OFFER, on_map=True),
    "offer_deal_on_map": replace(OFFER_DEAL, on_map=True),
    "offer_plain_on_map": replace(OFFER_PLAIN, on_map=True),
    "about": s.AboutState(3, 1284, 7, "2026-11-12", 1868),
    "about_receiving": s.AboutState(3, 1284, 7, "2026-11-12", 1868, content_percent=40),
    "about_expired": s.AboutState(3, 1284, 7, "2026-11-12", 1868, content_expired=True),
    "help": s.HelpState("04 90 00 00 00"),
    "help_wifi": s.HelpState("04 90 00 00 00", wifi=True, settle=True),
    "language": s.LanguageState(("fr", "en", "de", "nl", "it", "es")),
}

BACK = replace(SHELL, can_go_back=True)
OFFLINE = replace(
    BACK, line=s.Line.OFFLINE, freshness=message(M.OFFLINE_FOR_HOURS, hours=3), freshness_detail=SHELL.freshness_detail
)
DESK = replace(
    SHELL, place="Hôtel des Platanes · Mazelles", operator="Nadia", desk_closes_seconds=100, can_go_back=True
)
DESK_SCREENS = ("pin", "pin_wrong", "desk_home", "load", "load_refused", "load_done", "my_day", "present_load")
SHELLS: dict[str, s.Shell] = {
    "": BACK,
    "home": SHELL,
    "home_idle": replace(SHELL, still_there_seconds=12),
    "home_freshness": replace(
        OFFLINE,
        can_go_back=False,
        freshness_open=True,
        doubts=message(M.DOUBTS_FOR_HOURS, count=2, hours=3),
    ),
    "present_card": OFFLINE,
    "present_again": replace(OFFLINE, can_go_back=False),
    "working": replace(OFFLINE, can_go_back=False),
    "paid": replace(OFFLINE, can_go_back=False),
    **{f"notice_{x}": replace(OFFLINE, can_go_back=False) for x in ("not_enough", "in_doubt", "blocked")},
    **dict.fromkeys((*DESK_SCREENS, *COUNTER), DESK),
    "desk_home_all": replace(DESK, can_go_back=False),
    "desk_home_baker": replace(DESK, can_go_back=False, doubts=message(M.DOUBTS_FOR_MINUTES, count=1, minutes=12)),
    "pin": replace(DESK, operator="", desk_closes_seconds=None),
    "desk_home": replace(DESK, can_go_back=False),
    **{
        f"pairing{x}": replace(SHELL, place="", territory="", line=s.Line.OFFLINE, freshness=message(M.NEVER_ONLINE))
        for x in ("", "_url", "_compare", "_receiving", "_done")
    },
}
