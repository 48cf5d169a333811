"""Partners and what is agreed with them; what was priced, closed and corrected. Amounts are integer cents."""

from __future__ import annotations

from django.db import models

from server.runtime import now_ms
from server.territory.models import TerritoryRow


class Partner(TerritoryRow):
    """A firm or association. `code` is what sales name as `provider`."""

    code = models.CharField(max_length=64)
    name = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["territory", "code"], name="partner_code_once")]


class PartnerSite(TerritoryRow):
    """Whose a site is: it is paid for debits there, and owes the cash taken at its desk."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="sites")
    site_number = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["territory", "site_number"], name="site_has_one_partner")]


class AgreementRow(TerritoryRow):
    """Rates from a day on, in hundredths of a percent. Rows are only added: the past stays priced as it was."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="agreements")
    starts_at = models.BigIntegerField()
    commission_bp = models.PositiveIntegerField()
    host_bp = models.PositiveIntegerField()
    written_by = models.CharField(max_length=150)
    written_at = models.BigIntegerField(default=now_ms)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["partner", "starts_at"], name="agreement_once_a_day")]


class PricedOperation(TerritoryRow):
    """A debit or refund whose sale and commission are booked, so that it is priced once."""

    transfer = models.UUIDField()
    partner = models.CharField(max_length=64, blank=True)  # who pays the commission
    amount_cents = models.BigIntegerField()
    commission_cents = models.BigIntegerField()
    host_cents = models.BigIntegerField()
    priced_at = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["territory", "transfer"], name="priced_once")]


class Statement(TerritoryRow):
    """A closed account of a partner: `totals` since the beginning, `period` since the statement before.

    What arrives late is in the next one, for totals are compared, not dates.
    """

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="statements")
    number = models.PositiveIntegerField()
    closed_at = models.BigIntegerField()
    closed_by = models.CharField(max_length=150)
    totals = models.JSONField()
    period = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["partner", "number"], name="statement_number_once")]


class Correction(TerritoryRow):
    """Somebody wants a transfer undone, with a reason; a second person decides."""

    class State(models.TextChoices):
        OPEN = "open", "à confirmer"
        POSTED = "posted", "passée"
        REFUSED = "refused", "refusée"

    transfer = models.UUIDField()
    reason = models.CharField(max_length=200)
    asked_by = models.CharField(max_length=150)
    asked_at = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    decided_by = models.CharField(max_length=150, blank=True)
    decided_at = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["territory", "transfer"], condition=~models.Q(state="refused"), name="corrected_once"
            )
        ]


class BankStatement(TerritoryRow):
    """What the bank says the account held at the end of a day: what the books are compared with."""

    day = models.DateField()
    balance_cents = models.BigIntegerField()
    written_by = models.CharField(max_length=150)
    written_at = models.BigIntegerField(default=now_ms)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["territory", "day"], name="bank_day_once")]
