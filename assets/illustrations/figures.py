# ruff: noqa: E501 - path data reads better unbroken
"""People, riders and animals; each is given where its feet are and how tall it is."""

from __future__ import annotations

import math
from collections.abc import Sequence

from kit import Point, Scene, dark, light, mix
from plants import shadow

SKINS = ("#8A5A3C", "#C98B63", "#E3B08A", "#6B4630")
HAIRS = ("#2B2130", "#4A2F22", "#8A5A34", "#D9C7A8")


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


def bike(s: Scene, x: float, base: float, r: float, colour: str) -> None:
    for dx in (-1.25, 1.25):
        s.raw(
            f'<circle cx="{x + dx * r:.1f}" cy="{base - r:.1f}" r="{r * 0.94:.1f}" fill="none" stroke="#2B2440" stroke-width="{r * 0.12:.1f}"/>'
        )
        for k in range(4):
            a = k * math.pi / 4
            s.stroke(
                f"M{x + dx * r + math.cos(a) * r * 0.9:.1f},{base - r + math.sin(a) * r * 0.9:.1f}L{x + dx * r - math.cos(a) * r * 0.9:.1f},{base - r - math.sin(a) * r * 0.9:.1f}",
                "#8F89A5",
                1.4,
                0.7,
            )
    w = r * 0.15
    back, front, crank = (x - 1.25 * r, base - r), (x + 1.25 * r, base - r), (x - 0.1 * r, base - r * 0.95)
    seat, head = (x - 0.5 * r, base - 2.1 * r), (x + 0.85 * r, base - 2.15 * r)
    for line in ([back, crank, seat, back], [seat, head, crank], [head, front]):
        s.limb(line, colour, w)
    s.limb([(seat[0] - r * 0.08, seat[1] - r * 0.3), seat], "#2B2440", w * 0.8)
    s.limb([(seat[0] - r * 0.4, seat[1] - r * 0.32), (seat[0] + r * 0.25, seat[1] - r * 0.32)], "#4A2F22", w * 1.4)
    s.limb([head, (head[0] - r * 0.08, head[1] - r * 0.35), (head[0] + r * 0.35, head[1] - r * 0.5)], "#2B2440", w)
    s.circle(crank[0], crank[1], r * 0.2, "#2B2440")


def cyclist(s: Scene, x: float, base: float, r: float, shirt: str, colour: str) -> None:
    shadow(s, x, base, r * 2.4, r * 0.2, 0.25)
    hip, knee, foot = (x - 0.55 * r, base - 2.5 * r), (x + 0.35 * r, base - 1.9 * r), (x + 0.05 * r, base - 0.8 * r)
    s.limb([hip, (x + 0.1 * r, base - 1.6 * r), (x - 0.3 * r, base - 1.0 * r)], "#1F1B38", r * 0.34)
    bike(s, x, base, r, colour)
    shoulder, hand = (x + 0.35 * r, base - 3.55 * r), (x + 1.1 * r, base - 2.6 * r)
    s.limb([hip, knee, foot], "#3B3566", r * 0.36)
    s.limb([hip, shoulder], shirt, r * 0.66)
    s.limb([shoulder, (x + 0.75 * r, base - 2.9 * r), hand], mix(shirt, "#C98B63", 0.5), r * 0.22)
    hx, hy = x + 0.68 * r, base - 4.15 * r
    s.circle(hx, hy, r * 0.36, "#D09A72")
    s.path(f"M{hx - r * 0.46},{hy - r * 0.05}a{r * 0.45},{r * 0.45} 0 0 1 {r * 0.9},{-r * 0.06}Z", "#FBF7F0")


def horse(s: Scene, x: float, base: float, k: float, coat: str, shirt: str) -> None:
    shade, mane = dark(coat, 0.25), dark(coat, 0.5)
    with s.group(f"translate({x} {base}) scale({k})"):
        shadow(s, 0, 0, 120, 10, 0.25)
        s.limb([(-60, -90), (-76, -46), (-66, -4)], shade, 15)
        s.limb([(52, -88), (66, -48), (50, -6)], shade, 14)
        s.path("M-86,-118Q-116,-90 -104,-40Q-92,-70 -78,-96Z", mane)
        s.path(
            "M-88,-112C-90,-150 -40,-150 0,-142C36,-150 52,-170 78,-206L108,-200C112,-170 100,-120 74,-96C40,-78 -60,-72 -80,-88Z",
            coat,
        )
        s.path("M80,-208Q96,-226 112,-214L150,-176Q152,-160 136,-160L104,-176Z", coat)
        s.poly([(84, -206), (88, -230), (100, -212)], coat)
        s.path("M84,-214Q60,-190 38,-146L56,-150Q72,-180 92,-204Z", mane)
        s.circle(116, -198, 4, "#231A30")
        s.limb([(-48, -88), (-40, -46), (-50, -4)], coat, 16)
        s.limb([(62, -90), (84, -56), (74, -24)], coat, 15)
        s.stroke("M134,-166Q80,-150 26,-176", "#4A2F22", 3)
        s.path("M-30,-148Q0,-134 30,-150L26,-128L-26,-126Z", "#8A3B0C")
        s.limb([(0, -146), (26, -116), (20, -78)], "#F0E2C4", 20)
        s.limb([(20, -80), (32, -76)], "#3A2A2A", 14)
        s.limb([(-4, -156), (2, -214)], shirt, 34)
        s.limb([(4, -214), (24, -186), (44, -178)], light(shirt, 0.2), 12)
        s.circle(8, -252, 18, "#D09A72")
        s.path("M-14,-254a22,20 0 0 1 44,-2Z", "#3A2A4A")
