"""`zerot map …`: draw a territory's map, and send it to the kiosks."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import click

from domain.maps import ZOOM_MAX
from server.cli import Failure, with_django
from server.maps.build import FORMATS, OSM_CREDIT, MapNotBuilt, Plan, build_map
from server.maps.features import ExtractUnreadable

_ZOOMS = re.compile(r"(\d{1,2})(?:-(\d{1,2}))?\Z")


class Zooms(click.ParamType[Any]):
    """`11-16`, or one number."""

    name = "zooms"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        match = _ZOOMS.match(str(value))
        low = int(match[1]) if match else -1
        high = int(match[2]) if match and match[2] else low
        if not 0 <= low <= high <= ZOOM_MAX:
            self.fail(f"{value!r} is not a range of zooms like 11-16, within 0-{ZOOM_MAX}.", param, ctx)
        return low, high


class DegreesBox(click.ParamType[Any]):
    """`west,south,east,north`."""

    name = "bounds"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, float, float, float]:
        try:
            west, south, east, north = (float(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"{value!r} is not west,south,east,north in degrees.", param, ctx)
        if not (-180 <= west < east <= 180 and -85 <= south < north <= 85):
            self.fail(f"{value!r} is no part of the world: west,south,east,north in degrees.", param, ctx)
        return west, south, east, north


@click.group("map")
def map_group() -> None:
    """Maps: draw a territory from OpenStreetMap, send it to the kiosks."""


@map_group.command()
@click.argument("extract", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="MBTiles file to write.")
@click.option("--zooms", type=Zooms(), default="11-16", show_default=True, help="From the widest to the closest.")
@click.option("--bounds", type=DegreesBox(), help="west,south,east,north in degrees (default: the whole extract).")
@click.option("--name", default="", help="Name of the map (default: the file's).")
@click.option("--attribution", default=OSM_CREDIT, show_default=True, help="Shown on the map, always.")
@click.option("--format", "form", type=click.Choice(sorted(FORMATS)), default="webp", show_default=True)
def build(
    extract: Path,
    out: Path,
    zooms: tuple[int, int],
    bounds: tuple[float, float, float, float] | None,
    name: str,
    attribution: str,
    form: str,
) -> None:
    """Draw EXTRACT (.osm.pbf or .osm) as an MBTiles in our colours. Progress on stderr, a JSON summary on stdout."""
    plan = Plan(extract, out, zooms, bounds, name, attribution, form)
    show = Progress()
    try:
        built = build_map(plan, show.read, show.drawn)
    except (MapNotBuilt, ExtractUnreadable) as error:
        show.end()
        raise Failure(str(error)) from error
    except OSError as error:
        show.end()
        raise Failure(f"{out} cannot be written: {error.strerror or error}.") from error
    show.end()
    summary = {"file": str(out), "features": built.features, "tiles": built.tiles, "bytes": built.bytes}
    click.echo(json.dumps({**summary, "bounds": [round(value, 6) for value in built.bounds]}, ensure_ascii=False))


@map_group.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--ways",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Extract (.osm.pbf) whose paths and roads give the times on foot and by bike.",
)
@click.option("--territory", default="", help="Default: the server's only one.")
@with_django
def publish(file: Path, ways: Path | None, territory: str) -> None:
    """Send the MBTiles FILE to the territory's kiosks with the next content version."""
    from server.maps.publish import publish_map

    try:
        click.echo(publish_map(file, ways, territory))
    except OSError as error:
        raise Failure(f"The map cannot be kept: {error.strerror or error}.") from error


@map_group.command()
@click.option("--territory", default="", help="Default: the server's only one.")
@with_django
def withdraw(territory: str) -> None:
    """Take the map off the territory's kiosks with the next content version."""
    from server.maps.publish import withdraw_map

    click.echo(withdraw_map(territory))


class Progress:
    """A bar on a terminal, a line now and then elsewhere; always on stderr."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._last = -1
        self._share = 0.0
        self._open = False

    def read(self, seen: int) -> None:
        if seen // 100_000 != self._last // 100_000 or self._last < 0:
            self._last = seen
            self._say(f"{seen} objects read")

    def drawn(self, done: int, total: int) -> None:
        share = done / max(total, 1)
        if self._terminal:
            self._say(f"{'█' * round(share * 30):·<30} {done}/{total} tiles")
        elif done in (0, total) or share - self._share >= 0.1:
            self._share = share
            self._say(f"{done} of {total} tiles")

    def _say(self, text: str) -> None:
        self._open = self._terminal
        click.echo(f"\r{text}" if self._terminal else text, nl=not self._terminal, err=True)

    def end(self) -> None:
        """The next line begins at the left."""
        if self._open:
            click.echo(err=True)
            self._open = False
