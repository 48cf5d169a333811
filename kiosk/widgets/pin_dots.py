"""How many digits of a PIN were typed: discs, never the digits."""

from __future__ import annotations

from typing import Any

from kivy.graphics import Color, SmoothEllipse, SmoothLine
from kivy.metrics import dp
from kivy.properties import NumericProperty

from kiosk.theme import rgba
from kiosk.widgets.base import Themed

DISC = 44.0
PITCH = 70.0


class PinDots(Themed):
    """`filled` discs out of `count`."""

    count = NumericProperty(4)
    filled = NumericProperty(0)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(size_hint=(None, None), height=dp(DISC * 1.6), **kwargs)
        for name in ("pos", "size", "count", "filled", "palette"):
            self.fbind(name, self._draw)
        self._draw()

    def _draw(self, *_: object) -> None:
        self.canvas.clear()
        side, middle = dp(DISC), self.y + self.height / 2
        with self.canvas:
            Color(*rgba(self.palette.primary))
            for number in range(int(self.count)):
                left = self.x + dp(PITCH) * number
                if number < self.filled:
                    SmoothEllipse(pos=(left, middle - side / 2), size=(side, side))
                else:
                    SmoothLine(circle=(left + side / 2, middle, side / 2 - dp(3)), width=dp(2.4))
