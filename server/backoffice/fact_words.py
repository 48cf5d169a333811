"""What a fact holds, in words that people without our glossary can read. Pure; the fact is shown as it is, too."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from domain.cards import format_card_number
from domain.days import local_time
from domain.money import format_euros

_PLACE = (
    "Identifiant", "Genre", "Version", "Heure de la borne", "Millisecondes depuis le démarrage", "Démarrage",
    "Écart de l'horloge, en ms", "Mesuré il y a, en ms",
)  # fmt: skip
HEAD_FIELDS = len(_PLACE)
_CLOCK = 3
_FIELDS = {
    "amount_cents": "Montant",
    "balance_before": "Solde avant",
    "balance_cents": "Solde",
    "balance": "Solde",
    "card": "Carte",
    "coupon": "Coupon",
    "ended_at": "Fin",
    "fork": "Vie d'où elle part",
    "intent": "Intention",
    "issue": "Version du contenu",
    "language": "Langue",
    "note": "Note",
    "offer": "Fiche",
    "offers_seen": "Fiches vues",
    "operation": "Opération n°",
    "operation_before": "Opération d'avant n°",
    "operator": "Opérateur",
    "order": "Commande",
    "paid_by": "Payé par",
    "payee_site": "Lieu payé",
    "points": "Points",
    "reason": "Raison",
    "sale": "Vente",
    "session": "Session",
    "site": "Lieu",
    "started_at": "Début",
    "status": "Résultat",
    "tmc_before": "Signatures d'avant",
    "transfers": "Mouvements",
    "uid_sealed": "Puce (scellée)",
    "verdict": "Verdict",
}
_MONEY = frozenset(("amount_cents", "balance_before", "balance_cents", "balance"))
_WORDS = {
    "cash": "espèces",
    "terminal": "terminal de carte bancaire",
    "paired": "appairage",
    "restored": "restauration",
}
_DATED_FROM = 10**12  # ms since 1970: smaller numbers are no instants


def place_rows(raw: Sequence[object]) -> list[tuple[str, str]]:
    """The head of a fact as it came: a label and a value each. It may be of any shape, it was refused."""
    rows = []
    for number, (label, value) in enumerate(zip(_PLACE, raw, strict=False)):
        rows.append((label, _instant(value) if number == _CLOCK else _plain(value)))
    return rows


def content_rows(body: object) -> list[tuple[str, str]]:
    """The body's fields; [] for what is no object."""
    if not isinstance(body, Mapping):
        return []
    return [(_FIELDS.get(str(name), str(name)), _value(str(name), value)) for name, value in body.items()]


def _value(name: str, value: object) -> str:
    if name in _MONEY and isinstance(value, int) and not isinstance(value, bool):
        return format_euros(value)
    if name in ("card", "operator") and isinstance(value, str) and len(value) == 8 and value.isdigit():
        return format_card_number(value)
    if name.endswith("_at"):
        return _instant(value)
    return _plain(value)


def _instant(value: object) -> str:
    if isinstance(value, int) and value >= _DATED_FROM:
        try:
            return local_time(value).strftime("%d/%m/%Y %H:%M:%S")
        except (ValueError, OverflowError, OSError):
            return str(value)
    return _plain(value)


def _plain(value: object) -> str:
    if value is None:
        return "—"
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, str):
        return _WORDS.get(value, value)
    return str(value) if isinstance(value, int | float) else json.dumps(value, ensure_ascii=False)
