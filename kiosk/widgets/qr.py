"""A QR code drawn from its modules: one texture pixel per module, enlarged without smoothing, quiet zone included."""

from __future__ import annotations

from typing import Any

from kivy.graphics import Color, Rectangle
from kivy.graphics.texture import Texture
from kivy.properties import StringProperty

from kiosk.theme import rgba
from kiosk.widgets.base import Themed
from kiosk.widgets.qr_modules import qr_matrix


class QrCode(Themed):
    """Draws `data`; nothing when empty. Always dark on white, whatever the theme: cameras want it so."""

    data = StringProperty("")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.canvas:
            self._color = Color(1, 1, 1, 0)
            self._rectangle = Rectangle()
        self._modules = 0
        self.fbind("data", self._make)
        self.fbind("pos", self._place)
        self.fbind("size", self._place)
        self._make()

    def _make(self, *_: object) -> None:
        if not self.data:
            self._color.rgba = (1, 1, 1, 0)
            return
        matrix = qr_matrix(self.data)
        self._modules = len(matrix)
        dark = bytes(round(v * 255) for v in rgba("#261F33"))
        light = b"\xff\xff\xff\xff"
        pixels = b"".join(dark if module else light for line in reversed(matrix) for module in line)
        texture = Texture.create(size=(self._modules, self._modules), colorfmt="rgba")
        texture.mag_filter = texture.min_filter = "nearest"
        texture.blit_buffer(pixels, colorfmt="rgba", bufferfmt="ubyte")
        self._rectangle.texture = texture
        self._color.rgba = (1, 1, 1, 1)
        self._place()

    def _place(self, *_: object) -> None:
        if not self._modules:
            return
        # A whole number of pixels per module: an uneven one reads badly on cheap cameras.
        side = max(int(min(self.size)) // self._modules, 1) * self._modules
        self._rectangle.size = (side, side)
        self._rectangle.pos = (round(self.x + (self.width - side) / 2), round(self.y + (self.height - side) / 2))
