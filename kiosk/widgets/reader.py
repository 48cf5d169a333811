"""The drawing that shows where the card goes, and the sign that says it worked."""

from __future__ import annotations

from math import cos, pi
from typing import Any

from kivy.clock import Clock
from kivy.graphics import (
    Color,
    RoundedRectangle,
    SmoothLine,
    StencilPop,
    StencilPush,
    StencilUnUse,
    StencilUse,
)
from kivy.metrics import dp
from kivy.properties import BooleanProperty, NumericProperty, StringProperty
from kivy.uix.floatlayout import FloatLayout

from kiosk import theme
from kiosk.theme import rgba
from kiosk.widgets.base import Themed

FRAME_SECONDS = 1 / 30  # the card drifts a few pixels a second: thirty frames are smooth, and half the work
TILT_DEGREES = 8.0
ARCS = 4


class CityCard(FloatLayout, Themed):
    """The city card as people hold it: ochre, name, territory and number."""

    title = StringProperty("")
    foot = StringProperty("")


class ReaderDrawing(FloatLayout, Themed):
    """A card over the reader's waves, drifting gently towards it while `moving`. The only thing that moves here."""

    title = StringProperty("")
    foot = StringProperty("")
    moving = BooleanProperty(False)
    shift = NumericProperty(0.0)

    def __init__(self, **kwargs: Any) -> None:
        self._seconds = 0.0
        self._event: Any = None
        super().__init__(**kwargs)
        self.fbind("pos", self._waves)
        self.fbind("size", self._waves)
        self._waves()

    def on_moving(self, _widget: Any, moving: bool) -> None:
        if self._event is not None:
            self._event.cancel()
            self._event = None
        if moving:
            self._event = Clock.schedule_interval(self._drift, FRAME_SECONDS)

    def _drift(self, elapsed: float) -> None:
        self._seconds += elapsed
        phase = (self._seconds % theme.READER_PERIOD_SECONDS) / theme.READER_PERIOD_SECONDS
        self.shift = (1 - cos(2 * pi * phase)) / 2

    def _waves(self, *_: object) -> None:
        waves = self.ids.get("waves")
        if waves is None:
            return
        waves.canvas.clear()
        with waves.canvas:
            StencilPush()
            RoundedRectangle(pos=self.pos, size=self.size, radius=[dp(theme.RADIUS_PANEL)])
            StencilUse()
            reach = min(self.width * 0.43, self.height * 0.5)
            for number in range(ARCS):
                Color(*rgba("#FFFFFF", 0.42 - 0.08 * number))
                radius = reach * (0.55 + 0.15 * number)
                SmoothLine(circle=(self.x + self.width / 2, self.y, radius), width=dp(3.2))
            StencilUnUse()
            RoundedRectangle(pos=self.pos, size=self.size, radius=[dp(theme.RADIUS_PANEL)])
            StencilPop()


class SignDisc(Themed):
    """A white sign in a coloured disc: how it went. `tone` is a palette name; the sign says it without colour."""

    icon = StringProperty("check")
    tone = StringProperty("good")
