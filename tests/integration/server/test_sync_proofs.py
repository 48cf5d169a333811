"""A small fixed part of `./run prove sync`, on SQLite and PostgreSQL: the proofs themselves, with few cases each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fixtures.cluster import ClusterMissing
from tests.fixtures.server import LiveServer
from tests.proofs.database import Database, Lite
from tests.proofs.failover import prove_failover
from tests.prove_sync import PROOFS, QUICK, SEED, Proof, servers

# The others have tests of their own beside this (server ingest, sync over HTTP, sync TLS).
NAMES = (
    "a bank with many clients",
    "line faults at every class of bytes",
    "clocks ten years wrong",
    "database locked",
    "kiosk killed at every step",
    "server killed at every stage",
    "stopped at once in mid-ingest",
    "server restored to an older backup",
    "kiosk image restored",
)
CHOSEN = [(name, proof) for group in PROOFS for name, proof in group if name in NAMES]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[LiveServer, Database]]:
    try:
        with servers(request.param, tmp_path_factory.mktemp("proofs")) as make:
            yield make(0)
    except ClusterMissing as missing:
        pytest.skip(str(missing))


@pytest.mark.parametrize(("name", "proof"), CHOSEN, ids=[name.replace(" ", "-") for name, _ in CHOSEN])
def test_proof(world: tuple[LiveServer, Database], name: str, proof: Proof) -> None:
    server, database = world
    counts = proof(server, database, QUICK, SEED)
    print(f"seed {SEED}: {counts}")
    assert counts or isinstance(database, Lite), "only PostgreSQL can be stopped"


def test_a_killed_primary_loses_nothing_that_was_acknowledged() -> None:
    try:
        counts = prove_failover(clients=3, batches=5)
    except ClusterMissing as missing:
        pytest.skip(str(missing))
    print(counts)
    assert counts["of them lost"] == 0 and counts["facts acknowledged before the kill"] >= 100
