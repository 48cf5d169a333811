"""What a territory's books hold, as one JSON document: `zerot server report`, and a download for staff."""

from __future__ import annotations

from domain.ledger import Asset
from server.devices.models import Device
from server.ledger.chains import holes
from server.ledger.models import Alarm, Operation
from server.ledger.queries import (
    accounts,
    cache_differences,
    cards,
    facts_by_kind,
    ledger_sums,
    waiting_in_quarantine,
)


def build_report(slug: str) -> dict[str, object]:
    """Everything that the tour and the tests compare; amounts in cents and points."""
    sums = ledger_sums(slug)
    by_kind = facts_by_kind(slug)
    return {
        "territory": slug,
        "facts": sum(by_kind.values()),
        "facts_by_kind": by_kind,
        "ledger_sum_cents": sums[Asset.EUR],
        "ledger_sum_points": sums[Asset.PTS],
        "accounts": [{"account": row.account, "asset": row.asset, "amount": row.amount} for row in accounts(slug)],
        "cache_differences": len(cache_differences(slug)),
        "cards": [
            {
                "card_number": line.card_number,
                "shadow_cents": line.shadow_cents,
                "shadow_points": line.shadow_points,
                "seen_cents": line.seen_cents,
                "seen_points": line.seen_points,
                "in_flight": line.in_flight,
            }
            for line in cards(slug)
        ],
        "open_operations": Operation.objects.filter(territory=slug, open=True).count(),
        "quarantined": waiting_in_quarantine(slug),
        "alarms": [
            {"code": row.code, "device": row.device, "subject": row.subject}
            for row in Alarm.objects.filter(territory=slug).order_by("raised_at")
        ],
        "holes": [{"device": row.device, "after": row.sequence, "highest": row.highest} for row in holes(slug)],
        "devices": [
            {"device": row.name, "state": row.state, "role": row.role, "words": row.words}
            for row in Device.objects.filter(territory=slug).order_by("name")
        ],
    }
