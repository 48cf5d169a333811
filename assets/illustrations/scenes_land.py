# ruff: noqa: E501 - path data reads better unbroken
"""Open-air scenes: fields, river, hills, night."""

from __future__ import annotations

import math
from collections.abc import Callable

from kit import SUN, Scene, dark, light, mix, smooth
from props import bush, crown, cypress, house, olive, person, rows, shadow, tree, village


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
        x = s.rng.uniform(0, 1024)
        s.circle(x, s.rng.uniform(596, 636), 5, s.rng.choice(("#D9553A", "#F2C14E", "#8A7FC4", "#FBF7F0")))


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
    for _i in range(60):
        x, y = s.rng.uniform(0, 1024), s.rng.uniform(592, 640)
        s.stroke(f"M{x:.0f},{y:.0f}q3,-14 {s.rng.uniform(-8, 8):.0f},-22", "#8F9A4C", 3)


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
        x, y = s.rng.uniform(130, 900), s.rng.uniform(180, 380)
        with s.group(f"translate({x:.0f} {y:.0f}) rotate({s.rng.uniform(-30, 30):.0f})"):
            s.ellipse(-3, -9, 7, 9, "#FFFFFF", 0.8, -20)
            s.ellipse(6, -9, 7, 9, "#FFFFFF", 0.8, 20)
            s.ellipse(0, 0, 13, 9, "#F2B93B")
            s.rect(-4, -8.5, 4, 17, "#2B2130")
            s.rect(4, -7.5, 4, 15, "#2B2130")


SCENES: dict[str, Callable[[Scene], None]] = {
    f.__name__: f
    for f in (lavender, ochres, vineyard, canoe, lake, hiking, cycling, mills, horses, night_sky, truffle, orchard,
              garden, olive_grove, goats, bees)
}  # fmt: skip
