"""Sources that are due, read by the server's worker. One at a time; what fails is said and tried again later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db.models import F

from domain.days import local_day
from domain.ports import Clock
from server.catalogue.drafts import DraftsUnavailable
from server.catalogue.feed_source import FeedUnreadable
from server.catalogue.fetching import Validators, feed_fetcher, is_address
from server.catalogue.formats import FORMATS, Options
from server.catalogue.importing import import_pieces, workers_for
from server.catalogue.results import Tally
from server.catalogue.school_store import read_school
from server.catalogue.sources import SourceUnchanged, open_source
from server.catalogue.staging import open_staging
from server.catalogue.workers import WorkerDied
from server.imports.models import Source
from server.imports.saving import save_staged
from sync.http import Fetcher

MINUTE_MS = 60_000
# The longest import there is: half an hour to fetch, as much to read.
LEASE_MS = 2 * 60 * MINUTE_MS
# After failures a source is asked less and less often, never less than daily.
DOUBLINGS = 6
DAY_MINUTES = 1_440
REASONS_KEPT = 500


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of one source: ``outcome`` is imported, unchanged or failed."""

    name: str
    territory: str
    outcome: str
    message: str = ""


def run_due_sources(
    clock: Clock, make_fetcher: Callable[[], Fetcher] = feed_fetcher, *, territory: str = "", limit: int = 20
) -> tuple[Ran, ...]:
    """Reads every source that is due, at most ``limit``, of one territory or of all. Called by the worker, as often as
    it likes, from any process: a lease keeps two from reading the same. Never raises for what a source can do."""
    ran: list[Ran] = []
    while len(ran) < limit:
        source = _take(clock.now_ms(), territory)
        if source is None:
            break
        ran.append(run_source(source, clock, make_fetcher))
    return tuple(ran)


def _take(now: int, territory: str) -> Source | None:
    """The source that waits longest, leased; None when none is due."""
    waiting = Source.objects.filter(enabled=True, due_at__lte=now, lease_until__lte=now)
    if territory:
        waiting = waiting.filter(territory=territory)
    for source in waiting.order_by("due_at", "id")[:20]:
        mine = Source.objects.filter(pk=source.pk, due_at=source.due_at, lease_until=source.lease_until)
        if mine.update(lease_until=now + LEASE_MS):
            return source
    return None


def run_source(source: Source, clock: Clock, make_fetcher: Callable[[], Fetcher] = feed_fetcher) -> Ran:
    """Reads one source now and notes what became of it."""
    tally = Tally()
    outcome, message, validators = "imported", "", None
    try:
        validators, message = _import(source, clock, make_fetcher, tally)
    except SourceUnchanged:
        outcome = "unchanged"
    except (FeedUnreadable, DraftsUnavailable, WorkerDied, OSError, ValueError) as error:
        outcome, message = "failed", str(error) or "the import was stopped from outside"
    now = clock.now_ms()
    changes: dict[str, object] = {"ran_at": now, "lease_until": 0, "message": message[:500]}
    if outcome == "failed":
        waits = min(source.every_minutes * 2 ** min(source.failures, DOUBLINGS), max(DAY_MINUTES, source.every_minutes))
        changes |= {"failures": F("failures") + 1, "due_at": now + waits * MINUTE_MS}
    else:
        changes |= {"failures": 0, "succeeded_at": now, "due_at": now + source.every_minutes * MINUTE_MS}
    if validators is not None:
        summary = tally.summary()
        summary["reasons"] = [{"object": r.object, "reason": r.reason.value} for r in tally.reasons[:REASONS_KEPT]]
        changes |= {"etag": validators.etag, "last_modified": validators.last_modified, "summary": summary}
    Source.objects.filter(pk=source.pk).update(**changes)
    return Ran(source.name, source.territory, outcome, message)


def _import(source: Source, clock: Clock, make_fetcher: Callable[[], Fetcher], tally: Tally) -> tuple[Validators, str]:
    one = FORMATS.get(source.format)
    if one is None:
        raise FeedUnreadable(f"There is no format {source.format!r}.")
    options = _options(source, clock)
    known = Validators(source.etag, source.last_modified)
    if not is_address(source.address):
        known = _file_validators(source.address, known)
    with open_source(source.address, one.suffix, None, known, make_fetcher, pages=one.pages, key=source.key) as opened:
        with one.open(opened.path, options) as (feed, parser), open_staging() as staging:
            import_pieces(feed.pieces, parser, staging, tally, lambda read: None, workers_for(feed.files))
            if tally.read == 0:
                raise FeedUnreadable(f"{source.address} holds no object.")
            saved = save_staged(staging, one.source(options), source.territory, options.as_of, complete=source.complete)
        return (opened.validators if opened.address else known), saved.sentence()


def _options(source: Source, clock: Clock) -> Options:
    def said(name: str) -> str:
        value = source.options.get(name, "")
        return value if isinstance(value, str) else ""

    listed = source.options.get("selections", [])
    return Options(
        local_day(clock.now_ms()),
        name=source.name,
        selections=frozenset(map(str, listed)) if isinstance(listed, list) else frozenset(),
        commune=said("commune"),
        author=said("author"),
        licence=said("licence"),
        kind=said("kind"),
        address=source.address if is_address(source.address) else "",
        school=read_school(settings.HOME),
    )


def _file_validators(address: str, known: Validators) -> Validators:
    """A file's own mark of change. Raises SourceUnchanged when it is the one that was imported."""
    path = Path(address)
    if not path.is_file():
        return Validators()
    stat = path.stat()
    mark = Validators(f"{stat.st_mtime_ns}-{stat.st_size}")
    if mark == known:
        raise SourceUnchanged
    return mark
