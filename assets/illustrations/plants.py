# ruff: noqa: E501 - path data reads better unbroken
"""Trees, bushes and planted rows."""

from __future__ import annotations

import math

from kit import Scene, dark, light, mix


def shadow(s: Scene, x: float, y: float, rx: float, ry: float, o: float = 0.18) -> None:
    s.ellipse(x, y, rx, ry, "#2A1E4D", o)


def cypress(s: Scene, x: float, base: float, h: float, colour: str = "#3F5B3C") -> None:
    w = h * 0.115
    shadow(s, x - w * 0.8, base, w * 1.6, h * 0.02)
    d = (
        f"M{x:.1f},{base - h:.1f}C{x + w * 1.15:.1f},{base - h * 0.62:.1f} {x + w * 1.35:.1f},{base - h * 0.1:.1f} "
        f"{x:.1f},{base:.1f}C{x - w * 1.35:.1f},{base - h * 0.1:.1f} {x - w * 1.15:.1f},{base - h * 0.62:.1f} {x:.1f},{base - h:.1f}Z"
    )
    s.path(d, s.across((0, dark(colour, 0.3)), (0.5, colour), (1, light(colour, 0.22))))


def crown(s: Scene, x: float, y: float, w: float, h: float, colour: str, blobs: int = 9, fruit: str = "") -> None:
    """A leafy crown: dark body, then lit clumps to the upper right."""
    rng = s.rng
    for tone, dx, dy, k in (
        (dark(colour, 0.25), -0.06, 0.08, 1.0),
        (colour, 0.0, 0.0, 0.92),
        (light(colour, 0.2), 0.14, -0.14, 0.6),
    ):
        for i in range(blobs):
            a = math.tau * i / blobs + 0.4
            s.ellipse(
                x + (math.cos(a) * 0.62 * k + dx) * w / 2,
                y + (math.sin(a) * 0.56 * k + dy) * h / 2,
                w * rng.uniform(0.2, 0.27) * k,
                h * rng.uniform(0.22, 0.3) * k,
                tone,
            )
        s.ellipse(x + dx * w / 2, y + dy * h / 2, w * 0.36 * k, h * 0.36 * k, tone)
    if fruit:
        for _ in range(blobs * 3):
            a, r = rng.uniform(0, math.tau), rng.uniform(0.1, 0.78)
            s.circle(x + math.cos(a) * r * w / 2, y + math.sin(a) * r * h / 2, w * 0.022, fruit)


def tree(
    s: Scene, x: float, base: float, h: float, colour: str = "#6E8A4E", fruit: str = "", wide: float = 1.0
) -> None:
    shadow(s, x - h * 0.12, base, h * 0.36 * wide, h * 0.04)
    t = h * 0.05
    bark = "#7A5640"
    s.poly([(x - t, base), (x + t, base), (x + t * 0.6, base - h * 0.5), (x - t * 0.6, base - h * 0.5)], bark)
    s.limb([(x, base - h * 0.38), (x + h * 0.14, base - h * 0.6)], bark, t * 0.9)
    s.limb([(x, base - h * 0.34), (x - h * 0.14, base - h * 0.58)], bark, t * 0.9)
    crown(s, x, base - h * 0.66, h * 0.8 * wide, h * 0.62, colour, fruit=fruit)


def olive(s: Scene, x: float, base: float, h: float) -> None:
    shadow(s, x - h * 0.15, base, h * 0.5, h * 0.05)
    bark = "#8B7560"
    for d in (-1, 1):
        s.stroke(
            f"M{x + d * h * 0.03:.1f},{base:.1f}C{x - d * h * 0.08:.1f},{base - h * 0.2:.1f} {x + d * h * 0.08:.1f},{base - h * 0.3:.1f} "
            f"{x + d * h * 0.2:.1f},{base - h * 0.52:.1f}",
            bark if d > 0 else dark(bark, 0.2),
            h * 0.075,
        )
    crown(s, x - h * 0.16, base - h * 0.6, h * 0.6, h * 0.46, "#8C9C74", 7)
    crown(s, x + h * 0.18, base - h * 0.68, h * 0.64, h * 0.5, "#9BAA82", 7)


def plane_tree(s: Scene, x: float, base: float, h: float, colour: str = "#7F9A55", night: bool = False) -> None:
    bark = "#C9B490" if not night else "#4A3D5E"
    t = h * 0.055
    shadow(s, x - h * 0.1, base, h * 0.3, h * 0.03)
    s.poly(
        [(x - t * 1.3, base), (x + t * 1.3, base), (x + t * 0.8, base - h * 0.55), (x - t * 0.8, base - h * 0.55)], bark
    )
    for a, b in ((-0.22, 0.72), (0.24, 0.74), (-0.08, 0.8), (0.1, 0.82)):
        s.limb([(x, base - h * 0.46), (x + a * h, base - h * b)], bark, t * 1.0)
    for i in range(7):
        yy = base - h * (0.06 + 0.07 * i)
        s.ellipse(
            x + s.rng.uniform(-0.6, 0.6) * t, yy, t * 0.36, h * 0.022, dark(bark, 0.22) if i % 2 else light(bark, 0.35)
        )
    crown(s, x, base - h * 0.78, h * 0.92, h * 0.46, colour, 11)


def pine(s: Scene, x: float, base: float, h: float) -> None:
    shadow(s, x - h * 0.1, base, h * 0.3, h * 0.04)
    s.stroke(
        f"M{x},{base}C{x - h * 0.05},{base - h * 0.3} {x + h * 0.06},{base - h * 0.4} {x},{base - h * 0.7}",
        "#6B4630",
        h * 0.06,
    )
    for dx, dy, w in ((-0.18, 0.66, 0.5), (0.16, 0.72, 0.56), (0, 0.88, 0.5)):
        s.ellipse(x + dx * h, base - dy * h, w * h / 2, h * 0.13, "#48653C")
        s.ellipse(x + dx * h + h * 0.05, base - dy * h - h * 0.04, w * h * 0.36, h * 0.075, "#6A8A4C")


def bush(s: Scene, x: float, base: float, w: float, colour: str) -> None:
    s.ellipse(x - w * 0.22, base - w * 0.16, w * 0.32, w * 0.24, dark(colour, 0.2))
    s.ellipse(x + w * 0.2, base - w * 0.18, w * 0.34, w * 0.26, colour)
    s.ellipse(x + w * 0.06, base - w * 0.28, w * 0.24, w * 0.2, light(colour, 0.16))


def rows(
    s: Scene,
    horizon: float,
    vx: float,
    colour: str,
    soil: str,
    spacing: float = 120,
    tufts: bool = True,
    bottom: float | None = None,
) -> None:
    """Planted rows that run to a vanishing point (vx, horizon): soil, row bodies, then tufts that grow as they come near."""
    end = s.h if bottom is None else bottom
    s.rect(0, horizon, s.w, end - horizon, s.vertical((0, light(soil, 0.25)), (1, dark(soil, 0.1))))
    n = int(s.w / spacing) * 3 + 6
    depth = end - horizon
    for i in range(-n, n + 1):
        cx = vx + i * spacing
        if abs(cx - s.w / 2) > s.w * 3:
            continue
        half = spacing * 0.36
        s.poly([(vx + i * spacing * 0.02, horizon), (cx - half, end), (cx + half, end)], dark(colour, 0.22))
        s.poly([(vx + i * spacing * 0.02, horizon), (cx - half * 0.1, end), (cx + half, end)], colour)
    if not tufts:
        return
    t = 0.06
    while t < 1.12:
        y = horizon + depth * t
        for i in range(-n, n + 1):
            cx = vx + i * spacing * t
            if not -60 < cx < s.w + 60:
                continue
            r = spacing * t
            j = s.rng.uniform(-0.05, 0.05) * r
            s.ellipse(cx + j - r * 0.06, y, r * 0.38, r * 0.2, dark(colour, 0.12))
            s.ellipse(cx + j + r * 0.07, y - r * 0.08, r * 0.3, r * 0.16, mix(colour, light(colour, 0.4), 0.55))
            if t > 0.25:
                s.ellipse(cx + j + r * 0.14, y - r * 0.13, r * 0.15, r * 0.07, light(colour, 0.42))
        t *= 1.16 if t < 0.5 else 1.1
