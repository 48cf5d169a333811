"""An import from pieces to staged offers: the same with one process or several, and nothing lost in between."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from server.catalogue import importing
from server.catalogue.datatourisme import ObjectParser
from server.catalogue.feed_source import Document, Piece
from server.catalogue.importing import import_pieces, workers_for
from server.catalogue.results import Parsed, Reason, Rejected, Tally
from server.catalogue.staging import open_staging
from server.catalogue.workers import WorkerDied
from tests.fixtures.catalogue_samples import concert, winery

AS_OF = date(2026, 11, 22)


def pieces(count: int) -> Iterator[Piece]:
    for number in range(count):
        raw = winery() if number % 3 else concert()
        raw["@id"] = raw["uri"] = f"https://data.example/{number // 2 if number % 50 == 1 else number}"
        label = raw.get("rdfs:label") or raw["label"]
        label.update(dict.fromkeys(label, f"Offre {number % 180}"))
        yield Document(f"{number}.json", b"{" if number % 97 == 0 else json.dumps(raw).encode())
    yield Rejected("gone.json", Reason.MISSING)


def run(folder: Path, workers: int, count: int = 300) -> tuple[Tally, list[Any], list[int]]:
    tally, told = Tally(), list[int]()
    with open_staging(folder) as staging:
        import_pieces(pieces(count), ObjectParser(AS_OF), staging, tally, told.append, workers)
        rows = list(staging.rows())
    return tally, rows, told


def test_several_processes_give_what_one_gives(tmp_path: Path) -> None:
    alone, rows, told = run(tmp_path, 1)
    together, same_rows, _ = run(tmp_path, 2)
    assert alone == together
    assert rows == same_rows
    assert told == list(range(1, 302))
    assert alone.read == 301 == alone.kept + alone.merged + alone.rejected
    assert alone.kept == len(rows)
    assert alone.rejected == 5
    assert alone.merged > 50
    assert [reason.object for reason in alone.reasons] == ["0.json", "97.json", "194.json", "291.json", "gone.json"]


def test_small_feeds_are_parsed_alone() -> None:
    assert workers_for(5) == 1
    assert 1 <= workers_for(10_000) <= importing.WORKERS_MAX


class Dying(ObjectParser):
    """A parser whose process is killed half-way, as a machine short of memory does."""

    def parse(self, raw: Any, where: str, index: Any = None) -> Parsed:
        if where == "150.json":
            import os

            os._exit(9)
        return super().parse(raw, where, index)


def test_a_killed_process_is_noticed(tmp_path: Path) -> None:
    with open_staging(tmp_path) as staging, pytest.raises(WorkerDied):
        import_pieces(pieces(300), Dying(AS_OF), staging, Tally(), lambda read: None, 2)
