"""Cards that show: an offer, a row of a list, a fact with its sign, a sentence that says what happened."""

from __future__ import annotations

from typing import Any

from kivy.properties import BooleanProperty, NumericProperty, StringProperty

from kiosk import theme
from kiosk.widgets.base import Panel, Row, Themed
from kiosk.widgets.touch import Tile


class OfferCard(Tile):
    """An offer as a card: picture cropped to fill, badge, name, one line of facts, price."""

    title = StringProperty("")
    facts = StringProperty("")
    price = StringProperty("")
    badge = StringProperty("")
    source = StringProperty("")
    foot_height = NumericProperty(140.0)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for name in ("title", "facts", "price"):
            self.fbind(name, self._name)
        self._name()

    def _name(self, *_: object) -> None:
        self.touch_label = self.title


class FactLine(Row):
    """A sign, a strong text and a quieter one under it."""

    icon = StringProperty("clock_outline")
    text = StringProperty("")
    note = StringProperty("")
    step = NumericProperty(theme.TEXT_BODY)


class ListRow(Row):
    """One line of a list: text, quiet note, value at the right in its own tone."""

    text = StringProperty("")
    note = StringProperty("")
    value = StringProperty("")
    value_tone = StringProperty("ink")
    icon = StringProperty("")
    last = BooleanProperty(False)


class NoticePanel(Panel):
    """What happened, money first: a sign, the first sentence in large type, the rest under it."""

    icon = StringProperty("information_outline")
    tone = StringProperty("primary_deep")
    title = StringProperty("")
    text = StringProperty("")


class ShareBar(Themed):
    """How far, 0 to 1."""

    share = NumericProperty(0.0)
    name = StringProperty("")


class DeskTile(Tile):
    """A large action of the desk: sign, name, what it is for."""

    text = StringProperty("")
    note = StringProperty("")
    icon = StringProperty("")


class ChoiceTile(Tile):
    """One row of a list to choose from: sign, name with a quieter line, value at the right."""

    text = StringProperty("")
    note = StringProperty("")
    value = StringProperty("")
    icon = StringProperty("")


class ChoiceRow(Panel):
    """The same where it cannot be chosen; `note` says why."""

    text = StringProperty("")
    note = StringProperty("")
    value = StringProperty("")
    icon = StringProperty("")


class WordTile(Panel):
    """One of the numbered words that two people compare."""

    number = StringProperty("")
    word = StringProperty("")


class TypedField(Tile):
    """A line that the keyboard writes to, with its name above."""

    name = StringProperty("")
    text = StringProperty("")
    active = BooleanProperty(False)


class FigureTile(Panel):
    """A figure, what it counts, and why."""

    icon = StringProperty("information_outline")
    figure = StringProperty("")
    text = StringProperty("")
    note = StringProperty("")
