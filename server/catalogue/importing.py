"""One import, from the pieces of a feed to staged offers. The progress is told, nothing is printed.

Parsing is four fifths of the work and each object stands alone, so large feeds are parsed by several processes; what
they give is staged in the order of the feed, whatever their number.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import partial
from typing import Protocol

from server.catalogue.feed_source import Document, Piece
from server.catalogue.results import BlogPost, Kept, LibraryPhoto, Parsed, Rejected, Tally, Withdrawn
from server.catalogue.staging import StagedRow, Staging, staged_row
from server.catalogue.workers import open_workers


class PieceParser(Protocol):
    """A format's reader. Pure: no I/O, no clock; it may run in any process."""

    @property
    def as_of(self) -> date:
        """The day that rights and dates are judged by."""

    def outcomes(self, piece: Piece) -> Iterator[Parsed]:
        """What becomes of each object of a piece, in order. Never raises for what a feed can hold."""


Outcome = StagedRow | BlogPost | LibraryPhoto | Withdrawn | Rejected

CHUNK = 48
# One chunk holds at most this many bytes more than one document, so that big documents travel alone.
CHUNK_BYTES = 4 * 1024 * 1024
# A feed this small is parsed sooner than processes start.
PARALLEL_FILES = 400
WORKERS_MAX = 8


def parse_pieces(parser: PieceParser, pieces: list[Piece]) -> list[Outcome]:
    """What becomes of each object of these pieces, in order. Pure; runs in any process."""
    found: list[Outcome] = []
    for piece in pieces:
        for result in parser.outcomes(piece):
            if isinstance(result, Kept):
                found.append(staged_row(result.offer, past=result.offer.dates.over(parser.as_of)))
            else:
                found.append(result)
    return found


def workers_for(files: int) -> int:
    """How many processes parse a feed of so many files; 1 = this one alone.

    Processes are forked, which is safe only while this process has one thread: inside a server it parses alone.
    """
    if files < PARALLEL_FILES or not sys.platform.startswith("linux") or threading.active_count() > 1:
        return 1
    return min(WORKERS_MAX, len(os.sched_getaffinity(0)))


def _chunks(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    chunk: list[Piece] = []
    size = 0
    for piece in pieces:
        chunk.append(piece)
        size += len(piece.data) if isinstance(piece, Document) else 0
        if len(chunk) >= CHUNK or size >= CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _parsed(pieces: Iterable[Piece], parser: PieceParser, workers: int) -> Iterator[Outcome]:
    chunks = _chunks(pieces)
    if workers <= 1:
        for chunk in chunks:
            yield from parse_pieces(parser, chunk)
        return
    with open_workers(partial(parse_pieces, parser), workers) as pool:
        for outcomes in pool.map(chunks):
            yield from outcomes


def import_pieces(
    pieces: Iterable[Piece],
    parser: PieceParser,
    staging: Staging,
    tally: Tally,
    progress: Callable[[int], None],
    workers: int = 1,
) -> None:
    """Parses every object into ``staging``, merges duplicates, counts in ``tally``.

    ``progress`` is called with the number read after each object. Objects whose every date lies before the parser's
    day are kept (the kiosk decides what it shows) and counted in ``tally.past``. Raises `WorkerDied`.
    """
    for outcome in _parsed(pieces, parser, workers):
        match outcome:
            case Rejected(_, _, withdraws):
                tally.reject(outcome)
                if withdraws:
                    staging.withdraw(withdraws)
            case Withdrawn(source_id):
                tally.withdrawn += 1
                staging.withdraw(source_id)
            case BlogPost():
                again = staging.add_post(outcome)
                tally.merged += again
                tally.kept += 1 - again
            case LibraryPhoto():
                again = staging.add_photo(outcome)
                tally.merged += again
                tally.kept += 1 - again
            case StagedRow():
                again = staging.add_row(outcome)
                tally.merged += again
                tally.kept += 1 - again
                tally.past += outcome.past
        progress(tally.read)
    gone = staging.drop_withdrawn()
    tally.kept -= gone
    tally.merged += gone
    merged = staging.merge()
    tally.merged += merged
    tally.kept -= merged
