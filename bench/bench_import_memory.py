"""Memory of a whole national feed: `import.memory_500k_mib`, and how fast such a feed is read.

Usage: python -m bench.bench_import_memory [OBJECTS]. A zip of so many DATAtourisme objects is made, then read, parsed,
staged and read out again, each in a process of its own. `value` is the importing process's peak, `min` its peak for a
feed a hundred times smaller (flat means that the two are close), `workers` the largest parsing process.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from datetime import date
from pathlib import Path

from server.catalogue.datatourisme import ObjectParser
from server.catalogue.feed_source import open_feed
from server.catalogue.importing import import_pieces, workers_for
from server.catalogue.results import Tally
from server.catalogue.staging import open_staging

OBJECTS = 500_000
SMALL_SHARE = 100
AS_OF = date(2026, 11, 22)
KINDS = (("Museum", "CulturalSite"), ("WineCellar", "TastingProvider"), ("Concert", "EntertainmentAndEvent"))


def make(path: Path, count: int) -> None:
    """A feed in the shape of the national archive: an index and one small file per object."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number in range(count):
            raw = {
                "@id": f"https://data.example/{number}",
                "@type": [*KINDS[number % 3], "PointOfInterest"],
                "rdfs:label": {"fr": [f"Offre {number} du pays"], "en": [f"Offer {number}"]},
                "hasDescription": [{"shortDescription": {"fr": [f"La {number}e, au bord de l'eau, ouverte l'été."]}}],
                "isLocatedAt": [
                    {
                        "schema:address": [{"schema:addressLocality": f"Commune {number % 3_000}"}],
                        "schema:geo": {"schema:latitude": f"{43 + number % 997 / 250}", "schema:longitude": "5.2"},
                    }
                ],
                "takesPlaceAt": [{"startDate": "2026-12-01", "endDate": "2026-12-05"}] if number % 3 == 2 else [],
                "lastUpdate": "2026-05-04",
            }
            archive.writestr(f"objects/{number % 256:02x}/{number}.json", json.dumps(raw))


def read(path: Path) -> dict[str, float]:
    """Imports the feed in this process; what it took."""
    tally = Tally()
    started = time.perf_counter()
    with open_feed(path) as feed, open_staging(path.parent) as staging:
        import_pieces(feed.pieces, ObjectParser(AS_OF), staging, tally, lambda read: None, workers_for(feed.files))
        kept = sum(1 for _ in staging.rows())
    seconds = time.perf_counter() - started
    if kept != tally.kept:
        raise SystemExit(f"{kept} rows for {tally.kept} offers kept")
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    workers = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return {"objects": tally.read, "seconds": seconds, "mib": own, "workers_mib": workers}


def measured(folder: Path, count: int) -> dict[str, float]:
    """Made by one process, read by another, so that neither colours the figure."""
    path = folder / f"{count}.zip"
    for verb in ("make", "read"):
        command = [sys.executable, "-m", "bench.bench_import_memory", verb, str(path), str(count)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    path.unlink()
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["make"]:
        make(Path(arguments[1]), int(arguments[2]))
        return
    if arguments[:1] == ["read"]:
        print(json.dumps(read(Path(arguments[1]))))
        return
    count = int(arguments[0]) if arguments else OBJECTS
    with tempfile.TemporaryDirectory() as temporary:
        small = measured(Path(temporary), max(1, count // SMALL_SHARE))
        large = measured(Path(temporary), count)
    line = {
        "name": "import.memory_500k_mib",
        "value": round(large["mib"], 1),
        "unit": "MiB",
        "n": round(large["objects"]),
        "min": round(small["mib"], 1),
        "max": round(large["mib"], 1),
        "workers": round(large["workers_mib"], 1),
        "objects_per_s": round(large["objects"] / large["seconds"]),
    }
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
