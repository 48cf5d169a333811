"""One import, from the path of a feed to offers in order of merit. The progress is told, nothing is printed."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from server.catalogue.datatourisme import ObjectParser
from server.catalogue.feed_source import Item
from server.catalogue.results import Kept, Rejected, Tally
from server.catalogue.staging import Staging


def import_items(
    items: Iterable[Item], parser: ObjectParser, staging: Staging, tally: Tally, progress: Callable[[int], None]
) -> None:
    """Parses every item into ``staging``, merges duplicates, counts in ``tally``.

    ``progress`` is called with the number read after each object. Objects whose every date lies before the parser's
    day are kept (the kiosk decides what it shows) and counted in ``tally.past``.
    """
    for item in items:
        result = item if isinstance(item, Rejected) else parser.parse(item.raw, item.where, item.index)
        if isinstance(result, Kept):
            again = staging.add(result.offer)
            tally.merged += again
            tally.kept += 1 - again
            tally.past += result.offer.dates.over(parser.as_of)
        else:
            tally.reject(result)
        progress(tally.read)
    merged = staging.merge()
    tally.merged += merged
    tally.kept -= merged
