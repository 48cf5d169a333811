"""Money between the territory's bank account and its partners: cash handed over, partners paid, statements closed."""

from __future__ import annotations

from django.db import transaction

from domain.ledger import BANK, Asset, Leg, Transfer, TransferKind, receivable_account
from domain.ports import id_bytes
from server.ledger.models import Balance
from server.settlement.books import account_sums, book_transfer
from server.settlement.models import Partner, PartnerSite, Statement
from server.settlement.partners import accounts_of, figures_of
from server.territory.models import StaffAction

AMOUNT_MAX_CENTS = 10_000_000


class CashRefused(ValueError):
    """Nothing was booked; the message is one French sentence."""


def receive_payment(
    territory: str, transfer_id: str, site: int, amount_cents: int, reference: str, who: str, now_ms: int
) -> None:
    """Cash of a site's desk arrived at the bank. `transfer_id` comes with the form: sent twice it books once."""
    _check(transfer_id, amount_cents, reference)
    account = receivable_account(site)
    with transaction.atomic():
        if not PartnerSite.objects.filter(territory=territory, site_number=site).exists():
            raise CashRefused("Ce lieu n'appartient à aucun partenaire.")
        owed = -sum(account_sums(territory, [account]).values())
        if amount_cents > owed:
            raise CashRefused("C'est plus que ce que ce lieu doit : vérifiez le montant.")
        legs = (Leg(BANK, Asset.EUR, -amount_cents), Leg(account, Asset.EUR, amount_cents))
        booked = book_transfer(
            territory, Transfer(transfer_id, TransferKind.PAYMENT, legs), now_ms, reason=reference, booked_by=who
        )
        if booked:
            StaffAction.objects.create(territory=territory, who=who, what="payment.received", target=f"lieu {site}")


def pay_out(partner: Partner, transfer_id: str, amount_cents: int, reference: str, who: str, now_ms: int) -> None:
    """Pay a partner what is due and not held back. Raises CashRefused."""
    _check(transfer_id, amount_cents, reference)
    with transaction.atomic():
        # Two payments at once would each see the whole sum: they queue here.
        locked = Partner.objects.select_for_update().get(pk=partner.pk)
        accounts = accounts_of(locked)
        if amount_cents > figures_of(locked).payable_cents:
            raise CashRefused("C'est plus que ce qui est dû et vérifié.")
        legs = [Leg(BANK, Asset.EUR, amount_cents)]
        left = amount_cents
        balances: dict[str, int] = {}
        for (account, _), amount in account_sums(locked.territory, accounts.due).items():
            balances[account] = balances.get(account, 0) + amount
        for account in accounts.due:
            part = min(left, max(0, balances.get(account, 0)))
            if part:
                legs.append(Leg(account, Asset.EUR, -part))
                left -= part
        if left:
            raise CashRefused("C'est plus que ce qui est dû et vérifié.")
        booked = book_transfer(
            locked.territory,
            Transfer(transfer_id, TransferKind.PAYOUT, tuple(legs)),
            now_ms,
            reason=reference,
            booked_by=who,
        )
        if booked:
            StaffAction.objects.create(territory=locked.territory, who=who, what="partner.paid", target=locked.code)


def close_statement(partner: Partner, who: str, now_ms: int) -> Statement:
    """Close the account of a partner: what came since the statement before, late facts included."""
    with transaction.atomic():
        locked = Partner.objects.select_for_update().get(pk=partner.pk)
        last = locked.statements.order_by("-number").first()
        figures = figures_of(locked)
        names = (
            "taken_cents",
            "commission_cents",
            "earned_cents",
            "corrected_cents",
            "provisional_cents",
            "paid_out_cents",
            "loaded_cents",
            "handed_over_cents",
        )
        totals = {name: getattr(figures, name) for name in names}
        before = last.totals if last is not None else {}
        period = {name: totals[name] - int(before.get(name, 0)) for name in names}
        if last is not None and not any(period.values()):
            raise CashRefused("Rien n'a bougé depuis le dernier relevé.")
        statement = Statement.objects.create(
            territory=locked.territory,
            partner=locked,
            number=last.number + 1 if last is not None else 1,
            closed_at=now_ms,
            closed_by=who,
            totals={**totals, "due_cents": figures.due_cents, "owed_cents": figures.owed_cents},
            period=period,
        )
        StaffAction.objects.create(
            territory=locked.territory, who=who, what="statement.closed", target=f"{locked.code} n° {statement.number}"
        )
    return statement


def bank_balance(territory: str) -> int:
    """What the books say is at the bank, in cents."""
    found = Balance.objects.filter(territory=territory, account=BANK, asset=Asset.EUR).first()
    return 0 if found is None else -found.amount


def _check(transfer_id: str, amount_cents: int, reference: str) -> None:
    try:
        id_bytes(transfer_id)
    except ValueError as error:
        raise CashRefused("Ce formulaire est abîmé : rechargez la page.") from error
    if not 0 < amount_cents <= AMOUNT_MAX_CENTS:
        raise CashRefused("Il faut un montant entre 0,01 € et 100 000 €.")
    if not reference.strip():
        raise CashRefused("Il faut une référence : numéro de virement, bordereau de caisse.")
