# ruff: noqa: E501 - path data reads better unbroken
"""Rivers, lakes, trails and the night sky."""

from __future__ import annotations

import math
from collections.abc import Callable

from buildings import village, windmill
from figures import cyclist, horse, person
from kit import SUN, Scene, dark, light, smooth
from plants import bush, crown, cypress, pine, shadow, tree


def ochres(s: Scene) -> None:
    s.sky("noon", 400)
    s.sun(800, 150, 38)
    s.cloud(210, 150, 90)
    s.ridge(300, 30, "#8FA67C", 1.7, 0.8)
    for x0, y0, w, top, tone in (
        (-60, 470, 470, 190, "#D98A3D"),
        (640, 480, 470, 165, "#E09A48"),
        (300, 490, 430, 250, "#C96B2C"),
    ):
        pts = [(x0, y0), (x0 + w * 0.06, top + 90), (x0 + w * 0.16, top + 34), (x0 + w * 0.3, top), (x0 + w * 0.42, top + 26),
               (x0 + w * 0.52, top + 8), (x0 + w * 0.68, top + 30), (x0 + w * 0.8, top + 24), (x0 + w * 0.94, top + 110), (x0 + w, y0)]  # fmt: skip
        outline = smooth(pts) + "Z"
        s.path(outline, s.vertical((0, light(tone, 0.28)), (0.5, tone), (1, dark(tone, 0.2))))
        with s.group(clip=outline):
            for k in range(9):
                x = x0 + w * (0.06 + 0.11 * k)
                s.poly([(x, top - 20), (x + 10, top - 20), (x - 16, y0 + 40), (x - 52, y0 + 40)], dark(tone, 0.3), 0.35)
            for k, c in enumerate(("#F7D9A0", "#B5461F", "#F0B864")):
                yy = top + 64 + k * 58
                s.stroke(f"M{x0},{yy}q{w * 0.25},{-26} {w * 0.5},0t{w * 0.5},6", c, 13, 0.45)
        for k in range(5):
            bush(s, x0 + w * (0.22 + 0.14 * k), top + 18 + 12 * (k % 2), 40, "#5F7B45")
    s.ridge(470, 16, "#C05F26", 1.8, 1.2)
    s.ridge(520, 14, "#A84A1C", 1.3, 2.8)
    s.path(
        "M460,700C490,570 620,560 590,515C570,490 520,488 512,470L532,470C546,484 620,486 640,515C668,560 590,580 610,700Z",
        "#F3CD93",
    )
    for x, b, h in ((118, 520, 130), (170, 540, 110), (846, 512, 140), (900, 540, 170)):
        pine(s, x, b, h)
    person(s, 585, 528, 66, "#46378B", "#F6E6C8", "walk", -1, hat="#F6E6C8")
    person(s, 620, 536, 54, "#F2C14E", "#32265F", "walk", -1)


def canoe(s: Scene) -> None:
    s.sky("morning", 330)
    s.sun(760, 160, 36)
    s.cloud(220, 150, 90, 0.8)
    s.ridge(220, 44, "#A9C0A0", 1.0, 0.4)
    s.ridge(270, 24, "#7FA074", 1.9, 2.0)
    for i in range(11):
        x = 20 + i * 98 + s.rng.uniform(-20, 20)
        crown(s, x, 296 + s.rng.uniform(-8, 6), 110, 92, ("#5F8A4A", "#6F9A54", "#527A48")[i % 3], 8)
    s.rect(0, 326, s.w, 320, s.vertical((0, "#3F8CA8"), (0.4, "#4F9DB4"), (1, "#2C6E90")))
    s.path("M0,326C200,340 300,318 520,334S860,322 1024,336L1024,322L0,316Z", "#B9C58A")
    for i in range(11):
        s.ellipse(20 + i * 98, 352, 46, 14, "#2F6F62", 0.35)
    for k in range(16):
        y = 360 + k * 17
        x = s.rng.uniform(-60, 900)
        w = s.rng.uniform(80, 220)
        s.stroke(f"M{x:.0f},{y}q{w / 4:.0f},-7 {w / 2:.0f},0t{w / 2:.0f},0", "#A9DCE2", 3.2, 0.5)
    s.path("M-10,640C60,560 150,540 250,560S300,640 300,640Z", "#6C8A47")
    s.path("M760,640C820,570 930,540 1040,548L1040,640Z", "#7C9A50")
    for x in (30, 70, 110, 160, 940, 985):
        for d in (-14, -4, 8):
            s.stroke(f"M{x},600q{d},-50 {d * 2},-86", "#4E7040", 4)
        s.ellipse(x + 2, 520, 5, 17, "#7A4B32")
    s.ellipse(512, 482, 240, 22, "#1F567A", 0.45)
    s.path(
        "M276,432Q390,476 512,476T752,428Q742,486 660,494L372,496Q296,488 276,432Z",
        s.vertical((0, "#D9553A"), (1, "#A5331F")),
    )
    s.path("M276,432Q390,476 512,476T752,428Q650,466 512,467T276,432Z", "#F6E6C8")
    person(s, 420, 455, 150, "#F2C14E", pose="sit", skin="#C98B63", hair="#4A2F22", hat="#F6E6C8")
    person(s, 600, 455, 124, "#46378B", pose="sit", skin="#E3B08A", hair="#2B2130")
    s.path(
        "M276,432Q390,476 512,476T752,428Q742,486 660,494L372,496Q296,488 276,432Z",
        s.vertical((0, "#D9553A"), (1, "#A5331F")),
        0.97,
    )
    for x1, y1, x2, y2 in ((350, 480, 510, 350), (690, 486, 640, 372)):
        s.limb([(x1, y1), (x2, y2)], "#F0D9A8", 8)
        s.ellipse(x1, y1, 11, 27, "#E8B864", 1, math.degrees(math.atan2(y2 - y1, x2 - x1)) + 90)
    s.stroke("M250,500q40,14 90,8M700,504q60,4 90,-10", "#DDF3F2", 5, 0.9)


def lake(s: Scene) -> None:
    s.sky("noon", 320)
    s.sun(210, 150, 40)
    s.cloud(640, 150, 100)
    s.ridge(230, 46, "#9DB7B0", 1.3, 2.4)
    s.ridge(276, 26, "#6F9468", 1.8, 0.4)
    s.rect(0, 318, s.w, 330, s.vertical((0, "#6FC0CF"), (0.5, "#4FA6C2"), (1, "#3D8FB0")))
    for k in range(20):
        y = 330 + k * 9
        x = s.rng.uniform(0, 980)
        s.stroke(f"M{x:.0f},{y}h{s.rng.uniform(40, 150):.0f}", "#D8F2F0", 2.6, 0.5)
    for x, c in ((330, "#FBF7F0"), (440, "#F2C14E")):
        s.poly([(x, 356), (x + 4, 270), (x + 50, 348)], c)
        s.poly([(x - 4, 356), (x - 2, 282), (x - 30, 350)], dark(c, 0.1))
        s.path(f"M{x - 36},358h92q-10,16 -26,16h-44q-16,0 -22,-16Z", "#8A3B0C")
    s.path("M-10,640L-10,470C150,440 320,500 520,486S860,430 1040,462L1040,640Z", "#F3DDB5")
    s.path("M-10,640L-10,500C180,476 330,526 540,512S880,458 1040,490L1040,640Z", "#EBCB97")
    s.poly([(694, 420), (1024, 404), (1024, 424), (694, 436)], "#B98A5C")
    for x in (720, 800, 880, 960):
        s.rect(x, 428, 9, 50, "#8A6242")
    person(s, 760, 424, 106, "#9B2226", "#9B2226", "raise", skin="#C98B63")
    s.circle(560, 420, 18, "#C98B63")
    s.path("M541,418a19,19 0 0 1 38,0Z", "#4A2F22")
    s.stroke("M522,434q38,18 78,0", "#EAF8F6", 5)
    for x, c in ((190, "#D9553A"), (420, "#46378B")):
        s.stroke(f"M{x},560L{x + 14},420", "#FBF7F0", 7)
        for i in range(6):
            a, b = x + 14 - 92 + i * 31, x + 14 - 92 + (i + 1) * 31
            s.path(f"M{a},440Q{(a + b) / 2},448 {b},440L{x + 14},384Z", c if i % 2 else "#FBF7F0")
        s.rect(x + 20, 548, 130, 20, light(c, 0.4), 8)
        shadow(s, x + 40, 572, 110, 9)
    s.circle(640, 560, 24, "#FBF7F0")
    s.path("M640,536a24,24 0 0 1 21,36L640,560Z", "#D9553A")
    s.path("M640,584a24,24 0 0 1 -21,-36L640,560Z", SUN)


def hiking(s: Scene) -> None:
    s.sky("morning", 420)
    s.sun(790, 150, 38)
    s.birds(260, 150, 4)
    s.ridge(240, 70, "#B9B5CF", 1.1, 1.1)
    s.ridge(300, 46, "#8FA6A0", 1.5, 2.6)
    village(s, 250, 352, 190, 3)
    s.ridge(350, 34, "#86A06A", 1.3, 0.3)
    s.ridge(410, 30, "#6F8E56", 1.1, 2.6)
    s.path(
        "M520,710C600,600 780,560 720,500C680,470 590,470 560,440C540,420 580,404 600,392L610,392C596,408 574,420 596,436C640,462 760,466 800,504C850,570 690,600 690,710Z",
        "#F0D9A8",
    )
    for x, b, h in ((80, 500, 150), (150, 540, 190), (900, 470, 150), (970, 530, 200)):
        tree(s, x, b, h, "#5F7F48")
    for x, b in ((330, 560), (420, 590), (860, 600), (470, 480)):
        bush(s, x, b, 60, "#8A7FB8" if x == 420 else "#7E9A55")
    with s.group():
        s.rect(596, 380, 22, 52, "#46378B", 8)
        person(s, 622, 520, 150, "#D9553A", "#5A4A32", "walk", skin="#C98B63", hat="#F6E6C8")
        s.rect(586, 408, 26, 52, "#32265F", 9)
        s.limb([(656, 436), (676, 522)], "#8A6242", 5)
        person(s, 520, 532, 134, "#F2C14E", "#3B3566", "walk", skin="#E3B08A", hair="#8A5A34")
        s.rect(486, 436, 24, 46, "#46521F", 9)
    s.rect(806, 430, 9, 86, "#8A6242")
    s.poly([(774, 436), (860, 436), (876, 449), (860, 462), (774, 462)], "#FBF7F0")
    s.rect(786, 444, 40, 5, "#9B2226")
    s.rect(786, 452, 40, 4, "#F2C14E")


def cycling(s: Scene) -> None:
    s.sky("noon", 380)
    s.sun(230, 150, 38)
    s.cloud(760, 150, 90)
    s.ridge(270, 56, "#A7BFA8", 1.2, 0.2)
    s.ridge(320, 30, "#83A468", 1.7, 1.7)
    windmill(s, 800, 330, 110)
    s.ridge(370, 18, "#B7C078", 1.4, 0.6)
    for i in range(9):
        x = 40 + i * 122
        if not 700 < x < 860:
            cypress(s, x, 408 + (i % 2) * 4, 118 + (i % 3) * 22)
    s.ridge(420, 8, "#8FAA5C", 1.5, 0.9)
    s.path("M-10,470C260,452 640,500 1040,462L1040,560C700,590 300,556 -10,584Z", "#EBD9B4")
    s.path("M-10,520C260,504 640,548 1040,510L1040,516C700,556 300,512 -10,527Z", "#FBF3DF", 0.9)
    s.ridge(606, 12, "#6F8E46", 2.6, 0.4)
    cyclist(s, 420, 536, 46, "#D9553A", "#46378B")
    cyclist(s, 650, 542, 40, "#F2C14E", "#9B2226")
    for _ in range(26):
        px = s.rng.uniform(0, 1024)
        s.circle(px, s.rng.uniform(596, 636), 5, s.rng.choice(("#D9553A", "#F2C14E", "#8A7FC4", "#FBF7F0")))


def mills(s: Scene) -> None:
    s.sky("dusk", 420)
    s.sun(250, 300, 52, "#FFE3A0")
    s.ridge(320, 36, "#7C5F92", 1.4, 0.6)
    s.ridge(366, 30, "#6B6A72", 1.2, 2.4)
    windmill(s, 640, 372, 190)
    windmill(s, 850, 384, 120)
    s.ridge(400, 22, "#7C8452", 1.1, 1.5)
    s.path(
        "M600,640C560,560 420,540 470,480C500,440 600,430 640,384L660,384C650,440 560,460 560,494C566,548 760,560 800,640Z",
        "#E8C58C",
    )
    s.ridge(596, 12, "#4E5B34", 1.7, 2.2)
    for x, b, w in ((110, 470, 90), (200, 520, 110), (360, 560, 80), (900, 520, 110), (980, 470, 90)):
        bush(s, x, b, w, "#66743F")
    cyclist(s, 470, 528, 30, "#F2C14E", "#32265F")


def horses(s: Scene) -> None:
    s.sky("golden", 380)
    s.sun(810, 170, 44)
    s.cloud(240, 150, 80, 0.6)
    s.ridge(280, 44, "#B3A3BE", 1.3, 2.2)
    s.ridge(330, 26, "#A3AC74", 1.6, 0.4)
    for x in (60, 150, 900, 980):
        tree(s, x, 400, 130, "#7E9450")
    s.ridge(394, 14, "#C2B468", 1.2, 1.9)
    s.path("M-10,560C300,500 700,560 1040,510L1040,580C700,610 330,570 -10,626Z", "#EAD2A0")
    for x, base, k, coat, shirt in ((360, 540, 1.0, "#7A4B32", "#46378B"), (650, 530, 0.88, "#E9E0D0", "#D9553A")):
        horse(s, x, base, k, coat, shirt)
    for _ in range(60):
        px, py = s.rng.uniform(0, 1024), s.rng.uniform(592, 640)
        s.stroke(f"M{px:.0f},{py:.0f}q3,-14 {s.rng.uniform(-8, 8):.0f},-22", "#8F9A4C", 3)


def night_sky(s: Scene) -> None:
    s.sky("night", 560)
    with s.group("rotate(-24 512 220)"):
        s.ellipse(512, 210, 640, 90, s.radial((0, "#C9B8FF", 0.42), (0.6, "#9B86E0", 0.2), (1, "#9B86E0", 0)))
        s.ellipse(540, 205, 420, 34, s.radial((0, "#FFF0D6", 0.35), (1, "#FFF0D6", 0)))
    s.stars(230, 430)
    for pts in ([(180, 150), (240, 176), (292, 168), (352, 196), (430, 180), (440, 236), (366, 246), (352, 196)],):
        s.stroke("M" + "L".join(f"{x},{y}" for x, y in pts), "#CFC4FF", 1.6, 0.7)
        for x, y in pts:
            s.circle(x, y, 4, "#FFF6DF")
    s.stroke("M770,120L900,190", "#FFF6DF", 3, 0.9)
    s.circle(770, 120, 4, "#FFFFFF")
    s.ridge(420, 46, "#33265F", 1.3, 0.5)
    village(s, 800, 462, 200, 3, night=True)
    s.ridge(460, 24, "#261B4C", 1.6, 2.4)
    s.ridge(520, 20, "#1A1238", 1.1, 0.9)
    with s.group():
        s.limb([(470, 420), (430, 530)], "#0F0A26", 8)
        s.limb([(470, 420), (512, 532)], "#0F0A26", 8)
        s.limb([(470, 420), (474, 530)], "#0F0A26", 7)
        with s.group("rotate(-34 470 410)"):
            s.rect(390, 392, 150, 34, "#4B3F86", 8)
            s.rect(528, 386, 42, 46, "#6A5CB0", 8)
            s.rect(372, 399, 26, 20, "#2A2054", 4)
            s.rect(390, 394, 150, 9, "#8577CC", 4, 0.7)
    person(s, 352, 540, 150, "#2F2562", "#120C2C", "reach", skin="#5B456F", hair="#120C2C")
    person(s, 284, 544, 100, "#46378B", "#1A1238", "raise", skin="#5B456F", hair="#0F0A26")
    person(s, 610, 538, 140, "#5A2F55", "#120C2C", "stand", -1, skin="#5B456F", hair="#120C2C")


def garden(s: Scene) -> None:
    s.sky("noon", 360)
    s.sun(210, 140, 38)
    s.cloud(690, 140, 100)
    s.ridge(270, 40, "#A9C3A2", 1.3, 0.9)
    for i in range(8):
        tree(s, 40 + i * 140, 380, 170, ("#7FA257", "#6A9150", "#93AE5E")[i % 3])
    s.ridge(374, 10, "#A5C46C", 1.4, 1.8)
    s.path(
        "M-10,600C250,520 420,560 560,500S860,430 1040,448L1040,486C880,476 740,500 620,550S300,600 -10,656Z", "#F0DDB4"
    )
    s.limb([(610, 490), (650, 300), (690, 490)], "#8A3B0C", 10)
    s.limb([(850, 490), (890, 300), (930, 490)], "#8A3B0C", 10)
    s.limb([(650, 300), (890, 300)], "#A34A2B", 12)
    s.stroke("M730,302L712,438M768,302L750,438", "#4A4258", 3)
    s.rect(700, 436, 64, 8, "#46378B", 4)
    person(s, 730, 436, 96, "#F2C14E", pose="sit", skin="#C98B63")
    person(s, 540, 520, 150, "#46378B", "#6F86B5", "reach", skin="#E3B08A", hair="#4A2F22")
    person(s, 330, 540, 160, "#9B2226", "#3B3566", "walk", skin="#C98B63", hair="#2B2130")
    person(s, 400, 544, 96, "#6F9A54", "#8A3B0C", "walk", skin="#C98B63")
    s.limb([(356, 468), (380, 494)], "#C98B63", 8)
    s.stroke("M296,462Q240,380 214,330", "#5A5166", 2)
    s.path("M214,240q42,0 42,46q0,24 -42,46q-42,-22 -42,-46q0,-46 42,-46Z", "#D9553A")
    s.ellipse(228, 268, 10, 16, "#F3A58A", 0.8, 20)
    for _ in range(46):
        x, y = s.rng.uniform(0, 1024), s.rng.uniform(590, 636)
        s.circle(x, y, 6, s.rng.choice(("#D9553A", "#F2C14E", "#8A7FC4", "#FBF7F0")))
        s.circle(x, y, 2, "#8A3B0C")


SCENES: dict[str, Callable[[Scene], None]] = {
    f.__name__: f for f in (ochres, canoe, lake, hiking, cycling, mills, horses, night_sky, garden)
}
