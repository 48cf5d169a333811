"""What the demo's tray is made of: cards to drag, the drawn reader, panels, the plug. Kivy's main thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kivy.animation import Animation
from kivy.input.motionevent import MotionEvent
from kivy.metrics import Metrics
from kivy.properties import BooleanProperty, NumericProperty, StringProperty
from kivy.uix.widget import Widget

from kiosk import theme
from kiosk.demo.props import BANK, PULLED
from kiosk.theme import LIGHT
from kiosk.widgets.base import Column, Themed
from kiosk.widgets.touch import Tile, Touchable

DRAG_PX = 12  # less than that is a touch, not a drag


@dataclass(frozen=True, slots=True)
class Look:
    """How a card of the tray is drawn: two colours it runs between, the tone of its texts, a sign."""

    first: str
    last: str
    tone: str
    icon: str


LOOKS = {
    "visitor": Look(LIGHT.sun, LIGHT.sun_pale, "on_sun", "star_outline"),
    "resident": Look(LIGHT.good, "#333C16", "white", "leaf"),
    "host": Look(LIGHT.accent, "#6B2D08", "white", "bed_outline"),
    "hotelier": Look("#5B4AA6", LIGHT.primary, "white", "key_outline"),
    "technician": Look("#245B6B", "#183F4B", "white", "shield_check_outline"),
    "blocked": Look(LIGHT.bad_pale, LIGHT.bad_pale, "bad", "lock_outline"),
    PULLED: Look(LIGHT.sun, LIGHT.sun_pale, "on_sun", "walk"),
    BANK: Look(LIGHT.rule, LIGHT.chip, "ink", "credit_card_outline"),
}


def step(pixels: float) -> float:
    """A text of that many pixels as a step of the design system (sp)."""
    return pixels / float(Metrics.density * Metrics.fontscale)


def near(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether two places or sizes are the same to the eye."""
    return abs(one[0] - other[0]) < 0.5 and abs(one[1] - other[1]) < 0.5


class TrayCard(Touchable):
    """A card that can be dragged. Fires `on_tap` when it was only touched, `on_dropped` when a finger let it go."""

    key = StringProperty("")
    title = StringProperty("")
    note = StringProperty("")
    icon = StringProperty("star_outline")
    tone = StringProperty("on_sun")
    first = StringProperty(LIGHT.sun)
    last = StringProperty(LIGHT.sun_pale)
    held = BooleanProperty(False)

    __events__ = ("on_dropped",)

    def __init__(self, **kwargs: Any) -> None:
        self._start = (0.0, 0.0)
        self._offset = (0.0, 0.0)
        super().__init__(**kwargs)

    def on_dropped(self) -> None:
        """Default handler: nothing; the tray binds its own."""

    def on_touch_down(self, touch: MotionEvent) -> bool:
        if not super().on_touch_down(touch):
            return False
        Animation.cancel_all(self, "pos", "size")
        self._start = touch.pos
        self._offset = (self.x - touch.x, self.y - touch.y)
        return True

    def on_touch_move(self, touch: MotionEvent) -> bool:
        if touch.grab_current is not self:
            return False
        if abs(touch.x - self._start[0]) + abs(touch.y - self._start[1]) > DRAG_PX:
            self.held = True
        if self.held:
            self.pos = (touch.x + self._offset[0], touch.y + self._offset[1])
        return True

    def on_touch_up(self, touch: MotionEvent) -> bool:
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        self.pressed = False
        held, self.held = self.held, False
        self.dispatch("on_dropped" if held else "on_tap")
        return True


class CardSlot(Widget):
    """Where a card lies when nobody uses it."""


class TrayReader(Themed):
    """The drawn reader. `lit` while a card lies on it."""

    text = StringProperty("")
    lit = BooleanProperty(False)
    reach = NumericProperty(100.0)  # px, what its waves are measured in


class TrayPanel(Column):
    """One thing of the tray on its own ground."""


class PlugSwitch(Touchable):
    """A switch between plugged in and cut; `share` runs from 0 to 1."""

    on = BooleanProperty(True)
    share = NumericProperty(1.0)

    def on_on(self, _widget: Any, on: bool) -> None:
        Animation.cancel_all(self, "share")
        Animation(share=1.0 if on else 0.0, d=theme.FADE_SECONDS, t="out_quad").start(self)


class TrayButton(Tile):
    """A small button of the tray: `text` names it."""

    text = StringProperty("")
