"""What a COMMIT is worth. With a synchronous standby (PostgreSQL, `synchronous_standby_names`), the primary may give up
waiting for it: it then says so in a warning, and the COMMIT succeeds all the same. Such a transaction is on one machine
only, so it must not be acknowledged: the device keeps everything, sends it again, and is answered once a later commit,
whose record lies behind this one in the log, has reached the standby.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, connection, transaction

# Where PostgreSQL gives up (src/backend/replication/syncrep.c); its words are in the language of the cluster.
_GIVES_UP = "SyncRepWaitForLSN"
_FLAG = "gave_up_on_standby"


class NotOnStandby(OperationalError):
    """The commit is on this machine's disk and not on the standby's. Answered as `busy`."""


def watch_standby(sender: object, connection: Any, **more: object) -> None:
    """For the signal `connection_created`: note on the connection when a commit was not waited for."""
    if connection.vendor != "postgresql":
        return

    def note(diagnostic: Any) -> None:
        if diagnostic.source_function == _GIVES_UP:
            setattr(connection, _FLAG, True)

    connection.connection.add_notice_handler(note)


@contextmanager
def acknowledgeable() -> Iterator[None]:
    """A transaction whose success may be told to a device. Raises NotOnStandby when it is not where it should be.

    It must write something, else its commit waits for nothing: repeating a batch moves the head's `updated_at`.
    """
    setattr(connection, _FLAG, False)
    with transaction.atomic():
        yield
    if getattr(connection, _FLAG, False):
        raise NotOnStandby("the standby has not confirmed the commit")
