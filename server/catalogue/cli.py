"""``zerot catalogue …``: feeds into drafts or into a finished catalogue file."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import click

from domain.days import local_day
from server.catalogue.datatourisme import SOURCE, ObjectParser
from server.catalogue.feed_source import FeedUnreadable, open_feed
from server.catalogue.importing import import_pieces, workers_for
from server.catalogue.results import Tally
from server.catalogue.staging import Staging, open_staging
from server.catalogue.workers import WorkerDied
from server.runtime import SystemClock
from sync.content.catalogue_file import CatalogueMeta, build_catalogue_from_json

# How often the progress line is written: often enough to be seen moving, too rarely to slow the import.
PROGRESS_EVERY = 100


@click.group()
def catalogue() -> None:
    """Offers: import feeds, build catalogue files."""


@catalogue.group("import")
def import_group() -> None:
    """Read a feed. Progress goes to stderr, one JSON summary to stdout."""


@import_group.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--into", type=click.Path(path_type=Path, dir_okay=False), help="Build this catalogue file instead of drafts."
)
@click.option("--territory", default="", help="Territory of the offers (default: the server's only one).")
@click.option(
    "--content-version", type=click.IntRange(1), default=1, show_default=True, help="Version written in the file."
)
@click.option(
    "--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Day that picture rights are judged by (default: today)."
)
def datatourisme(path: Path, into: Path | None, territory: str, content_version: int, as_of: datetime | None) -> None:
    """Import a DATAtourisme feed: its zip, a folder of objects, one JSON or CSV file."""
    now_ms = SystemClock().now_ms()
    parser = ObjectParser(as_of.date() if as_of else local_day(now_ms))
    tally = Tally()
    try:
        with open_feed(path) as feed, open_staging(_beside(into)) as staging:
            if into is None:
                territory = _prepare(territory)
            with _progress(feed.files) as progress:
                import_pieces(feed.pieces, parser, staging, tally, progress, workers_for(feed.files))
            if tally.read == 0:
                raise FeedUnreadable(f"{path} holds no object.")
            if into is not None:
                _build(into, staging, CatalogueMeta(territory, content_version, _instant(now_ms), SOURCE))
            else:
                _save(staging, territory, parser.as_of)
    except (FeedUnreadable, UnwritableError) as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    except WorkerDied:
        click.echo("The import was stopped from outside, perhaps for want of memory: nothing was written.", err=True)
        sys.exit(1)
    if tally.past:
        click.echo(f"{tally.past} events lie wholly in the past: kept, and not shown as of today.", err=True)
    click.echo(json.dumps(tally.summary(), ensure_ascii=False))


class UnwritableError(Exception):
    """The result cannot be written; the message is one clear sentence."""


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


def _save(staging: Staging, territory: str, day: date) -> None:
    from server.catalogue.drafts import DraftsUnavailable, save_offer_rows

    try:
        saved = save_offer_rows(staging.rows(), SOURCE, territory, day)
    except DraftsUnavailable as error:
        raise UnwritableError(str(error)) from error
    click.echo(f"{saved.created} new drafts, {saved.updated} updated, {saved.unchanged} unchanged.", err=True)


@contextmanager
def _progress(files: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, a line now and then elsewhere; always on stderr."""
    terminal = sys.stderr.isatty()
    last = 0

    def show(read: int) -> None:
        nonlocal last
        if read - last >= (PROGRESS_EVERY if terminal else 10 * PROGRESS_EVERY):
            last = read
            _show(read)

    def _show(read: int) -> None:
        if terminal:
            share = min(1.0, read / max(1, files))
            bar = "█" * round(share * 30)
            click.echo(f"\r{bar:·<30} {read}/{max(files, read)}", nl=False, err=True)
        else:
            click.echo(f"{read} of {max(files, read)} objects read", err=True)

    yield show
    if terminal:
        _show(max(last, files))
        click.echo(err=True)


if __name__ == "__main__":
    catalogue()
