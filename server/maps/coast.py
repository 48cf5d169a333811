"""The sea from coastlines: OSM draws a coast as ways with land on their left, and the sea as nothing at all.

Ways are joined to chains; a chain that is open is led on to the edge of a box, and the sea is walked round with the
coast on its left and the box's edge clockwise. Islands are left out: they are drawn as land of their own colour. Pure.
"""

from __future__ import annotations

Point = tuple[float, float]
Box = tuple[float, float, float, float]  # west, south, east, north


def join_chains(ways: list[list[Point]]) -> list[list[Point]]:
    """Ways that follow each other, as one."""
    starts = {way[0]: way for way in ways if len(way) > 1}
    ends = {way[-1] for way in ways if len(way) > 1}
    chains = []
    left = {id(way): way for way in ways if len(way) > 1}
    heads = [way for way in left.values() if way[0] not in ends] + list(left.values())
    for head in heads:
        if left.pop(id(head), None) is None:
            continue
        chain = list(head)
        while (following := starts.get(chain[-1])) is not None and left.pop(id(following), None) is not None:
            chain += following[1:]
        chains.append(chain)
    return chains


def sea_polygons(ways: list[list[Point]], box: Box) -> list[list[Point]]:
    """Rings of sea inside the box; none where no coast is."""
    chains = [chain for chain in join_chains(ways) if chain[0] != chain[-1]]
    if not chains:
        return []
    led = [[_led(chain[-1], chain[0], box), *chain, _led(chain[0], chain[-1], box)] for chain in chains]
    rings: list[list[Point]] = []
    left = list(led)
    while left:
        ring = list(left.pop(0))
        start = _round(ring[0], box)
        # Clockwise along the edge from where this chain ends, to whichever chain begins next.
        for _ in range(len(led) + 1):
            here = _round(ring[-1], box)
            following = min(left, key=lambda chain: (_round(chain[0], box) - here) % 4, default=None)
            to_start = (start - here) % 4
            if following is None or to_start <= (_round(following[0], box) - here) % 4:
                ring += _corners(here, to_start, box)
                break
            ring += _corners(here, (_round(following[0], box) - here) % 4, box)
            ring += following
            left.remove(following)
        rings.append(ring)
    return rings


def _led(start: Point, end: Point, box: Box) -> Point:
    """Where a coast that ends inside the box meets its edge when it goes on as it went on the whole."""
    west, south, east, north = box
    dx, dy = end[0] - start[0], end[1] - start[1]
    inside = west < end[0] < east and south < end[1] < north
    if not inside or (dx == 0 and dy == 0):
        return _edge(end, box)
    shares = [(limit - at) / step for limit, at, step in _walls(end, dx, dy, box)]
    share = min(shares)
    return _edge((end[0] + share * dx, end[1] + share * dy), box)


def _walls(point: Point, dx: float, dy: float, box: Box) -> list[tuple[float, float, float]]:
    """The sides that a walk from `point` would meet: limit, coordinate, step."""
    west, south, east, north = box
    walls = []
    if dx:
        walls.append((east if dx > 0 else west, point[0], dx))
    if dy:
        walls.append((north if dy > 0 else south, point[1], dy))
    return walls


def _edge(point: Point, box: Box) -> Point:
    """The point of the box's edge next to `point`."""
    west, south, east, north = box
    x, y = min(max(point[0], west), east), min(max(point[1], south), north)
    gaps = {x - west: (west, y), east - x: (east, y), y - south: (x, south), north - y: (x, north)}
    return gaps[min(gaps)]


def _round(point: Point, box: Box) -> float:
    """How far along the edge, clockwise from the north-west corner: 0 … 4, one side each."""
    west, south, east, north = box
    x, y = point
    if y >= north:
        return (x - west) / (east - west)
    if x >= east:
        return 1 + (north - y) / (north - south)
    if y <= south:
        return 2 + (east - x) / (east - west)
    return 3 + (y - south) / (north - south)


def _corners(start: float, length: float, box: Box) -> list[Point]:
    """Corners passed when going `length` along the edge from `start`."""
    west, south, east, north = box
    corners = [(east, north), (east, south), (west, south), (west, north)]  # at 1, 2, 3, 4
    passed = range(int(start) + 1, int(start + length) + 1)
    return [corners[(number - 1) % 4] for number in passed]
