"""Partners: their sites, agreements and figures: taken, commission, paid out, due; and the cash they still owe."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Sum

from domain.ledger import TransferKind, commission_account, payable_account, provider_account, receivable_account
from domain.settlement import RATE_MAX_BP
from server.reconciliation.holds import held_cents
from server.settlement.books import account_sums
from server.settlement.models import AgreementRow, Partner, PartnerSite
from server.territory.models import Site, StaffAction

_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\Z")
_TAKEN = frozenset({TransferKind.DEBIT, TransferKind.REFUND, TransferKind.SALE})


class PartnerRefused(ValueError):
    """Nothing was changed; the message is one French sentence."""


@dataclass(frozen=True, slots=True)
class Figures:
    """A partner's accounts in cents. *taken − commission + earned + corrected + provisional − paid out = due*.

    `held_cents` of it is not paid yet. `provisional_cents` was booked for operations in doubt. `owed_cents` is cash
    that the partner has taken and not handed over.
    """

    taken_cents: int
    commission_cents: int
    earned_cents: int
    corrected_cents: int
    provisional_cents: int
    paid_out_cents: int
    loaded_cents: int
    handed_over_cents: int
    held_cents: int = 0

    @property
    def due_cents(self) -> int:
        return (
            self.taken_cents
            - self.commission_cents
            + self.earned_cents
            + self.corrected_cents
            + self.provisional_cents
            - self.paid_out_cents
        )

    @property
    def payable_cents(self) -> int:
        """What may be paid today."""
        return max(0, self.due_cents - self.held_cents)

    @property
    def owed_cents(self) -> int:
        return self.loaded_cents - self.handed_over_cents


@dataclass(frozen=True, slots=True)
class PartnerAccounts:
    """The accounts of one partner. `due` are those that it is paid from, in that order."""

    payable: tuple[str, ...]
    provider: str
    commission: tuple[str, ...]
    receivable: tuple[str, ...]

    @property
    def due(self) -> tuple[str, ...]:
        return (*self.payable, self.provider, *self.commission)


def accounts_of(partner: Partner) -> PartnerAccounts:
    numbers = sorted(partner.sites.values_list("site_number", flat=True))
    return PartnerAccounts(
        tuple(payable_account(number) for number in numbers),
        provider_account(partner.code),
        tuple(commission_account(number) for number in numbers),
        tuple(receivable_account(number) for number in numbers),
    )


def figures_of(partner: Partner) -> Figures:
    """Summed from the legs themselves."""
    accounts = accounts_of(partner)
    sums = account_sums(partner.territory, (*accounts.due, *accounts.receivable))
    return _figures(accounts, sums, held_cents(partner.territory, partner.sites.values_list("site_number", flat=True)))


def _figures(accounts: PartnerAccounts, sums: Mapping[tuple[str, str], int], held: int) -> Figures:
    taken = commission = earned = corrected = provisional = paid_out = loaded = handed_over = 0
    for (account, kind), amount in sums.items():
        if account in accounts.receivable:
            if kind == TransferKind.PAYMENT:
                handed_over += amount
            else:
                loaded -= amount
        elif kind == TransferKind.PAYOUT:
            paid_out -= amount
        elif kind in (TransferKind.SUSPENSE, TransferKind.LOSS):
            provisional += amount
        elif kind == TransferKind.CORRECTION:
            corrected += amount
        elif account in accounts.commission:
            earned += amount
        elif kind in _TAKEN:
            taken += amount
        else:
            commission -= amount
    return Figures(taken, commission, earned, corrected, provisional, paid_out, loaded, handed_over, held)


def put_partner(territory: str, code: str, name: str, who: str) -> Partner:
    """Create a partner, or rename one. Raises PartnerRefused."""
    if not _CODE.match(code):
        raise PartnerRefused("Un code de partenaire a 1 à 64 lettres minuscules, chiffres ou tirets.")
    if not name.strip() or len(name) > 200:
        raise PartnerRefused("Il faut un nom de 1 à 200 lettres.")
    with transaction.atomic():
        partner, _ = Partner.objects.update_or_create(territory=territory, code=code, defaults={"name": name.strip()})
        StaffAction.objects.create(territory=territory, who=who, what="partner.written", target=code)
    return partner


def assign_site(partner: Partner, number: int, who: str) -> None:
    """Say that a site belongs to this partner. Raises PartnerRefused when another has it: its money is theirs."""
    if not Site.objects.filter(territory=partner.territory, number=number).exists():
        raise PartnerRefused(f"Aucun lieu de ce territoire n'a le numéro {number}.")
    with transaction.atomic():
        row, created = PartnerSite.objects.get_or_create(
            territory=partner.territory, site_number=number, defaults={"partner": partner}
        )
        if not created and row.partner_id != partner.pk:
            raise PartnerRefused(f"Le lieu {number} appartient déjà à {row.partner.name}.")
        if created:
            target = f"{number} : {partner.code}"
            StaffAction.objects.create(territory=partner.territory, who=who, what="partner.site", target=target)


def agree(partner: Partner, starts_at: int, commission_bp: int, host_bp: int, who: str, now_ms: int) -> None:
    """Add an agreement; one that has begun is never changed. Raises PartnerRefused."""
    if not 0 <= commission_bp <= RATE_MAX_BP or not 0 <= host_bp <= RATE_MAX_BP:
        raise PartnerRefused("Un taux va de 0 à 50 %.")
    latest = partner.agreements.order_by("-starts_at").first()
    if latest is not None and starts_at <= latest.starts_at:
        raise PartnerRefused("Un accord commence après le précédent : le passé reste compté comme il l'était.")
    if latest is not None and starts_at <= now_ms:
        raise PartnerRefused("Un changement commence au plus tôt demain : ce qui est vendu reste compté comme convenu.")
    with transaction.atomic():
        AgreementRow.objects.create(
            territory=partner.territory,
            partner=partner,
            starts_at=starts_at,
            commission_bp=commission_bp,
            host_bp=host_bp,
            written_by=who,
        )
        StaffAction.objects.create(territory=partner.territory, who=who, what="partner.agreement", target=partner.code)


def load_partners(document: dict[str, Any], territory: str) -> int:
    """Partners and their sites out of a territory file, those that are not there yet; how many were new."""
    fresh = 0
    for row in document.get("partners", []):
        partner, created = Partner.objects.get_or_create(
            territory=territory, code=row["id"], defaults={"name": row["name"]}
        )
        fresh += created
        if row.get("site_number"):
            PartnerSite.objects.get_or_create(
                territory=territory, site_number=row["site_number"], defaults={"partner": partner}
            )
    return fresh


def outstanding_cents(territory: str) -> int:
    """What is on all cards together: the float that the law counts."""
    from server.ledger.models import Balance

    found = Balance.objects.filter(territory=territory, asset="EUR", account__startswith="card:")
    return int(found.aggregate(total=Sum("amount"))["total"] or 0)
