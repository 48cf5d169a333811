"""``zerot catalogue source …``: feeds that the server reads by itself."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

import click

from server.catalogue.formats import FORMATS
from server.imports.keys import PLACE, KeyRefused, read_key_file, split_address
from server.runtime import SystemClock

P = ParamSpec("P")
R = TypeVar("R")
MINUTES_MIN, MINUTES_MAX = 15, 60 * 24 * 31


@click.group("source")
def source_group() -> None:
    """Feeds that the server's worker reads by itself."""


class NoSource(Exception):
    """One sentence for the person at the terminal."""


def with_server(function: Callable[P, R]) -> Callable[P, R]:
    """Django loaded; what a person can put right is one sentence and exit status 2."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        from server.catalogue.drafts import DraftsUnavailable, prepare_drafts

        try:
            kwargs["territory"] = prepare_drafts(str(kwargs["territory"]))
            return function(*args, **kwargs)
        except (DraftsUnavailable, NoSource) as error:
            click.echo(str(error), err=True)
            sys.exit(2)

    return run


_territory = click.option("--territory", default="", help="Default: the server's only one.")


@source_group.command("add")
@click.argument("name")
@click.argument("format_name", metavar="FORMAT", type=click.Choice(sorted(FORMATS)))
@click.argument("address")
@click.option(
    "--every",
    "minutes",
    type=click.IntRange(MINUTES_MIN, MINUTES_MAX),
    default=1440,
    show_default=True,
    help="Minutes between two visits.",
)
@click.option("--complete", is_flag=True, help="The feed is all there is: what it no longer holds is withdrawn.")
@click.option("--commune", default="", help="Commune of objects that name none.")
@click.option("--author", default="", help="Author or publisher of what names none.")
@click.option("--licence", default="", help="Licence of what names none.")
@click.option("--kind", type=click.Choice(["producers", "premises", "jobs"]), help="What the rows of a table are.")
@click.option("--selection", "selections", multiple=True, help="Only objects of this Apidae selection; repeatable.")
@click.option(
    "--key-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="File that holds the service's key alone; ADDRESS says {key} where it goes.",
)
@_territory
@with_server
def add(
    name: str,
    format_name: str,
    address: str,
    minutes: int,
    complete: bool,
    territory: str,
    selections: tuple[str, ...],
    key_file: Path | None,
    **words: str | None,
) -> None:
    """Read ADDRESS (an http(s) address or a path on the server) as FORMAT from now on; NAME tells it from others.

    A source that is there under this name is changed.
    """
    from django.core.exceptions import ValidationError
    from django.core.validators import validate_slug

    from server.imports.models import Source

    try:
        validate_slug(name)
    except ValidationError as error:
        raise NoSource("A source's name has letters, figures, - and _ only.") from error
    if len(name) > 24 or len(address) > 1000:
        raise NoSource("A source's name has at most 24 characters, its address at most 1 000.")
    address, service_key = split_address(address)
    try:
        service_key = read_key_file(key_file) if key_file else service_key
    except KeyRefused as error:
        raise NoSource(str(error)) from error
    if bool(service_key) != (PLACE in address):
        raise NoSource(f"Give the key with --key-file, and write {PLACE} in ADDRESS where it goes.")
    options = {**{key: value for key, value in words.items() if value}, "selections": list(selections)}
    Source.objects.update_or_create(
        territory=territory,
        name=name,
        defaults={
            "format": format_name,
            "address": address,
            "key": service_key,
            "every_minutes": minutes,
            "complete": complete,
            "options": options,
            "enabled": True,
            "etag": "",
            "last_modified": "",
            "due_at": 0,
            "failures": 0,
        },
    )
    click.echo(json.dumps({"source": name, "format": format_name, "every_minutes": minutes}))


@source_group.command("list")
@_territory
@with_server
def show(territory: str) -> None:
    """One JSON line a source: when it was read, what it said, when it is due."""
    from server.imports.models import Source

    for row in Source.objects.filter(territory=territory).order_by("name"):
        line = {
            "source": row.name,
            "format": row.format,
            "address": row.address,
            "every_minutes": row.every_minutes,
            "enabled": row.enabled,
            "succeeded_at": row.succeeded_at,
            "due_at": row.due_at,
            "failures": row.failures,
            "message": row.message,
            **{key: row.summary[key] for key in ("read", "kept", "merged", "rejected") if key in row.summary},
        }
        click.echo(json.dumps(line, ensure_ascii=False))


@source_group.command("remove")
@click.argument("name")
@_territory
@with_server
def remove(name: str, territory: str) -> None:
    """Read NAME no longer. What it brought stays."""
    from server.imports.models import Source

    if not Source.objects.filter(territory=territory, name=name).delete()[0]:
        raise NoSource(f"There is no source {name!r}.")
    click.echo(json.dumps({"removed": name}))


@source_group.command("run")
@click.argument("name", required=False)
@_territory
@with_server
def run(name: str | None, territory: str) -> None:
    """Read NAME now, or every source that is due. Exit status 1 when one of them failed."""
    from server.imports.models import Source
    from server.imports.running import Ran, run_due_sources, run_source

    clock = SystemClock()
    if name:
        source = Source.objects.filter(territory=territory, name=name).first()
        if source is None:
            raise NoSource(f"There is no source {name!r}.")
        ran: tuple[Ran, ...] = (run_source(source, clock),)
    else:
        ran = run_due_sources(clock)
    for one in ran:
        said = {"source": one.name, "outcome": one.outcome, "message": one.message}
        click.echo(json.dumps(said, ensure_ascii=False))
    if any(one.outcome == "failed" for one in ran):
        sys.exit(1)
