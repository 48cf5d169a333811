"""The lie of the land of Pays du Bon Coin: heights as a sum of hills, and lines of equal value on a grid.

Kilometres east (x) and north (y) of Bédarrin. No unseeded chance: the same land every time.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import exp, hypot, sin

KM_PER_DEGREE_LON, KM_PER_DEGREE_LAT = 80.0, 111.2
ORIGIN = (5.248, 44.0005)
WEST, SOUTH, EAST, NORTH = 5.03, 43.845, 5.475, 44.145

Point = tuple[float, float]

# x, y, height in metres, radius in km, how much longer than wide (east-west).
HILLS = (
    (4.0, 15.5, 900, 3.4, 2.6),  # the long mountain in the north
    (12.0, 13.5, 520, 3.0, 1.5),
    (-9.0, 14.5, 420, 2.6, 1.6),
    (-1.8, 7.9, 330, 1.5, 1.2),  # Roquemiel on its rock
    (9.9, 10.6, 260, 1.4, 1.0),
    (14.6, 6.2, 430, 2.4, 0.9),  # the ridges of Cabrelle
    (16.5, 1.0, 300, 2.0, 0.8),
    (7.0, -4.2, 240, 1.6, 1.3),  # the ochres
    (4.5, -10.6, 330, 2.0, 1.3),
    (9.5, -8.0, 260, 2.2, 1.5),
    (14.0, -11.0, 560, 3.0, 1.8),
    (-3.0, -8.4, 210, 1.7, 1.4),
    (-9.5, -13.0, 420, 2.6, 1.7),
    (-13.0, -7.0, 300, 2.0, 0.9),
    (-6.0, 3.0, 130, 1.2, 1.4),
    (5.4, 3.9, 150, 1.3, 1.5),
    (-13.5, 6.0, 240, 2.2, 1.0),
)


def to_degrees(point: Point) -> Point:
    """Kilometres → longitude, latitude."""
    return ORIGIN[0] + point[0] / KM_PER_DEGREE_LON, ORIGIN[1] + point[1] / KM_PER_DEGREE_LAT


def to_km(longitude: float, latitude: float) -> Point:
    return (longitude - ORIGIN[0]) * KM_PER_DEGREE_LON, (latitude - ORIGIN[1]) * KM_PER_DEGREE_LAT


def height(x: float, y: float) -> float:
    """Metres above the sea."""
    total = 140.0
    for hx, hy, tall, wide, long in HILLS:
        dx, dy = (x - hx) / (wide * long), (y - hy) / wide
        total += tall * exp(-(dx * dx + dy * dy) / 1.6)
    rough = sin(1.7 * x + 0.6 * y) * sin(1.3 * y - 0.8 * x) + 0.5 * sin(3.1 * x - 1.9 * y) * sin(2.7 * y + 1.1 * x)
    rough += 0.25 * sin(6.3 * x + 4.1 * y) * sin(5.9 * y - 3.3 * x)
    return total + rough * (8 + 0.085 * (total - 140))


def patchy(x: float, y: float) -> float:
    """-1 … 1, in patches of about 600 m: where a wood has its clearings."""
    return (
        sin(4.1 * x + 1.3 * sin(2.2 * y)) * sin(3.7 * y + 1.7 * sin(1.9 * x))
        + 0.6 * sin(9 * x + 2 * y) * sin(8 * y - x)
    ) / 1.6


def contour(field: Callable[[float, float], float], level: float, step: float, margin: float) -> list[list[Point]]:
    """Lines where `field` equals `level`, by marching squares; beyond the margin the field counts as far below."""
    low, high = to_km(WEST, SOUTH), to_km(EAST, NORTH)
    left, bottom = low[0] - margin, low[1] - margin
    columns = int((high[0] + margin - left) / step) + 2
    rows = int((high[1] + margin - bottom) / step) + 2
    values = []
    for j in range(rows):
        edge_row = j in (0, rows - 1)
        values.append(
            [
                -1e9 if edge_row or i in (0, columns - 1) else field(left + i * step, bottom + j * step) - level
                for i in range(columns)
            ]
        )
    segments: dict[tuple[int, int, int], list[tuple[int, int, int]]] = {}

    def cross(i: int, j: int, across: int) -> tuple[int, int, int]:
        return (i, j, across)  # an edge of the grid: from (i, j) to the right (0) or upwards (1)

    for j in range(rows - 1):
        for i in range(columns - 1):
            inside = [values[j][i] > 0, values[j][i + 1] > 0, values[j + 1][i + 1] > 0, values[j + 1][i] > 0]
            if all(inside) or not any(inside):
                continue
            edges = [cross(i, j, 0), cross(i + 1, j, 1), cross(i, j + 1, 0), cross(i, j, 1)]
            cut = [edges[k] for k in range(4) if inside[k] != inside[(k + 1) % 4]]
            pairs = [cut] if len(cut) == 2 else [[cut[0], cut[1]], [cut[2], cut[3]]]
            for one, other in pairs:
                segments.setdefault(one, []).append(other)
                segments.setdefault(other, []).append(one)

    def place(edge: tuple[int, int, int]) -> Point:
        i, j, across = edge
        a = values[j][i]
        b = values[j][i + 1] if across == 0 else values[j + 1][i]
        share = min(max(a / (a - b), 0.02), 0.98)
        return (left + (i + (share if across == 0 else 0)) * step, bottom + (j + (share if across else 0)) * step)

    lines = []
    while segments:
        start = next(iter(segments))
        chain, here = [start], start
        while True:
            following = segments.get(here)
            if not following:
                break
            there = following.pop()
            if not following:
                del segments[here]
            back = segments[there]
            back.remove(here)
            if not back:
                del segments[there]
            chain.append(there)
            here = there
            if here == start:
                break
        lines.append([place(edge) for edge in chain])
    return lines


def smooth(points: list[Point], times: int = 2) -> list[Point]:
    """Chaikin's corner cutting; ends stay, a closed line stays closed."""
    closed = points[0] == points[-1]
    for _ in range(times):
        cut: list[Point] = []
        for a, b in pairwise(points):
            cut += [
                (0.75 * a[0] + 0.25 * b[0], 0.75 * a[1] + 0.25 * b[1]),
                (0.25 * a[0] + 0.75 * b[0], 0.25 * a[1] + 0.75 * b[1]),
            ]
        points = [*cut, cut[0]] if closed else [points[0], *cut, points[-1]]
    return points


def length(points: list[Point]) -> float:
    return sum(hypot(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(points))
