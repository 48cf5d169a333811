"""The risk configuration in force: limits of cards and kiosks, signed, until it expires.

What a row says counts only while its signature holds and its time has not passed; else the territory's own limits do,
which are those of its file or the design's. The `config` feed carries them and expires with them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from django.db import transaction

from domain.canonical import JsonObject, canonical_bytes
from domain.config import Limits
from hardware.card.desfire.tmac import PUBLISHED_RULE, TmacRule
from server.risk.models import RiskConfiguration
from server.runtime import MS_PER_DAY
from server.territory.models import StaffAction, Territory, touch
from sync.keys import ServerIdentity, verify_document

RISK_TAG = b"zerot-risk-1"
LIFE_DAYS_MAX = 366
CENTS_MAX = 1_000_000  # 10 000 €
COUNT_MAX = 10_000


class RiskRefused(ValueError):
    """Nothing was written; the message is one French sentence."""


@dataclass(frozen=True, slots=True)
class Risk:
    """What is in force; `expires_at` is None where nobody has signed anything, `number` 0 then."""

    limits: Limits
    rule: TmacRule
    number: int
    expires_at: int | None


def risk_in_force(territory: Territory, server_key: bytes, now_ms: int) -> Risk:
    """The newest configuration that is authentic and has not expired, over the territory's own limits."""
    own = territory.settings.get("limits", {})
    base = Limits(**{name: own[name] for name in Limits.__slots__ if name in own})
    newest = RiskConfiguration.objects.filter(territory=territory.slug, expires_at__gt=now_ms).order_by("-number")
    for row in newest[:3]:
        document = json.loads(row.document)
        if not verify_document(server_key, RISK_TAG, document, bytes(row.signature)):
            continue
        limits = Limits(**{name: int(document["limits"][name]) for name in Limits.__slots__})
        rule = TmacRule(reads=document["tmac"]["reads"] == 1, values=document["tmac"]["values"] == 1)
        return Risk(limits, rule, row.number, row.expires_at)
    return Risk(base, PUBLISHED_RULE, 0, None)


def write_risk(
    territory: Territory,
    values: Mapping[str, int],
    rule: TmacRule,
    life_days: int,
    identity: ServerIdentity,
    who: str,
    now_ms: int,
) -> RiskConfiguration:
    """Sign the next configuration. `values` by the names of domain.config.Limits. Raises RiskRefused."""
    limits = _checked(values)
    if not 1 <= life_days <= LIFE_DAYS_MAX:
        raise RiskRefused(f"La durée va de 1 à {LIFE_DAYS_MAX} jours.")
    with transaction.atomic():
        Territory.objects.select_for_update().get(pk=territory.pk)
        last = RiskConfiguration.objects.filter(territory=territory.slug).order_by("-number").first()
        number = last.number + 1 if last is not None else 1
        document: JsonObject = {
            "version": 1,
            "territory": territory.slug,
            "number": number,
            "limits": asdict(limits),
            "tmac": {"reads": int(rule.reads), "values": int(rule.values)},
            "issued_at": now_ms,
            "expires_at": now_ms + life_days * MS_PER_DAY,
        }
        row = RiskConfiguration.objects.create(
            territory=territory.slug,
            number=number,
            document=canonical_bytes(document).decode(),
            signature=identity.sign_document(RISK_TAG, document),
            issued_at=now_ms,
            expires_at=now_ms + life_days * MS_PER_DAY,
            written_by=who,
        )
        StaffAction.objects.create(territory=territory.slug, who=who, what="risk.written", target=f"n° {number}")
        touch(territory.slug)
    return row


def _checked(values: Mapping[str, int]) -> Limits:
    for field in fields(Limits):
        high = COUNT_MAX if "count" in field.name else CENTS_MAX
        if not 0 <= values[field.name] <= high:
            raise RiskRefused("Un montant va de 0 à 10 000 €, un nombre de 0 à 10 000.")
    limits = Limits(**{field.name: values[field.name] for field in fields(Limits)})
    if limits.offline_debit_limit_cents > limits.offline_sum_limit_cents:
        raise RiskRefused("Un seul débit hors ligne ne peut pas dépasser la somme permise hors ligne.")
    if limits.purse_limit_cents > 15_000 or limits.monthly_load_limit_cents > 15_000:
        raise RiskRefused("Une carte anonyme porte au plus 150 €, et reçoit au plus 150 € par mois : c'est la loi.")
    return limits
