"""What several forms of the curator ask for: an offer, a time of day, a day. FieldRefused says what is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from server.catalogue.layers import FieldRefused
from server.catalogue.models import OfferDraft

BETWEEN = " · "


def chosen_offer(territory: str, typed: str) -> OfferDraft:
    """By identifier, by "name · commune" as lists propose it, or by its name alone; of several, the published one."""
    plain = typed.strip()
    rows = OfferDraft.objects.filter(territory=territory)
    found = rows.filter(uid=plain).first()
    if found is not None:
        return found
    name, _, commune = plain.rpartition(BETWEEN)
    named = rows.filter(name=plain) | rows.filter(name=name, commune=commune)
    published = list(named.filter(state=OfferDraft.State.PUBLISHED)[:2])
    chosen = published or list(named[:2])
    if len(chosen) == 1:
        return chosen[0]
    if not chosen:
        raise FieldRefused("Choisissez une fiche dans la liste proposée.")
    if name:
        raise FieldRefused("Deux fiches portent ce nom au même endroit : fusionnez-les d'abord, dans Doublons.")
    raise FieldRefused(f"Deux fiches portent ce nom : écrivez « {plain}{BETWEEN}commune ».")


def offer_names(uids: Iterable[str]) -> dict[str, str]:
    return dict(OfferDraft.objects.filter(uid__in=list(uids)).values_list("uid", "name"))


def read_clock(text: str, otherwise: int) -> int:
    """'8:30' or '8 h' → minutes after midnight."""
    plain = text.strip().replace(" ", "")
    if not plain:
        return otherwise
    match = re.fullmatch(r"(\d{1,2})(?:[:h](\d{2})?)?", plain)
    minute = int(match[1]) * 60 + int(match[2] or 0) if match else -1
    if not 0 <= minute <= 1440:
        raise FieldRefused(f"« {text} » n'est pas une heure : écrivez 8:30.")
    return minute


def read_day(text: str) -> str:
    """An ISO day as browsers send it, '' for none."""
    if not text.strip():
        return ""
    try:
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError as error:
        raise FieldRefused(f"« {text} » n'est pas une date.") from error
