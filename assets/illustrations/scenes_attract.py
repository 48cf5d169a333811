# ruff: noqa: E501 - path data reads better unbroken
"""Full-bleed portrait scenes of the attract screen, and the drawings about the card itself.

`attract_wide_*` are the landscape ones, 1920 x 1200, subject above, text below. Portraits: open sky down to about y = 900 for the territory's name, the subject between 900 and 1250, then a quiet
dark foreground where white text reads at more than 7:1.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import scenes_fields
import scenes_paths
from buildings import house, lantern_string, village
from figures import person
from kit import Scene, dark, light, mix
from plants import bush, crown, cypress, rows


def veil(s: Scene, colour: str = "#1B1238") -> None:
    """Darken towards the bottom so that white text stands out."""
    s.rect(0, 940, s.w, s.h - 940, s.vertical((0, colour, 0), (0.35, colour, 0.62), (1, colour, 0.93)))


def card(s: Scene, x: float, y: float, w: float) -> None:
    """The city card's face, 85.6 x 54 in proportion, without any text: the kiosk writes on it."""
    h, r = w * 54 / 85.6, w * 0.06
    outline = (
        f"M{x + r},{y}H{x + w - r}a{r},{r} 0 0 1 {r},{r}V{y + h - r}a{r},{r} 0 0 1 {-r},{r}H{x + r}"
        f"a{r},{r} 0 0 1 {-r},{-r}V{y + r}a{r},{r} 0 0 1 {r},{-r}Z"
    )
    s.path(outline, s.vertical((0, "#F9DA8A"), (1, "#F2B95A")))
    with s.group(clip=outline):
        s.circle(x + w * 0.78, y + h * 0.34, h * 0.4, s.radial((0, "#FFF3CF", 0.9), (1, "#FFF3CF", 0)))
        s.circle(x + w * 0.78, y + h * 0.34, h * 0.13, "#FFF6DA")
        for top, c, phase in ((0.56, "#D8A0A8", 0.3), (0.66, "#9A86C4", 1.9), (0.78, "#5D4A9E", 0.9)):
            d = f"M{x},{y + h}V{y + h * top:.1f}"
            for k in range(9):
                xx = x + w * k / 8
                d += f"L{xx:.1f},{y + h * (top - 0.05 * math.sin(k * 0.9 + phase)):.1f}"
            s.path(d + f"V{y + h}Z", c)
        for k in range(-9, 10):
            s.poly(
                [
                    (x + w * 0.5 + k * 2, y + h * 0.8),
                    (x + w * (0.5 + k * 0.12), y + h),
                    (x + w * (0.54 + k * 0.12), y + h),
                ],
                "#8470C8",
                0.8,
            )
        for cx, ch in ((0.1, 0.34), (0.15, 0.26), (0.9, 0.36)):
            cypress(s, x + w * cx, y + h * 0.84, h * ch)
    for k, radius in enumerate((0.05, 0.085, 0.12)):
        s.stroke(
            f"M{x + w * 0.1},{y + h * 0.25 - h * radius}a{h * radius},{h * radius} 0 0 1 0,{2 * h * radius}",
            "#32265F",
            w * 0.011,
            0.9 - 0.1 * k,
        )


def attract_lavender(s: Scene) -> None:
    s.sky("golden", 1180)
    s.sun(760, 560, 120)
    s.cloud(250, 420, 120, 0.5)
    s.birds(420, 640, 5)
    s.ridge(980, 90, "#B3A3C8", 1.3, 0.4)
    s.ridge(1050, 60, "#8D7FB4", 1.8, 2.2)
    s.ridge(1110, 30, "#7C7F7A", 1.4, 1.0)
    rows(s, 1150, 620, "#5F489F", "#B98F6C", 190)
    house(s, 300, 1180, 260, 150, "#F3DDB5", floors=2, cols=4, shutter="#6F86B5")
    house(s, 130, 1180, 130, 96, "#EFCF9C", floors=1, cols=1, door=False)
    for x, h in ((36, 420), (474, 300), (930, 480), (1010, 340)):
        cypress(s, x, 1190, h, "#35503C")
    veil(s)


def attract_village(s: Scene) -> None:
    s.sky("night", 1200)
    s.stars(260, 900)
    s.circle(820, 330, 70, "#FFF1C9")
    s.circle(820, 330, 250, s.radial((0, "#FFE9B8", 0.35), (1, "#FFE9B8", 0)))
    s.ridge(960, 90, "#3E2F74", 1.2, 0.2)
    s.ridge(1060, 50, "#33266A", 1.6, 2.0)
    s.path(
        "M-20,1400C160,1240 300,1080 480,1000Q560,980 640,1010C800,1090 960,1250 1100,1360L1100,1920L-20,1920Z",
        "#2A2058",
    )
    village(s, 560, 1150, 760, 4, night=True)
    for x, h in ((150, 240), (205, 170), (950, 260)):
        cypress(s, x, 1230, h, "#1F2A3E")
    s.ridge(1270, 30, "#1E1646", 1.3, 0.8)
    lantern_string(s, -20, 1180, 560, 1290, 40, 13)
    lantern_string(s, 560, 1290, 1100, 1170, 40, 13)
    veil(s, "#120C30")


def attract_river(s: Scene) -> None:
    s.sky("morning", 1060)
    s.sun(300, 420, 90)
    s.cloud(760, 330, 150, 0.7)
    s.cloud(300, 640, 100, 0.5)
    s.ridge(800, 130, "#B4C2C4", 1.1, 0.4)
    s.ridge(900, 80, "#8FAE98", 1.6, 2.0)
    for i in range(9):
        crown(s, 30 + i * 128, 1000 + s.rng.uniform(-16, 10), 190, 170, ("#5F8A4A", "#6F9A54", "#527A48")[i % 3], 9)
    s.rect(0, 1060, s.w, 870, s.vertical((0, "#4A9AB2"), (0.3, "#347C9C"), (1, "#123A5C")))
    s.path("M0,1060C260,1078 380,1050 620,1070S900,1052 1080,1070V1044H0Z", "#C3CB92")
    for k in range(24):
        y, x, w = 1090 + k * 24, s.rng.uniform(-80, 950), s.rng.uniform(120, 330)
        s.stroke(f"M{x:.0f},{y}q{w / 4:.0f},-9 {w / 2:.0f},0t{w / 2:.0f},0", "#BDE6E8", 4, 0.45)
    hull = "M300,1196Q420,1250 560,1250T830,1190Q816,1272 730,1280L410,1282Q322,1274 300,1196Z"
    s.ellipse(560, 1280, 280, 24, "#0F3350", 0.4)
    s.path(hull, "#F6E6C8")
    person(s, 460, 1226, 190, "#F2C14E", pose="sit", skin="#C98B63", hair="#4A2F22", hat="#F6E6C8")
    person(s, 660, 1226, 160, "#46378B", pose="sit", skin="#E3B08A", hair="#2B2130")
    s.path(
        "M300,1196Q420,1244 560,1246T830,1190Q816,1272 730,1280L410,1282Q322,1274 300,1196Z",
        s.vertical((0, "#D9553A"), (1, "#A5331F")),
    )
    for x1, y1, x2, y2 in ((384, 1258, 580, 1090), (770, 1266, 714, 1126)):
        s.limb([(x1, y1), (x2, y2)], "#F0D9A8", 10)
        s.ellipse(x1, y1, 14, 34, "#E8B864", 1, math.degrees(math.atan2(y2 - y1, x2 - x1)) + 90)
    veil(s, "#0C2338")


def attract_ochres(s: Scene) -> None:
    s.sky("dusk", 1200)
    s.stars(60, 300)
    s.sun(600, 800, 100, "#FFDF98")
    s.ridge(900, 70, "#8A5A8E", 1.3, 0.5)
    for x0, w, top, tone in ((-120, 620, 860, "#C46A34"), (560, 660, 800, "#CE7636"), (260, 520, 980, "#B0522A")):
        foot = 1330
        d = (
            f"M{x0},{foot}C{x0 + w * 0.04},{top + 200} {x0 + w * 0.1},{top + 60} {x0 + w * 0.24},{top + 30}"
            f"C{x0 + w * 0.32},{top - 30} {x0 + w * 0.4},{top - 20} {x0 + w * 0.5},{top + 20}"
            f"C{x0 + w * 0.6},{top - 10} {x0 + w * 0.74},{top - 6} {x0 + w * 0.8},{top + 60}C{x0 + w * 0.92},{top + 130} {x0 + w * 0.97},{top + 220} {x0 + w},{foot}Z"
        )
        s.path(d, s.vertical((0, light(tone, 0.3)), (0.5, tone), (1, dark(tone, 0.35))))
        with s.group(clip=d):
            for k in range(9):
                x = x0 + w * (0.06 + 0.11 * k)
                s.poly([(x, top - 40), (x + 14, top - 40), (x - 26, foot), (x - 80, foot)], dark(tone, 0.35), 0.32)
            for k, c in enumerate(("#F7D9A0", "#9A3A22", "#F0B864", "#8A3420")):
                s.stroke(f"M{x0},{top + 110 + k * 84}q{w / 4:.0f},-34 {w / 2:.0f},0t{w / 2:.0f},8", c, 17, 0.4)
        for k in range(5):
            bush(s, x0 + w * (0.24 + 0.13 * k), top + 26 + 14 * (k % 2), 64, "#56643F")
    s.ridge(1290, 26, "#9A4526", 1.3, 1.1)
    s.path(
        "M420,1920C470,1640 700,1560 620,1420C590,1360 540,1330 536,1296L570,1296C590,1340 680,1370 720,1430C800,1580 650,1660 680,1920Z",
        "#E0A468",
    )
    person(s, 574, 1340, 110, "#F2C14E", "#32265F", "walk", -1, hat="#F6E6C8")
    person(s, 626, 1346, 92, "#46378B", "#F0D9A8", "walk", -1)
    for x, h in ((70, 300), (130, 220), (1000, 330)):
        cypress(s, x, 1370, h, "#3A4A38")
    veil(s)


def present_card(s: Scene) -> None:
    """The card comes down on the reader under the screen; square, on the deep lavender ground."""
    s.rect(0, 0, s.w, s.h, s.vertical((0, "#46378B"), (1, "#32265F")))
    s.circle(540, 830, 520, s.radial((0, "#8577CC", 0.55), (1, "#8577CC", 0)))
    for k, r in enumerate((170, 260, 350, 440)):
        s.stroke(f"M{540 - r},930A{r},{r} 0 0 1 {540 + r},930", "#FBF7F0", 9, round(0.75 - 0.15 * k, 2))
    s.rect(230, 880, 620, 120, s.vertical((0, "#2A2052"), (1, "#1B1438")), 36)
    s.rect(250, 892, 580, 14, "#6A5CB0", 7, 0.6)
    s.circle(540, 950, 13, "#B9D66A")
    s.circle(540, 950, 60, s.radial((0, "#B9D66A", 0.6), (1, "#B9D66A", 0)))
    with s.group("translate(30 -60) rotate(-8 510 410)"):
        s.rect(236, 244, 566, 356, "#120C2C", 34, 0.28)
        card(s, 230, 220, 560)
    s.limb([(540, 690), (540, 800)], "#FBF7F0", 13)
    s.limb([(496, 760), (540, 806), (584, 760)], "#FBF7F0", 13)


def card_face(s: Scene) -> None:
    """The card alone on a transparent ground."""
    card(s, 2, 1, 852)


def emblem(s: Scene) -> None:
    """The territory's round emblem: sun, village hill and lavender rows; transparent outside the disc."""
    c = s.w / 2
    disc = f"M{c - 240},{c}a240,240 0 1 0 480,0a240,240 0 1 0 -480,0Z"
    s.path(disc, "#32265F")
    inner = f"M{c - 222},{c}a222,222 0 1 0 444,0a222,222 0 1 0 -444,0Z"
    with s.group(clip=inner):
        s.rect(0, 0, s.w, s.h, s.vertical((0, "#F6BE7C"), (0.6, "#FDEBC4")))
        s.sun(350, 170, 44)
        s.ridge(286, 22, "#A79AC4", 1.4, 0.4)
        village(s, 220, 316, 220, 3)
        s.ridge(316, 8, "#8C9A6B", 1.3, 1.0)
        rows(s, 318, 270, "#6C55AE", "#C9A27A", 84)
        cypress(s, 370, 330, 130)
        cypress(s, 402, 332, 96)


def app_icon(s: Scene) -> None:
    """The application's icon: a sun that is also the reader's waves, over lavender rows; transparent corners."""
    with s.group(
        clip="M112,0H400a112,112 0 0 1 112,112V400a112,112 0 0 1 -112,112H112a112,112 0 0 1 -112,-112V112a112,112 0 0 1 112,-112Z"
    ):
        s.rect(0, 0, 512, 512, s.vertical((0, "#F6BE7C"), (1, "#FDEBC4")))
        for k, r in enumerate((112, 160, 208)):
            s.stroke(f"M{256 - r},312A{r},{r} 0 0 1 {256 + r},312", "#8A3B0C", 15, round(0.75 - 0.2 * k, 2))
        s.circle(256, 312, 76, "#F2C14E")
        s.ridge(316, 12, "#8C86B4", 1.4, 0.6)
        s.rect(0, 316, 512, 12, "#6E5FAE")
        rows(s, 322, 256, "#5D4AA2", "#46378B", 150)


def veil_wide(s: Scene, colour: str) -> None:
    """The landscape's veil: white text reads from 56 % of the height down."""
    s.rect(
        0, 250, s.w, s.h - 250, s.vertical((0, colour, 0), (0.28, colour, 0.74), (0.5, colour, 0.86), (1, colour, 0.94))
    )


def attract_wide_lavender(s: Scene) -> None:
    scenes_fields.lavender(s)
    veil_wide(s, "#1B1238")


def attract_wide_river(s: Scene) -> None:
    with s.group("translate(0 -108)"):
        scenes_paths.canoe(s)
        # the near banks would lie under the text
        s.rect(0, 511, s.w, 280, s.vertical((0, mix("#4F9DB4", "#2C6E90", 0.27)), (0.5, "#2C6E90"), (1, "#2C6E90")))
    veil_wide(s, "#0C2338")


def attract_wide_ochres(s: Scene) -> None:
    scenes_paths.ochres(s)
    veil_wide(s, "#2A1020")


def attract_wide_village(s: Scene) -> None:
    s.sky("night", 560)
    s.stars(200, 330)
    s.circle(820, 110, 34, "#FFF1C9")
    s.circle(820, 110, 130, s.radial((0, "#FFE9B8", 0.35), (1, "#FFE9B8", 0)))
    s.ridge(300, 40, "#3E2F74", 1.2, 0.2)
    s.ridge(340, 24, "#33266A", 1.6, 2.0)
    village(s, 512, 370, 420, 4, night=True)
    s.ridge(366, 10, "#2A2058", 1.3, 0.8)
    for x, h in ((250, 110), (284, 80), (760, 120)):
        cypress(s, x, 376, h, "#1F2A3E")
    s.rect(0, 420, s.w, 230, "#1E1646")
    lantern_string(s, -10, 360, 512, 396, 14, 15)
    lantern_string(s, 512, 396, 1034, 356, 14, 15)
    veil_wide(s, "#120C30")


SCENES: dict[str, Callable[[Scene], None]] = {
    f.__name__: f
    for f in (
        attract_lavender,
        attract_village,
        attract_river,
        attract_ochres,
        present_card,
        card_face,
        emblem,
        app_icon,
        attract_wide_lavender,
        attract_wide_river,
        attract_wide_ochres,
        attract_wide_village,
    )
}
