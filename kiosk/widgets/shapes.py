"""Smooth shapes as nine-patch textures: one draw call each, no multisampling; made once per size and kept.

Main thread only: they live in the window's graphics context.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from kivy.graphics.texture import Texture
from kivy.metrics import dp


def _round_texture(corner: int, alpha_of: Callable[[float], float], half: float, radius: float) -> Texture:
    """A white square of 2 × `corner` + 1 px whose alpha depends on the distance outside a rounded box: a nine-patch."""
    quarter = []
    for y in range(corner + 1):
        line = []
        for x in range(corner + 1):
            dx = max(corner - x - (half - radius), 0.0)
            dy = max(corner - y - (half - radius), 0.0)
            line.append(round(255 * alpha_of((dx * dx + dy * dy) ** 0.5 - radius)))
        quarter.append(line + line[-2::-1])
    pixels = bytes(v for line in quarter + quarter[-2::-1] for alpha in line for v in (255, 255, 255, alpha))
    side = 2 * corner + 1
    texture = Texture.create(size=(side, side), colorfmt="rgba")
    texture.blit_buffer(pixels, colorfmt="rgba", bufferfmt="ubyte")
    return texture


@lru_cache(maxsize=64)
def shape_texture(radius_px: int) -> Texture:
    """A smooth rounded rectangle as a nine-patch: one draw call, where a smoothed vector shape takes two."""
    return _round_texture(radius_px, lambda outside: min(max(0.5 - outside, 0.0), 1.0), radius_px + 0.5, radius_px)


def shape_radius(radius: float, width: float, height: float) -> int:
    """Whole pixels of a radius token in a box, at most half of it."""
    return max(int(min(dp(radius), width / 2, height / 2)), 1)


@lru_cache(maxsize=4)
def shadow_texture(radius: int, reach: int) -> Texture:
    """A soft rounded shadow for nine-patch drawing; corners of `radius + reach` px."""

    def eased(outside: float) -> float:
        share = min(max(0.5 - outside / (2.0 * reach), 0.0), 1.0)
        return share * share * (3.0 - 2.0 * share)

    return _round_texture(radius + reach, eased, radius + 0.5, radius)


def card_shadow() -> Texture:
    """The one shadow of cards and panels."""
    return shadow_texture(24, 24)


SHADOW_BORDER_PX = 48
