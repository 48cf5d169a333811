"""Schemathesis against the live device API: whatever is asked, never a 500, and only what the document announces."""

from __future__ import annotations

import json
from urllib.parse import quote, urlencode

import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy
from schemathesis import Case

from tests.fixtures.device_client import Answer, DeviceClient, send
from tests.fixtures.server import LiveServer

QUICK = settings(
    max_examples=12, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


def _ask(client: DeviceClient, case: Case, *, signed: bool) -> Answer:
    """The case's method, path, query and body, signed by a paired device or not at all."""
    query = urlencode({key: str(value) for key, value in dict(case.query or {}).items()})
    path = quote(case.formatted_path, safe="/%-._~")
    target = path + (f"?{query}" if query else "")
    body = case.body if isinstance(case.body, bytes) else b""
    if signed:
        return client.request(case.method, target, body, {"Content-Encoding": "zstd"} if body else None)
    return send(client.base, case.method, target, body)


def _check(client: DeviceClient, cases: SearchStrategy[Case], documented: set[int]) -> None:
    @QUICK
    @given(case=cases)
    def check(case: Case) -> None:
        for signed in (True, False):
            answer = _ask(client, case, signed=signed)
            assert answer.status in documented and answer.status < 500, (case.method, case.path, answer.status)
            if answer.status >= 400 and answer.status != 416:
                assert set(answer.json["error"]) == {"code", "message"}

    check()


def test_every_route_answers_what_it_documents(server: LiveServer) -> None:
    client = server.paired("OPEN-1")
    document = send(server.base, "GET", "/api/v1/openapi.json").body.decode()
    # Any bytes: schemathesis knows no serializer for zstd, and what is sent is meant to be broken.
    schema = schemathesis.openapi.from_dict(
        json.loads(document.replace("application/zstd", "application/octet-stream"))
    )
    operations = [result.ok() for result in schema.get_all_operations()]
    assert {operation.path for operation in operations} >= {"/api/v1/facts", "/api/v1/feeds", "/api/v1/time"}
    for operation in operations:
        documented = {int(status) for status in operation.definition.raw["responses"]}
        _check(client, operation.as_strategy(), documented)
    assert server.report()["ledger_sum_cents"] == 0
