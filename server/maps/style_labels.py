"""The letters of the map: which names stand at which zoom, and how. Pure text."""

from __future__ import annotations

from server.maps import style_parts as sp


def label_styles() -> list[str]:
    place = {
        "city": ((7, 17), (10, 22), (12, 27), (14, 30)),
        "town": ((9, 15), (11, 19), (12, 23), (13, 26), (14, 28)),
        "village": ((11, 14), (12, 17), (13, 20), (14, 23), (15, 25)),
        "suburb": ((13, 14), (14, 16), (15, 18)),
        "hamlet": ((13, 12.5), (14, 14), (15, 16)),
        "locality": ((15, 13),),
    }
    rules = []
    for kind, sizes in place.items():
        zooms = [zoom for zoom, _ in sizes]
        for (zoom, size), until in zip(sizes, [*(z - 1 for z in zooms[1:]), sp.ZOOM_TOP], strict=True):
            great = kind in ("city", "town", "village")
            colour, face = (sp.INK, "strong") if great else ("#4A4256", "medium")
            dotted = great and zoom >= 12
            more = 'wrap-width="140" line-spacing="1"' + (' dy="12"' if dotted else "")
            text = sp.text(size, face=face, colour=colour, more=more)
            rules.append(sp.rule(sp.village_dot() + text if dotted else text, zoom, until, f"[kind] = '{kind}'"))
    peaks = (
        '<TextSymbolizer fontset-name="medium" size="13" fill="#6B4423" halo-fill="#FBF7F0" halo-radius="2"'
        ' dy="-7" placement="point" wrap-width="110">[name] + \'&#10;\' + [detail]</TextSymbolizer>'
    )
    dot, station = sp.dot(7, "#8A5A2E"), sp.dot(9, "#46378B")
    road_name = 'spacing="340" max-char-angle-delta="22" avoid-edges="true" margin="2" repeat-distance="60"'
    return [
        sp.style("place-labels", rules),
        sp.style(
            "peak-labels",
            [
                sp.rule(dot + peaks, 12, where="[kind] = 'peak'"),
                sp.rule(
                    station + sp.text(13.5, face="medium", colour="#32265F", more='dy="9" wrap-width="120"'),
                    13,
                    where="[kind] = 'station'",
                ),
            ],
        ),
        sp.style(
            "water-labels",
            [
                sp.rule(
                    sp.text(
                        14,
                        colour=sp.WATER_INK,
                        face="slanted",
                        placement="line",
                        more='spacing="420" avoid-edges="true" max-char-angle-delta="30"',
                    ),
                    12,
                    where="[kind] = 'river'",
                ),
                sp.rule(
                    sp.text(
                        12.5,
                        colour=sp.WATER_INK,
                        face="slanted",
                        placement="line",
                        more='spacing="360" avoid-edges="true"',
                    ),
                    14,
                ),
            ],
        ),
        sp.style(
            "area-labels",
            [
                sp.rule(
                    sp.text(14, colour=sp.WATER_INK, face="slanted", placement="interior", more='wrap-width="90"'),
                    12,
                    where="[layer] = 'water' and [area] &gt; 60000",
                ),
                sp.rule(
                    sp.text(13, colour=sp.WOOD_INK, face="slanted", placement="interior", more='wrap-width="100"'),
                    13,
                    where="[layer] = 'land' and [area] &gt; 250000",
                ),
                sp.rule(
                    sp.text(12.5, colour=sp.WOOD_INK, face="slanted", placement="interior", more='wrap-width="90"'),
                    15,
                    where="[layer] = 'land' and [area] &gt; 8000",
                ),
            ],
        ),
        sp.style(
            "road-labels",
            [
                sp.rule(
                    sp.text(13, placement="line", face="medium", more=road_name),
                    14,
                    where=sp.kinds_filter(("trunk", "primary", "secondary", "tertiary")),
                ),
                sp.rule(
                    sp.text(12, placement="line", face="medium", colour="#4A4256", more=road_name),
                    15,
                    where=sp.kinds_filter(("minor", "pedestrian", "path", "track", "cycleway")),
                ),
            ],
        ),
    ]
