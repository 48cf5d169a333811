"""Reading what people type into the back office's forms. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from domain.days import PARIS, to_unix_ms
from domain.money import parse_euros


class FormRefused(ValueError):
    """The form cannot be used; the message is one French sentence."""


def text(fields: Mapping[str, str], name: str, size: int = 200) -> str:
    """What was typed, trimmed and cut to `size`."""
    return str(fields.get(name, "")).strip()[:size]


def cents(fields: Mapping[str, str], name: str, label: str = "montant") -> int:
    """'18,50' → 1850. Raises FormRefused."""
    try:
        return parse_euros(text(fields, name, 20))
    except ValueError as error:
        raise FormRefused(f"Le {label} s'écrit comme 18,50.") from error


def whole(fields: Mapping[str, str], name: str, low: int, high: int, label: str) -> int:
    """A whole number between bounds. Raises FormRefused."""
    value = text(fields, name, 12)
    if not value.isascii() or not value.isdigit() or not low <= int(value) <= high:
        raise FormRefused(f"{label} : un nombre de {low} à {high}.")
    return int(value)


def rate_bp(fields: Mapping[str, str], name: str, label: str) -> int:
    """'12,5' percent → 1250. Raises FormRefused."""
    try:
        return parse_euros(text(fields, name, 8).replace("%", ""))
    except ValueError as error:
        raise FormRefused(f"{label} : un pourcentage comme 12,5.") from error


def day_start(fields: Mapping[str, str], name: str, label: str) -> int:
    """The local midnight of an ISO day, ms since 1970 UTC. Raises FormRefused."""
    found = day(fields, name, label)
    return to_unix_ms(datetime(found.year, found.month, found.day, tzinfo=PARIS))


def day(fields: Mapping[str, str], name: str, label: str) -> date:
    try:
        return date.fromisoformat(text(fields, name, 10))
    except ValueError as error:
        raise FormRefused(f"{label} : une date, comme 2027-04-01.") from error


def identifier(fields: Mapping[str, str], name: str) -> UUID:
    """A UUID that came with the form. Raises FormRefused."""
    try:
        return UUID(text(fields, name, 36))
    except ValueError as error:
        raise FormRefused("Ce formulaire est abîmé : rechargez la page.") from error
