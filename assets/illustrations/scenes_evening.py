# ruff: noqa: E501 - path data reads better unbroken
"""Indoors in the evening: the theatre's stage, the baths, a reading corner."""

from __future__ import annotations

from collections.abc import Callable

from figures import person
from kit import Scene, dark, light
from plants import shadow


def stage(s: Scene) -> None:
    s.rect(0, 0, s.w, s.h, s.vertical((0, "#3A1430"), (1, "#1E0E28")))
    s.rect(170, 90, 684, 360, s.vertical((0, "#2E2566"), (0.6, "#7A4B86"), (1, "#E09A6C")))
    s.circle(512, 330, 92, "#FFE3A0")
    s.path("M170,400Q300,330 420,372T680,350T854,380V450H170Z", "#4A3778")
    for x, h in ((250, 110), (280, 84), (760, 120)):
        s.path(f"M{x},{400 - h}q{h * 0.16},{h * 0.6} 0,{h}q{-h * 0.16},{-h * 0.4} 0,{-h}Z", "#2A2054")
    for x in (330, 694):
        s.poly([(x - 14, 60), (x + 14, 60), (x + 130, 470), (x - 130, 470)], "#FFF1BE", 0.13)
    for side in (-1, 1):
        for k in range(7):
            x = 512 + side * (470 - k * 33)
            w = 44
            tone = ("#B5313A", "#9B2226", "#7E1A26")[k % 3]
            s.path(
                f"M{x - w / 2},60H{x + w / 2}Q{x + w * 0.2 + side * 14},300 {x + w * 0.6},462H{x - w * 0.6}Q{x - w * 0.7 + side * 14},300 {x - w / 2},60Z",
                s.across((0, dark(tone, 0.3)), (0.6, tone), (1, light(tone, 0.14))),
            )
    for k in range(9):
        x = 64 + k * 112
        s.path(
            f"M{x - 56},56H{x + 56}Q{x + 50},128 {x},140Q{x - 50},128 {x - 56},56Z",
            s.vertical((0, "#9B2226"), (1, "#C8402F")),
        )
        s.stroke(f"M{x - 54},112Q{x},156 {x + 54},112", "#F2C14E", 5)
    s.rect(0, 40, s.w, 26, "#F2C14E")
    s.rect(0, 0, s.w, 44, "#5A1A26")
    s.path("M60,456H964L1010,500H14Z", s.vertical((0, "#C08A5C"), (1, "#8A5A3C")))
    for k in range(9):
        s.stroke(f"M{120 + k * 98},458L{90 + k * 106},498", "#6B4028", 2, 0.6)
    s.rect(14, 498, 996, 20, "#5A3428")
    for x, shirt, legs, pose, f, skirt in (
        (400, "#46378B", "#F2C14E", "raise", 1, False),
        (520, "#FBF7F0", "#9B2226", "reach", 1, True),
        (640, "#6F9A54", "#32265F", "reach", -1, False),
    ):
        shadow(s, x, 484, 44, 7, 0.35)
        person(
            s,
            x,
            482,
            176,
            shirt,
            legs,
            pose,
            f,
            skin=("#C98B63", "#E3B08A", "#8A5A3C")[x % 3],
            hair="#2B2130",
            skirt=skirt,
        )
    for row in range(2):
        n = 12 + row
        for i in range(n):
            px = (i + 0.5) * s.w / n
            py, r = 556 + row * 46, 19 + row * 5
            c = ("#2A1230", "#190A22")[row]
            s.rect(px - r * 1.7, py + r * 0.9, r * 3.4, 90, ("#5A1A2E", "#42142A")[row], r * 0.7)
            s.circle(px, py, r, c)
            s.stroke(
                f"M{px - r * 0.6:.1f},{py - r * 0.72:.1f}A{r:.1f},{r:.1f} 0 0 1 {px + r * 0.6:.1f},{py - r * 0.72:.1f}",
                "#E8A468",
                2,
                0.5,
            )


def baths(s: Scene) -> None:
    s.rect(0, 0, s.w, s.h, s.vertical((0, "#2B3F66"), (1, "#3F6C8C")))
    for k in range(5):
        x = 102 + k * 205
        s.path(f"M{x - 82},400V250a82,82 0 0 1 164,0V400Z", "#F0D9B0")
        s.path(
            f"M{x - 66},400V254a66,66 0 0 1 132,0V400Z", s.vertical((0, "#241C56"), (0.7, "#5A4390"), (1, "#D98A7A"))
        )
        for _ in range(7):
            s.circle(x + s.rng.uniform(-50, 50), s.rng.uniform(212, 330), s.rng.choice((1.4, 2, 2.6)), "#FFF3D2", 0.9)
        s.path(f"M{x - 66},400V372q30,-22 66,-8t66,-6V400Z", "#2A2056")
        s.circle(x + 102, 236, 50, s.radial((0, "#FFE3A0", 0.85), (1, "#FFE3A0", 0)))
        s.circle(x + 102, 236, 11, "#FFF1C9")
    s.rect(0, 96, s.w, 60, "#E3C898")
    for k in range(40):
        c = ("#4F8FA8", "#F2C14E", "#46378B", "#C96B2C")[k % 4]
        s.poly([(k * 26, 126), (k * 26 + 13, 106), (k * 26 + 26, 126), (k * 26 + 13, 146)], c)
    s.rect(0, 396, s.w, 30, s.vertical((0, "#FBF1DC"), (1, "#D9BC88")))
    s.rect(0, 424, s.w, 290, s.vertical((0, "#5FC0CC"), (0.5, "#3F9DB8"), (1, "#2A7098")))
    for k in range(13):
        y, left, w = 448 + k * 16, s.rng.uniform(-60, 900), s.rng.uniform(100, 260)
        s.stroke(f"M{left:.0f},{y}q{w / 4:.0f},-7 {w / 2:.0f},0t{w / 2:.0f},0", "#D8F6F4", 3.4, 0.5)
    for x, y, skin, hair in (
        (330, 452, "#C98B63", "#4A2F22"),
        (452, 466, "#E3B08A", "#8A5A34"),
        (700, 456, "#8A5A3C", "#2B2130"),
    ):
        s.path(f"M{x - 52},{y + 40}Q{x - 50},{y + 4} {x},{y + 2}Q{x + 50},{y + 4} {x + 52},{y + 40}Z", skin)
        s.circle(x, y - 18, 25, skin)
        s.path(f"M{x - 27},{y - 16}a27,28 0 0 1 54,-4Q{x},{y - 26} {x - 27},{y - 16}Z", hair)
        s.circle(x, y - 46, 10, hair)
        s.stroke(f"M{x - 78},{y + 42}q40,14 78,2t78,-2", "#EAF8F6", 5, 0.9)
    for x in (180, 560, 860):
        for k in range(3):
            xx = x + k * 34
            s.stroke(f"M{xx},400q-22,-40 0,-74t0,-70", "#FFFFFF", 9, 0.16)
    s.rect(792, 372, 120, 26, "#F2C14E", 9)
    s.rect(800, 352, 104, 22, "#FBF7F0", 8)
    s.rect(808, 334, 88, 20, "#9B86E0", 8)


def reading(s: Scene) -> None:
    s.rect(0, 0, s.w, s.h, s.vertical((0, "#F3E0BC"), (1, "#DDB985")))
    s.rect(60, 60, 904, 400, "#7A5032", 8)
    tones = ("#46378B", "#9B2226", "#46521F", "#C96B2C", "#4F8FA8", "#F2C14E", "#6C55AE", "#E9DFC8")
    for row in range(4):
        y = 160 + row * 98
        s.rect(72, y - 88, 880, 90, "#5A3824")
        spine = 82.0
        while spine < 930:
            w, h = s.rng.uniform(13, 26), s.rng.uniform(56, 82)
            if s.rng.random() < 0.1:
                spine += 24
                continue
            c = s.rng.choice(tones)
            s.rect(spine, y - h, w, h, s.across((0, dark(c, 0.25)), (1, light(c, 0.1))), 2)
            s.rect(spine + 3, y - h + 9, w - 6, 4, "#F6E6C8", 0, 0.7)
            spine += w + 2
        s.rect(60, y, 904, 12, "#9A6A42")
    s.rect(0, 456, s.w, 250, s.vertical((0, "#A8703F"), (1, "#7A4B32")))
    s.ellipse(520, 540, 400, 56, "#9B2226")
    s.ellipse(520, 540, 366, 46, "#B5484A")
    s.rect(776, 250, 8, 284, "#3A2A3A")
    s.circle(780, 250, 210, s.radial((0, "#FFE3A0", 0.7), (1, "#FFE3A0", 0)))
    s.path("M734,262l18,-66h56l18,66Z", "#F6D27A")
    for x, chair, shirt, f in ((360, "#46378B", "#F2C14E", 1), (660, "#46521F", "#D9553A", -1)):
        shadow(s, x, 544, 110, 11, 0.3)
        s.path(f"M{x - f * 82},520V350q0,-30 {f * 30},-30h{f * 34}q{f * 20},0 {f * 20},30v170Z", chair)
        s.rect(x - 78, 452, 156, 66, light(chair, 0.08), 18)
        s.rect(x - 66, 514, 14, 26, "#3A2A2A")
        s.rect(x + 52, 514, 14, 26, "#3A2A2A")
        hand = person(
            s,
            x,
            462,
            214,
            shirt,
            pose="sit",
            facing=f,
            skin="#C98B63" if f > 0 else "#E3B08A",
            hair="#2B2130" if f > 0 else "#8A5A34",
        )
        hx, hy = hand
        s.path(f"M{hx},{hy}q-20,-14 -42,-6v-44q22,-8 42,6q20,-14 42,-6v44q-22,-8 -42,6Z", "#FBF7F0")
        s.limb([(hx, hy), (hx, hy - 44)], "#C9B48E", 2.5)
        s.rect(x - f * 10 - 40, 478, 80, 40, light(chair, 0.16), 14)
    s.ellipse(512, 470, 52, 11, "#8A5A3C")
    s.rect(508, 474, 8, 62, "#5A3428")
    s.path("M498,448h24q0,18 -12,18q-12,0 -12,-18Z", "#FFFFFF")
    for k in range(2):
        s.stroke(f"M{505 + k * 9},440q-6,-10 0,-18t0,-16", "#FFFFFF", 3, 0.7)
    for k, (bx, bt) in enumerate(((170, "#4F8FA8"), (176, "#9B2226"), (168, "#F2C14E"))):
        s.rect(bx, 522 - k * 15, 96, 14, bt, 3)
        s.rect(bx + 6, 526 - k * 15, 84, 6, "#F6E6C8", 1, 0.8)


SCENES: dict[str, Callable[[Scene], None]] = {f.__name__: f for f in (stage, baths, reading)}
