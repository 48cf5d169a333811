# ruff: noqa: E501 - path data reads better unbroken
"""Things that stand in the landscapes: trees, houses, people. Each takes the scene, where its foot is, its size."""

from __future__ import annotations

import math
from collections.abc import Sequence

from kit import SUN, TILE, WALLS, Point, Scene, dark, light, mix

SKINS = ("#8A5A3C", "#C98B63", "#E3B08A", "#6B4630")
HAIRS = ("#2B2130", "#4A2F22", "#8A5A34", "#D9C7A8")


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


def bush(s: Scene, x: float, base: float, w: float, colour: str) -> None:
    s.ellipse(x - w * 0.22, base - w * 0.16, w * 0.32, w * 0.24, dark(colour, 0.2))
    s.ellipse(x + w * 0.2, base - w * 0.18, w * 0.34, w * 0.26, colour)
    s.ellipse(x + w * 0.06, base - w * 0.28, w * 0.24, w * 0.2, light(colour, 0.16))


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


def person(
    s: Scene, x: float, base: float, h: float, shirt: str, legs: str = "#3B3566", pose: str = "stand", facing: int = 1,
    skin: str = "", hair: str = "", hat: str = "", skirt: bool = False,
) -> Point:  # fmt: skip
    """A small figure, `h` tall when standing, feet (or seat, when seated) at `base`; returns the front hand."""
    f = facing
    skin = skin or s.rng.choice(SKINS)
    hair = hair or s.rng.choice(HAIRS)

    def at(dx: float, dy: float) -> Point:
        return (x + dx * h * f, base - dy * h)

    sit = pose == "sit"
    hip = 0.0 if sit else 0.47
    legs_pts: Sequence[Sequence[Point]] = {
        "sit": ([at(0, 0.05), at(0.22, 0.06), at(0.24, -0.2)], [at(0, 0.05), at(0.2, 0.03), at(0.18, -0.2)]),
        "walk": ([at(0, hip), at(0.09, 0.25), at(0.15, 0.02)], [at(0, hip), at(-0.03, 0.24), at(-0.16, 0.03)]),
    }.get(pose, ([at(0.02, hip), at(0.05, 0.02)], [at(-0.02, hip), at(-0.05, 0.02)]))
    arms: dict[str, tuple[Sequence[Point], Sequence[Point]]] = {
        "stand": (
            [at(0.08, hip + 0.32), at(0.13, hip + 0.16), at(0.1, hip + 0.02)],
            [at(-0.08, hip + 0.32), at(-0.13, hip + 0.16), at(-0.11, hip + 0.02)],
        ),
        "walk": (
            [at(0.07, hip + 0.32), at(0.15, hip + 0.17), at(0.22, hip + 0.1)],
            [at(-0.07, hip + 0.32), at(-0.15, hip + 0.18), at(-0.12, hip + 0.04)],
        ),
        "reach": (
            [at(0.07, hip + 0.32), at(0.2, hip + 0.26), at(0.32, hip + 0.32)],
            [at(-0.07, hip + 0.32), at(-0.13, hip + 0.17), at(-0.1, hip + 0.03)],
        ),
        "raise": (
            [at(0.07, hip + 0.33), at(0.18, hip + 0.45), at(0.16, hip + 0.62)],
            [at(-0.07, hip + 0.33), at(-0.18, hip + 0.45), at(-0.16, hip + 0.62)],
        ),
        "sit": (
            [at(0.07, hip + 0.32), at(0.17, hip + 0.17), at(0.3, hip + 0.2)],
            [at(-0.07, hip + 0.32), at(-0.1, hip + 0.16), at(0.08, hip + 0.08)],
        ),
    }
    front, back = arms.get(pose, arms["stand"])
    s.limb(back, dark(shirt, 0.2), h * 0.075)
    for i, leg in enumerate(reversed(legs_pts)):
        s.limb(leg, legs if i else dark(legs, 0.25), h * 0.09)
    if skirt and not sit:
        s.poly([at(-0.08, hip + 0.1), at(0.08, hip + 0.1), at(0.15, 0.18), at(-0.15, 0.18)], legs)
    s.limb([at(0, hip + 0.36), at(0, hip + 0.46)], dark(skin, 0.12), h * 0.06)
    body = [at(-0.085, hip + 0.35), at(0.085, hip + 0.35), at(0.075, hip), at(-0.075, hip)]
    s.poly(body, shirt)
    s.stroke("M" + "L".join(f"{a:.1f},{b:.1f}" for a, b in body) + "Z", shirt, h * 0.05)
    hx, hy = at(0.015, hip + 0.47)
    s.circle(hx, hy, h * 0.078, skin)
    r = h * 0.085
    s.path(
        f"M{hx - r:.1f},{hy + r * 0.25:.1f}A{r:.1f},{r:.1f} 0 0 1 {hx + r:.1f},{hy - r * 0.15:.1f}Q{hx:.1f},{hy - r * 0.35:.1f} {hx - r:.1f},{hy + r * 0.25:.1f}Z",
        hair,
    )
    if hat:
        s.ellipse(hx, hy - r * 0.45, r * 1.7, r * 0.3, hat)
        s.path(
            f"M{hx - r * 0.9:.1f},{hy - r * 0.45:.1f}a{r * 0.9:.1f},{r:.1f} 0 0 1 {r * 1.8:.1f},0Z", light(hat, 0.15)
        )
    s.limb(front[:2], shirt, h * 0.075)
    s.limb(front[1:], skin, h * 0.06)
    return front[2]


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


def lantern_string(s: Scene, x1: float, y1: float, x2: float, y2: float, sag: float, count: int = 9) -> None:
    s.stroke(f"M{x1},{y1}Q{(x1 + x2) / 2},{(y1 + y2) / 2 + sag * 2} {x2},{y2}", "#2A1F4D", 2, 0.8)
    for i in range(1, count):
        t = i / count
        x = x1 + (x2 - x1) * t
        y = (1 - t) ** 2 * y1 + 2 * t * (1 - t) * ((y1 + y2) / 2 + sag * 2) + t * t * y2
        s.circle(x, y + 7, 17, s.radial((0, "#FFD98A", 0.7), (1, "#FFD98A", 0)))
        s.circle(x, y + 7, 5.5, ("#FFE6A8", SUN, "#FFB36B")[i % 3])
