# ruff: noqa: E501 - path data reads better unbroken
"""Monuments and places to arrive at."""

from __future__ import annotations

import math
from collections.abc import Callable

from buildings import house, village, window
from figures import person
from kit import SHUTTERS, SUN, TILE, WALLS, Scene, dark, light, mix
from plants import bush, cypress, plane_tree, rows, shadow, tree


def hilltop(s: Scene) -> None:
    s.sky("golden", 460)
    s.sun(820, 180, 46)
    s.cloud(180, 150, 70, 0.6)
    s.birds(250, 190, 3)
    s.ridge(330, 50, "#B9AAC6", 1.2, 0.3)
    s.ridge(380, 26, "#9AA080", 1.7, 2.0)
    s.path("M90,640C200,470 300,330 420,270C480,246 560,246 620,276C720,330 800,450 940,640Z", "#A5A56B")
    s.path("M520,252C580,250 620,270 660,300C760,390 840,500 940,640L560,640Z", "#BDB876")
    village(s, 512, 384, 420, 4)
    for x, b, h in ((290, 430, 90), (316, 436, 120), (716, 424, 110), (744, 436, 80)):
        cypress(s, x, b, h)
    s.path(
        "M420,640C470,560 640,540 600,480C570,440 460,430 480,392L498,392C490,426 610,430 650,480C690,550 560,580 530,640Z",
        "#F0DDB4",
    )
    for x, b in ((240, 520), (350, 500), (740, 510), (820, 560), (700, 600), (300, 590)):
        tree(s, x, b, 74, "#7C8F4C")
    s.ridge(606, 12, "#7F8B4A", 1.9, 0.9)


def museum(s: Scene) -> None:
    s.sky("noon", 460)
    s.cloud(200, 140, 80)
    s.cloud(820, 170, 70)
    s.ridge(330, 40, "#A8BFA0", 1.3, 0.5)
    for x in (90, 170, 860, 940):
        cypress(s, x, 470, 210 if x in (170, 860) else 170)
    wall = "#F3DFBC"
    s.rect(252, 236, 520, 234, s.across((0, dark(wall, 0.14)), (0.5, wall), (1, light(wall, 0.4))))
    for x in (214, 700):
        s.rect(x, 266, 110, 204, s.across((0, "#DDC298"), (1, "#F7E8CC")))
        window(s, x + 55, 310, 40, 66, "#8577CC")
        window(s, x + 55, 402, 40, 50, "#8577CC")
        s.poly([(x - 8, 268), (x + 118, 268), (x + 106, 246), (x + 4, 246)], TILE)
    s.poly([(330, 240), (512, 160), (694, 240)], "#EAD0A0")
    s.poly([(372, 234), (512, 174), (652, 234)], "#D9BC88")
    with s.group("translate(512 214)"):
        for k in range(-2, 3):
            s.stroke(f"M0,12Q{k * 8},-8 {k * 11},-24", "#6C55AE", 3)
            for j in range(4):
                s.ellipse(k * (5 + j * 1.8), -6 - j * 6, 4, 3.4, "#7A62B8")
    s.rect(330, 236, 364, 14, "#FBF1DC")
    for k in range(5):
        x = 352 + k * 75
        s.rect(x, 250, 24, 196, s.across((0, "#D8BC8E"), (0.5, "#FBF1DC"), (1, "#FFF9EA")))
        s.rect(x - 5, 250, 34, 9, "#EAD7AE")
        s.rect(x - 5, 438, 34, 10, "#EAD7AE")
    s.path("M464,446v-104a48,48 0 0 1 96,0v104Z", "#5A3E5E")
    s.rect(508, 320, 8, 126, "#46304C")
    for k in range(4):
        s.rect(318 - k * 14, 446 + k * 9, 388 + k * 28, 10, mix("#FBF1DC", "#C9AE80", k / 4))
    s.rect(0, 481, s.w, 230, s.vertical((0, "#E9D5A8"), (1, "#C9B27E")))
    for x, c in ((416, "#6C55AE"), (586, "#D98A3D")):
        s.rect(x - 20, 270, 44, 110, c, 2)
        s.rect(x - 20, 300, 44, 10, "#FBF7F0", 0, 0.8)
        s.circle(x + 2, 342, 13, "#FBF7F0", 0.85)
    rows(s, 522, 512, "#7A62B8", "#CDAE78", 110, bottom=700)
    for x, shirt, legs, pose in (
        (300, "#D9553A", "#3B3566", "walk"),
        (346, "#F2C14E", "#46521F", "walk"),
        (742, "#46378B", "#8A3B0C", "stand"),
    ):
        person(s, x, 512, 112 if x != 346 else 84, shirt, legs, pose)


def abbey(s: Scene) -> None:
    s.sky("morning", 400)
    s.sun(840, 150, 38)
    s.ridge(220, 60, "#B9B5CF", 1.3, 2.2)
    s.ridge(290, 40, "#8FA084", 1.6, 0.4)
    s.ridge(350, 16, "#7F9468", 1.2, 1.2)
    stone = "#EAD8B4"
    lit = s.across((0, dark(stone, 0.2)), (0.5, stone), (1, light(stone, 0.4)))
    s.rect(240, 320, 210, 110, lit)
    s.poly([(228, 322), (462, 322), (440, 282), (250, 282)], "#C07A50")
    s.rect(420, 250, 300, 180, lit)
    s.poly([(404, 252), (570, 176), (736, 252)], "#B56A44")
    s.poly([(570, 176), (736, 252), (722, 252), (570, 188)], light("#B56A44", 0.3))
    s.rect(532, 128, 76, 70, lit)
    s.poly([(522, 130), (618, 130), (570, 66)], "#A9603C")
    s.poly([(570, 66), (618, 130), (580, 130)], light("#A9603C", 0.25))
    for x in (552, 588):
        s.path(f"M{x - 9},178v-22a9,9 0 0 1 18,0v22Z", "#5A4A66")
    s.path("M536,430v-70a34,34 0 0 1 68,0v70Z", "#6B4630")
    s.stroke("M524,430v-72a46,46 0 0 1 92,0v72", "#CDB488", 8, 1, "butt")
    s.circle(570, 268, 25, "#5A4A66")
    for k in range(8):
        a = k * math.pi / 4
        s.limb([(570, 268), (570 + math.cos(a) * 24, 268 + math.sin(a) * 24)], stone, 2.4)
    for x in (462, 678):
        s.path(f"M{x - 11},376v-56a11,11 0 0 1 22,0v56Z", "#5A4A66")
    for k in range(4):
        x = 272 + k * 48
        s.path(f"M{x - 16},430v-44a16,16 0 0 1 32,0v44Z", "#6E5C74")
    s.rect(230, 426, 506, 12, "#CDB488")
    for x, h in ((200, 190), (770, 220), (808, 170)):
        cypress(s, x, 442, h)
    rows(s, 438, 560, "#7159B2", "#CDAA7E", 120)
    person(s, 640, 520, 96, "#FBF7F0", "#FBF7F0", "walk", -1, hat="#F3DDB5", skirt=True)


def castle(s: Scene) -> None:
    s.sky("dusk", 470)
    s.stars(40, 150)
    s.ridge(380, 50, "#8B5F90", 1.2, 0.8)
    s.ridge(420, 26, "#5F4A78", 1.6, 2.4)
    s.path("M180,640C210,520 250,424 312,408L738,404C790,436 830,520 870,640Z", "#5A4A52")
    s.path("M560,404L738,404C790,436 830,520 870,640L640,640C640,560 620,470 560,404Z", "#74594E")
    stone = "#D9B08A"

    def tower(x: float, base: float, w: float, h: float) -> None:
        s.rect(x - w / 2, base - h, w, h, s.across((0, dark(stone, 0.42)), (0.55, stone), (1, light(stone, 0.3))))
        s.rect(x - w * 0.57, base - h - 16, w * 1.14, 22, s.across((0, dark(stone, 0.45)), (1, light(stone, 0.2))))
        n = 4
        for k in range(n):
            s.rect(
                x - w * 0.57 + k * w * 1.14 / (n - 0.45),
                base - h - 34,
                w * 1.14 / (n * 1.75),
                20,
                mix(dark(stone, 0.4), light(stone, 0.2), k / n),
            )

    s.rect(330, 300, 380, 122, s.across((0, dark(stone, 0.35)), (1, stone)))
    for k in range(10):
        s.rect(336 + k * 38, 284, 22, 18, mix(dark(stone, 0.35), stone, k / 10))
    tower(520, 330, 110, 180)
    tower(350, 428, 92, 186)
    tower(690, 424, 96, 200)
    s.stroke("M520,104V152", "#3A2A50", 4)
    s.path("M522,106q26,-10 50,2t22,0v28q-22,8 -36,0t-36,2Z", "#F2C14E")
    for x, y, lit in (
        (520, 190, True),
        (500, 250, False),
        (544, 250, True),
        (350, 282, True),
        (690, 268, True),
        (690, 330, False),
        (440, 336, True),
        (600, 336, False),
    ):
        s.path(f"M{x - 7},{y + 26}v-20a7,7 0 0 1 14,0v20Z", "#FFD98A" if lit else "#4A3350")
    s.path("M492,424v-44a28,28 0 0 1 56,0v44Z", "#3A2438")
    s.path("M496,640C510,560 470,520 500,470L506,424H536C540,470 590,520 580,640Z", "#C99A78")
    for x, b, h in ((250, 520, 110), (220, 560, 130), (800, 540, 120), (840, 590, 140)):
        cypress(s, x, b, h, "#3A4A40")
    s.ridge(606, 12, "#3A2E46", 1.8, 0.4)


def hotel(s: Scene) -> None:
    s.sky("morning", 440)
    s.sun(880, 140, 36)
    s.cloud(120, 130, 70)
    s.ridge(300, 40, "#B4C2A8", 1.4, 0.6)
    house(s, 512, 470, 560, 300, "#F6E1B8", floors=3, cols=6, shutter="#7F93C4", door=False)
    s.rect(470, 372, 84, 98, "#6B4A5E", 4)
    s.path("M470,388a42,42 0 0 1 84,0Z", "#FFE0A0")
    s.rect(510, 388, 4, 82, "#4A3048")
    s.path("M430,372h164l18,34h-200Z", "#9B2226")
    for k in range(5):
        s.poly([(432 + k * 34, 372), (448 + k * 34, 372), (450 + k * 37, 406), (430 + k * 37, 406)], "#FBF3E2")
    s.rect(422, 262, 180, 34, "#32265F", 8)
    for k in range(3):
        x, y = 468 + k * 44, 279
        star = [
            (
                x + (11 if j % 2 == 0 else 4.6) * math.sin(j * math.pi / 5),
                y - (11 if j % 2 == 0 else 4.6) * math.cos(j * math.pi / 5),
            )
            for j in range(10)
        ]
        s.poly(star, SUN)
    for c in range(6):
        px = 232 + (c + 0.5) * 93.3
        if 420 < px < 610:
            continue
        py = 170 + 94 + 76
        s.rect(px - 34, py, 68, 9, "#8A5A3C", 2)
        for k in range(6):
            s.circle(px - 28 + k * 11, py - 5, 8, ("#D9553A", "#E88AA0", "#6F9A3A")[k % 3])
    s.rect(0, 466, s.w, 250, s.vertical((0, "#EAD5A6"), (1, "#CDAE78")))
    plane_tree(s, 110, 520, 400)
    plane_tree(s, 918, 520, 380)
    for x in (300, 700):
        shadow(s, x, 536, 70, 8)
        s.rect(x - 42, 478, 84, 9, "#7C9A8B", 4)
        s.rect(x - 4, 484, 8, 50, "#5A4258")
        for d in (-70, 70):
            s.limb([(x + d, 532), (x + d, 496), (x + d * 0.62, 496), (x + d * 0.62, 532)], "#7C9A8B", 6)
            s.limb([(x + d, 498), (x + d * 1.06, 450)], "#7C9A8B", 6)
    s.path("M290,478v-22h20v22Z", "#FBF7F0")
    person(s, 592, 520, 150, "#46378B", "#32265F", "raise", 1, skin="#C98B63", hair="#2B2130", skirt=True)
    person(s, 436, 528, 150, "#D9553A", "#6F86B5", "walk", 1, skin="#E3B08A", hair="#8A5A34")
    s.rect(384, 484, 34, 44, "#46521F", 6)
    s.stroke("M392,484v-14h18v14", "#2B2440", 4)


def station(s: Scene) -> None:
    s.sky("noon", 420)
    s.cloud(230, 150, 90)
    s.cloud(830, 130, 70)
    s.ridge(300, 50, "#A9BFA4", 1.3, 1.6)
    for x in (700, 800, 900, 990):
        tree(s, x, 410, 150, "#86A65C")
    house(s, 330, 420, 360, 190, "#F3DDB5", floors=2, cols=5, shutter="#6F86B5")
    s.rect(282, 190, 96, 60, "#EFCF9C")
    s.poly([(270, 192), (390, 192), (330, 152)], TILE)
    s.circle(330, 220, 23, "#FBF7F0")
    s.circle(330, 220, 23, "#46378B", 0.15)
    s.stroke("M330,220V205M330,220L341,225", "#261F33", 3.5)
    s.rect(132, 322, 396, 14, "#46378B")
    for k in range(22):
        s.path(f"M{132 + k * 18},336h18l-9,13Z", "#46378B" if k % 2 else "#F2C14E")
    for x in (150, 270, 390, 510):
        s.rect(x, 336, 6, 84, "#4A4258")
    s.rect(0, 416, s.w, 44, s.vertical((0, "#E8D8B8"), (1, "#CBB58C")))
    s.rect(0, 440, s.w, 5, "#F2C14E")
    s.rect(0, 458, s.w, 252, s.vertical((0, "#8F8577"), (1, "#6F6558")))
    for k in range(26):
        s.poly([(k * 44 - 20, 528), (k * 44, 528), (k * 44 - 12, 556), (k * 44 - 36, 556)], "#5A4638")
    s.rect(0, 530, s.w, 6, "#C9C6D0")
    s.rect(0, 546, s.w, 6, "#B0ACBA")
    s.path(
        "M340,520V392Q340,366 372,366H1040V520Z",
        s.vertical((0, "#FBF7F0"), (0.52, "#F3EBDD"), (0.53, "#46378B"), (1, "#32265F")),
    )
    s.path("M340,436V396Q340,366 372,366H420V436Z", "#3D5878")
    s.path("M352,430V398Q354,378 376,378H400L376,430Z", "#7FA3BE", 0.6)
    for k in range(5):
        s.rect(450 + k * 118, 388, 84, 48, "#3D5878", 8)
        s.poly(
            [
                (462 + k * 118, 388),
                (492 + k * 118, 388),
                (470 + k * 118, 436),
                (450 + k * 118, 436),
                (450 + k * 118, 404),
            ],
            "#7FA3BE",
            0.5,
        )
    s.rect(340, 452, 700, 7, SUN)
    s.circle(356, 482, 8, "#FFF3C8")
    s.rect(340, 516, 700, 12, "#261F33")
    for x in (420, 500, 720, 800, 1000):
        s.circle(x, 530, 18, "#2B2440")
        s.circle(x, 530, 8, "#8F89A5")
    person(s, 110, 444, 124, "#9B2226", "#3B3566", "walk", 1, skin="#C98B63", hat="#F3DDB5")
    person(s, 226, 442, 120, "#F2C14E", "#46521F", "stand", 1, skin="#E3B08A", hair="#8A5A34")
    s.rect(166, 416, 30, 30, "#8A5A3C", 5)
    s.rect(0, 584, s.w, 126, "#9AA35E")


def hamlet_shop(s: Scene) -> None:
    """A village street with an information point: used for services."""
    s.sky("morning", 460)
    s.cloud(800, 130, 80)
    for i, (x, w, h) in enumerate(((110, 230, 300), (900, 260, 310), (320, 200, 240))):
        house(s, x, 440, w, h, WALLS[i], floors=3, cols=3, shutter=SHUTTERS[i])
    s.rect(0, 438, s.w, 278, s.vertical((0, "#E6D3AE"), (1, "#C7AC7C")))
    house(s, 600, 450, 380, 250, "#F6E6C8", floors=2, cols=4, shutter="#7C9A8B", door=False)
    s.rect(430, 336, 340, 114, "#46378B", 6)
    s.rect(446, 352, 150, 98, "#BFE0EA", 4)
    s.poly([(446, 450), (520, 352), (560, 352), (486, 450)], "#FFFFFF", 0.5)
    s.rect(626, 352, 66, 98, "#32265F", 4)
    s.rect(708, 352, 46, 60, "#BFE0EA", 4)
    s.path("M418,316h364l14,30h-392Z", "#F2C14E")
    for k in range(6):
        s.poly([(420 + k * 62, 316), (450 + k * 62, 316), (449 + k * 66, 346), (416 + k * 66, 346)], "#FBF7F0")
    s.circle(806, 300, 36, "#32265F")
    s.circle(806, 300, 36, SUN, 0.12)
    s.rect(801, 294, 10, 26, "#FBF7F0", 3)
    s.circle(806, 282, 6, "#FBF7F0")
    s.rect(300, 360, 92, 160, "#261F33", 12)
    s.rect(308, 370, 76, 120, s.vertical((0, "#F3B978"), (0.5, "#FDEFCF"), (0.51, "#6C55AE"), (1, "#46378B")), 5)
    s.circle(346, 410, 13, "#FFF1BE")
    s.rect(322, 498, 48, 10, SUN, 5)
    s.rect(326, 520, 40, 12, "#4A4258")
    person(s, 240, 536, 170, "#D9553A", "#3B3566", "reach", 1, skin="#C98B63", hair="#2B2130")
    person(s, 860, 534, 170, "#6F9A54", "#8A3B0C", "walk", -1, skin="#E3B08A", hair="#8A5A34", skirt=True)
    bush(s, 470, 470, 60, "#7E9A55")
    bush(s, 742, 470, 60, "#8A7FB8")


SCENES: dict[str, Callable[[Scene], None]] = {
    f.__name__: f for f in (hilltop, museum, abbey, castle, hotel, station, hamlet_shop)
}
