"""500 kiosks that come back at once, as JSON lines: `fleet.reconnect_500_errors` and `fleet.reconnect_500_p99_s`.

Each is a connection of its own to a real `zerot server` child: the probe (GET /feeds), then its waiting facts (a batch
of 20, signed beforehand), one after the other. All of them connect in the same moment. An error is anything but 200, or
a broken line. `limit` of the time is what a bare HTTP echo takes for as many requests, one after the other.

Usage: python -m bench.bench_fleet [sqlite|postgresql] [KIOSKS]
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from bench.bench_ingest import make_facts
from bench.limits import echo_requests
from bench.mix import read_mix
from bench.report import report, rss_mib
from sync.protocol import build_batch, compress
from sync.signing import sign_request
from tests.fixtures.device_client import NOON, DeviceClient
from tests.fixtures.server import LiveServer, live_server
from tests.proofs.cluster import primary
from tests.proofs.fleet import add_devices

FACTS = 20
ANSWER_SECONDS = 120


def signed(client: DeviceClient, method: str, target: str, body: bytes) -> bytes:
    """A whole request as bytes."""
    path, _, query = target.partition("?")
    host = client.base.removeprefix("http://")
    client.nonce += 1
    headers = sign_request(
        client.identity.sign, client.name, method=method, authority=host, path=path, query=query, body=body,
        created_seconds=NOON // 1000, nonce=f"n{client.nonce}",
    )  # fmt: skip
    headers |= {"Host": host, "Content-Length": str(len(body))}
    if body:
        headers |= {"Content-Type": "application/json", "Content-Encoding": "zstd"}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{method} {target} HTTP/1.1\r\n{lines}\r\n".encode() + body


def requests_of(client: DeviceClient, number: int) -> list[bytes]:
    facts = make_facts(client.name, number, FACTS, read_mix())
    body = compress(build_batch(client.batch(facts)))
    return [signed(client, "GET", "/api/v1/feeds?cursor=0.0", b""), signed(client, "POST", "/api/v1/facts", body)]


async def come_back(port: int, requests: list[bytes], start: asyncio.Event) -> tuple[float, str]:
    """(seconds from the common start to the last answer, what went wrong)."""
    await start.wait()
    started = time.perf_counter()
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            for request in requests:
                writer.write(request)
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
                await reader.readexactly(length)
                if not head.startswith(b"HTTP/1.1 200"):
                    return time.perf_counter() - started, head.partition(b"\r\n")[0].decode()
            writer.close()
    except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
        return time.perf_counter() - started, type(error).__name__
    return time.perf_counter() - started, ""


async def all_at_once(port: int, work: list[list[bytes]]) -> list[tuple[float, str]]:
    start = asyncio.Event()
    tasks = [asyncio.create_task(come_back(port, requests, start)) for requests in work]
    start.set()
    return await asyncio.gather(*tasks)


def measure(server: LiveServer, kiosks: int, kind: str) -> None:
    clients = add_devices(server, "FLEET", kiosks)
    work = [requests_of(client, number + 1) for number, client in enumerate(clients)]
    found = asyncio.run(all_at_once(int(server.base.rpartition(":")[2]), work))
    wrong = [what for _, what in found if what]
    times = [seconds for seconds, _ in found]
    limit = 2 * kiosks / echo_requests(work[0][1], 200)
    p99 = statistics.quantiles(times, n=100)[98]
    told = {"kiosks": kiosks, "database": kind, "what": sorted(set(wrong))[:5]} if wrong else {"database": kind}
    report(f"fleet.reconnect_{kiosks}_errors", [len(wrong)], "kiosks", kiosks, **told)
    median = round(statistics.median(times), 3)
    report(f"fleet.reconnect_{kiosks}_p99_s", [p99], "s", kiosks, limit=limit, median=median, database=kind)
    report("fleet.server_rss_mib", [rss_mib(server.process.pid if server.process else 0)], "MiB", kiosks)
    facts = server.report()["facts"]
    if not wrong and facts != kiosks * FACTS:
        raise SystemExit(f"{facts} facts arrived of {kiosks * FACTS}")


def main(arguments: list[str]) -> int:
    kind = arguments[0] if arguments else "sqlite"
    if kind not in ("sqlite", "postgresql") or len(arguments) > 2 or not all(a.isdecimal() for a in arguments[1:]):
        print("Say sqlite or postgresql, and how many kiosks.", file=sys.stderr)
        return 2
    kiosks = int(arguments[1]) if len(arguments) > 1 else 500
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=os.environ.get("ZEROT_BENCH_DIR"))))
        url = stack.enter_context(primary()).create_database("bench") if kind == "postgresql" else ""
        measure(stack.enter_context(live_server(folder / "server", url)), kiosks, kind)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
