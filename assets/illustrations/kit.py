# ruff: noqa: E501 - path data reads better unbroken
"""Small SVG drawing kit for the territory's flat landscapes.

Everything is in SVG user units (pixels of the final picture, origin top left, y down). One light for every
scene: the sun stands upper right, so right flanks are lit and left flanks are shaded. Chance comes only from
`Scene.rng`, seeded by the scene's name: the same script draws the same bytes.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

Point = tuple[float, float]
Stops = Sequence[tuple[float, str] | tuple[float, str, float]]

SUN = "#F2C14E"
TILE, TILE_DARK, TILE_LIGHT = "#C4603A", "#A34A2B", "#D9825A"
WALLS = ("#F3DDB5", "#EFCF9C", "#F6E6C8", "#E8C08C", "#F0D2B0")
SHUTTERS = ("#6F86B5", "#7C9A8B", "#5D4F9E", "#8FA3B8")
SKIES: dict[str, tuple[tuple[float, str], ...]] = {
    "morning": ((0, "#BFE0EA"), (0.55, "#E4EEDF"), (1, "#FBEBCB")),
    "noon": ((0, "#86C3E0"), (0.6, "#CDE6E6"), (1, "#F4F0DC")),
    "golden": ((0, "#F3B978"), (0.5, "#F9D79E"), (1, "#FDEFCF")),
    "dusk": ((0, "#4A3B86"), (0.42, "#A5628C"), (0.75, "#EE9A6C"), (1, "#F9CD8B")),
    "night": ((0, "#14103A"), (0.55, "#2E2566"), (1, "#5A4390")),
}


def mix(a: str, b: str, t: float) -> str:
    """Colour at `t` (0 gives `a`, 1 gives `b`), both "#RRGGBB"."""
    ca, cb = (tuple(int(c[i : i + 2], 16) for i in (1, 3, 5)) for c in (a, b))
    return "#" + "".join(f"{round(x + (y - x) * t):02X}" for x, y in zip(ca, cb, strict=True))


def light(c: str, t: float = 0.18) -> str:
    return mix(c, "#FFF4DC", t)


def dark(c: str, t: float = 0.18) -> str:
    return mix(c, "#231A45", t)


def smooth(points: Sequence[Point]) -> str:
    """Path data of a Catmull-Rom curve through `points`, without the leading M command's fill closing."""
    d = f"M{points[0][0]:.1f},{points[0][1]:.1f}"
    for i in range(len(points) - 1):
        p0, p1 = points[max(i - 1, 0)], points[i]
        p2, p3 = points[i + 1], points[min(i + 2, len(points) - 1)]
        c1 = (p1[0] + (p2[0] - p0[0]) / 6, p1[1] + (p2[1] - p0[1]) / 6)
        c2 = (p2[0] - (p3[0] - p1[0]) / 6, p2[1] - (p3[1] - p1[1]) / 6)
        d += f"C{c1[0]:.1f},{c1[1]:.1f} {c2[0]:.1f},{c2[1]:.1f} {p2[0]:.1f},{p2[1]:.1f}"
    return d


class Scene:
    """An SVG document being built; shapes are painted in call order."""

    def __init__(self, name: str, width: int = 1024, height: int = 640, lift: int = 0) -> None:
        # `lift` moves the whole scene up, its ground drawn that much further down, so that feet stay in the crop.
        self.name, self.w, self.h, self.lift = name, width, height + lift, lift
        self.rng = random.Random(name)
        self._body: list[str] = []
        self._defs: list[str] = []

    def svg(self, zoom: float = 1) -> str:
        """The document, `zoom` times larger in pixels than in drawing units."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.w * zoom:g}" height="{(self.h - self.lift) * zoom:g}" '
            f'viewBox="0 {self.lift} {self.w} {self.h - self.lift}"><defs>{"".join(self._defs)}</defs>{"".join(self._body)}</svg>'
        )

    def _paint(self, kind: str, attributes: str, stops: Stops) -> str:
        key = f"p{len(self._defs)}"
        inner = "".join(
            f'<stop offset="{s[0]}" stop-color="{s[1]}"' + (f' stop-opacity="{s[2]}"' if len(s) == 3 else "") + "/>"
            for s in stops
        )
        self._defs.append(f'<{kind} id="{key}" {attributes}>{inner}</{kind}>')
        return f"url(#{key})"

    def vertical(self, *stops: tuple[float, str] | tuple[float, str, float]) -> str:
        return self._paint("linearGradient", 'x1="0" y1="0" x2="0" y2="1"', stops)

    def across(self, *stops: tuple[float, str] | tuple[float, str, float]) -> str:
        return self._paint("linearGradient", 'x1="0" y1="0" x2="1" y2="0"', stops)

    def radial(self, *stops: tuple[float, str] | tuple[float, str, float]) -> str:
        return self._paint("radialGradient", 'cx="0.5" cy="0.5" r="0.5"', stops)

    def raw(self, element: str) -> None:
        self._body.append(element)

    def rect(self, x: float, y: float, w: float, h: float, fill: str, rx: float = 0, o: float = 1) -> None:
        self.raw(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" rx="{rx:.1f}" fill="{fill}" opacity="{o}"/>'
        )

    def circle(self, x: float, y: float, r: float, fill: str, o: float = 1) -> None:
        self.raw(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" fill="{fill}" opacity="{o}"/>')

    def ellipse(self, x: float, y: float, rx: float, ry: float, fill: str, o: float = 1, turn: float = 0) -> None:
        t = f' transform="rotate({turn:.1f} {x:.1f} {y:.1f})"' if turn else ""
        self.raw(f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{rx:.1f}" ry="{ry:.1f}" fill="{fill}" opacity="{o}"{t}/>')

    def poly(self, points: Sequence[Point], fill: str, o: float = 1) -> None:
        p = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.raw(f'<polygon points="{p}" fill="{fill}" opacity="{o}"/>')

    def path(self, d: str, fill: str, o: float = 1) -> None:
        self.raw(f'<path d="{d}" fill="{fill}" opacity="{o}"/>')

    def stroke(self, d: str, colour: str, width: float, o: float = 1, cap: str = "round") -> None:
        self.raw(
            f'<path d="{d}" fill="none" stroke="{colour}" stroke-width="{width:.1f}" opacity="{o}" '
            f'stroke-linecap="{cap}" stroke-linejoin="round"/>'
        )

    def limb(self, points: Sequence[Point], colour: str, width: float) -> None:
        self.stroke("M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in points), colour, width)

    @contextmanager
    def group(self, transform: str = "", o: float = 1, clip: str = "") -> Iterator[None]:
        """Everything drawn inside is transformed, faded, or clipped to the path data `clip`."""
        extra = ""
        if clip:
            key = f"p{len(self._defs)}"
            self._defs.append(f'<clipPath id="{key}"><path d="{clip}"/></clipPath>')
            extra = f' clip-path="url(#{key})"'
        self.raw(f'<g transform="{transform}" opacity="{o}"{extra}>')
        yield
        self.raw("</g>")

    def sky(self, name: str, horizon: float | None = None) -> None:
        bottom = self.h if horizon is None else horizon
        self.rect(0, 0, self.w, bottom + 2, self.vertical(*SKIES[name]))

    def sun(self, x: float, y: float, r: float, colour: str = "#FFF1BE") -> None:
        self.circle(x, y, r * 3.4, self.radial((0, colour, 0.75), (1, colour, 0)))
        self.circle(x, y, r, colour)

    def cloud(self, x: float, y: float, size: float, o: float = 0.85, colour: str = "#FFFDF6") -> None:
        d = (
            f"M{x - size:.1f},{y:.1f}a{size * 0.28:.1f},{size * 0.28:.1f} 0 0 1 {size * 0.3:.1f},{-size * 0.27:.1f}"
            f"a{size * 0.42:.1f},{size * 0.42:.1f} 0 0 1 {size * 0.78:.1f},{-size * 0.12:.1f}"
            f"a{size * 0.3:.1f},{size * 0.3:.1f} 0 0 1 {size * 0.52:.1f},{size * 0.1:.1f}"
            f"a{size * 0.2:.1f},{size * 0.2:.1f} 0 0 1 {size * 0.2:.1f},{size * 0.29:.1f}Z"
        )
        self.path(d, colour, o)

    def birds(self, x: float, y: float, count: int = 4, colour: str = "#5A5166") -> None:
        for i in range(count):
            bx, by = x + i * 26 + self.rng.uniform(-6, 6), y + self.rng.uniform(-16, 16)
            self.stroke(f"M{bx - 9:.1f},{by - 3:.1f}q5,-6 9,2q4,-8 9,-2", colour, 2.4, 0.75)

    def stars(self, count: int, bottom: float, top: float = 0) -> None:
        for _ in range(count):
            r = self.rng.choice((1, 1.2, 1.5, 1.5, 2, 2.8))
            self.circle(
                self.rng.uniform(0, self.w), self.rng.uniform(top, bottom), r, "#FFF3D2", self.rng.choice((0.5, 0.8, 1))
            )

    def ridge(
        self, y: float, amp: float, fill: str, waves: float = 1.6, phase: float = 0, rough: float = 0
    ) -> list[Point]:
        """A rolling hill from edge to edge filled down to the bottom; returns its crest."""
        pts: list[Point] = []
        steps = 40 if rough else 22
        for i in range(-1, steps + 2):
            t = i / steps
            dy = (
                math.sin(t * math.tau * waves / 2 + phase) * 0.62
                + math.sin(t * math.tau * waves * 1.1 + phase * 2.3) * 0.38
            )
            pts.append((t * self.w, y - dy * amp + (self.rng.uniform(-rough, rough) if rough else 0)))
        self.path(smooth(pts) + f"L{self.w + 60},{self.h}L-60,{self.h}Z", fill)
        return pts
