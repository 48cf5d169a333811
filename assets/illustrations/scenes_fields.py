# ruff: noqa: E501 - path data reads better unbroken
"""Fields and groves."""

from __future__ import annotations

import math
from collections.abc import Callable

from buildings import house, village
from figures import person
from kit import Scene, dark, light, mix, smooth
from plants import crown, cypress, olive, rows, shadow, tree


def lavender(s: Scene) -> None:
    s.sky("golden", 330)
    s.sun(720, 190, 46)
    s.cloud(300, 150, 80, 0.6)
    s.ridge(270, 34, "#A79AC4", 1.4, 0.4)
    s.ridge(305, 22, "#8D86B0", 2.0, 2.2)
    s.ridge(330, 12, "#8C9A6B", 1.7, 1.0)
    rows(s, 342, 560, "#6C55AE", "#C9A27A", 130)
    house(s, 300, 352, 120, 74, "#F3DDB5", floors=1, cols=3, shutter="#6F86B5")
    house(s, 222, 352, 62, 52, "#EFCF9C", floors=1, cols=1, door=False)
    for x, h in ((156, 150), (184, 118), (392, 140), (842, 128), (872, 160)):
        cypress(s, x, 356, h)


def vineyard(s: Scene) -> None:
    s.sky("golden", 300)
    s.sun(250, 170, 42)
    s.ridge(230, 40, "#B7A7C2", 1.2, 0.2)
    s.ridge(268, 26, "#93A07A", 1.5, 1.8)
    village(s, 720, 290, 240, 3)
    tones = ("#8DA25A", "#7E9650", "#9BAA5C", "#6F8A48")
    for i, y in enumerate((290, 338, 396, 466)):
        crest = s.ridge(y, 16, tones[i], 1.1 + 0.2 * i, 0.6 + i * 1.3)
        s.stroke(smooth(crest), "#E4CFA2", 5 + i, 0.9)
        depth = (34, 46, 62, 170)[i]
        step = 7 + i * 4.5
        for k in range(1, int(depth / step) + 2):
            line = [(x, yy + k * step + 4) for x, yy in crest]
            s.stroke(smooth(line), dark(tones[i], 0.35), 1.5 + i * 0.7, 0.5)
            for j, (x, yy) in enumerate(line):
                if j % 1 == 0:
                    for dx in (0.0, s.w / 44):
                        r = 4.2 + i * 2.2
                        s.ellipse(x + dx, yy - r * 0.5, r * 1.5, r, dark(tones[i], 0.16))
                        s.ellipse(x + dx + r * 0.3, yy - r * 0.8, r, r * 0.6, light(tones[i], 0.25))
    for x, h in ((90, 150), (120, 110), (920, 130)):
        cypress(s, x, 372 if x < 500 else 350, h)
    house(s, 430, 372, 96, 58, "#F0D2B0", floors=1, cols=2, shutter="#7C9A8B")


def orchard(s: Scene) -> None:
    s.sky("morning", 380)
    s.sun(800, 150, 38)
    s.cloud(260, 140, 90)
    s.ridge(260, 70, "#B7BBD2", 0.8, 0.6)
    s.ridge(320, 24, "#A7B97C", 1.6, 2.0)
    for x in range(40, 1024, 105):
        tree(s, x, 392, 100, "#86A855", "#C43B3B")
    s.ridge(390, 8, "#9DBA62", 1.5, 0.7)
    s.path("M440,640L500,396L530,396L620,640Z", "#DDE0A0", 0.6)
    for x, b, h in ((130, 500, 270), (890, 500, 280)):
        tree(s, x, b, h, "#6E9A48", "#C62F38", 1.15)
    s.limb([(300, 520), (244, 330)], "#A87B4E", 8)
    s.limb([(338, 520), (270, 330)], "#A87B4E", 8)
    for k in range(6):
        t = 0.1 + k * 0.15
        s.limb([(300 - 56 * t, 520 - 190 * t), (338 - 68 * t, 520 - 190 * t)], "#8A6242", 6)
    person(s, 288, 436, 150, "#46378B", "#6F86B5", "raise", -1, skin="#C98B63", hat="#F3DDB5")
    person(s, 690, 524, 158, "#D9553A", "#3B3566", "reach", skin="#E3B08A", hair="#8A5A34")
    for x, y, w in ((440, 540, 130), (570, 556, 110)):
        shadow(s, x, y + 2, w * 0.62, 8)
        for _ in range(34):
            s.circle(
                x + s.rng.uniform(-0.44, 0.44) * w,
                y - 44 - s.rng.uniform(0, 24),
                11,
                s.rng.choice(("#C62F38", "#A51E30", "#E05A50")),
            )
        s.rect(x - w / 2, y - 46, w, 46, "#C99A5E", 4)
        s.rect(x - w / 2, y - 26, w, 5, "#A87B4E")
    s.ridge(600, 8, "#7FA04C", 2.2, 0.1)


def olive_grove(s: Scene) -> None:
    s.sky("golden", 360)
    s.sun(260, 160, 42)
    s.ridge(260, 46, "#BBAFC2", 1.2, 2.0)
    s.ridge(310, 24, "#B5B084", 1.6, 0.6)
    house(s, 640, 390, 210, 120, "#F3DDB5", floors=2, cols=4, shutter="#7C9A8B")
    s.rect(752, 300, 60, 90, s.across((0, "#D4B488"), (1, "#F6E6C8")))
    s.poly([(744, 302), (820, 302), (808, 284), (756, 284)], "#B5552F")
    s.circle(782, 400, 62, "#5A4632")
    s.circle(782, 400, 52, "#8A6A48")
    for k in range(8):
        a = k * math.pi / 4
        s.limb([(782, 400), (782 + math.cos(a) * 58, 400 + math.sin(a) * 58)], "#5A4632", 6)
    s.circle(782, 400, 11, "#3A2A2A")
    s.ridge(408, 14, "#C9BE86", 1.4, 1.6)
    for x, b, h in ((70, 440, 150), (230, 448, 160), (400, 440, 150), (930, 448, 170)):
        olive(s, x, b, h)
    s.ridge(476, 12, "#B3A765", 1.2, 0.2)
    for x, b, h in ((130, 560, 250), (860, 570, 240)):
        olive(s, x, b, h)
    shadow(s, 480, 566, 150, 11)
    for x, c in ((390, "#46521F"), (450, "#6F7F2E")):
        s.rect(x, 470, 42, 92, c, 9)
        s.rect(x + 14, 444, 14, 34, c, 3)
        s.rect(x + 12, 436, 18, 12, "#C99A5E", 3)
        s.rect(x + 5, 500, 32, 34, "#FBF7F0", 3)
        s.rect(x + 30, 476, 5, 76, light(c, 0.4), 3, 0.6)
    s.path("M512,520h120q-4,44 -36,44h-48q-32,0 -36,-44Z", "#D9C29A")
    for i in range(22):
        s.ellipse(528 + (i * 37) % 92, 516 - (i % 3) * 8, 9, 7, ("#4E5B26", "#6F7F2E", "#3A2A44")[i % 3])


def truffle(s: Scene) -> None:
    s.rect(0, 0, s.w, s.h, s.vertical((0, "#F4E3B8"), (0.6, "#E3CE8E"), (1, "#B99A5A")))
    s.circle(640, 150, 190, s.radial((0, "#FFF6D2", 0.95), (1, "#FFF6D2", 0)))
    for depth, (count, base, h, c) in enumerate(
        ((12, 380, 320, "#C9BE86"), (9, 430, 400, "#98985E"), (6, 500, 520, "#6B7440"))
    ):
        for i in range(count):
            x = (i + 0.5) * s.w / count + s.rng.uniform(-26, 26)
            if depth == 2 and 330 < x < 760:
                continue
            s.poly(
                [
                    (x - 5 - depth * 5, base),
                    (x + 5 + depth * 5, base),
                    (x + 3 + depth * 3, base - h * 0.7),
                    (x - 3 - depth * 3, base - h * 0.7),
                ],
                mix("#B79F70", "#5A4230", depth / 2),
            )
            crown(s, x, base - h * 0.72, h * 0.46, h * 0.42, c, 9)
    s.ridge(446, 14, "#B98F4E", 1.4, 0.8)
    s.ridge(520, 12, "#8F6A38", 1.9, 2.1)
    for _ in range(70):
        s.ellipse(
            s.rng.uniform(0, 1024),
            s.rng.uniform(470, 636),
            9,
            4,
            s.rng.choice(("#D9A24A", "#B5642C", "#7A4B2A", "#E8C06A")),
            0.9,
            s.rng.uniform(0, 180),
        )
    person(s, 420, 520, 190, "#46521F", "#5A4632", "reach", skin="#D9A47C", hat="#8A6242")
    s.limb([(476, 400), (486, 520)], "#6B4630", 7)
    s.raw('<g transform="translate(620 524)">')
    shadow(s, 0, 0, 96, 9)
    s.limb([(-44, -40), (-50, -2)], "#D9D0C0", 13)
    s.limb([(36, -36), (40, -2)], "#D9D0C0", 13)
    s.path(
        "M-62,-66C-40,-84 20,-80 50,-68C74,-60 84,-46 96,-26L110,-14Q100,-2 84,-10L60,-30C20,-26 -40,-24 -60,-40Z",
        "#F6F0E2",
    )
    s.path("M-20,-76C0,-84 20,-80 34,-70C20,-52 -10,-54 -20,-76Z", "#8A5A34")
    s.path("M60,-64Q48,-40 62,-22Q76,-38 74,-54Z", "#8A5A34")
    s.stroke("M-60,-60Q-88,-80 -84,-104", "#F6F0E2", 9)
    s.limb([(-34, -36), (-30, -2)], "#F6F0E2", 13)
    s.limb([(48, -34), (56, -2)], "#F6F0E2", 13)
    s.circle(108, -12, 6, "#2B2130")
    s.circle(82, -30, 3.5, "#2B2130")
    s.raw("</g>")
    for x, r in ((752, 20), (786, 14), (730, 13)):
        s.circle(x, 524 - r * 0.5, r, "#2A2024")
        for _ in range(10):
            s.circle(x + s.rng.uniform(-r, r) * 0.7, 524 - r * 0.5 + s.rng.uniform(-r, r) * 0.7, 2, "#574648")


def bees(s: Scene) -> None:
    s.sky("golden", 340)
    s.sun(250, 170, 40)
    s.ridge(276, 40, "#A79AC4", 1.3, 1.2)
    s.ridge(318, 16, "#8F9F68", 1.6, 0.2)
    rows(s, 334, 512, "#7A62B8", "#CDAA7E", 105)
    for x, c in ((270, "#F2C14E"), (440, "#7FB0C4"), (610, "#E9E0D0"), (780, "#D98A5A")):
        shadow(s, x - 10, 532, 84, 11, 0.3)
        s.rect(x - 62, 404, 124, 122, s.across((0, dark(c, 0.22)), (0.5, c), (1, light(c, 0.3))), 4)
        s.rect(x - 62, 462, 124, 4, dark(c, 0.4), 0, 0.5)
        s.rect(x - 70, 388, 140, 20, "#8A6242", 4)
        s.rect(x - 70, 388, 140, 8, "#B98F5E", 4)
        s.rect(x - 34, 506, 68, 10, "#3A2A2A", 4)
        s.rect(x - 56, 526, 14, 16, "#6B4630")
        s.rect(x + 42, 526, 14, 16, "#6B4630")
    for _ in range(15):
        px, py = s.rng.uniform(130, 900), s.rng.uniform(180, 380)
        with s.group(f"translate({px:.0f} {py:.0f}) rotate({s.rng.uniform(-30, 30):.0f})"):
            s.ellipse(-3, -9, 7, 9, "#FFFFFF", 0.8, -20)
            s.ellipse(6, -9, 7, 9, "#FFFFFF", 0.8, 20)
            s.ellipse(0, 0, 13, 9, "#F2B93B")
            s.rect(-4, -8.5, 4, 17, "#2B2130")
            s.rect(4, -7.5, 4, 15, "#2B2130")


def goats(s: Scene) -> None:
    s.sky("morning", 380)
    s.sun(780, 150, 36)
    s.cloud(420, 130, 80)
    s.ridge(230, 70, "#BDB9C9", 1.2, 0.1)
    s.ridge(310, 30, "#9DAE7C", 1.4, 2.0)
    house(s, 210, 400, 240, 110, "#EFCF9C", floors=1, cols=4, shutter="#8FA3B8")
    s.ridge(392, 20, "#A9BA68", 1.1, 1.3)
    s.ridge(470, 16, "#8CA552", 1.5, 0.4)
    for x in range(20, 1024, 120):
        s.rect(x, 452, 11, 66, "#A87B4E", 3)
    s.stroke("M-10,472H1040M-10,496H1040", "#B98F5E", 7)
    for x, b, k, c, f in (
        (400, 548, 1.0, "#F3EADA", 1),
        (640, 556, 1.1, "#8A5A3C", -1),
        (800, 540, 0.8, "#D9C7A8", 1),
        (240, 556, 0.62, "#FBF7F0", -1),
    ):
        with s.group(f"translate({x} {b}) scale({k * f} {k})"):
            shadow(s, 0, 0, 84, 8)
            for lx in (-46, 34):
                s.limb([(lx, -50), (lx - 4, -2)], dark(c, 0.22), 11)
            s.path(
                "M-66,-94C-40,-106 30,-104 54,-96L82,-138L108,-128C108,-100 84,-62 60,-50C20,-40 -40,-40 -62,-52C-74,-64 -76,-84 -66,-94Z",
                c,
            )
            for lx in (-32, 50):
                s.limb([(lx, -50), (lx + 2, -2)], c, 12)
            s.path("M80,-140Q94,-160 112,-148L134,-118Q130,-104 116,-106L94,-116Z", c)
            s.stroke("M92,-148Q86,-180 66,-190M102,-150Q102,-180 86,-196", "#6B5A4A", 7)
            s.path("M84,-142Q62,-140 60,-124Q78,-122 90,-132Z", dark(c, 0.25))
            s.path("M118,-106Q118,-86 124,-80Q128,-92 126,-106Z", dark(c, 0.2))
            s.circle(108, -134, 4, "#2B2130")
            s.stroke("M-66,-88Q-84,-104 -78,-116", c, 9)
            s.rect(70, -112, 30, 8, "#9B2226", 4)
    s.ridge(596, 8, "#6F8E46", 2.4, 0.8)


SCENES: dict[str, Callable[[Scene], None]] = {
    f.__name__: f for f in (lavender, vineyard, orchard, olive_grove, truffle, bees, goats)
}
