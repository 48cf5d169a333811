"""Credits that staff grant, and the replacement of a lost card. Every move is a fact of the server's own chain.

A person may grant small credits alone; above a bound of the territory a second one decides. Amounts in cents.
"""

from __future__ import annotations

import re
from uuid import UUID

from django.db import transaction

from domain.canonical import JsonObject
from domain.cards import PURSE_LIMIT_CENTS
from domain.facts import FactKind
from domain.ledger import PROMOTION, SUSPENSE, Asset, card_account, payable_account
from server.api.runtime import Runtime
from server.cards.models import Grant, GrantState, Replacement
from server.cards.own_facts import keep
from server.cards.totals import due_cents, epoch_began_at
from server.ledger.cards import queue_for_cards
from server.ledger.models import Balance
from server.territory.blocking import block_card
from server.territory.models import BlockedCard, Site, StaffAction, Territory, touch

ALONE_MAX_CENTS = 2_000  # what one person may grant; the territory's settings may say otherwise
REASON_MAX = 200


class GrantRefused(ValueError):
    """Nothing was granted; the message is one French sentence."""


def alone_max_cents(territory: Territory) -> int:
    """What one member of staff may grant without a second."""
    found = territory.settings.get("credits", {}).get("alone_max_cents", ALONE_MAX_CENTS)
    return found if isinstance(found, int) and found >= 0 else ALONE_MAX_CENTS


def sources(territory: str) -> dict[str, str]:
    """Accounts that a credit may come from, with what people call them."""
    sites = Site.objects.filter(territory=territory).order_by("number")
    return {
        PROMOTION: "Geste commercial",
        SUSPENSE: "Régularisation (compte d'attente)",
        **{payable_account(site.number): f"Rendu par {site.name}" for site in sites},
    }


def ask_grant(
    territory: Territory, card_number: str, amount_cents: int, source: str, reason: str, who: str, run: Runtime
) -> Grant:
    """A credit asked for by `who`: granted at once up to the bound, else it waits for a second person. GrantRefused."""
    if not re.fullmatch(r"[0-9]{8}", card_number):
        raise GrantRefused("Un numéro de carte a huit chiffres.")
    if not 1 <= amount_cents <= PURSE_LIMIT_CENTS:
        raise GrantRefused("Un crédit va de 0,01 € à 150 €, ce que la carte peut contenir.")
    if source not in sources(territory.slug):
        raise GrantRefused("Choisissez d'où vient l'argent.")
    reason = reason.strip()[:REASON_MAX]
    if not reason:
        raise GrantRefused("Dites pourquoi ce crédit est accordé.")
    if BlockedCard.objects.filter(territory=territory.slug, card_number=card_number).exists():
        raise GrantRefused("Cette carte est bloquée : créditez celle qui la remplace.")
    with transaction.atomic():
        grant = Grant.objects.create(
            territory=territory.slug,
            card_number=card_number,
            amount_cents=amount_cents,
            source=source,
            reason=reason,
            asked_by=who,
            asked_at=run.clock.now_ms(),
        )
        _note(territory.slug, who, "credit.asked", card_number)
        if amount_cents <= alone_max_cents(territory):
            _grant(territory, grant, "", run)
    return grant


def decide_grant(territory: Territory, key: UUID, accepted: bool, who: str, run: Runtime) -> Grant:
    """A second person accepts or refuses a waiting credit. Raises GrantRefused."""
    with transaction.atomic():
        grant = Grant.objects.select_for_update().filter(territory=territory.slug, pk=key).first()
        if grant is None or grant.state != GrantState.WAITING:
            raise GrantRefused("Ce crédit n'attend plus de décision.")
        if grant.asked_by == who:
            raise GrantRefused("Une autre personne que celle qui l'a demandé doit décider de ce crédit.")
        if accepted:
            _grant(territory, grant, who, run)
        else:
            grant.state, grant.decided_by, grant.decided_at = GrantState.REFUSED, who, run.clock.now_ms()
            grant.save(update_fields=["state", "decided_by", "decided_at"])
        _note(territory.slug, who, f"credit.{grant.state}", grant.card_number)
    return grant


def _grant(territory: Territory, grant: Grant, second: str, run: Runtime) -> None:
    now = run.clock.now_ms()
    epoch_began_at(territory, now)
    queue_for_cards(territory.slug, [grant.card_number])
    body: JsonObject = {
        "card": grant.card_number,
        "amount_cents": grant.amount_cents,
        "source": grant.source,
        "reason": grant.reason,
        "who": grant.asked_by,
        "second": second or None,
    }
    fact = keep(territory, FactKind.CREDIT_GRANTED, body, run)
    grant.state, grant.decided_by, grant.decided_at = GrantState.GRANTED, second or grant.asked_by, now
    grant.fact = UUID(fact.id)
    grant.save(update_fields=["state", "decided_by", "decided_at", "fact"])
    touch(territory.slug)


def replace_card(territory: Territory, old_card: str, new_card: str, who: str, run: Runtime) -> int:
    """Block a lost card for ever and make what it held due to a new one; the cents that moved. Raises GrantRefused.

    What the books say it held: a debit that a kiosk has not told yet comes out of the old card's account and leaves it
    negative, which reconciliation shows; a load told later moves on by `move_remainder`.
    """
    if not re.fullmatch(r"[0-9]{8}", new_card) or old_card == new_card:
        raise GrantRefused("Donnez le numéro à huit chiffres de la nouvelle carte.")
    if BlockedCard.objects.filter(territory=territory.slug, card_number=new_card).exists():
        raise GrantRefused("La nouvelle carte est elle-même bloquée.")
    with transaction.atomic():
        if Replacement.objects.filter(territory=territory.slug, old_card=old_card).exists():
            raise GrantRefused("Cette carte a déjà été remplacée.")
        block_card(territory.slug, old_card, "replaced", who)
        row = Replacement.objects.create(territory=territory.slug, old_card=old_card, new_card=new_card, who=who)
        _note(territory.slug, who, "card.replaced", f"{old_card} → {new_card}")
        return _move(territory, row, who, run, always=True)


def move_remainder(territory: Territory, new_card: str, run: Runtime) -> int:
    """What came to light later of the cards that `new_card` replaces. Call inside a transaction."""
    rows = Replacement.objects.filter(territory=territory.slug, new_card=new_card)
    return sum(_move(territory, row, row.who, run, always=False) for row in rows)


def _move(territory: Territory, row: Replacement, who: str, run: Runtime, *, always: bool) -> int:
    epoch_began_at(territory, run.clock.now_ms())
    queue_for_cards(territory.slug, [row.old_card, row.new_card])
    held = Balance.objects.filter(territory=territory.slug, account=card_account(row.old_card), asset=Asset.EUR).first()
    balance, due = max(0, held.amount if held else 0), max(0, due_cents(territory.slug, row.old_card))
    if not always and not balance + due:
        return 0
    body: JsonObject = {
        "card": row.old_card,
        "replacement": row.new_card,
        "balance_cents": balance,
        "due_cents": due,
        "reason": "Carte remplacée",
        "who": who,
    }
    keep(territory, FactKind.CARD_REPLACED, body, run)
    touch(territory.slug)
    return balance + due


def _note(territory: str, who: str, what: str, target: str) -> None:
    StaffAction.objects.create(territory=territory, who=who, what=what, target=target)
