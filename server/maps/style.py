"""How the map looks: our colours and letters as a Mapnik style sheet. Pure text; what each zoom shows is said here.

Sizes are pixels of a 256-pixel tile. Zooms are inclusive. Labels stand in the order of what matters: what comes first
takes its place, what comes later must find another.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from server.maps import style_parts as sp
from server.maps.style_labels import label_styles

# kind: (colour, first zoom)
LAND: dict[str, tuple[str, int]] = {
    "farmland": ("#EFE7CF", 12),
    "meadow": ("#E3E7C4", 11),
    "wood": ("#CBD8AC", 8),
    "scrub": ("#DAE2BE", 10),
    "heath": ("#E0DFC0", 10),
    "vineyard": ("#E4DFB4", 11),
    "orchard": ("#DDE3B4", 11),
    "lavender": ("#D9CDE8", 11),
    "rock": ("#E5D3BC", 10),
    "ochre": ("#E8B98C", 11),
    "sand": ("#F3E3B8", 10),
    "residential": ("#E8DDCB", 11),
    "industrial": ("#E3DBD6", 12),
    "school": ("#EBDDC3", 14),
    "cemetery": ("#D3DCBB", 13),
    "park": ("#CFE0AE", 12),
    "pitch": ("#C3D7A4", 14),
    "pedestrian": ("#F7F1E4", 14),
    "parking": ("#E9E3DC", 15),
}


@dataclass(frozen=True, slots=True)
class Road:
    """`widths`: pixels at given zooms, taken on until the next one. `casing` '' for none; `dash` for paths."""

    kinds: tuple[str, ...]
    colour: str
    casing: str
    widths: tuple[tuple[int, float], ...]
    dash: str = ""


# Drawn from the last to the first: the great ones lie on top.
ROADS = (
    Road(
        ("motorway", "trunk"),
        "#F2B879",
        "#B9763A",
        ((7, 1.2), (10, 2.2), (12, 3.6), (13, 5), (14, 6.5), (15, 8), (16, 12)),
    ),
    Road(("primary",), "#F8D58E", "#C29650", ((8, 1.0), (10, 1.8), (12, 3.2), (13, 4.8), (14, 6), (15, 7.6), (16, 11))),
    Road(
        ("secondary",),
        "#FBE6B0",
        "#C7A467",
        ((9, 0.9), (11, 1.8), (12, 2.8), (13, 4.2), (14, 5.4), (15, 7), (16, 10.5)),
    ),
    Road(
        ("tertiary",),
        "#FFFDF6",
        "#C9B997",
        ((10, 0.8), (11, 1.3), (12, 2.2), (13, 3.4), (14, 4.8), (15, 6.4), (16, 9.5)),
    ),
    Road(("minor",), "#FFFDF6", "#CDBFA2", ((12, 1.0), (13, 1.8), (14, 3.2), (15, 5), (16, 8))),
    Road(("pedestrian",), "#F7EFE0", "#CDBFA2", ((14, 2.6), (15, 4.4), (16, 7))),
    Road(("service",), "#FFFDF6", "#D8CDB6", ((14, 1.4), (15, 2.6), (16, 5))),
    Road(("tunnel",), "#CDBFA2", "", ((13, 0.8), (14, 1.2), (15, 1.8), (16, 2.4)), "5,4"),
    Road(("track",), "#B59A6A", "", ((13, 0.9), (14, 1.2), (15, 1.6), (16, 2)), "6,3"),
    Road(("cycleway",), "#4E7A3A", "", ((13, 1.1), (14, 1.5), (15, 2), (16, 2.4)), "7,3"),
    Road(("path",), "#9A6B3E", "", ((13, 0.8), (14, 1.1), (15, 1.5), (16, 1.9)), "3,2.5"),
    Road(("steps",), "#9A6B3E", "", ((15, 3), (16, 4)), "1.5,1.5"),
)


def _land() -> str:
    rules = [sp.rule(sp.fill(colour), first, where=f"[kind] = '{kind}'") for kind, (colour, first) in LAND.items()]
    return sp.style("land", rules)


def _roads() -> list[str]:
    """First all casings, then all fills: crossings stay open."""
    styles = []
    for number, road in enumerate(ROADS):
        zooms = [zoom for zoom, _ in road.widths]
        casing, fill = [], []
        for (zoom, width), until in zip(road.widths, [*(z - 1 for z in zooms[1:]), sp.ZOOM_TOP], strict=True):
            if road.casing:
                casing.append(sp.rule(sp.line(road.casing, width + 1.8), zoom, until))
            fill.append(
                sp.rule(sp.line(road.colour, width, dash=road.dash, cap="butt" if road.dash else "round"), zoom, until)
            )
        if casing:
            styles.append(sp.style(f"road-casing-{number}", casing))
        styles.append(sp.style(f"road-fill-{number}", fill))
    return styles


def _layer(name: str, styles: Iterable[str], database: str, query: str) -> str:
    parameters = {
        "type": "sqlite",
        "file": database,
        "table": f"({query}) as t",
        "geometry_field": "geometry",
        "key_field": "id",
        "wkb_format": "generic",
        "use_spatial_index": "true",
        "index_table": "idx_features_geometry",
        "extent": "-180,-85,180,85",
    }
    inside = "".join(f"<Parameter name={quoteattr(key)}>{value}</Parameter>" for key, value in parameters.items())
    names = "".join(f"<StyleName>{style}</StyleName>" for style in styles)
    source = f"<Datasource>{inside}</Datasource>"
    return f'<Layer name="{name}" srs="+proj=longlat +datum=WGS84 +no_defs">{names}{source}</Layer>'


def build_style(database: str, fonts: dict[str, str]) -> str:
    """The whole Mapnik map. `database` is the feature file; `fonts` names a face for strong, medium and slanted."""
    line = {
        "river": ((8, 1.0), (10, 1.8), (11, 2.6), (12, 3.6), (13, 5), (14, 7), (15, 11), (16, 16)),
        "canal": ((12, 1.6), (13, 2.2), (14, 3), (15, 4.5)),
        "stream": ((12, 0.8), (13, 1.2), (14, 1.8), (15, 2.4)),
    }
    water_rules = []
    for kind, widths in line.items():
        zooms = [zoom for zoom, _ in widths]
        for (zoom, width), until in zip(widths, [*(z - 1 for z in zooms[1:]), sp.ZOOM_TOP], strict=True):
            water_rules.append(sp.rule(sp.line(sp.WATER, width), zoom, until, f"[kind] = '{kind}'"))
    fontsets = "".join(
        f'<FontSet name="{name}"><Font face-name={quoteattr(face)}/></FontSet>' for name, face in fonts.items()
    )
    styles = [
        sp.style("sea", [sp.rule(sp.fill(sp.WATER), 0)]),
        _land(),
        sp.style(
            "relief",
            [
                sp.rule(sp.line("#B08A57", 0.7, opacity=0.35), 13),
                sp.rule(sp.line("#B08A57", 0.6, opacity=0.28), 11, 12),
            ],
        ),
        sp.style("water", [sp.rule(sp.fill(sp.WATER), 8)]),
        sp.style("water-lines", water_rules),
        sp.style(
            "buildings",
            [sp.rule(sp.fill("#D9C8AE") + sp.line("#BFA985", 0.6), 15), sp.rule(sp.fill("#DCCDB6"), 14, 14)],
        ),
        *_roads(),
        sp.style(
            "rails",
            [
                sp.rule(sp.line("#6E6678", 2.2) + sp.line("#F6F1E8", 1.1, dash="7,7", cap="butt"), 14),
                sp.rule(sp.line("#8A8294", 1.2), 10, 13),
            ],
        ),
        *label_styles(),
    ]
    select = "select id, kind, name, detail, area, layer, geometry from features where layer ="
    layers = [
        _layer("sea", ["sea"], database, f"{select} 'sea'"),
        _layer("land", ["land"], database, f"{select} 'land' order by area desc"),
        _layer("relief", ["relief"], database, f"{select} 'relief'"),
        _layer("water-lines", ["water-lines"], database, f"{select} 'waterway'"),
        _layer("water", ["water"], database, f"{select} 'water'"),
        _layer("buildings", ["buildings"], database, f"{select} 'building'"),
    ]
    last = len(ROADS) - 1
    for part in ("casing", "fill"):
        for number in range(last, -1, -1):
            road = ROADS[number]
            if part == "casing" and not road.casing:
                continue
            kinds = ", ".join(f"'{kind}'" for kind in road.kinds)
            layers.append(
                _layer(
                    f"road-{part}-{number}",
                    [f"road-{part}-{number}"],
                    database,
                    f"{select} 'road' and kind in ({kinds})",
                )
            )
    layers += [
        _layer("rails", ["rails"], database, f"{select} 'rail'"),
        _layer("place-labels", ["place-labels"], database, f"{select} 'place' order by area desc"),
        _layer("peak-labels", ["peak-labels"], database, f"{select} 'spot' and name &lt;&gt; ''"),
        _layer("water-labels", ["water-labels"], database, f"{select} 'waterway' and name &lt;&gt; ''"),
        _layer("road-labels", ["road-labels"], database, f"{select} 'road' and name &lt;&gt; ''"),
        _layer(
            "area-labels",
            ["area-labels"],
            database,
            f"{select} in ('water', 'land') and name &lt;&gt; '' order by area desc",
        ).replace("layer = in", "layer in"),
    ]
    projection = (
        "+proj=merc +a=6378137 +b=6378137 +lat_ts=0 +lon_0=0 +x_0=0 +y_0=0 +k=1 +units=m +nadgrids=@null +no_defs"
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?><Map srs="{projection} +over" background-color="{sp.PAPER}"'
        f' buffer-size="320">{fontsets}{"".join(styles)}{"".join(layers)}</Map>'
    )
