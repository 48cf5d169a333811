"""Pins and discs of the map: smooth shapes as textures, made once per colour and number. Main thread only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from kivy.core.text import Label as CoreLabel
from kivy.graphics import Color, InstructionGroup, Rectangle
from kivy.graphics.texture import Texture
from kivy.metrics import dp, sp

from kiosk import theme
from kiosk.theme import Palette, rgba
from kiosk.widgets.icons import glyph

PIN_WIDTH_DP = 68.0
PIN_HEIGHT_DP = 108.0
DISC_DP = 98.0
DISC_ABOVE_DP = 14.0
HERE_DP = 62.0
CHOSEN_SCALE = 1.3
HALO_DP = 5.0
SUB = 4  # sub-pixels a side, for smooth edges
ICONS = {
    "outings": "castle",
    "walks": "walk",
    "wine": "glass_wine",
    "food": "silverware_fork_knife",
    "deals": "tag_outline",
    "stay": "bed_outline",
    "events": "music",
    "services": "information_outline",
}


@dataclass(frozen=True, slots=True)
class MarkLook:
    """How a mark looks: one offer is a pin with its sign, several are a disc with their number."""

    category: str
    count: int
    chosen: bool

    @property
    def scale(self) -> float:
        return CHOSEN_SCALE if self.chosen else 1.0

    @property
    def body_up(self) -> float:
        """Pixels from the place itself up to the middle of the body."""
        up = PIN_HEIGHT_DP - PIN_WIDTH_DP / 2 if self.count == 1 else DISC_DP / 2 + DISC_ABOVE_DP
        return float(dp(up)) * self.scale


def draw_mark(layer: InstructionGroup, look: MarkLook, x: float, y: float, palette: Palette) -> None:
    """A pin whose tip is at (x, y), or a disc above it: the map writes a place's name below."""
    colour = rgba(theme.CATEGORY_COLOURS.get(look.category, palette.primary))
    halo = palette.sun if look.chosen else palette.white
    if look.count == 1:
        width, height = dp(PIN_WIDTH_DP) * look.scale, dp(PIN_HEIGHT_DP) * look.scale
        edge = dp(HALO_DP)
        _picture(layer, pin_texture(), rgba(halo), x - width / 2 - edge, y - edge, width + 2 * edge, height + 2 * edge)
        _picture(layer, pin_texture(), colour, x - width / 2, y, width, height)
        _centred(layer, sign_texture(ICONS.get(look.category, "star_outline"), look.scale), x, y + look.body_up)
        return
    side, y = dp(DISC_DP) * look.scale, round(y + look.body_up)
    edge = dp(HALO_DP)
    full = side + 2 * edge
    _picture(layer, disc_texture(), rgba(halo), x - full / 2, y - full / 2, full, full)
    _picture(layer, disc_texture(), colour, x - side / 2, y - side / 2, side, side)
    _centred(layer, number_texture(str(look.count) if look.count < 1000 else "999+"), x, y)


def draw_here(layer: InstructionGroup, x: float, y: float, palette: Palette) -> None:
    """Where the kiosk stands."""
    for size, colour in ((HERE_DP * 1.7, rgba(theme.LIGHT.primary, 0.22)), (HERE_DP, rgba(palette.white))):
        _picture(layer, disc_texture(), colour, x - dp(size) / 2, y - dp(size) / 2, dp(size), dp(size))
    core = dp(HERE_DP * 0.68)
    _picture(layer, disc_texture(), rgba(theme.LIGHT.primary), x - core / 2, y - core / 2, core, core)


def _picture(
    layer: InstructionGroup,
    texture: Texture,
    colour: tuple[float, float, float, float],
    x: float,
    y: float,
    width: float,
    height: float,
) -> None:
    layer.add(Color(*colour))
    layer.add(Rectangle(texture=texture, pos=(x, y), size=(width, height)))


def _centred(layer: InstructionGroup, texture: Texture, x: float, y: float) -> None:
    layer.add(Color(1, 1, 1, 1))
    place = (round(x - texture.width / 2), round(y - texture.height / 2))
    layer.add(Rectangle(texture=texture, pos=place, size=texture.size))


@lru_cache(maxsize=256)
def number_texture(text: str) -> Texture:
    label = CoreLabel(text=text, font_name=theme.FONT, font_size=sp(40 if len(text) < 3 else 32), bold=True)
    label.refresh()
    return label.texture


@lru_cache(maxsize=32)
def sign_texture(name: str, scale: float) -> Texture:
    label = CoreLabel(text=glyph(name), font_name=theme.FONT_ICONS, font_size=sp(38) * scale)
    label.refresh()
    return label.texture


@lru_cache(maxsize=2)
def disc_texture() -> Texture:
    side = max(int(dp(DISC_DP * CHOSEN_SCALE)), 8)
    middle = side / 2
    return _shape(side, side, lambda x, y: (x - middle) ** 2 + (y - middle) ** 2 <= (middle - 0.6) ** 2)


@lru_cache(maxsize=2)
def pin_texture() -> Texture:
    """A drop: a disc at the top and the two lines that touch it from the tip at the middle of the lower edge."""
    width = max(int(dp(PIN_WIDTH_DP * CHOSEN_SCALE)), 8)
    height = round(width * PIN_HEIGHT_DP / PIN_WIDTH_DP)
    radius = width / 2 - 0.6
    centre_y = height - width / 2
    # A point below the disc is inside when it is nearer to the axis than the line from the tip that touches the disc.
    slope = radius / (centre_y**2 - radius**2) ** 0.5
    touch_y = centre_y - radius * radius / centre_y

    def inside(x: float, y: float) -> bool:
        dx = abs(x - width / 2)
        if dx * dx + (y - centre_y) ** 2 <= radius * radius:
            return True
        return 0 <= y <= touch_y and dx <= y * slope

    return _shape(width, height, inside)


def _shape(width: int, height: int, inside: Callable[[float, float], bool]) -> Texture:
    """White pixels whose alpha is how much of them lies inside; row 0 is the lowest."""
    steps = [(i + 0.5) / SUB for i in range(SUB)]
    pixels = bytearray()
    for y in range(height):
        for x in range(width):
            hits = sum(inside(x + dx, y + dy) for dx in steps for dy in steps)
            pixels += bytes((255, 255, 255, round(255 * hits / (SUB * SUB))))
    texture = Texture.create(size=(width, height), colorfmt="rgba")
    texture.blit_buffer(bytes(pixels), colorfmt="rgba", bufferfmt="ubyte")
    texture.wrap = "clamp_to_edge"
    return texture
