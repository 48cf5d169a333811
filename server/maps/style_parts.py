"""Pieces of the map's style sheet: colours, rules by zoom, symbolizers. Pure text."""

from __future__ import annotations

from collections.abc import Iterable

PAPER = "#F1ECDD"
INK = "#261F33"
HALO = "#FBF7F0"
WATER = "#93C0CF"
WATER_INK = "#1F5A73"
WOOD_INK = "#46521F"
# Scale denominator of zoom 0 with 256-pixel tiles and the OGC's 0.28 mm pixel (OGC 07-057r7, annex E.4).
SCALE_0 = 559_082_264.028
ZOOM_TOP = 22


def scale(zoom: float) -> float:
    return float(SCALE_0 / 2**zoom)


def rule(symbols: str, first: int, last: int = ZOOM_TOP, where: str = "") -> str:
    """A rule for zooms first … last."""
    condition = f"<Filter>{where}</Filter>" if where else ""
    limits = f"<MaxScaleDenominator>{scale(first - 0.5):.0f}</MaxScaleDenominator>"
    limits += f"<MinScaleDenominator>{scale(last + 0.5):.0f}</MinScaleDenominator>"
    return f"<Rule>{condition}{limits}{symbols}</Rule>"


def style(name: str, rules: Iterable[str]) -> str:
    return f'<Style name="{name}" filter-mode="first">{"".join(rules)}</Style>'


def kinds_filter(kinds: Iterable[str]) -> str:
    return " or ".join(f"([kind] = '{kind}')" for kind in kinds)


def line(colour: str, width: float, *, dash: str = "", cap: str = "round", opacity: float = 1.0) -> str:
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<LineSymbolizer stroke="{colour}" stroke-width="{width:.2f}" stroke-linejoin="round"'
        f' stroke-linecap="{cap}" stroke-opacity="{opacity}"{dashes}/>'
    )


def fill(colour: str, opacity: float = 1.0) -> str:
    return f'<PolygonSymbolizer fill="{colour}" fill-opacity="{opacity}" gamma="0.6"/>'


def text(
    size: float,
    *,
    colour: str = INK,
    face: str = "strong",
    halo: float = 2.2,
    placement: str = "point",
    more: str = "",
) -> str:
    return (
        f'<TextSymbolizer fontset-name="{face}" size="{size}" fill="{colour}" halo-fill="{HALO}"'
        f' halo-radius="{halo}" placement="{placement}" {more}>[name]</TextSymbolizer>'
    )


def dot(size: int, colour: str) -> str:
    return (
        f'<MarkersSymbolizer width="{size}" height="{size}" fill="{colour}" stroke="{HALO}" stroke-width="1.4"'
        ' allow-overlap="true"/>'
    )


def village_dot() -> str:
    """The middle of a place; its name stands under it, where a pin on the spot does not cover it."""
    return (
        f'<MarkersSymbolizer width="9" height="9" fill="{HALO}" stroke="{INK}" stroke-width="2.4" allow-overlap="true"'
        ' ignore-placement="true"/>'
    )
