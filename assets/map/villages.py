"""Villages: streets in rings and rays, houses along them, a garden, a pitch, a cemetery."""

from __future__ import annotations

import random
from itertools import pairwise
from math import cos, hypot, pi, sin

from drawing import Drawing
from land import Point, smooth

STREETS = (
    "Grand-Rue",
    "rue de la Fontaine",
    "rue du Four",
    "rue du Lavoir",
    "rue Haute",
    "rue des Potiers",
    "rue du Barri",
    "traverse des Remparts",
    "rue de l'Horloge",
    "rue des Mûriers",
    "montée du Château",
    "rue de la République",
    "chemin des Aires",
    "avenue des Platanes",
    "rue du Moulin",
    "rue Droite",
)


def draw_village(drawing: Drawing, centre: int, size: float, name: str) -> None:
    """A ring road, streets from the middle outwards, a lane between them, houses on both sides. `size` in km."""
    chance = drawing.chance
    cx, cy = drawing.points[centre - 1]
    arms = 7 if size > 0.5 else 6
    turn = chance.uniform(0, 2 * pi)
    names = list(STREETS)
    chance.shuffle(names)

    def spot(share: float, angle: float, shake: float = 0.03) -> Point:
        r = size * share * (1 + chance.uniform(-shake, shake) * 3)
        return (cx + r * cos(angle), cy + 0.85 * r * sin(angle))

    angles = [turn + 2 * pi * k / arms + chance.uniform(-0.16, 0.16) for k in range(arms)]
    rings: list[list[int]] = []
    for share in (0.3, 0.62):
        steps = 4
        loop = []
        for k in range(arms):
            following = angles[(k + 1) % arms] + (2 * pi if k + 1 == arms else 0)
            loop += [drawing.node(spot(share, angles[k] + (following - angles[k]) * s / steps)) for s in range(steps)]
        rings.append(loop)
    drawing.road([*rings[0], rings[0][0]], "residential", "tour de Ville")
    drawing.road([*rings[1], rings[1][0]], "residential", "boulevard des Écoles")
    streets: list[list[Point]] = []
    for k in range(arms):
        nodes = [centre, drawing.node(spot(0.15, angles[k])), rings[0][4 * k], drawing.node(spot(0.46, angles[k]))]
        nodes += [rings[1][4 * k], drawing.node(spot(0.8, angles[k])), drawing.node(spot(0.98, angles[k] + 0.1))]
        drawing.road(nodes, "residential", names[k])
        streets.append([drawing.points[node - 1] for node in nodes])
    for loop in rings:
        streets.append([drawing.points[node - 1] for node in (*loop, loop[0])])
    for k in range(0, arms, 2):  # lanes between the two rings
        nodes = [rings[0][4 * k + 2], drawing.node(spot(0.46, angles[k] + pi / arms)), rings[1][4 * k + 2]]
        drawing.road(nodes, "residential", names[(arms + k) % len(names)])
        streets.append([drawing.points[node - 1] for node in nodes])
    blob = [
        (cx + size * (1.02 + 0.12 * sin(3 * t + turn)) * cos(t), cy + size * (0.88 + 0.1 * cos(2 * t)) * sin(t))
        for t in (n * pi / 14 for n in range(28))
    ]
    drawing.ring(smooth([*blob, blob[0]], 1)[:-1], landuse="residential")
    square = [(cx + 0.045 * cos(turn + k * pi / 2), cy + 0.045 * sin(turn + k * pi / 2)) for k in range(4)]
    drawing.ring(square, highway="pedestrian", area="yes")
    houses(drawing, streets)
    gx, gy = spot(0.86, angles[0] + pi / arms)
    drawing.ring(field_ring(chance, gx, gy, 0.14, 0.1), leisure="park", name="jardin public" if size > 0.5 else "")
    sx, sy = spot(0.84, angles[3] + pi / arms)
    drawing.ring(field_ring(chance, sx, sy, 0.1, 0.06), leisure="pitch")
    wx, wy = spot(1.0, angles[2] + pi / arms)
    drawing.ring(field_ring(chance, wx, wy, 0.08, 0.06), landuse="cemetery")
    del name


def houses(drawing: Drawing, streets: list[list[Point]]) -> None:
    chance = drawing.chance
    for street in streets:
        for a, b in pairwise(street):
            span = hypot(b[0] - a[0], b[1] - a[1])
            if span < 0.02:
                continue
            ux, uy = (b[0] - a[0]) / span, (b[1] - a[1]) / span
            at = 0.012
            while at < span - 0.012:
                wide = chance.uniform(0.012, 0.026)
                for side in (-1, 1):
                    if chance.random() < 0.24:
                        continue
                    deep = chance.uniform(0.010, 0.018)
                    back = 0.011 + chance.uniform(0, 0.004)
                    x, y = a[0] + ux * at - uy * side * back, a[1] + uy * at + ux * side * back
                    corners = [(0, 0), (wide * 0.9, 0), (wide * 0.9, deep), (0, deep)]
                    drawing.ring(
                        [(x + ux * p - uy * side * q, y + uy * p + ux * side * q) for p, q in corners], building="yes"
                    )
                at += wide + chance.uniform(0.002, 0.014)


def field_ring(chance: random.Random, x: float, y: float, wide: float, high: float) -> list[Point]:
    angle = chance.uniform(0, pi)
    corners = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    shaken = [
        (p * wide / 2 * chance.uniform(0.82, 1.12), q * high / 2 * chance.uniform(0.82, 1.12)) for p, q in corners
    ]
    return [(x + p * cos(angle) - q * sin(angle), y + p * sin(angle) + q * cos(angle)) for p, q in shaken]
