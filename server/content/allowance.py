"""How much a desk may have loaded in all since its incarnation began (docs/sync-protocol.md, feed `allowance`).

The sum is cumulative, so no clock decides what counts and issuing again gives nothing: room comes back only for loads
that are in the books. Within an incarnation it never shrinks, as what was promised may be spent while offline.
"""

from __future__ import annotations

import json

from server.content.models import FeedDocument
from server.devices.models import Device
from server.ledger.queries import loads_done

RENEW_TENTHS = 1  # of the desk's own allowance: fewer signatures, while at most this much room waits for half life


def allowance_due(device: Device, kept: FeedDocument | None) -> int:
    """Cents to write into the document now. `kept` is the document of the desk before this one, if any."""
    known = loads_done(device.territory, device.name, device.incarnation)
    return max(known + device.allowance_cents, _issued(device, kept))


def outgrown(device: Device, kept: FeedDocument | None) -> bool:
    """Whether enough loads were booked since `kept` was issued to issue it again before half its life."""
    if not device.allowance_cents or kept is None:
        return False
    return 10 * (allowance_due(device, kept) - _issued(device, kept)) >= RENEW_TENTHS * device.allowance_cents


def _issued(device: Device, kept: FeedDocument | None) -> int:
    """What `kept` promised to the device's present incarnation; 0 for another one."""
    if kept is None:
        return 0
    document = json.loads(kept.document)
    return int(document["amount_cents"]) if document["incarnation"] == device.incarnation else 0
