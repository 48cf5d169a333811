"""Pictures with smooth rounded corners, cropped to fill, drawn by a small shader (no multisampling on the kiosk)."""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import Any

from kivy.core.image import Image as CoreImage
from kivy.graphics import Color, Rectangle, RenderContext
from kivy.graphics.texture import Texture
from kivy.metrics import dp
from kivy.properties import ListProperty, NumericProperty, ObjectProperty, StringProperty

from kiosk import theme
from kiosk.theme import rgba
from kiosk.widgets.base import Themed

VERTEX_SHADER = """
$HEADER$
varying vec2 spot;
void main(void) {
    frag_color = color * vec4(1.0, 1.0, 1.0, opacity);
    tex_coord0 = vTexCoords0;
    spot = vPosition.xy;
    gl_Position = projection_mat * modelview_mat * vec4(vPosition.xy, 0.0, 1.0);
}
"""
# Signed distance to a rounded box; corners: x top left, y top right, z bottom right, w bottom left.
FRAGMENT_SHADER = """
$HEADER$
uniform vec4 box;
uniform vec4 corners;
varying vec2 spot;
void main(void) {
    vec2 p = spot - box.xy;
    float r = p.y > 0.0 ? (p.x < 0.0 ? corners.x : corners.y) : (p.x < 0.0 ? corners.w : corners.z);
    vec2 q = abs(p) - box.zw + r;
    float d = length(max(q, 0.0)) + min(max(q.x, q.y), 0.0) - r;
    vec4 c = frag_color * texture2D(texture0, tex_coord0);
    gl_FragColor = vec4(c.rgb, c.a * clamp(0.5 - d, 0.0, 1.0));
}
"""


@lru_cache(maxsize=32)
def gradient_texture(first: str, last: str, diagonal: bool = True) -> Texture:
    """Four pixels that the graphics card blends: `first` at top left to `last` at bottom right (or top to bottom)."""
    middle = theme.mix(first, last, 0.5)
    bottom, top = ((middle, last), (first, middle)) if diagonal else ((last, last), (first, first))
    data = bytes(round(v * 255) for colour in (*bottom, *top) for v in rgba(colour))
    texture = Texture.create(size=(2, 2), colorfmt="rgba")
    texture.blit_buffer(data, colorfmt="rgba", bufferfmt="ubyte")
    return texture


@lru_cache(maxsize=8)
def scrim_texture(colour: str, top_alpha: float, bottom_alpha: float, height: int = 64) -> Texture:
    """A veil that thickens downwards, eased so that its upper edge does not show."""
    data = bytearray()
    for y in range(height):
        share = 1 - y / (height - 1)
        eased = share * share * (3 - 2 * share)
        alpha = top_alpha + (bottom_alpha - top_alpha) * eased
        data += bytes(round(v * 255) for v in rgba(colour, alpha))
    texture = Texture.create(size=(1, height), colorfmt="rgba")
    texture.blit_buffer(bytes(data), colorfmt="rgba", bufferfmt="ubyte")
    texture.wrap = "clamp_to_edge"
    return texture


class RoundedPicture(Themed):
    """A picture or a gradient, cropped to fill its box. `corners` are dp: top left, top right, bottom right, left.

    Give `texture`, or `source` (a file that is read at once: small drawn scenes only; photos come as textures).
    """

    texture = ObjectProperty(None, allownone=True)
    source = StringProperty("")
    corners = ListProperty([theme.RADIUS_CARD] * 4)
    tint = ListProperty([1.0, 1.0, 1.0, 1.0])
    focus_y = NumericProperty(0.5)  # which part stays when cropped: 0 bottom, 1 top

    def __init__(self, **kwargs: Any) -> None:
        self.canvas = RenderContext(
            use_parent_projection=True,
            use_parent_modelview=True,
            vs=VERTEX_SHADER,
            fs=FRAGMENT_SHADER,
        )
        with self.canvas:
            self._color = Color(1, 1, 1, 0)
            self._rectangle = Rectangle()
        super().__init__(**kwargs)
        for name in ("pos", "size", "texture", "corners", "tint", "focus_y"):
            self.fbind(name, self._draw)
        self.fbind("source", self._load)
        self._load()
        self._draw()

    def _load(self, *_: object) -> None:
        if not self.source:
            return
        try:
            texture = CoreImage(self.source, mipmap=True).texture
        except Exception as error:  # noqa: BLE001  Kivy's loaders raise bare exceptions; a bad photo must not stop a kiosk
            logging.getLogger(__name__).warning("picture_unreadable", extra={"error": str(error)})
            self.texture = gradient_texture(self.palette.doors[1], self.palette.doors[7])
            return
        texture.min_filter = "linear_mipmap_linear"
        self.texture = texture

    def _draw(self, *_: object) -> None:
        texture = self.texture
        self._color.rgba = self.tint if texture else (0, 0, 0, 0)
        self._rectangle.pos, self._rectangle.size = self.pos, self.size
        if texture:
            self._rectangle.texture = texture
            self._rectangle.tex_coords = crop_to_fill(texture, self.width, self.height, self.focus_y)
        half_w, half_h = self.width / 2.0, self.height / 2.0
        # Not center_x: that alias is still the old one while the new size is being announced.
        self.canvas["box"] = (float(self.x + half_w), float(self.y + half_h), float(half_w), float(half_h))
        self.canvas["corners"] = tuple(float(min(dp(c), half_w, half_h)) for c in self.corners)


class Veil(Themed):
    """A texture stretched over the widget's box: the scrim under text that stands on a picture."""

    texture = ObjectProperty(None, allownone=True)


def crop_to_fill(texture: Texture, width: float, height: float, focus_y: float) -> tuple[float, ...]:
    """Texture coordinates of the part of `texture` that fills `width` × `height` without distortion."""
    u0, v0, _, _, u1, v1, _, _ = texture.tex_coords
    if texture.width <= 2 and texture.height <= 2:  # a gradient: from pixel centre to pixel centre
        du, dv = (u1 - u0) / 4, (v1 - v0) / 4
        u0, u1, v0, v1 = u0 + du, u1 - du, v0 + dv, v1 - dv
        return (u0, v0, u1, v0, u1, v1, u0, v1)
    if width < 1 or height < 1:
        return tuple(texture.tex_coords)
    wanted, have = width / height, texture.width / texture.height
    if have > wanted:
        cut = (u1 - u0) * (1 - wanted / have) / 2
        u0, u1 = u0 + cut, u1 - cut
    else:
        spare = (v1 - v0) * (1 - have / wanted)
        # v0 is the row shown at the bottom: keep `focus_y` of the spare above.
        v0, v1 = v0 + spare * focus_y, v1 - spare * (1 - focus_y)
    return (u0, v0, u1, v0, u1, v1, u0, v1)
