"""Parsing pieces of a feed in several processes, in order, with nothing that can hang when one of them dies.

(`concurrent.futures` may: in CPython 3.11 a pool whose worker is killed while its queue is full never shuts down.)
Each worker has a pipe of its own and holds one chunk at a time; the parent writes to it only when it has taken its
answer, so that no two sides ever wait for each other. Processes are forked: only for a parent with one thread.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from typing import Generic, TypeVar

In = TypeVar("In")
Out = TypeVar("Out")
JOIN_SECONDS = 5.0


class WorkerDied(Exception):
    """A process ended before it answered: killed, or out of memory."""


def _serve(work: Callable[[In], Out], mine: Connection, others: list[Connection]) -> None:
    # Copies of the parent's ends: while they are open here, a sibling would not notice that the parent is gone.
    for connection in others:
        connection.close()
    try:
        while (chunk := mine.recv()) is not None:
            mine.send(work(chunk))
    except (EOFError, BrokenPipeError, KeyboardInterrupt):
        return


class Workers(Generic[In, Out]):
    """Processes that each do ``work``. One thread of the parent owns them."""

    def __init__(self, work: Callable[[In], Out], count: int) -> None:
        context = multiprocessing.get_context("fork")
        self._pipes: list[Connection] = []
        self._processes: list[ForkProcess] = []
        for _ in range(count):
            ours, theirs = context.Pipe()
            self._pipes.append(ours)
            process = context.Process(target=_serve, args=(work, theirs, list(self._pipes)), daemon=True)
            process.start()
            theirs.close()
            self._processes.append(process)

    def map(self, chunks: Iterable[In]) -> Iterator[Out]:
        """``work`` of each chunk, in the order of the chunks. Raises WorkerDied, also when ``work`` itself fails."""
        source = iter(chunks)
        busy: list[Connection] = []
        try:
            for pipe in self._pipes:
                if not self._give(pipe, source):
                    break
                busy.append(pipe)
            while busy:
                pipe = busy.pop(0)
                yield pipe.recv()
                if self._give(pipe, source):
                    busy.append(pipe)
        except (EOFError, BrokenPipeError, ConnectionResetError) as error:
            raise WorkerDied from error

    @staticmethod
    def _give(pipe: Connection, source: Iterator[In]) -> bool:
        for chunk in source:
            pipe.send(chunk)
            return True
        return False

    def close(self) -> None:
        """Ends every process, whatever it is doing."""
        for pipe in self._pipes:
            pipe.close()
        for process in self._processes:
            process.terminate()
            process.join(JOIN_SECONDS)
            process.close()


@contextmanager
def open_workers(work: Callable[[In], Out], count: int) -> Iterator[Workers[In, Out]]:
    """Workers that are gone when the block ends."""
    workers = Workers(work, count)
    try:
        yield workers
    finally:
        workers.close()
