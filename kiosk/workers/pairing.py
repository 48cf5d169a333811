"""The pairing thread: claims the record, shows eight words, waits for a person's approval, fetches the profile."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from domain.ports import Chance, Clock
from kiosk.flow import events as ev
from kiosk.flow.messages import M, message
from sync.client import DeviceClient, Refused
from sync.codes import parse_code, parse_server_url
from sync.keys import DeviceIdentity, KeyTrouble
from sync.messages_common import ErrorCode
from sync.messages_pairing import PairingState
from sync.pairing import Pairing, claim, finish
from sync.transport import Offline, OfflineReason, Transport

POLL_SECONDS = 2.0
_REFUSALS: dict[str, M] = {
    ErrorCode.CODE_WRONG: M.PAIR_CODE_WRONG,
    ErrorCode.CODE_EXPIRED: M.PAIR_CODE_EXPIRED,
    ErrorCode.CODE_USED: M.PAIR_CODE_USED,
}
_NOT_OUR_SERVER = frozenset({OfflineReason.GARBAGE, OfflineReason.PORTAL, OfflineReason.TOO_LARGE})


class PairingWorker:
    """`claim` starts a thread; `finished` is called on it with what is to be stored."""

    def __init__(
        self,
        transport: Transport,
        identity: Callable[[], DeviceIdentity],
        software: str,
        clock: Clock,
        chance: Chance,
        post: Callable[[ev.Event], None],
    ) -> None:
        """`identity()` loads or makes the device's keys, on the worker's thread."""
        self._transport = transport
        self._identity = identity
        self._software = software
        self._clock = clock
        self._chance = chance
        self._post = post
        self._stopping = threading.Event()
        self._log = structlog.get_logger(__name__)
        self._thread: threading.Thread | None = None
        self._approved: Pairing | None = None

    @property
    def approved(self) -> Pairing | None:
        """What was agreed, once a person approved."""
        return self._approved

    def claim(self, url: str, code: str) -> None:
        """Try to pair with a typed address and code; answers with PairClaimed, PairApproved or PairFailed."""
        if self._thread is not None and self._thread.is_alive():
            return
        self._thread = threading.Thread(target=self._run, args=(url, code), name="pairing", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _fail(self, reason: M) -> None:
        self._post(ev.PairFailed(message(reason)))

    def _run(self, typed_url: str, typed_code: str) -> None:
        try:
            url = parse_server_url(typed_url.strip())
        except ValueError:
            return self._fail(M.PAIR_NOT_A_SERVER)
        try:
            code = parse_code(typed_code)
        except ValueError:
            return self._fail(M.PAIR_CODE_WRONG)
        try:
            identity = self._identity()
        except (OSError, KeyTrouble) as error:
            self._log.error("the device's keys cannot be made or read", reason=str(error))
            return self._fail(M.DISK_FULL)
        claimed = claim(self._transport, url, code, identity, self._software)
        if not isinstance(claimed, tuple):
            return self._fail(_reason(claimed))
        pairing, words = claimed
        self._post(ev.PairClaimed(words))
        client = DeviceClient(self._transport, url, pairing.device, identity, clock=self._clock, chance=self._chance)
        return self._await_approval(client, pairing)

    def _await_approval(self, client: DeviceClient, pairing: Pairing) -> None:
        """Ask every two seconds; a line that drops meanwhile is waited for, a refusal ends it."""
        while not self._stopping.is_set():
            found = finish(client, pairing)
            if isinstance(found, Pairing):
                self._approved = found
                self._post(ev.PairApproved())
                return
            ended = isinstance(found, Refused) and found.error.code != ErrorCode.BUSY
            if ended or found in (PairingState.REFUSED, PairingState.REVOKED):
                self._fail(M.PAIR_REFUSED)
                return
            self._stopping.wait(POLL_SECONDS)


def _reason(failed: Refused | Offline) -> M:
    if isinstance(failed, Refused):
        # A newer server may have codes that this version does not know.
        return _REFUSALS.get(failed.error.code, M.PAIR_REFUSED)
    return M.PAIR_NOT_A_SERVER if failed.reason in _NOT_OUR_SERVER else M.PAIR_NO_SERVER
