"""SOURCE of an import: a path, or an address whose content is fetched aside for the time of the import."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from server.catalogue.feed_source import FeedUnreadable
from server.catalogue.fetching import Fresh, Unavailable, Unchanged, Validators, feed_fetcher, fetch_into, is_address
from sync.http import Fetcher

ADDRESS_CHARS = 1_000
NONE_KNOWN = Validators()


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
) -> Iterator[Opened]:
    """The content of SOURCE; a fetched one is gone when the block ends. ``suffix`` names a fetched file that is no zip.

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
        path = Path(temporary, "feed")
        fetcher = make_fetcher()
        try:
            visit = fetch_into(path, source, fetcher, known)
        finally:
            fetcher.close()
        match visit:
            case Unavailable(why):
                raise FeedUnreadable(f"{source} cannot be fetched: {why}.")
            case Unchanged():
                raise SourceUnchanged
            case Fresh(_, validators):
                yield Opened(_named(path, suffix), source, validators)


def _named(path: Path, suffix: str) -> Path:
    with path.open("rb") as file:
        start = file.read(4)
    return path.rename(path.with_suffix(".zip" if start.startswith(b"PK") else suffix))
