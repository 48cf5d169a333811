"""SOURCE of an import: a path, or an address whose content is fetched aside for the time of the import."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urljoin, urlsplit

from server.catalogue.feed_source import FeedUnreadable
from server.catalogue.fetching import (
    FEED_BYTES,
    Fresh,
    Unavailable,
    Unchanged,
    Validators,
    feed_fetcher,
    fetch_into,
    is_address,
)
from server.imports.keys import with_key, without_key
from sync.http import Fetcher

ADDRESS_CHARS = 1_000
NONE_KNOWN = Validators()
PAGES = 5_000
# A page of an interface has a few hundred objects.
PAGE_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Opened:
    """Where the content is now. ``address`` and ``validators`` are those of a fetched one."""

    path: Path
    address: str = ""
    validators: Validators = NONE_KNOWN


class SourceUnchanged(Exception):
    """What the address holds is what was imported before."""


@contextmanager
def open_source(
    source: str,
    suffix: str,
    folder: Path | None = None,
    known: Validators = NONE_KNOWN,
    make_fetcher: Callable[[], Fetcher] = feed_fetcher,
    *,
    pages: bool = False,
    key: str = "",
) -> Iterator[Opened]:
    """The content of SOURCE; a fetched one is gone when the block ends. ``suffix`` names a fetched file that is no zip.

    ``pages``: an answer may name the address of its next page, which is then fetched too; the pages make a folder.
    ``key`` goes where the address says ``{key}``; what is told of the address, and of what went wrong, never holds it.
    Raises FeedUnreadable (one sentence) and SourceUnchanged.
    """
    if not is_address(source):
        if "://" in source:
            raise FeedUnreadable(f"{source} is neither a file, a folder, nor an http(s) address.")
        yield Opened(Path(source))
        return
    if len(source) > ADDRESS_CHARS or not source.isascii() or any(letter.isspace() for letter in source):
        raise FeedUnreadable("The address has characters that no address has, or far too many of them.")
    with TemporaryDirectory(prefix="zerot-feed-", dir=folder) as temporary:
        fetcher = make_fetcher()
        try:
            asked = with_key(source, key)
            path, validators = _fetch(Path(temporary, "feed"), asked, suffix, fetcher, known)
            following = _next_page(path, asked) if pages else None
            if following is not None:
                path, validators = _all_pages(path, following, fetcher), NONE_KNOWN
        except FeedUnreadable as error:
            # Not "from error": a traceback would tell the key.
            raise FeedUnreadable(without_key(str(error), key)) from None
        finally:
            fetcher.close()
        yield Opened(path, source, validators)


def _fetch(path: Path, address: str, suffix: str, fetcher: Fetcher, known: Validators) -> tuple[Path, Validators]:
    match fetch_into(path, address, fetcher, known):
        case Unavailable(why):
            raise FeedUnreadable(f"{address} cannot be fetched: {why}.")
        case Unchanged():
            raise SourceUnchanged
        case Fresh(_, validators):
            return _named(path, suffix), validators


def _all_pages(first: Path, following: str, fetcher: Fetcher) -> Path:
    """The first page and all that follow, as a folder."""
    folder = first.with_name("pages")
    folder.mkdir()
    first.rename(folder / "000000.json")
    seen: set[str] = set()
    total = 0
    address: str | None = following
    while address is not None:
        if address in seen or len(seen) >= PAGES or total > FEED_BYTES:
            raise FeedUnreadable(f"{address} leads in circles, or to more pages than may be fetched.")
        seen.add(address)
        path, _ = _fetch(folder / f"{len(seen):06d}", address, ".json", fetcher, NONE_KNOWN)
        total += path.stat().st_size
        address = _next_page(path, address)
    return folder


def _next_page(path: Path, address: str) -> str | None:
    """Where an answer says that it goes on: on the same host, or not at all."""
    if path.suffix != ".json" or path.stat().st_size > PAGE_BYTES:
        return None
    try:
        document = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return None
    for holder in (document, *(document.get(name) for name in ("meta", "links"))) if isinstance(document, dict) else ():
        said = holder.get("next") if isinstance(holder, dict) else None
        if isinstance(said, str) and said:
            target = urljoin(address, said)
            same = urlsplit(target)[:2] == urlsplit(address)[:2]
            return target if same and len(target) <= ADDRESS_CHARS else None
    return None


def _named(path: Path, suffix: str) -> Path:
    with path.open("rb") as file:
        start = file.read(4)
    return path.rename(path.with_suffix(".zip" if start.startswith(b"PK") else suffix))
