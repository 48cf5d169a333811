"""Search and pack figures as JSON lines: `search.keystroke_p99_ms_2k`, `…_100k`, `…_500k` and `pack.bytes_2k_offers`.

Usage: python -m bench.bench_search [OFFERS …] (default 2000 100000; 500000 takes minutes). A keystroke is the whole
answer: query, ranking, and the twelve offers read and built. Every prefix of every typed word counts as one. The
catalogue is made of the samples the tests use, from a seed that is printed. `limit`: the same file's own bound, the
bare index lookup of the same text.
"""

from __future__ import annotations

import io
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from PIL import Image

from domain.offers import Offer, Picture
from kiosk.store.catalogue import Catalogue, open_catalogue
from kiosk.store.search import build_query
from server.catalogue.pack import build_pack
from server.catalogue.staging import open_staging
from sync.content.catalogue_file import CatalogueMeta, build_catalogue_from_json
from sync.content.text import tokens
from tests.fixtures.catalogue_samples import SUNDAY_AFTERNOON, offer

SEED = 20261122
TYPED = (
    *("château du vieux moulin", "musée lavandin", "cave des oeillets", "boucle vélo", "bicyclette", "hôtel sorguette"),
    *("marché mazelles", "auberge coeur", "chatuea", "lavendin", "bistrot boeuf", "abbaye forêt", "concert étang"),
    *("sentier garrigue", "a", "e", "de la", "zzzzzz", "truffe", "degustation vin", "office de tourisme"),
)
NAMES = {2_000: "2k", 100_000: "100k", 500_000: "500k"}


def offers(count: int) -> Iterator[Offer]:
    chance = random.Random(SEED)
    return (offer(number, chance) for number in range(count))


def build(path: Path, count: int) -> float:
    """Builds a catalogue the way an import does, without merging; seconds."""
    started = time.perf_counter()
    with open_staging(path.parent) as staging:
        for known in offers(count):
            staging.add(known)
        build_catalogue_from_json(path, staging.rows(), CatalogueMeta("bench", 1, "2026-11-22T00:00:00Z"))
    return time.perf_counter() - started


def keystrokes(catalogue: Catalogue, rounds: int) -> tuple[list[float], list[float]]:
    """Milliseconds by the clock and of processor, per keystroke: the second tells a slow search from a busy machine."""
    times, processor = [], []
    for _ in range(rounds):
        for text in TYPED:
            for end in range(1, len(text) + 1):
                started, began = time.perf_counter(), time.thread_time()
                catalogue.search(text[:end], SUNDAY_AFTERNOON)
                times.append((time.perf_counter() - started) * 1000)
                processor.append((time.thread_time() - began) * 1000)
    return times, processor


def bare_lookups(path: Path) -> list[float]:
    """What SQLite itself takes to find the first twelve rows of the same texts."""
    catalogue = open_catalogue(path)
    connection = catalogue._search._connection
    times = []
    for text in TYPED:
        for end in range(1, len(text) + 1):
            words = tokens(text[:end])
            if words:
                started = time.perf_counter()
                query = build_query(words)
                connection.execute(
                    "SELECT rowid FROM search WHERE search MATCH ? ORDER BY rowid LIMIT 12", (query,)
                ).fetchall()
                times.append((time.perf_counter() - started) * 1000)
    catalogue.close()
    return times


def p99(times: list[float]) -> float:
    return statistics.quantiles(times, n=100)[98]


def report(name: str, value: float, unit: str, times: list[float], limit: float | None = None, **more: object) -> None:
    line = {
        "name": name,
        "value": round(value, 3),
        "unit": unit,
        "n": len(times),
        "min": round(min(times), 3),
        "max": round(max(times), 3),
        **({} if limit is None else {"limit": round(limit, 3)}),
        **more,
    }
    print(json.dumps(line), flush=True)


def photo(chance: random.Random) -> bytes:
    """A picture with the spectrum of a photograph: noise at seven scales, the finer the fainter."""
    planes = []
    for _ in range(3):
        plane = Image.linear_gradient("L").resize((1280, 800)).rotate(chance.randrange(4) * 90)
        for scale in range(1, 8):
            noise = Image.effect_noise((1280 >> scale, 800 >> scale), 60).resize((1280, 800), Image.Resampling.BICUBIC)
            plane = Image.blend(plane, noise, 0.12 + 0.04 * scale)
        planes.append(plane)
    out = io.BytesIO()
    Image.merge("RGB", planes).save(out, "JPEG", quality=85)
    return out.getvalue()


def measure_pack(folder: Path, count: int) -> None:
    """The pack of a territory where every offer has its own photo; encoding a sample, counted up."""
    chance = random.Random(SEED)
    sample = 40
    pictures = {f"https://bench/{n}.jpg": photo(chance) for n in range(sample)}
    made = [
        replace(known, pictures=(Picture("", f"https://bench/{number}.jpg", "A", "CC0"),))
        for number, known in enumerate(offers(count))
    ]
    started = time.perf_counter()
    manifest = build_pack(
        made,
        lambda picture: pictures.get(picture.url),
        folder / "pack",
        1,
        territory="bench",
        built_at="2026-11-22T00:00:00Z",
    )
    seconds = time.perf_counter() - started
    per_offer = sum(blob.bytes for blob in manifest.blobs) / sample
    total = manifest.catalogue.bytes + per_offer * count
    report(
        "pack.bytes_2k_offers",
        total,
        "bytes",
        [total],
        60_000_000,
        catalogue_bytes=manifest.catalogue.bytes,
        picture_bytes_each=round(per_offer),
        seconds=round(seconds, 2),
    )


def main(counts: list[int]) -> None:
    print(f"seed {SEED}", file=sys.stderr)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for count in counts:
            path = folder / f"{count}.db"
            seconds = build(path, count)
            catalogue = open_catalogue(path)
            keystrokes(catalogue, 1)
            times, processor = keystrokes(catalogue, 3 if count <= 2_000 else 1)
            catalogue.close()
            report(
                f"search.keystroke_p99_ms_{NAMES.get(count, count)}",
                p99(times),
                "ms",
                times,
                p99(bare_lookups(path)),
                median=round(statistics.median(times), 3),
                processor_p99=round(p99(processor), 3),
                file_bytes=path.stat().st_size,
                build_seconds=round(seconds, 1),
            )
        measure_pack(folder, 2_000)


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or [2_000, 100_000])
