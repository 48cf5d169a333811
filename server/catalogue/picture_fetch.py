"""Fetching the pictures that offers name, into a `PictureStore`. A few at a time, each address once a month."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from domain.offers import Picture
from domain.ports import Clock
from server.catalogue.fetching import Fresh, Unavailable, Unchanged, Validators, fetch_into, picture_fetcher
from server.catalogue.pictures import PICTURE_BYTES, Known, PictureRefused, PictureStore, encode, wanted
from sync.http import Fetcher

DAY_MS = 86_400_000
# A picture that came is asked for again after a month; one that was no picture, after a week.
AGAIN_MS, REFUSED_AGAIN_MS = 30 * DAY_MS, 7 * DAY_MS
# Producers' servers are small: four at a time is what one browser would do.
THREADS = 4


@dataclass(slots=True)
class PictureTally:
    """What became of the addresses asked. ``refused`` pairs address and reason, the first hundred."""

    fetched: int = 0
    unchanged: int = 0
    failed: int = 0
    refused: list[tuple[str, str]] | None = None

    def fail(self, url: str, why: str) -> None:
        self.failed += 1
        self.refused = self.refused or []
        if len(self.refused) < 100:
            self.refused.append((url, why))

    def summary(self) -> dict[str, object]:
        return {
            "fetched": self.fetched,
            "unchanged": self.unchanged,
            "failed": self.failed,
            "reasons": [{"picture": url, "reason": why} for url, why in self.refused or ()],
        }


def due(store: PictureStore, now_ms: int) -> Callable[[str], bool]:
    """Which addresses are to be asked now."""

    def keep(url: str) -> bool:
        known = store.known(url)
        if known is None:
            return True
        return now_ms - known.checked_ms >= (AGAIN_MS if known.key else REFUSED_AGAIN_MS)

    return keep


def fetch_picture(picture: Picture, store: PictureStore, fetcher: Fetcher, now_ms: int) -> Known | None:
    """Asks for one picture and keeps it. What became of it, None when it has not changed. OSError: the disk refuses."""
    before = store.known(picture.url)
    held = before if before and before.key and store.read(before.key) else None
    validators = Validators(held.etag, held.last_modified) if held else Validators()
    with tempfile.TemporaryDirectory(prefix="zerot-picture-") as folder:
        path = Path(folder, "picture")
        visit = fetch_into(path, picture.url, fetcher, validators, PICTURE_BYTES)
        match visit:
            case Unchanged() if held:
                store.note(Known(held.url, held.key, now_ms, held.etag, held.last_modified))
                return None
            case Fresh():
                try:
                    key = store.add(encode(path.read_bytes()))
                except PictureRefused as error:
                    known = Known(picture.url, "", now_ms, refused=str(error))
                else:
                    said = visit.validators
                    known = Known(picture.url, key, now_ms, said.etag, said.last_modified)
            case Unavailable(why, gone) if held and not gone:
                # What we have stays until the server says that it is no more.
                known = Known(held.url, held.key, now_ms, held.etag, held.last_modified, why)
            case Unavailable(why):
                known = Known(picture.url, "", now_ms, refused=why)
            case Unchanged():
                known = Known(picture.url, "", now_ms, refused="the server says unchanged of what we never had")
    store.note(known)
    return known


def fetch_pictures(
    pictures: Iterable[Picture],
    store: PictureStore,
    clock: Clock,
    progress: Callable[[int, int], None] = lambda done, all_of_them: None,
    *,
    make_fetcher: Callable[[], Fetcher] = picture_fetcher,
    limit: int = 20_000,
    threads: int = THREADS,
) -> PictureTally:
    """Fetches what is due, at most ``limit`` pictures. ``progress`` is told (done, of how many) on this thread."""
    todo = wanted(pictures, due(store, clock.now_ms()))[:limit]
    tally = PictureTally()
    lanes = [todo[number::threads] for number in range(min(threads, len(todo)))]
    done = 0
    if not lanes:
        return tally
    with ThreadPoolExecutor(len(lanes), thread_name_prefix="pictures") as pool:
        waiting: set[Future[Known | None]] = set()
        sources = [iter(lane) for lane in lanes]
        fetchers = [make_fetcher() for _ in lanes]
        owner: dict[Future[Known | None], tuple[int, str]] = {}

        def give(lane: int) -> None:
            # One picture of a lane at a time: a fetcher belongs to whoever uses it now.
            for picture in islice(sources[lane], 1):
                future = pool.submit(fetch_picture, picture, store, fetchers[lane], clock.now_ms())
                owner[future] = (lane, picture.url)
                waiting.add(future)

        try:
            for lane in range(len(lanes)):
                give(lane)
            while waiting:
                finished, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in finished:
                    lane, url = owner.pop(future)
                    _count(tally, url, future.result())
                    done += 1
                    progress(done, len(todo))
                    give(lane)
        finally:
            for fetcher in fetchers:
                fetcher.close()
    return tally


def _count(tally: PictureTally, url: str, known: Known | None) -> None:
    if known is None:
        tally.unchanged += 1
    elif known.refused:
        tally.fail(url, known.refused)
    else:
        tally.fetched += 1
