"""States of every screen, as the flows make them: drawn by the gallery, checked by the tests."""

from __future__ import annotations

from kiosk.flow import states as s
from kiosk.flow.messages import M, Message, message, text

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
    number: int, name: str, picture: str, when: Message | None, where: Message | None, price: Message, badge: Message | None
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
    card(7, "Moulin à huile de Saint-Clar", "olive_grove", message(M.HOURS_UNKNOWN), None, message(M.PRICE_UNKNOWN), None),
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
DOORS = tuple(s.Door(x) for x in ("today", "outings", "walks", "wine", "food", "deals", "stay", "my_card"))
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
OFFER_PLAIN = s.OfferState(
    s.OfferDetail(
        id="offer-9",
        category="wine",
        name="Domaine de la Roque Alric, vins et huile d'olive de la famille Bertaud-Chazelle",
        pitch="",
        description="Trois générations sur le même coteau. On goûte au caveau, on marche dans les vignes, "
        "et l'on repart avec l'huile de la dernière récolte.",
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

STATES: dict[str, s.ScreenState] = {
    "attract": ATTRACT,
    "attract_empty": ATTRACT_EMPTY,
    "home": HOME,
    "offer": OFFER,
    "offer_plain": OFFER_PLAIN,
}
SHELLS: dict[str, s.Shell] = {"": SHELL}
