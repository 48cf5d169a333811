# ruff: noqa: E501 - path data reads better unbroken
"""Cellar, oven, kitchen, workshop and table."""

from __future__ import annotations

import math
from collections.abc import Callable

from buildings import house
from figures import person
from kit import Scene, dark, light
from plants import bush, shadow


def barrel(s: Scene, x: float, y: float, r: float) -> None:
    s.circle(x - r * 0.08, y + r * 0.06, r * 1.04, "#2A1814")
    s.circle(x, y, r, s.across((0, "#7A4426"), (0.6, "#B5703C"), (1, "#D9985A")))
    s.raw(f'<circle cx="{x}" cy="{y}" r="{r * 0.9:.1f}" fill="none" stroke="#4A3A3A" stroke-width="{r * 0.1:.1f}"/>')
    with s.group(
        clip=f"M{x - r * 0.82},{y}a{r * 0.82},{r * 0.82} 0 1 0 {r * 1.64},0a{r * 0.82},{r * 0.82} 0 1 0 {-r * 1.64},0Z"
    ):
        for k in range(-3, 4):
            s.rect(x + k * r * 0.26, y - r, 2.4, r * 2, "#6B3A20", 0, 0.7)
        s.rect(x - r, y - r * 0.14, r * 2, r * 0.28, "#8A5430")
    s.circle(x, y + r * 0.52, r * 0.1, "#2B2130")
    s.circle(x, y, r * 0.12, "#5A3420")


def bread(s: Scene, x: float, y: float, kind: str, k: float = 1) -> None:
    crust = "#C9823F"
    with s.group(f"translate({x} {y}) scale({k})"):
        if kind == "baguette":
            s.path("M-78,0Q-70,-20 -40,-20H46Q74,-18 80,0Q70,12 40,12H-46Q-74,12 -78,0Z", crust)
            for i in range(5):
                s.path(f"M{-54 + i * 25},-6q10,-14 24,-10q-6,12 -24,10Z", "#F0C585")
        elif kind == "boule":
            s.path("M-52,14Q-58,-34 0,-38Q58,-34 52,14Z", crust)
            s.path("M-36,-10Q0,-44 36,-10Q0,-22 -36,-10Z", "#F0C585")
            s.path("M-20,8Q0,-16 22,8Q0,0 -20,8Z", "#F0C585")
        elif kind == "croissant":
            s.path("M-44,12Q-40,-30 0,-32Q40,-30 44,12Q30,-2 16,-2Q0,-6 -16,-2Q-30,-2 -44,12Z", "#D9984C")
            s.stroke("M-22,-2L-16,-26M0,-5V-31M22,-2L16,-26", "#A8642C", 3)
        else:
            s.path("M-50,14Q-60,-2 -44,-14Q-20,-34 10,-28Q52,-22 54,14Z", "#D9A45A")
            for i in range(3):
                s.ellipse(-24 + i * 25, -6, 8, 13, "#8A5A3C", 1, 30)


def cellar(s: Scene) -> None:
    s.rect(0, 0, s.w, s.h, "#2E1C22")
    for i, (inset, c) in enumerate(((0, "#4A2E2C"), (90, "#5E3C33"), (180, "#74503C"), (262, "#8F6848"))):
        s.path(
            f"M{inset - 20},660V{300 + i * 6}A{532 - inset},{330 - inset * 0.86} 0 0 1 {1044 - inset},{300 + i * 6}V660Z",
            c,
        )
        for k in range(-5, 6):
            a = k * 0.28
            rx, ry = 532 - inset - 12, 330 - inset * 0.86 - 10
            x1, y1 = 512 + math.sin(a) * rx, 300 + i * 6 - math.cos(a) * ry
            s.limb([(x1, y1), (512 + math.sin(a) * (rx - 34), 300 + i * 6 - math.cos(a) * (ry - 28))], dark(c, 0.25), 2)
    s.circle(512, 250, 250, s.radial((0, "#FFD98A", 0.75), (0.5, "#F2B25A", 0.25), (1, "#F2B25A", 0)))
    s.path("M430,470V330a82,82 0 0 1 164,0V470Z", "#3A2430")
    s.path("M452,470V336a60,60 0 0 1 120,0V470Z", s.vertical((0, "#FCE4A8"), (1, "#D98F4A")))
    s.path("M452,470L480,410Q512,392 544,410L572,470Z", "#7F9A55")
    s.path("M-10,660L380,462H644L1034,660Z", s.vertical((0, "#B98A5C"), (1, "#5A3A2E")))
    for k in range(1, 5):
        s.stroke(f"M{390 - k * 78},{470 + k * 36}H{634 + k * 78}", "#4A2E28", 2, 0.5)
    for side in (-1, 1):
        for x, y, r in ((128, 412, 40), (208, 402, 50), (305, 396, 64), (425, 388, 82)):
            barrel(s, 512 + side * x, y + r * 0.5, r)
        for x, y, r in ((260, 318, 48), (364, 292, 62)):
            barrel(s, 512 + side * x, y, r)
    s.rect(486, 150, 6, 60, "#2B1A20")
    s.circle(489, 226, 52, s.radial((0, "#FFE9B0", 0.9), (1, "#FFE9B0", 0)))
    s.path("M470,210h38l8,24h-54Z", "#3A2A34")
    s.circle(489, 238, 11, "#FFF3CF")
    s.ellipse(512, 480, 92, 17, "#8A5A3C")
    s.rect(432, 482, 160, 50, s.across((0, "#6B4028"), (1, "#A8703F")), 10)
    for x in (452, 512, 572):
        s.rect(x - 3, 482, 5, 50, "#4A2C20", 0, 0.6)
    s.path("M540,384h16v26q12,8 12,24v46h-40v-46q0,-16 12,-24Z", "#2F3A2A")
    s.rect(530, 440, 36, 26, "#FBF7F0", 2)
    for x in (466, 504):
        s.path(f"M{x - 14},414h28q4,34 -14,36q-18,-2 -14,-36Z", "#F6EDE4", 0.55)
        s.path(f"M{x - 14.6},426h29.2q0,22 -14.6,24q-14.6,-2 -14.6,-24Z", "#9B2240")
        s.rect(x - 1.5, 450, 3, 24, "#F6EDE4")
        s.ellipse(x, 475, 13, 3.4, "#F6EDE4")


def bakery(s: Scene) -> None:
    s.rect(0, 0, s.w, s.h, s.vertical((0, "#F8E7C8"), (1, "#E8C998")))
    for x in range(0, 1024, 64):
        for y in range(0, 300, 40):
            s.rect(x + (32 if y % 80 else 0), y, 60, 36, "#EFD6AC", 4, 0.45)
    s.path("M60,430V250a120,120 0 0 1 240,0V430Z", "#B5694A")
    s.path("M84,430V254a96,96 0 0 1 192,0V430Z", "#8A4A34")
    s.path("M112,380V270a68,68 0 0 1 136,0V380Z", "#2E1A1C")
    s.circle(180, 370, 130, s.radial((0, "#FFB24A", 0.8), (1, "#FFB24A", 0)))
    s.path("M130,380q10,-50 30,-40q6,-44 24,-52q6,40 26,46q14,-8 22,46Z", "#F2A03A")
    s.path("M152,380q8,-30 22,-24q8,-24 16,-26q6,26 22,50Z", "#FFE08A")
    for i, y in enumerate((220, 312)):
        s.rect(364, y, 600, 14, "#8A5A3C", 4)
        s.rect(364, y + 12, 600, 5, "#5A3A2E", 0, 0.4)
        for k in range(6):
            bread(
                s,
                424 + k * 98,
                y - 12,
                (("boule", "fougasse") if i else ("boule", "baguette"))[k % 2],
                0.66 if (k % 2 == 0 or i) else 0.6,
            )
    for x in (430, 660, 890):
        s.rect(x - 2, 0, 4, 84, "#5A4258")
        s.path(f"M{x - 34},120a34,40 0 0 1 68,0Z", "#46378B")
        s.circle(x, 122, 60, s.radial((0, "#FFEFBE", 0.8), (1, "#FFEFBE", 0)))
        s.circle(x, 122, 10, "#FFF6DF")
    person(s, 330, 530, 250, "#FBF7F0", "#FBF7F0", "reach", 1, skin="#D9A47C", hat="#FBF7F0")
    s.rect(300, 400, 66, 90, "#F2C14E", 6)
    s.rect(-10, 446, 1044, 22, "#A8703F", 6)
    s.rect(-10, 466, 1044, 244, s.vertical((0, "#7A4B32"), (1, "#5A3428")))
    for k in range(9):
        s.rect(20 + k * 118, 492, 96, 160, "#8A5A3C", 6, 0.5)
    for k in range(4):
        s.stroke(f"M{450 + k * 16},446L{462 + k * 22},{344 - 8 * (k % 2)}", ("#C9823F", "#D9984C")[k % 2], 19)
    s.path("M432,400h96l-12,48h-72Z", "#B98F5E")
    s.stroke("M434,414h92M438,430h84", "#8A6242", 3)
    for k in range(5):
        bread(s, 620 + k * 70, 436, "croissant", 0.82)
    for k in range(4):
        bread(s, 655 + k * 70, 404, "croissant", 0.82)
    s.rect(580, 444, 400, 8, "#FBF7F0", 3)


def restaurant(s: Scene) -> None:
    s.sky("golden", 420)
    s.sun(250, 200, 44)
    s.ridge(290, 36, "#B3A3C2", 1.3, 0.4)
    s.ridge(340, 22, "#93A074", 1.6, 2.0)
    house(s, 880, 440, 300, 260, "#F3DDB5", floors=2, cols=3, shutter="#7C9A8B")
    s.rect(0, 430, s.w, 280, s.vertical((0, "#E6C898"), (1, "#C79F6C")))
    for x in (110, 420, 730):
        s.rect(x - 8, 170, 16, 280, "#8A6242")
    s.rect(40, 158, 800, 16, "#7A5236")
    for x in range(60, 840, 66):
        s.rect(x, 140, 10, 26, "#8A6242")
    for _ in range(48):
        px, py = s.rng.uniform(30, 850), s.rng.uniform(126, 196)
        c = s.rng.choice(("#7FA04C", "#96B45E", "#62863E"))
        s.ellipse(px, py, 30, 21, c, 1, s.rng.uniform(-40, 40))
    for x, y in ((170, 200), (300, 214), (520, 206), (640, 216), (790, 200), (240, 196)):
        for r, n in ((0, 4), (1, 3), (2, 2), (3, 1)):
            for k in range(n):
                s.circle(x + (k - (n - 1) / 2) * 12, y + r * 10, 7, ("#6C4A9A", "#8A66B8")[(k + r) % 2])
    for x in (265, 575):
        s.rect(x - 1, 174, 3, 50, "#5A4258")
        s.circle(x, 238, 56, s.radial((0, "#FFE3A0", 0.8), (1, "#FFE3A0", 0)))
        s.circle(x, 236, 13, "#FFF1C9")
    person(s, 250, 450, 190, "#46378B", pose="sit", facing=1, skin="#C98B63", hair="#2B2130")
    person(s, 600, 450, 185, "#D9553A", pose="sit", facing=-1, skin="#E3B08A", hair="#8A5A34")
    shadow(s, 425, 556, 260, 14)
    s.path("M210,424h430l26,108H184Z", "#FBF7F0")
    s.path("M210,424h430l6,24H204Z", "#FFFFFF")
    for k in range(8):
        s.poly([(214 + k * 55, 448), (240 + k * 55, 448), (238 + k * 57, 532), (208 + k * 57, 532)], "#D9553A", 0.5)
    for x, c in ((300, "#6F9A3A"), (552, "#D98A3D")):
        s.ellipse(x, 428, 48, 11, "#E4DCEC")
        s.ellipse(x, 425, 40, 8, "#FBF7F0")
        s.ellipse(x, 420, 26, 9, c)
        s.circle(x - 8, 416, 7, "#C62F38")
        s.circle(x + 10, 417, 6, "#F2C14E")
    s.path("M412,318h14v26q12,8 12,24v56h-38v-56q0,-16 12,-24Z", "#6B2038")
    s.rect(403, 376, 32, 26, "#FBF7F0", 2)
    for x in (368, 476):
        s.path(f"M{x - 13},370h26q4,30 -13,32q-17,-2 -13,-32Z", "#9B2240")
        s.rect(x - 1.5, 400, 3, 22, "#8F89A5")
        s.ellipse(x, 424, 12, 3, "#8F89A5")
    person(s, 762, 536, 205, "#FBF7F0", "#261F33", "reach", -1, skin="#C98B63", hair="#2B2130")
    s.ellipse(700, 362, 44, 8, "#C9C6D0")
    s.path("M672,360a28,26 0 0 1 56,0Z", "#E4E2EA")


def pottery(s: Scene) -> None:
    s.rect(0, 0, s.w, s.h, s.vertical((0, "#F3E2C4"), (1, "#DDBD8E")))
    s.rect(96, 90, 250, 250, "#8A6242", 6)
    s.rect(106, 100, 230, 230, s.vertical((0, "#A9D3E0"), (1, "#F4F0DC")))
    s.path("M106,330V270Q170,230 230,262T336,250V330Z", "#93A86A")
    s.path("M106,330V296Q190,276 336,300V330Z", "#7A62B8")
    s.rect(217, 100, 8, 230, "#8A6242")
    s.rect(106, 210, 230, 8, "#8A6242")
    s.poly([(106, 330), (336, 330), (560, 640), (240, 640)], "#FFF4D0", 0.35)
    glazes = ("#46378B", "#C96B2C", "#4F8FA8", "#6F7F2E", "#F2C14E", "#9B2226", "#F6EBD8")
    for i, y in enumerate((196, 296)):
        s.rect(430, y, 540, 12, "#8A5A3C", 3)
        for k in range(8):
            x, c = 466 + k * 66, glazes[(k * 3 + i * 2) % 7]
            g = s.across((0, dark(c, 0.28)), (0.6, c), (1, light(c, 0.35)))
            shape = (k + i) % 3
            if shape == 0:
                s.path(f"M{x - 12},{y}q-24,-30 -6,-54h-4v-8h34v8h-4q18,24 -6,54Z", g)
            elif shape == 1:
                s.path(f"M{x - 26},{y - 34}h52q0,32 -18,34h-16q-18,-2 -18,-34Z", g)
            else:
                s.path(f"M{x - 16},{y}q-14,-46 8,-58l-2,-18h20l-2,18q22,12 8,58Z", g)
                s.stroke(f"M{x + 12},{y - 62}q22,4 10,34", c, 5)
    s.rect(0, 520, s.w, 190, s.vertical((0, "#A8703F"), (1, "#7A4B32")))
    person(s, 360, 470, 270, "#6F86B5", "#5A4632", "sit", 1, skin="#C98B63", hair="#4A2F22")
    s.path("M350,350q30,-14 60,4l-4,130h-70Z", "#E9D5B0", 0.9)
    s.rect(310, 476, 110, 14, "#8A5A3C", 4)
    s.rect(336, 488, 12, 90, "#5A3A2E")
    s.rect(390, 488, 12, 90, "#5A3A2E")
    shadow(s, 560, 584, 130, 12)
    s.path("M480,470h160l-20,114h-120Z", s.across((0, "#7A4B32"), (1, "#B5794A")))
    s.ellipse(560, 470, 92, 17, "#5A4258")
    s.ellipse(560, 462, 78, 13, "#8F89A5")
    clay = s.across((0, "#8A5A3C"), (0.6, "#C08A5C"), (1, "#E3B488"))
    s.path("M520,460q-34,-44 -4,-86q6,-14 0,-24h88q-6,10 0,24q30,42 -4,86Z", clay)
    s.ellipse(560, 350, 44, 10, "#7A4B32")
    for k in range(4):
        s.stroke(f"M{512 - (k % 3) * 3},{380 + k * 19}q48,14 {96 + (k % 3) * 6},0", "#7A4B32", 2, 0.5)
    s.limb([(400, 372), (460, 420), (520, 398)], "#C98B63", 20)
    for x, c in ((750, "#C08A5C"), (830, "#4F8FA8"), (912, "#C08A5C")):
        shadow(s, x, 524, 44, 6)
        s.path(
            f"M{x - 34},472h68q2,48 -24,52h-20q-26,-4 -24,-52Z",
            s.across((0, dark(c, 0.25)), (0.6, c), (1, light(c, 0.3))),
        )
        s.ellipse(x, 472, 34, 7, dark(c, 0.35))


def deals(s: Scene) -> None:
    """Coupons and gifts: a city card, a ribboned basket, a tag, over lavender hills."""
    s.sky("golden", 460)
    s.sun(760, 170, 44)
    s.ridge(330, 40, "#A79AC4", 1.4, 0.2)
    s.ridge(380, 24, "#8C86B4", 1.7, 2.2)
    s.ridge(430, 14, "#93A06B", 1.3, 1.0)
    for x in (120, 160, 900):
        bush(s, x, 450, 80, "#7E9450")
    s.rect(0, 480, s.w, 230, s.vertical((0, "#B98A5C"), (1, "#8A5A3C")))
    s.rect(0, 480, s.w, 8, "#D9AA74")
    shadow(s, 350, 528, 170, 12, 0.3)
    with s.group("rotate(-9 330 390)"):
        s.rect(190, 296, 300, 190, dark("#46378B", 0.4), 20, 0.35)
        s.rect(184, 286, 300, 190, s.vertical((0, "#F6CE6A"), (1, "#EDB440")), 20)
        s.path("M184,420Q260,376 330,410T484,392V456a20,20 0 0 1 -20,20H204a20,20 0 0 1 -20,-20Z", "#6C55AE")
        s.path("M184,446Q270,410 350,440T484,428V456a20,20 0 0 1 -20,20H204a20,20 0 0 1 -20,-20Z", "#46378B")
        s.circle(434, 334, 20, "#FFF3CF")
        for r in (14, 24, 34):
            s.stroke(f"M{222},{352 - r}a{r},{r} 0 0 1 0,{2 * r}", "#32265F", 5, 0.85)
    shadow(s, 690, 530, 150, 12, 0.3)
    for x, h, c in ((640, 130, "#6B2038"), (690, 150, "#46521F")):
        s.path(f"M{x - 8},{440 - h}h16v30q16,10 16,30v{h}h-48v-{h}q0,-20 16,-30Z", c)
        s.rect(x - 20, 392, 40, 34, "#FBF7F0", 3)
    s.path("M716,420q0,-44 40,-44t44,44Z", "#C9823F")
    s.circle(752, 412, 20, "#C62F38")
    s.path("M560,426h270l-26,104H586Z", s.across((0, "#B98553"), (1, "#E0B47C")))
    for k in range(4):
        s.stroke(f"M{566 + k * 6},{444 + k * 22}H{824 - k * 6}", "#9A6A3E", 4, 0.7)
    s.rect(684, 426, 24, 104, "#9B2226")
    s.path("M696,428q-50,-50 -58,-10q10,22 58,10q50,-50 58,-10q-10,22 -58,10Z", "#C8402F")
    with s.group("rotate(14 860 380)"):
        s.path("M820,330l40,-34 40,34v120h-80Z", "#FBF7F0")
        s.circle(860, 326, 9, "#8A3B0C")
        s.stroke("M842,424L880,368", "#8A3B0C", 7)
        s.circle(846, 376, 9, "#8A3B0C")
        s.circle(876, 416, 9, "#8A3B0C")


def workshop(s: Scene) -> None:
    """Cooking lesson: a long table, herbs, a copper pan."""
    s.rect(0, 0, s.w, s.h, s.vertical((0, "#F6E8CE"), (1, "#E2C699")))
    s.rect(380, 96, 264, 220, "#7C9A8B", 6)
    s.rect(392, 108, 240, 196, s.vertical((0, "#BFE0EA"), (1, "#FBEBCB")))
    s.path("M392,304V250Q450,214 520,240T632,226V304Z", "#8FA574")
    for x in (430, 470, 600):
        s.path(f"M{x},{290}q-12,-30 0,-66q12,36 0,66Z", "#46613E")
    s.rect(508, 108, 8, 196, "#7C9A8B")
    for i, x in enumerate((60, 130, 200, 270)):
        s.rect(x, 120, 5, 30, "#5A4258")
        c = ("#B5643A", "#C97A48", "#A8552E", "#D98A5A")[i]
        s.circle(x + 2, 190, 36 - i * 4, c)
        s.circle(x + 8, 184, 22 - i * 3, light(c, 0.3))
    s.rect(40, 112, 280, 10, "#8A5A3C", 4)
    s.rect(700, 130, 290, 10, "#8A5A3C", 4)
    for k in range(6):
        for j in range(7):
            s.ellipse(726 + k * 48 + (j % 3 - 1) * 9, 156 + j * 11, 8, 11, ("#6F9A3A", "#7A62B8", "#93A86A")[k % 3])
    for x, shirt, apron, pose, f in (
        (190, "#46378B", "#FBF7F0", "reach", 1),
        (420, "#D9553A", "#F2C14E", "reach", 1),
        (800, "#6F9A54", "#FBF7F0", "reach", -1),
    ):
        person(
            s,
            x,
            590,
            330,
            shirt,
            "#3B3566",
            pose,
            f,
            skin=("#C98B63", "#E3B08A", "#8A5A3C")[x % 3],
            hair="#2B2130" if x != 420 else "#8A5A34",
        )
        s.path(f"M{x - 28},350h56l10,140h-76Z", apron, 0.95)
    s.rect(-10, 448, 1044, 24, "#B5794A", 6)
    s.rect(-10, 470, 1044, 240, s.vertical((0, "#8A5A3C"), (1, "#6B4030")))
    s.path("M560,400h170q0,48 -34,50h-102q-34,-2 -34,-50Z", s.across((0, "#9A4A28"), (0.6, "#D98A5A"), (1, "#F3B58A")))
    s.rect(726, 408, 90, 12, "#5A4258", 6)
    s.ellipse(645, 400, 85, 12, "#F2B93B")
    for k in range(7):
        s.circle(584 + k * 20, 398 + (k % 2) * 4, 7, ("#C62F38", "#6F9A3A", "#7A4B9A")[k % 3])
    for x, c in (
        (60, "#6B3A7A"),
        (104, "#7A4B8A"),
        (330, "#6F9A3A"),
        (370, "#7FAA4A"),
        (900, "#D9553A"),
        (944, "#C8402F"),
        (922, "#E05A50"),
    ):
        s.ellipse(x, 432 if x != 922 else 408, 24, 19, s.across((0, dark(c, 0.3)), (0.6, c), (1, light(c, 0.35))))
    s.rect(256, 434, 150, 14, "#E0B47C", 4)


SCENES: dict[str, Callable[[Scene], None]] = {
    f.__name__: f for f in (cellar, bakery, restaurant, pottery, deals, workshop)
}
