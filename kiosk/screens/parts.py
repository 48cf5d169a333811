"""Pieces that several screens draw: offer cards, action buttons, icons of facts and doors."""

from __future__ import annotations

from typing import Any

from kivy.metrics import dp

from kiosk import theme
from kiosk.flow import events
from kiosk.flow.states import FactLine, OfferCard
from kiosk.screens.base import Screen
from kiosk.widgets import cards
from kiosk.widgets.buttons import PrimaryButton, SecondaryButton

DOOR_ORDER = ("today", "outings", "walks", "wine", "food", "deals", "stay", "my_card", "map", "events", "services")
DOOR_ICONS = {
    "today": "calendar_check_outline",
    "outings": "castle",
    "walks": "walk",
    "wine": "glass_wine",
    "food": "silverware_fork_knife",
    "deals": "tag_outline",
    "stay": "bed_outline",
    "my_card": "credit_card_outline",
    "map": "map_outline",
    "events": "calendar_month_outline",
    "services": "information_outline",
}
FACT_ICONS = {
    "clock": "clock_outline",
    "map": "map_outline",
    "person": "account_outline",
    "access": "wheelchair_accessibility",
    "speech": "translate",
    "phone": "phone_outline",
    "euro": "tag_outline",
    "bike": "bike",
    "info": "information_outline",
}
PICTURE_ASKED = (720, 450)  # pixels: cards are about this large on every reference screen


def offer_card(screen: Screen, card: OfferCard, **looks: Any) -> cards.OfferCard:
    """A touchable card that opens its offer."""
    widget = cards.OfferCard(
        title=card.name,
        facts=screen.card_facts(card),
        price=screen.m(card.price),
        badge=screen.m(card.badge),
        source=screen.picture(card.picture, *PICTURE_ASKED),
        palette=screen.palette,
        **looks,
    )
    widget.bind(on_tap=lambda _w: screen.dispatch_touch(events.OpenOffer(card.id)))
    return widget


def fact_line(screen: Screen, fact: FactLine) -> cards.FactLine:
    return cards.FactLine(
        icon=FACT_ICONS.get(fact.icon, "information_outline"),
        text=screen.m(fact.title),
        note=screen.m(fact.detail),
        palette=screen.palette,
    )


def action_button(screen: Screen, text: str, touch: events.Touch, *, primary: bool, **looks: Any) -> Any:
    """A primary or secondary button that sends `touch`."""
    kind = PrimaryButton if primary else SecondaryButton
    button = kind(text=text, palette=screen.palette, **looks)
    button.height = dp(theme.PRIMARY_HEIGHT)
    button.bind(on_tap=lambda _b: screen.dispatch_touch(touch))
    return button
