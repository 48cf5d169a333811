# ruff: noqa: E501 - path data reads better unbroken
"""Squares, streets and feasts."""

from __future__ import annotations

import math
from collections.abc import Callable

from buildings import bell_tower, house, lantern_string, village
from figures import person
from kit import SHUTTERS, TILE, WALLS, Scene, dark, light, mix
from plants import plane_tree, shadow


def market(s: Scene) -> None:
    s.sky("morning", 420)
    for i, (x, w, h) in enumerate(
        ((70, 190, 230), (250, 170, 200), (700, 170, 210), (880, 200, 240), (1010, 120, 200))
    ):
        house(s, x, 400, w, h, WALLS[i % 5], floors=3, cols=3, shutter=SHUTTERS[i % 4], door=False)
    bell_tower(s, 628, 400, 70, 250)
    house(s, 545, 400, 160, 150, "#F6E6C8", floors=2, cols=3, shutter=SHUTTERS[1], door=False)
    plane_tree(s, 330, 420, 300)
    s.rect(0, 396, s.w, 320, s.vertical((0, "#E6CDA0"), (1, "#C9A878")))
    for k in range(5):
        s.stroke(f"M-10,{420 + k * 44}H1040", "#B89566", 1.5, 0.35)
    for x, a in ((180, "#C8402F"), (512, "#46378B"), (850, "#5F8B3A")):
        left, w = x - 140, 280
        shadow(s, x, 520, 150, 12)
        for px in (left + 12, left + w - 18):
            s.rect(px, 320, 7, 196, "#8A6242")
        person(s, x + 30, 468, 150, "#F2C14E" if a != "#C8402F" else "#46378B", "#3B3566", "stand", -1)
        s.poly([(left + 24, 276), (left + w - 24, 276), (left + w + 8, 330), (left - 8, 330)], a)
        for k in range(8):
            x1, x2 = left - 8 + k * (w + 16) / 8, left - 8 + (k + 1) * (w + 16) / 8
            t1, t2 = left + 24 + k * (w - 48) / 8, left + 24 + (k + 1) * (w - 48) / 8
            c = a if k % 2 else "#FBF3E2"
            s.poly([(t1, 276), (t2, 276), (x2, 330), (x1, 330)], c)
            s.path(f"M{x1:.1f},330H{x2:.1f}V340A{(x2 - x1) / 2:.1f},13 0 0 1 {x1:.1f},340Z", dark(c, 0.1))
        fruits = ("#D9553A", "#F2B93B", "#6F9A3A", "#7A4B9A", "#E88A3A")
        for crate in range(4):
            cx = left + 40 + crate * 66
            for k in range(11):
                s.circle(
                    cx - 26 + (k % 6) * 10.5,
                    440 - (k // 6) * 10,
                    8,
                    fruits[(crate + (a == "#46378B")) % 5] if k % 4 else light(fruits[(crate + 1) % 5], 0.2),
                )
            s.poly([(cx - 34, 442), (cx + 34, 442), (cx + 30, 466), (cx - 30, 466)], "#C99A5E")
            s.rect(cx - 32, 452, 64, 3, "#A87B4E")
        s.rect(left + 2, 464, w - 4, 52, s.vertical((0, "#9A6A42"), (1, "#7A5032")), 3)
    person(s, 345, 532, 168, "#9B2226", "#32265F", "walk", 1, skin="#E3B08A", hair="#4A2F22", skirt=True)
    person(s, 690, 536, 172, "#FBF7F0", "#6F86B5", "reach", 1, hat="#E8C06A")
    s.path("M366,466h30l-4,34h-22Z", "#D9B98A")
    for k, c in enumerate(("#6F9A3A", "#5F8A3A", "#E8C06A")):
        s.stroke(f"M{372 + k * 8},468q{-4 + 4 * k},-18 {k * 5 - 4},-28", c, 5)


def concert(s: Scene) -> None:
    s.sky("dusk", 460)
    s.stars(60, 190)
    s.circle(180, 150, 26, "#FFF1C9")
    s.circle(180, 150, 90, s.radial((0, "#FFE9B8", 0.4), (1, "#FFE9B8", 0)))
    for i, (x, w, h) in enumerate(((60, 180, 190), (230, 160, 160), (800, 170, 180), (970, 180, 210))):
        house(
            s,
            x,
            440,
            w,
            h,
            mix(WALLS[i], "#5A3A78", 0.5),
            mix(TILE, "#4A2A60", 0.45),
            2,
            3,
            mix(SHUTTERS[i], "#3A2A60", 0.5),
            True,
            door=False,
        )
    bell_tower(s, 388, 440, 60, 230, "#A07C86", True)
    s.rect(0, 434, s.w, 280, s.vertical((0, "#7A5470"), (1, "#32225A")))
    s.ellipse(512, 478, 360, 110, s.radial((0, "#FFD98A", 0.55), (1, "#FFD98A", 0)))
    plane_tree(s, 150, 500, 390, "#4F5A55", True)
    plane_tree(s, 880, 500, 400, "#4A5558", True)
    lantern_string(s, 190, 236, 512, 226, 26)
    lantern_string(s, 512, 226, 850, 236, 26)
    s.poly([(300, 452), (724, 452), (760, 486), (264, 486)], "#8A5A3C")
    s.rect(264, 486, 496, 22, "#5A3A3A")
    for x, shirt, kind in ((390, "#FBF7F0", "guitar"), (512, "#9B2226", "violin"), (632, "#F2C14E", "bass")):
        shadow(s, x, 470, 44, 6, 0.3)
        if kind == "bass":
            person(s, x, 468, 158, shirt, "#2B2440", "reach", -1, skin="#C98B63", hat="#2B2440")
            s.limb([(x - 34, 466), (x - 34, 320)], "#4A2F22", 8)
            s.path(
                f"M{x - 34},372c24,0 26,24 16,34c18,14 18,58 -16,58c-34,0 -34,-44 -16,-58c-10,-10 -8,-34 16,-34Z",
                "#A5552C",
            )
            s.stroke(f"M{x - 34},330V456", "#F3DDB5", 2)
        elif kind == "guitar":
            s.rect(x - 26, 440, 56, 9, "#4A2F22")
            person(s, x, 432, 150, shirt, "#3B3566", "sit", 1, skin="#D9A47C", hair="#2B2130")
            s.ellipse(x + 18, 402, 25, 20, "#C8793A")
            s.ellipse(x + 42, 394, 18, 15, "#C8793A")
            s.circle(x + 28, 398, 8, "#3A2420")
            s.limb([(x + 48, 390), (x + 104, 364)], "#4A2F22", 6)
        else:
            person(s, x, 468, 152, shirt, "#32265F", "reach", 1, skin="#E3B08A", hair="#4A2F22", skirt=True)
            s.ellipse(x + 34, 346, 22, 10, "#A5552C", 1, -12)
            s.limb([(x + 50, 342), (x + 76, 336)], "#3A2420", 4)
            s.limb([(x + 24, 372), (x + 60, 308)], "#F3DDB5", 3)
    for row in range(3):
        for i in range(13 + row):
            px = (i + 0.5 + 0.3 * (row % 2)) * s.w / (13 + row)
            py, r = 548 + row * 38, 17 + row * 4
            c = ("#2A1B50", "#221545", "#190E38")[row]
            s.path(
                f"M{px - r * 1.7:.1f},{py + 80}Q{px - r * 1.6:.1f},{py + r:.1f} {px:.1f},{py + r * 0.8:.1f}Q{px + r * 1.6:.1f},{py + r:.1f} {px + r * 1.7:.1f},{py + 80}Z",
                c,
            )
            s.circle(px, py, r, c)
            s.stroke(
                f"M{px - r * 0.6:.1f},{py - r * 0.72:.1f}A{r:.1f},{r:.1f} 0 0 1 {px + r * 0.6:.1f},{py - r * 0.72:.1f}",
                "#E8A468",
                2,
                0.5,
            )


def petanque(s: Scene) -> None:
    s.sky("golden", 400)
    for i, (x, w, h) in enumerate(
        ((110, 220, 200), (320, 190, 170), (520, 210, 190), (730, 190, 180), (930, 220, 210))
    ):
        house(s, x, 400, w, h, WALLS[(i + 2) % 5], floors=2, cols=3, shutter=SHUTTERS[i % 4])
    s.rect(0, 396, s.w, 320, s.vertical((0, "#EFD7A6"), (1, "#DDB87C")))
    for x in (90, 480, 900):
        plane_tree(s, x, 420, 330)
        s.ellipse(x - 60, 452, 190, 26, "#B98B5A", 0.4)
    s.rect(610, 428, 150, 10, "#8A6242", 3)
    s.rect(610, 400, 150, 8, "#8A6242", 3)
    for x in (622, 742):
        s.rect(x, 404, 8, 52, "#5A4258")
    person(s, 660, 428, 100, "#6F86B5", "#5A4632", "sit", -1, skin="#E3B08A", hair="#D9C7A8")
    person(s, 716, 428, 100, "#9B2226", "#3B3566", "sit", -1, skin="#C98B63", hat="#F6E6C8")
    person(s, 260, 532, 184, "#46378B", "#D9C29A", "reach", 1, skin="#C98B63", hat="#FBF7F0")
    person(s, 176, 522, 170, "#FBF7F0", "#46521F", "stand", 1, skin="#8A5A3C", hair="#2B2130")
    person(s, 880, 528, 176, "#D9553A", "#3B3566", "stand", -1, skin="#E3B08A", hair="#8A5A34", skirt=True)
    s.stroke("M330,430Q440,340 560,420", "#8A6242", 2.5, 0.5)
    for x, y, r in ((560, 424, 15), (590, 524, 18), (640, 508, 18), (470, 528, 18), (690, 530, 18)):
        if y > 500:
            shadow(s, x - 6, y + 14, 22, 6, 0.3)
        s.circle(x, y, r, s.radial((0, "#E4E2EA"), (0.6, "#A5A2B5"), (1, "#6C6880")))
        s.circle(x + r * 0.3, y - r * 0.35, r * 0.25, "#FFFFFF", 0.8)
    shadow(s, 622, 528, 12, 4, 0.3)
    s.circle(624, 522, 8, "#D9553A")


def fountain(s: Scene) -> None:
    s.sky("morning", 420)
    for i, (x, w, h) in enumerate(
        ((60, 200, 230), (236, 170, 190), (400, 170, 220), (640, 180, 200), (812, 180, 230), (980, 180, 190))
    ):
        house(s, x, 420, w, h, WALLS[i % 5], floors=3, cols=2, shutter=SHUTTERS[(i + 1) % 4])
    plane_tree(s, 170, 470, 370)
    s.rect(0, 416, s.w, 300, s.vertical((0, "#E8D2A6"), (1, "#CFAF7C")))
    for r in range(5):
        s.raw(
            f'<ellipse cx="540" cy="500" rx="{330 + r * 90}" ry="{56 + r * 26}" fill="none" stroke="#BF9E6C" stroke-width="2" opacity="0.5"/>'
        )
    shadow(s, 520, 524, 270, 22, 0.25)
    stone = s.across((0, "#B59F7C"), (0.5, "#E6D3AC"), (1, "#FFF2D6"))
    s.path("M300,450H780L764,520Q540,548 316,520Z", stone)
    s.ellipse(540, 450, 244, 30, "#F3E4C2")
    s.ellipse(540, 450, 222, 23, "#5FB0C4")
    s.ellipse(570, 446, 150, 12, "#A9DCE2", 0.7)
    s.rect(512, 250, 56, 200, stone)
    s.rect(500, 238, 80, 16, "#EAD7AE", 4)
    s.ellipse(540, 300, 96, 20, "#E6D3AC")
    s.ellipse(540, 296, 82, 13, "#6FBCCB")
    s.path("M444,300Q470,340 520,344H560Q610,340 636,300Q600,318 540,320T444,300Z", "#BFA982")
    s.circle(540, 210, 28, "#8FA06A")
    s.circle(526, 218, 16, "#A9B87C")
    s.circle(556, 204, 14, "#A9B87C")
    for d in (-1, 1):
        s.stroke(f"M{540 + d * 86},300Q{540 + d * 128},320 {540 + d * 136},440", "#CFEFF2", 6, 0.9)
        s.stroke(f"M{540 + d * 60},306Q{540 + d * 84},330 {540 + d * 88},444", "#E6F8F8", 4, 0.9)
        s.ellipse(540 + d * 134, 446, 24, 6, "#FFFFFF", 0.8)
    person(s, 330, 450, 128, "#D9553A", "#3B3566", "sit", -1, skin="#E3B08A", hair="#4A2F22")
    person(s, 850, 532, 165, "#46378B", "#F3DDB5", "walk", -1, skin="#C98B63", hair="#2B2130", skirt=True)
    person(s, 790, 536, 96, "#F2C14E", "#3B3566", "raise", -1, skin="#C98B63")
    for x, y in ((230, 520), (262, 534), (200, 540)):
        s.ellipse(x, y, 15, 9, "#8F96A8")
        s.circle(x + 14, y - 9, 6, "#7A8296")
        s.poly([(x + 19, y - 10), (x + 26, y - 7), (x + 19, y - 6)], "#D98A3D")


def festival(s: Scene) -> None:
    s.sky("night", 560)
    s.stars(80, 300)
    for x, y, r, c in (
        (300, 200, 120, "#F2C14E"),
        (560, 150, 105, "#FF8A6A"),
        (760, 230, 120, "#B9A6FF"),
        (450, 290, 66, "#8FD6C8"),
        (900, 150, 70, "#FFD98A"),
    ):
        s.circle(x, y, r * 1.5, s.radial((0, c, 0.35), (1, c, 0)))
        for ring, n in ((1.0, 18), (0.62, 12), (0.3, 7)):
            for k in range(n):
                a = math.tau * k / n + ring
                x1, y1 = x + math.cos(a) * r * ring * 0.66, y + math.sin(a) * r * ring * 0.66
                x2, y2 = x + math.cos(a) * r * ring, y + math.sin(a) * r * ring
                s.limb([(x1, y1), (x2, y2)], c, 2.6)
                s.circle(x2, y2, 4, light(c, 0.5))
    s.stroke("M560,420Q540,300 560,170M300,430Q320,320 300,220M760,430Q744,330 760,250", "#FFE6B0", 2, 0.35)
    s.ridge(440, 26, "#2A1F58", 1.4, 0.5)
    village(s, 540, 500, 520, 3, night=True)
    s.ridge(498, 8, "#231848", 1.3, 0.5)
    s.rect(0, 500, s.w, 210, s.vertical((0, "#2A1C52"), (1, "#140C30")))
    lantern_string(s, -10, 420, 340, 470, 20)
    lantern_string(s, 690, 470, 1034, 420, 20)
    for i in range(15):
        px = 40 + i * 68 + s.rng.uniform(-14, 14)
        person(
            s,
            px,
            590 + (i % 3) * 16,
            130 + (i % 4) * 9,
            ("#3A2C78", "#5A2F55", "#2F4A60", "#4A3A2A")[i % 4],
            "#120C2C",
            ("raise", "stand", "stand")[i % 3],
            skin="#6B4F70",
            hair="#120C2C",
        )


def antiques(s: Scene) -> None:
    s.sky("noon", 400)
    for i, (x, w, h) in enumerate(((120, 260, 250), (370, 230, 210), (620, 250, 230), (890, 280, 260))):
        house(s, x, 400, w, h, WALLS[i], floors=3, cols=3, shutter=SHUTTERS[i])
    s.rect(0, 396, s.w, 320, s.vertical((0, "#E9D3A8"), (1, "#C9A672")))
    plane_tree(s, 60, 450, 400)
    plane_tree(s, 970, 460, 380)
    s.path("M210,452h320l14,26H196Z", "#46378B")
    s.path("M196,478h348v56H196Z", "#5D4F9E")
    for k in range(8):
        s.rect(204 + k * 43, 478, 4, 56, "#32265F", 0, 0.5)
    for x, c in ((240, "#C96B2C"), (290, "#4F8FA8")):
        s.path(f"M{x - 14},452q-16,-30 2,-48l-2,-14h28l-2,14q18,18 2,48Z", c)
    s.rect(340, 372, 80, 80, "#C99A5E", 3)
    s.rect(349, 381, 62, 62, "#BFE0EA")
    s.path("M349,443V420Q376,400 411,426V443Z", "#7F9A55")
    s.circle(470, 416, 30, "#B98F3E")
    s.circle(470, 416, 23, "#FBF7F0")
    s.stroke("M470,416V400M470,416L480,420", "#261F33", 3)
    s.path("M446,452h48l-6,-10h-36Z", "#8A5A3C")
    shadow(s, 610, 538, 56, 8)
    s.path("M572,400q36,-20 76,0v66h-76Z", "#9B2226")
    s.rect(564, 458, 92, 22, "#B5383A", 8)
    for x in (576, 644):
        s.limb([(x, 480), (x + (-4 if x < 600 else 4), 534)], "#7A4B32", 8)
    s.rect(690, 366, 8, 166, "#8A6A3A")
    s.ellipse(694, 534, 30, 6, "#8A6A3A")
    s.path("M662,372l14,-54h36l14,54Z", "#F2C14E")
    s.rect(760, 440, 110, 94, "#8A5A3C", 4)
    for k in range(9):
        s.rect(
            768 + k * 11, 420 - (k % 3) * 5, 9, 40 + (k % 3) * 5, ("#46378B", "#9B2226", "#46521F", "#C96B2C")[k % 4], 1
        )
    s.rect(760, 456, 110, 78, "#A8703F", 4)
    person(s, 548, 530, 176, "#6F9A54", "#3B3566", "reach", -1, skin="#E3B08A", hair="#4A2F22", skirt=True)
    person(s, 140, 536, 184, "#FBF7F0", "#5A4632", "stand", 1, skin="#C98B63", hat="#8A6242")
    person(s, 900, 532, 170, "#F2C14E", "#46378B", "walk", -1, skin="#8A5A3C", hair="#2B2130")


def cafe(s: Scene) -> None:
    s.sky("morning", 440)
    for i, (x, w, h) in enumerate(((90, 240, 310), (940, 240, 320))):
        house(s, x, 450, w, h, WALLS[i + 1], floors=3, cols=3, shutter=SHUTTERS[i + 2])
    s.rect(0, 440, s.w, 270, s.vertical((0, "#E6D0A4"), (1, "#C4A272")))
    house(s, 512, 450, 560, 330, "#F6E1B8", floors=3, cols=6, shutter="#8FA3B8", door=False)
    s.rect(250, 330, 524, 122, "#46521F", 4)
    for x in (276, 402, 640):
        s.rect(x, 346, 108, 106, "#FFE9BC", 3)
        s.rect(x, 346, 108, 106, "#8A5A3C", 3, 0.18)
        s.circle(x + 54, 372, 10, "#FFF6DF")
    s.rect(530, 346, 90, 106, "#2F3A1A", 3)
    s.path("M236,296h552l26,42H210Z", "#46521F")
    for k in range(8):
        s.poly([(236 + k * 69, 296), (270 + k * 69, 296), (248 + k * 75.5, 338), (210 + k * 75.5, 338)], "#F6EBD8")
    for k in range(16):
        s.path(f"M{210 + k * 37.75},338h37.75a18.9,14 0 0 1 -37.75,0Z", "#46521F" if k % 2 else "#F6EBD8")
    for x, shirt, f in ((250, "#D9553A", 1), (640, "#46378B", 1)):
        shadow(s, x + 90, 540, 130, 9)
        person(s, x, 476, 150, shirt, pose="sit", facing=f, skin="#C98B63", hair="#2B2130")
        person(
            s,
            x + 180,
            476,
            145,
            "#F2C14E" if x < 400 else "#6F9A54",
            pose="sit",
            facing=-1,
            skin="#E3B08A",
            hair="#8A5A34",
        )
        for d in (-4, 184):
            s.limb([(x + d, 480), (x + d, 536)], "#7A4B32", 6)
            s.limb([(x + d - 16, 482), (x + d + 16, 482)], "#A8703F", 8)
            s.limb([(x + d + (-18 if d < 0 else 18), 482), (x + d + (-24 if d < 0 else 24), 420)], "#A8703F", 6)
        s.ellipse(x + 90, 452, 56, 9, "#FBF7F0")
        s.rect(x + 86, 456, 8, 80, "#4A4258")
        s.rect(x + 62, 534, 56, 7, "#4A4258", 3)
        for dx in (68, 108):
            s.path(f"M{x + dx - 9},434h18q0,16 -9,16q-9,0 -9,-16Z", "#FFFFFF")
            s.ellipse(x + dx, 434, 9, 2.6, "#6B4030")
    plane_tree(s, 930, 570, 470)


SCENES: dict[str, Callable[[Scene], None]] = {
    f.__name__: f for f in (market, concert, petanque, fountain, festival, antiques, cafe)
}
