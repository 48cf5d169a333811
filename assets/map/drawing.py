"""Nodes, ways and relations of a drawn map, and the bends of a country road."""

from __future__ import annotations

import random
from itertools import pairwise
from math import hypot
from pathlib import Path

import osmium
from land import EAST, NORTH, SOUTH, WEST, Point, height, smooth, to_degrees
from osmium.osm.mutable import Node, Relation, Way

SEED = 20261125
HIGHWAY = {"minor": "unclassified"}


class Drawing:
    """Nodes, ways and relations with their numbers; written in the order that the format wants."""

    def __init__(self) -> None:
        self.chance = random.Random(SEED)
        self.points: list[Point] = []
        self.node_tags: dict[int, dict[str, str]] = {}
        self.ways: list[tuple[list[int], dict[str, str]]] = []
        self.relations: list[tuple[list[int], dict[str, str]]] = []
        self.road_nodes: list[int] = []

    def node(self, point: Point, **tags: str) -> int:
        self.points.append(point)
        if tags:
            self.node_tags[len(self.points)] = {key.replace("__", ":"): value for key, value in tags.items()}
        return len(self.points)

    def way(self, nodes: list[int], **tags: str) -> int:
        self.ways.append((nodes, tags))
        return len(self.ways)

    def line(self, points: list[Point], **tags: str) -> int:
        return self.way([self.node(point) for point in points], **tags)

    def ring(self, points: list[Point], **tags: str) -> int:
        nodes = [self.node(point) for point in points]
        return self.way([*nodes, nodes[0]], **tags)

    def road(self, nodes: list[int], kind: str, name: str = "") -> None:
        tags = {"highway": HIGHWAY.get(kind, kind)}
        if name:
            tags["name"] = name
        self.way(nodes, **tags)
        self.road_nodes += nodes

    def write(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        header = osmium.io.Header()
        header.add_box(osmium.osm.Box(WEST, SOUTH, EAST, NORTH))
        header.set("generator", "Pays du Bon Coin")
        with osmium.SimpleWriter(str(path), header=header) as writer:
            for number, point in enumerate(self.points, 1):
                writer.add_node(Node(id=number, location=to_degrees(point), tags=self.node_tags.get(number, {})))
            for number, (nodes, tags) in enumerate(self.ways, 1):
                writer.add_way(Way(id=number, nodes=nodes, tags=tags))
            for number, (members, tags) in enumerate(self.relations, 1):
                writer.add_relation(Relation(id=number, members=[("w", way, "outer") for way in members], tags=tags))


def wander(chance: random.Random, start: Point, end: Point, bend: float) -> list[Point]:
    """A way between two points that bends like a country road: halves moved aside, less and less; valleys draw it."""
    points = [start, end]
    side = bend
    while len(points) < 33:
        finer = [points[0]]
        for a, b in pairwise(points):
            span = hypot(b[0] - a[0], b[1] - a[1])
            nx, ny = -(b[1] - a[1]) / span, (b[0] - a[0]) / span
            middle = ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)
            tries = [chance.uniform(-side, side) * span for _ in range(4)]
            moved = [(middle[0] + nx * t, middle[1] + ny * t) for t in tries]
            finer += [min(moved, key=lambda p: height(*p)), b]
        points = finer
        side *= 0.72
    return smooth(points, 1)
