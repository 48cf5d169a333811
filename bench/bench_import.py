"""Import figures as JSON lines: `import.datatourisme_per_s` and `import.datatourisme_rss_growth_mib`.

Usage: python -m bench.bench_import [FEED] [COPIES]. The feed is ../shared/data's when it is there, else one made of
the samples the tests use. COPIES repeats its objects under other identifiers and places, to see memory stay flat.
`limit`: the same machine's own bound in the same run, inflating and parsing the JSON alone.
"""

from __future__ import annotations

import copy
import json
import resource
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from server.catalogue.datatourisme import ObjectParser
from server.catalogue.feed_source import Document, Found, Piece, items_of, open_feed
from server.catalogue.importing import import_pieces, workers_for
from server.catalogue.results import Tally
from server.catalogue.staging import open_staging
from sync.content.catalogue_file import CatalogueMeta, build_catalogue_from_json
from tests.fixtures.catalogue_samples import concert, winery

FEED = Path(__file__).parents[2] / "shared" / "data" / "datatourisme" / "flux_centre_dev_2020.zip"
ROUNDS = 3
AS_OF = date(2026, 11, 22)


def own_feed(folder: Path) -> Path:
    path = folder / "own.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(2_000):
            raw: dict[str, Any] = copy.deepcopy(winery() if number % 3 else concert())
            raw["@id"] = raw["uri"] = f"https://bench.example/{number}"
            label = raw.get("rdfs:label") or raw["label"]
            for language in label:
                label[language] = f"Offre {number}"
            archive.writestr(f"objects/{number}.json", json.dumps(raw))
    return path


def bare_seconds(path: Path) -> float:
    started = time.perf_counter()
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.startswith("objects/"):
                json.loads(archive.read(name))
    return time.perf_counter() - started


def repeated(pieces: Iterator[Piece], copies: int) -> Iterator[Piece]:
    """Every object ``copies`` times, elsewhere and under another identifier."""
    for piece in pieces:
        for item in items_of(piece):
            if isinstance(item, Found):
                for number in range(copies):
                    raw = {**item.raw, "@id": f"{item.where}/{number}"}
                    yield Document(item.where, json.dumps(raw).encode())
            else:
                yield item


def run(path: Path, folder: Path, copies: int = 1) -> tuple[float, Tally]:
    tally = Tally()
    started = time.perf_counter()
    with open_feed(path) as feed, open_staging(folder) as staging:
        pieces = feed.pieces if copies == 1 else repeated(feed.pieces, copies)
        import_pieces(pieces, ObjectParser(AS_OF), staging, tally, lambda read: None, workers_for(feed.files))
        build_catalogue_from_json(folder / "out.db", staging.rows(), CatalogueMeta("bench", 1, "2026-11-22T00:00:00Z"))
    return time.perf_counter() - started, tally


def rss_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(arguments: list[str]) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        path = Path(arguments[0]) if arguments else FEED if FEED.exists() else own_feed(folder)
        copies = int(arguments[1]) if len(arguments) > 1 else 8
        speeds = []
        for _ in range(ROUNDS):
            seconds, tally = run(path, folder)
            speeds.append(tally.read / seconds)
        line = {
            "name": "import.datatourisme_per_s",
            "value": round(max(speeds)),
            "unit": "objects/s",
            "n": tally.read,
            "min": round(min(speeds)),
            "max": round(max(speeds)),
            "limit": round(tally.read / bare_seconds(path)),
            "feed": path.name,
        }
        print(json.dumps(line), flush=True)
        before = rss_mib()
        _, many = run(path, folder, copies)
        grown = rss_mib() - before
        more = {"n": many.read, "min": round(before, 1), "max": round(before + grown, 1)}
        print(
            json.dumps({"name": "import.datatourisme_rss_growth_mib", "value": round(grown, 1), "unit": "MiB", **more}),
            flush=True,
        )


if __name__ == "__main__":
    main(sys.argv[1:])
