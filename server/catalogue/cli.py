"""``zerot catalogue …``: feeds into drafts or into a finished catalogue file."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

from domain.days import local_day
from server.catalogue.feed_source import FeedUnreadable
from server.catalogue.fetching import is_address
from server.catalogue.formats import FORMATS, Format, Options
from server.catalogue.importing import import_pieces, workers_for
from server.catalogue.results import Tally
from server.catalogue.school import ZONES
from server.catalogue.school_store import keep_school, read_school
from server.catalogue.sources import Opened, open_source
from server.catalogue.staging import Staging, open_staging
from server.catalogue.workers import WorkerDied
from server.imports.cli import source_group
from server.imports.keys import ENVIRONMENT, KeyRefused, read_key_file, split_address
from server.runtime import SystemClock
from sync.content.catalogue_file import CatalogueMeta, build_catalogue_from_json

# How often the progress line is written: often enough to be seen moving, too rarely to slow the import.
PROGRESS_EVERY = 100


@click.group()
def catalogue() -> None:
    """Offers: import feeds, build catalogue files."""


@catalogue.group("import")
def import_group() -> None:
    """Read SOURCE: a file, folder, zip or http(s) address. Progress goes to stderr, one JSON summary to stdout."""


class UnwritableError(Exception):
    """The result cannot be written; the message is one clear sentence."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where an import goes: drafts of a territory, or a file."""

    into: Path | None
    territory: str
    content_version: int
    complete: bool
    pictures: bool


_EXTRA = {
    "selection": click.option(
        "--selection", "selections", multiple=True, help="Only objects of this selection (name or number); repeatable."
    ),
    "commune": click.option("--commune", default="", help="Commune of objects that name none."),
    "author": click.option("--author", default="", help="Author or publisher of what names none."),
    "licence": click.option("--licence", default="", help="Licence of what names none, for example 'CC BY 4.0'."),
    "kind": click.option(
        "--kind",
        type=click.Choice(["producers", "premises", "jobs"]),
        help="What the rows are, where no column `kind` says it.",
    ),
}


def _command(one: Format) -> click.Command:
    def run(
        source: str,
        into: Path | None,
        territory: str,
        content_version: int,
        as_of: datetime | None,
        name: str,
        complete: bool,
        pictures: bool,
        key_file: Path | None,
        **extra: Any,
    ) -> None:
        day = as_of.date() if as_of else local_day(SystemClock().now_ms())
        selections = frozenset(extra.pop("selections", ()))
        words: dict[str, Any] = {key: value or "" for key, value in extra.items()}
        options = Options(day, name=name, selections=selections, **words)
        try:
            key = read_key_file(key_file) if key_file else os.environ.get(ENVIRONMENT, "")
        except KeyRefused as error:
            raise click.ClickException(str(error)) from error
        masked, inside = split_address(source) if is_address(source) else (source, "")
        target = Target(into, territory, content_version, complete, pictures)
        _run(one, masked, options, target, inside or key)

    run.__doc__ = f"Import {one.title}."
    decorators = [
        click.argument("source"),
        click.option("--territory", default="", help="Territory of the offers (default: the server's only one)."),
        click.option("--name", default="", help="Name of this source, where there are several of one format."),
        click.option(
            "--as-of",
            type=click.DateTime(["%Y-%m-%d"]),
            help="Day that dates and picture rights are judged by (default: today).",
        ),
        click.option(
            "--key-file",
            type=click.Path(path_type=Path, exists=True, dir_okay=False),
            help="File that holds the service's key alone; SOURCE says {key} where it goes.",
        ),
        click.option("--complete", is_flag=True, help="SOURCE is all there is: what it no longer holds is withdrawn."),
        click.option("--pictures", is_flag=True, help="Fetch the pictures that the offers name, too."),
        click.option(
            "--into",
            type=click.Path(path_type=Path, dir_okay=False),
            help="Build this catalogue file instead of drafts.",
        ),
        click.option(
            "--content-version",
            type=click.IntRange(1),
            default=1,
            show_default=True,
            help="Version written in the file.",
        ),
        *(option for name, option in _EXTRA.items() if name in one.asks),
    ]
    for decorate in reversed(decorators):
        run = decorate(run)
    return click.command(one.name)(run)


catalogue.add_command(source_group)
for _one in FORMATS.values():
    import_group.add_command(_command(_one))


def _run(one: Format, source: str, options: Options, target: Target, key: str) -> None:
    tally = Tally()
    try:
        with open_source(source, one.suffix, _beside(target.into), pages=one.pages, key=key) as opened:
            _import(one, opened, options, target, tally)
    except (FeedUnreadable, UnwritableError) as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    except WorkerDied:
        click.echo("The import was stopped from outside, perhaps for want of memory: nothing was written.", err=True)
        sys.exit(1)
    if tally.past:
        click.echo(f"{tally.past} events lie wholly in the past: kept, and not shown as of today.", err=True)
    click.echo(json.dumps(tally.summary(), ensure_ascii=False))


def _import(one: Format, opened: Opened, options: Options, target: Target, tally: Tally) -> None:
    if target.into is not None and not one.offers:
        raise UnwritableError(f"A catalogue file cannot hold what `{one.name}` brings: leave --into out.")
    territory = target.territory
    options = replace(options, address=opened.address, school=read_school())
    with one.open(opened.path, options) as (feed, parser), open_staging(_beside(target.into)) as staging:
        if target.into is None:
            territory = _prepare(territory)
        with _progress(feed.files) as progress:
            import_pieces(feed.pieces, parser, staging, tally, progress, workers_for(feed.files))
        if tally.read == 0:
            raise FeedUnreadable(f"{opened.address or opened.path} holds no object.")
        if target.into is not None:
            now = _instant(SystemClock().now_ms())
            _build(target.into, staging, CatalogueMeta(territory, target.content_version, now, one.name))
        else:
            _save(staging, one.source(options), territory, options.as_of, target)


def _instant(now_ms: int) -> str:
    return datetime.fromtimestamp(now_ms // 1000, tz=UTC).isoformat().replace("+00:00", "Z")


def _beside(into: Path | None) -> Path | None:
    """Staging stands on the disk of the result: the one that has the room."""
    if into is None:
        return None
    if not into.parent.is_dir():
        raise UnwritableError(f"{into.parent} is not a folder.")
    return into.parent


def _build(into: Path, staging: Staging, meta: CatalogueMeta) -> None:
    try:
        summary = build_catalogue_from_json(into, staging.rows(), meta)
    except OSError as error:
        raise UnwritableError(f"{into} cannot be written: {error.strerror or error}.") from error
    click.echo(f"{into}: {summary.offers} offers, {summary.bytes} bytes.", err=True)


def _prepare(territory: str) -> str:
    # Django is set up only when drafts are asked for: building a file needs no server.
    from server.catalogue.drafts import DraftsUnavailable, prepare_drafts

    try:
        return prepare_drafts(territory)
    except DraftsUnavailable as error:
        raise UnwritableError(str(error)) from error


def _save(staging: Staging, source: str, territory: str, day: date, target: Target) -> None:
    from server.catalogue.drafts import DraftsUnavailable
    from server.imports.saving import save_staged

    try:
        saved = save_staged(staging, source, territory, day, complete=target.complete)
    except DraftsUnavailable as error:
        raise UnwritableError(str(error)) from error
    click.echo(saved.sentence(), err=True)
    if target.pictures:
        _fetch_pictures(territory)


def _fetch_pictures(territory: str) -> None:
    from server.imports.saving import fetch_draft_pictures

    with _progress(0, "pictures fetched") as show:
        tally = fetch_draft_pictures(territory, lambda done, of: show(done, of))
    click.echo(json.dumps({"pictures": tally.summary()}, ensure_ascii=False), err=True)


@catalogue.command("pictures")
@click.option("--territory", default="", help="Territory of the offers (default: the server's only one).")
def pictures(territory: str) -> None:
    """Fetch the pictures that drafts name and that are not here yet; the next publication sends them to the kiosks."""
    from server.imports.saving import fetch_draft_pictures

    try:
        slug = _prepare(territory)
    except UnwritableError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    with _progress(0, "pictures fetched") as show:
        tally = fetch_draft_pictures(slug, lambda done, of: show(done, of))
    click.echo(json.dumps(tally.summary(), ensure_ascii=False))


@catalogue.command("school-holidays")
@click.argument("source")
@click.option("--zone", type=click.Choice(ZONES), default="B", show_default=True, help="School zone of the territory.")
def school_holidays(source: str, zone: str) -> None:
    """Keep the days of the school holidays, which opening hours may name: the CSV of data.gouv.fr."""
    try:
        with open_source(source, ".csv") as opened:
            ranges = keep_school(opened.path, zone)
    except FeedUnreadable as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    click.echo(json.dumps({"zone": zone, "holidays": len(ranges), "until": ranges[-1][1].isoformat()}))


@contextmanager
def _progress(files: int, what: str = "objects read") -> Iterator[Callable[..., None]]:
    """A bar on a terminal, a line now and then elsewhere; always on stderr. Told how far, and of how many if that
    changes."""
    terminal = sys.stderr.isatty()
    last, goal = 0, files

    def show(read: int, of: int | None = None) -> None:
        nonlocal last, goal
        goal = of if of is not None else goal
        if read - last >= (PROGRESS_EVERY if terminal else 10 * PROGRESS_EVERY):
            last = read
            _show(read)

    def _show(read: int) -> None:
        if terminal:
            share = min(1.0, read / max(1, goal))
            bar = "█" * round(share * 30)
            click.echo(f"\r{bar:·<30} {read}/{max(goal, read)}", nl=False, err=True)
        else:
            click.echo(f"{read} of {max(goal, read)} {what}", err=True)

    yield show
    if terminal:
        _show(max(last, goal))
        click.echo(err=True)


if __name__ == "__main__":
    catalogue()
