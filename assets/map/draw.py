"""Draws the map of Pays du Bon Coin, our invented territory, as an OpenStreetMap extract.

    .venv/bin/python assets/map/draw.py
    .venv/bin/zerot map build assets/map/pays-du-bon-coin.osm.pbf --out assets/map/pays-du-bon-coin.mbtiles \
        --zooms 11-15 --bounds 5.03,43.845,5.475,44.145 --attribution "Carte dessinée · Pays du Bon Coin"

Villages, sites and offers stand where the territory file has them; roads, river, woods, fields, houses and heights are
made up around them. Everything is seeded: the same map each time. Needs pyosmium, as the server does.
"""

from __future__ import annotations

import json
from itertools import pairwise
from math import cos, exp, hypot, pi, sin
from pathlib import Path

from drawing import Drawing, wander
from land import EAST, NORTH, SOUTH, WEST, Point, contour, height, length, patchy, smooth, to_km
from villages import draw_village, houses

HERE = Path(__file__).parent
TERRITORY = HERE.parent / "territory" / "pays-du-bon-coin.json"
OUT = HERE / "pays-du-bon-coin.osm.pbf"

# Kind, villages on the way (a pair of kilometres is a point), name.
ROADS = (
    ("primary", ((-18.5, 3.4), "mazelles", "bedarrin", "monfroux", (19.0, -2.0)), "Route des Deux-Rives"),
    ("secondary", ("bedarrin", "saint-clar", "cabrelle", (19.0, 7.4)), "Route de Saint-Clar"),
    ("secondary", ("bedarrin", "roquemiel", "aubignosque", (-9.4, 17.0)), "Route de Roquemiel"),
    ("secondary", ("bedarrin", "les-ocres", "lourmignac", (14.5, -18.0)), "Route des Ocres"),
    ("secondary", ("bedarrin", "vaudargues", "sainte-remuse", (-9.5, -18.0)), "Route de Vaudargues"),
    ("tertiary", ("mazelles", "font-sorguette", "sainte-remuse"), "Route des Roues à aubes"),
    ("tertiary", ("font-sorguette", "vaudargues", "combe-rousse", "les-ocres"), "Route du Plateau"),
    ("tertiary", ("saint-clar", "puy-l-amandier", (8.0, 17.0)), "Route du Col"),
    ("tertiary", ("puy-l-amandier", "cabrelle", "monfroux"), "Route de Cabrelle"),
    ("tertiary", ("monfroux", "lourmignac"), "Route des Vergers"),
    ("tertiary", ("aubignosque", "les-granges-d-oule", (-18.5, 12.6)), "Route de la Plaine"),
    ("tertiary", ("mazelles", "aubignosque"), "Route des Blaques"),
    ("tertiary", ("mazelles", "les-granges-d-oule"), "Chemin du Facteur"),
    ("tertiary", ("roquemiel", "puy-l-amandier"), "Route des Lavandes"),
    ("tertiary", ("combe-rousse", "lourmignac"), "Route de la Combe"),
    ("minor", ("roquemiel", "saint-clar"), "Chemin des Amandiers"),
    ("minor", ("bedarrin", "font-sorguette"), "Chemin du Gué"),
    ("minor", ("combe-rousse", "sainte-remuse"), "Chemin du Vallon"),
    ("path", ("bedarrin", "mazelles"), "Sentier du Canal vieux"),
    ("path", ("les-ocres", "monfroux"), "Sentier des Ocres"),
    ("path", ("roquemiel", "aubignosque"), "GR des Trois Clochers"),
    ("path", ("saint-clar", "monfroux"), "Draille des Troupeaux"),
    ("path", ("vaudargues", "les-ocres"), "Sentier des Bories"),
    ("path", ("puy-l-amandier", "roquemiel"), "Chemin des Crêtes"),
)
HAMLETS = (
    ("Les Amandiers", -3.4, 3.4),
    ("Le Grand Pré", 2.9, -4.8),
    ("La Bastide-Neuve", 6.7, 0.6),
    ("Les Iscles", -7.4, -4.0),
    ("Les Blaques", -11.2, 9.6),
    ("Le Four Rouge", 7.6, -7.2),
    ("Les Cabrettes", 13.2, 3.8),
    ("Le Mas Vert", -5.8, -8.6),
    ("La Durette", 11.2, -11.2),
    ("Les Aires", 1.4, 5.6),
    ("La Draille", 8.4, 7.6),
    ("Le Moulin-Vieux", 3.5, 1.5),
    ("Peyrebelle", -13.8, 1.6),
    ("Le Pigeonnier", -2.2, -3.2),
    ("Clairefont", 10.6, 1.2),
    ("Saint-Pons", -0.6, 11.2),
)
PEAKS = (
    ("Mont Aubrin", 4.0, 15.5),
    ("Tête de l'Ase", 12.0, 13.2),
    ("Le Grand Cèdre", 14.6, 6.4),
    ("Rocher du Miel", -1.7, 8.4),
    ("Les Crêtes", 14.0, -10.9),
    ("Serre Long", -9.5, -13.0),
    ("Puech Rouge", 7.2, -4.6),
    ("La Gardette", -13.3, 6.2),
)


def draw_relief(drawing: Drawing) -> None:
    for level in range(200, 1200, 50):
        for line in contour(height, level, 0.22, 2.0):
            if length(line) > 2.2:
                drawing.line(smooth(line, 1), contour="elevation", ele=str(level))


def draw_cover(drawing: Drawing, rivers: list[list[Point]]) -> None:
    """Woods on the slopes with clearings, garrigue below them, a green ribbon along the water."""

    def wood(x: float, y: float) -> float:
        return (height(x, y) - 330) / 150 + 1.15 * patchy(x, y)

    def scrub(x: float, y: float) -> float:
        return (height(x, y) - 270) / 110 + 1.2 * patchy(x + 3, y - 5)

    for field, tags in ((scrub, {"natural": "scrub"}), (wood, {"natural": "wood"})):
        rings = [drawing.ring(smooth(line, 2)[:-1]) for line in contour(field, 0.35, 0.16, 2.0) if length(line) > 1.4]
        drawing.relations.append((rings, {"type": "multipolygon", **tags}))
    bare = [drawing.ring(smooth(line, 2)[:-1]) for line in contour(height, 880, 0.16, 2.0) if length(line) > 1]
    drawing.relations.append((bare, {"type": "multipolygon", "natural": "heath"}))
    for river in rivers:
        edge = [(x, y + 0.16 + 0.1 * sin(5 * x)) for x, y in river] + [
            (x, y - 0.16 - 0.1 * sin(4 * x)) for x, y in reversed(river)
        ]
        drawing.ring(smooth([*edge, edge[0]], 1)[:-1], natural="wood")


def draw_water(drawing: Drawing) -> list[list[Point]]:
    chance = drawing.chance
    sorguette = [
        (19.0, -0.2),
        (15.2, -1.6),
        (11.0, -0.8),
        (7.0, -1.8),
        (3.4, -1.2),
        (0.8, -1.9),
        (-2.4, -2.6),
        (-5.6, -4.6),
    ]
    sorguette += [(-9.6, -5.9), (-10.4, -6.4), (-13.4, -6.0), (-18.5, -7.4)]
    main = [sorguette[0]]
    for a, b in pairwise(sorguette):
        main += wander(chance, a, b, 0.16)[1:]
    drawing.line(main, waterway="river", name="La Sorguette")
    streams = (
        ("La Mielle", [(-2.4, 7.0), (-2.0, 4.0), (-0.9, 1.6), (0.2, -1.6)]),
        ("Le Rougeau", [(7.0, -6.4), (5.6, -4.0), (4.0, -1.3)]),
        ("La Claire", [(6.2, 3.2), (7.4, 1.0), (7.2, -1.7)]),
        ("L'Oule", [(-9.0, 15.8), (-12.6, 12.6), (-14.4, 10.4), (-18.5, 9.6)]),
        ("Le Vallon", [(-8.6, -12.6), (-8.9, -9.6), (-9.8, -6.0)]),
        ("La Cabrelle", [(14.2, 7.8), (13.6, 3.0), (14.8, -1.5)]),
    )
    for name, points in streams:
        line = [points[0]]
        for a, b in pairwise(points):
            line += wander(chance, a, b, 0.2)[1:]
        mouth = min(main, key=lambda p: hypot(p[0] - line[-1][0], p[1] - line[-1][1]))
        if hypot(mouth[0] - line[-1][0], mouth[1] - line[-1][1]) < 1.5:
            line.append(mouth)
        drawing.line(line, waterway="stream", name=name)
    lake = (12.95, -15.35)
    ring = [
        (
            lake[0] + (0.62 + 0.1 * sin(3 * t) + 0.06 * cos(5 * t)) * cos(t),
            lake[1] + (0.36 + 0.05 * sin(2 * t)) * sin(t),
        )
        for t in (k * pi / 18 for k in range(36))
    ]
    drawing.ring(ring, natural="water", name="Lac des Martinets")
    canal = wander(chance, (12.6, -14.9), (12.0, -14.1), 0.08) + wander(chance, (12.0, -14.1), (19.0, -11.2), 0.07)[1:]
    drawing.line(canal, waterway="canal", name="Canal de la Durette")
    return [main]


def draw_roads(drawing: Drawing, centres: dict[str, int]) -> None:
    for kind, stops, name in ROADS:
        for a, b in pairwise(stops):
            ends = [centres[stop] if isinstance(stop, str) else drawing.node(stop) for stop in (a, b)]
            points = wander(
                drawing.chance,
                drawing.points[ends[0] - 1],
                drawing.points[ends[1] - 1],
                0.2 if kind == "path" else 0.13,
            )
            nodes = [ends[0], *(drawing.node(point) for point in points[1:-1]), ends[1]]
            drawing.road(nodes, kind, name)
    rail = [(-18.5, -1.2), (-9.0, -0.9), (-3.0, -1.1), (0.35, -0.68), (6.0, -0.9), (19.0, -3.2)]
    track = [rail[0]]
    for a, b in pairwise(rail):
        track += wander(drawing.chance, a, b, 0.05)[1:]
    drawing.line(smooth(track, 1), railway="rail")
    drawing.node((0.34, -0.70), railway="station", name="Gare de Bédarrin")


def draw_fields(drawing: Drawing, villages: list[Point]) -> None:
    """Lavender on the northern plateau, vines and orchards in the plain, ochre where the ochres are."""
    chance = drawing.chance
    kinds = (
        (
            {"landuse": "farmland", "crop": "lavender"},
            ((-1.5, 6.5, 2.6), (6.0, 6.2, 2.4), (10.0, 8.5, 1.8), (1.5, 10.0, 1.8), (-8, 11, 1.6)),
        ),
        (
            {"landuse": "vineyard"},
            ((-6.5, 1.8, 2.6), (-3.5, -6.5, 2.2), (3.8, 1.2, 1.8), (10.5, 9.5, 1.5), (-12, 11, 2.4), (12.5, -4.5, 2.4)),
        ),
        (
            {"landuse": "orchard"},
            ((10.8, -12.0, 2.0), (5.5, 2.5, 1.6), (14.0, -2.5, 1.6), (-10.5, -4.0, 1.8), (9.5, 11.0, 1.2)),
        ),
        (
            {"landuse": "meadow"},
            ((-9.0, -4.5, 2.4), (2.5, -3.0, 2.2), (-14.5, 8.0, 2.0), (9.0, -1.0, 2.2), (-4, 3, 2.6)),
        ),
        ({"landuse": "farmland"}, ((0.0, 0.0, 4.5), (-13, 3, 3), (8.0, 1.0, 3.6), (-14, -3.0, 2.6), (12, -7, 3))),
    )
    wide, high = 0.56, 0.38
    low, top = to_km(WEST, SOUTH), to_km(EAST, NORTH)
    columns, rows = int((top[0] - low[0]) / wide) + 4, int((top[1] - low[1]) / high) + 4

    def corner(i: int, j: int) -> Point:
        x, y = low[0] + (i - 2) * wide, low[1] + (j - 2) * high
        x, y = x + 0.9 * sin(0.45 * y) + 0.25 * sin(1.7 * y + x), y + 0.7 * sin(0.5 * x) + 0.2 * sin(1.9 * x)
        return x + chance.uniform(-0.15, 0.15), y + chance.uniform(-0.11, 0.11)

    corners = [[corner(i, j) for i in range(columns)] for j in range(rows)]
    for j in range(rows - 1):
        for i in range(columns - 1):
            quad = [corners[j][i], corners[j][i + 1], corners[j + 1][i + 1], corners[j + 1][i]]
            x, y = sum(p for p, _ in quad) / 4, sum(q for _, q in quad) / 4
            if height(x, y) > 500 or any(hypot(x - a, y - b) < 0.5 for a, b in villages):
                continue
            scores = [max(exp(-((x - a) ** 2 + (y - b) ** 2) / (2 * r * r)) for a, b, r in areas) for _, areas in kinds]
            weights = [score**1.5 for score in scores]
            draw = chance.random() * (sum(weights) + 0.35)
            for (tags, _), weight in zip(kinds, weights, strict=True):
                draw -= weight
                if draw < 0:
                    inset = chance.uniform(0.03, 0.09)
                    drawing.ring([(p + (x - p) * inset, q + (y - q) * inset) for p, q in quad], **tags)
                    break
    for x, y, size in ((7.68, -3.55, 0.5), (8.3, -4.0, 0.36), (7.1, -4.4, 0.3), (4.9, -11.0, 0.3), (5.3, -10.2, 0.22)):
        ring = [
            (x + size * (1 + 0.22 * sin(3 * t + x)) * cos(t), y + 0.6 * size * (1 + 0.2 * cos(4 * t)) * sin(t))
            for t in (k * pi / 12 for k in range(24))
        ]
        drawing.ring(
            smooth([*ring, ring[0]], 1)[:-1],
            landuse="quarry",
            resource="ochre",
            name="carrière des Aurores" if size == 0.5 else "",
        )


def reach(drawing: Drawing, point: Point, kind: str) -> None:
    """A lane from the nearest road to a place that has none."""
    roads = sorted(
        set(drawing.road_nodes),
        key=lambda n: hypot(drawing.points[n - 1][0] - point[0], drawing.points[n - 1][1] - point[1]),
    )
    nearest = drawing.points[roads[0] - 1]
    if hypot(nearest[0] - point[0], nearest[1] - point[1]) < 0.03:
        return
    line = wander(drawing.chance, nearest, point, 0.1)[1:]
    drawing.road([roads[0], *(drawing.node(p) for p in line[3::4]), drawing.node(point)], kind)


def main() -> None:
    territory = json.loads(TERRITORY.read_text(encoding="utf-8"))
    drawing = Drawing()
    villages = {row["id"]: to_km(row["longitude"], row["latitude"]) for row in territory["communes"]}
    rivers = draw_water(drawing)
    draw_relief(drawing)
    draw_cover(drawing, rivers)
    draw_fields(drawing, list(villages.values()))
    centres = {}
    for row in territory["communes"]:
        great = row["id"] == "bedarrin"
        centres[row["id"]] = drawing.node(villages[row["id"]], place="town" if great else "village", name=row["name"])
    draw_roads(drawing, centres)
    for row in territory["communes"]:
        draw_village(drawing, centres[row["id"]], 0.62 if row["id"] == "bedarrin" else 0.36, row["name"])
    for name, x, y in HAMLETS:
        drawing.node((x, y), place="hamlet", name=name)
        reach(drawing, (x, y), "unclassified")
        houses(drawing, [[(x - 0.12, y - 0.03), (x, y), (x + 0.13, y + 0.05)], [(x, y), (x + 0.02, y + 0.12)]])
    for name, x, y in PEAKS:
        drawing.node((x, y), natural="peak", name=name, ele=str(round(height(x, y))))
    voie = rivers[0][len(rivers[0]) // 3 :: 6]
    drawing.road(
        [centres["bedarrin"], *(drawing.node((x, y + 0.22)) for x, y in voie if x < 0.6), centres["font-sorguette"]][
            :60
        ],
        "cycleway",
        "Voie verte de la Sorguette",
    )
    places = [row["place"] for row in territory["partners"]] + [row["place"] for row in territory["offers"]]
    for place in sorted({(p[3], p[2]) for p in places if p[2] is not None}):
        reach(drawing, to_km(*place), "service")
    drawing.write(OUT)
    print(f"{OUT.name}: {len(drawing.points)} nodes, {len(drawing.ways)} ways, {OUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
