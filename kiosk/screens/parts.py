"""Pieces that several screens draw: offer cards, action buttons, icons of facts and doors."""

from __future__ import annotations

from typing import Any

from kivy.metrics import dp, sp
from kivy.uix.stacklayout import StackLayout
from kivy.uix.widget import Widget

from kiosk import theme
from kiosk.flow import events
from kiosk.flow.states import FactLine, OfferCard
from kiosk.screens.base import Screen
from kiosk.screens.shape import Grid
from kiosk.widgets import cards
from kiosk.widgets.base import HugWords, Row, Space, Themed, measure
from kiosk.widgets.buttons import Chip, PrimaryButton, SecondaryButton

DOOR_ORDER = (
    "today",
    "outings",
    "walks",
    "wine",
    "food",
    "deals",
    "map",
    "my_card",
    "stay",
    "events",
    "services",
    "settle",
)
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
    "settle": "home_outline",
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
    "stall": "basket_outline",
}
PICTURE_SMALL, PICTURE_LARGE = (480, 300), (720, 450)  # pixels of a card's picture on a tablet, on a large screen
LARGE_SCREEN_PX = 1000


def offer_card(screen: Screen, card: OfferCard, **looks: Any) -> cards.OfferCard:
    """A touchable card that opens its offer."""
    widget = cards.OfferCard(
        title=card.name,
        facts=screen.card_facts(card),
        price=screen.m(card.price),
        badge=screen.m(card.badge),
        source=screen.picture(card.picture, *picture_size(screen)),
        palette=screen.palette,
        **looks,
    )
    widget.bind(on_tap=lambda _w: screen.dispatch_touch(events.OpenOffer(card.id)))
    return widget


def picture_size(screen: Screen) -> tuple[int, int]:
    """Pixels to ask for a card's picture: what is shown, so that no thread decodes more."""
    return PICTURE_LARGE if min(screen.size) >= LARGE_SCREEN_PX else PICTURE_SMALL


def fact_line(screen: Screen, fact: FactLine) -> cards.FactLine:
    return cards.FactLine(
        icon=FACT_ICONS.get(fact.icon, "information_outline"),
        text=first_upper(screen.m(fact.title)),
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


def first_upper(text: str) -> str:
    """The first letter as a capital, the rest untouched."""
    return text[:1].upper() + text[1:]


def chip(screen: Screen, text: str, touch: events.Touch, *, chosen: bool, **looks: Any) -> Chip:
    """A pill as wide as its text."""
    widget = Chip(text=text, chosen=chosen, palette=screen.palette, size_hint_x=None, role="switch", **looks)
    widget.width = measure(text, sp(theme.TEXT_SMALL), True)[0] + dp(theme.PADDING * 2.1)
    widget.bind(on_tap=lambda _c: screen.dispatch_touch(touch))
    return widget


class ChipFlow(StackLayout, Themed):
    """Chips that go on to the next line where the width ends; as tall as its lines."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(size_hint_y=None, spacing=(dp(theme.GAP_SMALL), dp(theme.GAP_SMALL)), **kwargs)
        self.bind(minimum_height=self._hug)

    def _hug(self, *_: object) -> None:
        # Kivy counts the gap after the last line too.
        self.height = max(self.minimum_height - self.spacing[1], 0)


def draw_grid(screen: Screen, box: Widget, found: tuple[OfferCard, ...], grid: Grid) -> None:
    """Fill `box` (a column) with rows of cards; what is missing stays paper, so that cards keep their size."""
    box.clear_widgets()
    shown = [offer_card(screen, card) for card in found[: grid.cards]]
    for number in range(grid.rows):
        row = Row(spacing=dp(theme.GAP + 4))
        line = shown[number * grid.columns : (number + 1) * grid.columns]
        for widget in line:
            row.add_widget(widget)
        for _ in range(grid.columns - len(line)):
            row.add_widget(Space())
        box.add_widget(row)


def draw_pager(screen: Screen, box: Widget, page: int, pages: int, *, height: float = theme.TARGET_PRIMARY) -> None:
    """Previous, where we are, next; nothing when there is one page. At an end the button is absent, its room stays.

    `height` in dp: that of the buttons beside it.
    """
    box.clear_widgets()
    if pages <= 1:
        return
    for text_id, icon, target, there in (
        ("ui_page_previous", "chevron_left", page - 1, page > 0),
        ("", "", 0, False),
        ("ui_page_next", "chevron_right", page + 1, page < pages - 1),
    ):
        if not text_id:
            words = HugWords(
                text=screen.t("ui_page_of", page=page + 1, pages=pages),
                tone="muted",
                step=theme.TEXT_BODY,
                pos_hint={"center_y": 0.5},
                palette=screen.palette,
            )
            box.add_widget(words)
        elif there:
            button = action_button(screen, screen.t(text_id), events.TurnPage(target), primary=False, icon=icon)
            button.height = dp(height)
            box.add_widget(button)
        else:
            box.add_widget(Space(size_hint_y=None, height=dp(height)))
