# ruff: noqa: E501 - path data reads better unbroken
"""Houses, towers, villages, mills, and the lanterns strung between them."""

from __future__ import annotations

import math

from kit import SUN, TILE, WALLS, Scene, dark, light, mix


def window(s: Scene, x: float, y: float, w: float, h: float, shutter: str = "", glow: bool = False) -> None:
    glass = "#FFD98A" if glow else "#5C5872"
    s.rect(x - w / 2, y, w, h, glass, 1.5)
    if not glow:
        s.rect(x - w / 2, y, w, h * 0.4, "#3D3856", 1.5, 0.6)
    if shutter:
        sw = w * 0.62
        for sx in (x - w / 2 - sw - 1, x + w / 2 + 1):
            s.rect(sx, y - 1, sw, h + 2, shutter, 1.5)
            for k in range(1, 4):
                s.rect(sx + 2, y + h * k / 4, sw - 4, 1.4, dark(shutter, 0.3), 0, 0.6)


def house(
    s: Scene, x: float, base: float, w: float, h: float, wall: str, roof: str = TILE, floors: int = 2, cols: int = 2,
    shutter: str = "", glow: bool = False, door: bool = True,
) -> None:  # fmt: skip
    """Front in full light, eave shadow, low tiled roof seen from the front; foot centre at (x, base)."""
    left, top = x - w / 2, base - h
    s.rect(left, top, w, h, s.across((0, dark(wall, 0.14)), (0.35, wall), (1, light(wall, 0.25))))
    rise = w * 0.2
    s.poly(
        [
            (left - w * 0.05, top + 2),
            (left + w * 0.1, top - rise),
            (left + w * 0.9, top - rise),
            (left + w * 1.05, top + 2),
        ],
        roof,
    )
    s.poly(
        [
            (left + w * 0.5, top - rise),
            (left + w * 0.9, top - rise),
            (left + w * 1.05, top + 2),
            (left + w * 0.55, top + 2),
        ],
        light(roof, 0.16),
    )
    s.rect(left, top + 2, w, max(2.0, h * 0.035), dark(wall, 0.45), 0, 0.35)
    ww, gap = w / (cols * 2.9), w / cols
    fh = h / (floors + 0.12)
    for f in range(floors):
        for c in range(cols):
            cx, cy = left + gap * (c + 0.5), top + fh * f + fh * 0.26
            if door and f == floors - 1 and c == cols // 2:
                dh = fh * 0.78
                s.path(
                    f"M{cx - ww * 0.7:.1f},{base:.1f}v{-dh + ww * 0.7:.1f}a{ww * 0.7:.1f},{ww * 0.7:.1f} 0 0 1 {ww * 1.4:.1f},0v{dh - ww * 0.7:.1f}Z",
                    "#FFC870" if glow else "#7A4B32",
                )
                continue
            window(s, cx, cy, ww, fh * 0.46, shutter, glow and s.rng.random() < 0.6)


def bell_tower(s: Scene, x: float, base: float, w: float, h: float, wall: str = "#EAD0A0", night: bool = False) -> None:
    """Square tower with an open bell stage and the wrought-iron cage seen in Provence."""
    s.rect(x - w / 2, base - h, w, h, s.across((0, dark(wall, 0.22)), (0.5, wall), (1, light(wall, 0.3))))
    s.rect(x - w * 0.58, base - h * 0.72, w * 1.16, h * 0.025, dark(wall, 0.2))
    s.rect(x - w * 0.6, base - h - 2, w * 1.2, h * 0.035, dark(wall, 0.12))
    s.path(
        f"M{x - w * 0.2:.1f},{base - h * 0.76:.1f}v{-h * 0.11:.1f}a{w * 0.2:.1f},{w * 0.2:.1f} 0 0 1 {w * 0.4:.1f},0v{h * 0.11:.1f}Z",
        "#FFCE7A" if night else "#5A4A66",
    )
    iron = "#4A4258" if not night else "#1C1640"
    top = base - h - 2
    for k in (0.44, 0.22):
        s.stroke(
            f"M{x - w * k:.1f},{top:.1f}C{x - w * k:.1f},{top - w * 0.7:.1f} {x + w * k:.1f},{top - w * 0.7:.1f} {x + w * k:.1f},{top:.1f}",
            iron,
            max(1.4, w * 0.04),
        )
    s.stroke(f"M{x:.1f},{top:.1f}V{top - w * 0.95:.1f}", iron, max(1.4, w * 0.04))
    s.circle(x, top - w * 0.2, w * 0.11, iron)
    s.circle(x, base - h * 0.6, w * 0.22, "#FBF1DC" if not night else "#FFE2A0")
    s.stroke(
        f"M{x:.1f},{base - h * 0.6:.1f}v{-w * 0.14:.1f}M{x:.1f},{base - h * 0.6:.1f}h{w * 0.1:.1f}",
        "#4A4258",
        max(1.2, w * 0.035),
    )


def village(s: Scene, x: float, base: float, w: float, rows: int = 3, night: bool = False, lift: float = 0.55) -> None:
    """Stacked houses that climb to a bell tower; `w` is the width of the lowest row."""
    unit = w / 9
    tower_base = base - unit * rows * lift * 1.5
    bell_tower(
        s,
        x + unit * 0.3,
        tower_base + unit * 0.4,
        unit * 0.85,
        unit * 2.3,
        "#EAD0A0" if not night else "#6F5C86",
        night,
    )
    for r in range(rows, 0, -1):
        n = 2 + (rows - r) * 2 + 1
        span = w * (rows - r + 1.6) / (rows + 0.6)
        row_base = base - unit * (r - 1) * lift * 1.5
        for i in range(n):
            hx = x - span / 2 + span * (i + 0.5) / n + s.rng.uniform(-0.15, 0.15) * unit
            hw, hh = span / n * s.rng.uniform(0.98, 1.18), unit * s.rng.uniform(0.95, 1.5)
            wall = s.rng.choice(WALLS)
            roof = s.rng.choice((TILE, "#B5552F", "#CF7347", "#BD6A48"))
            if night:
                wall, roof = mix(wall, "#3A2C6B", 0.62), mix(roof, "#2A1F55", 0.6)
            house(
                s, hx, row_base + unit * 0.15, hw, hh, wall, roof, 2 if hh > unit * 1.1 else 1, 2, "", night, door=False
            )


def windmill(s: Scene, x: float, base: float, h: float) -> None:
    w = h * 0.52
    s.poly([(x - w / 2, base), (x + w / 2, base), (x + w * 0.38, base - h), (x - w * 0.38, base - h)],
           s.across((0, "#CDB28A"), (0.5, "#F3E2C0"), (1, "#FFF4DC")))  # fmt: skip
    s.poly([(x - w * 0.48, base - h + 2), (x + w * 0.48, base - h + 2), (x, base - h * 1.38)], "#7A4B6A")
    s.path(f"M{x - w * 0.12},{base}v{-h * 0.22}a{w * 0.12},{w * 0.12} 0 0 1 {w * 0.24},0v{h * 0.22}Z", "#6B4630")
    cx, cy = x + w * 0.1, base - h * 1.02
    for k in range(4):
        a = 0.5 + k * math.pi / 2
        ex, ey = cx + math.cos(a) * h * 0.86, cy + math.sin(a) * h * 0.86
        nx, ny = -math.sin(a) * h * 0.13, math.cos(a) * h * 0.13
        mx, my = cx + math.cos(a) * h * 0.2, cy + math.sin(a) * h * 0.2
        s.poly([(mx, my), (ex, ey), (ex + nx, ey + ny), (mx + nx, my + ny)], "#FBF7F0", 0.95)
        s.limb([(cx, cy), (ex, ey)], "#6B4630", max(2.5, h * 0.028))
    s.circle(cx, cy, h * 0.05, "#6B4630")


def lantern_string(s: Scene, x1: float, y1: float, x2: float, y2: float, sag: float, count: int = 9) -> None:
    s.stroke(f"M{x1},{y1}Q{(x1 + x2) / 2},{(y1 + y2) / 2 + sag * 2} {x2},{y2}", "#2A1F4D", 2, 0.8)
    for i in range(1, count):
        t = i / count
        x = x1 + (x2 - x1) * t
        y = (1 - t) ** 2 * y1 + 2 * t * (1 - t) * ((y1 + y2) / 2 + sag * 2) + t * t * y2
        s.circle(x, y + 7, 17, s.radial((0, "#FFD98A", 0.7), (1, "#FFD98A", 0)))
        s.circle(x, y + 7, 5.5, ("#FFE6A8", SUN, "#FFB36B")[i % 3])
