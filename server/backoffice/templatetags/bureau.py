"""How the back office writes amounts, times and cards: in French, in the territory's time."""

from __future__ import annotations

from django import template

from domain.cards import format_card_number
from domain.days import local_time
from domain.money import format_euros
from server.runtime import now_ms

register = template.Library()
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


@register.filter
def euros(cents: int | None) -> str:
    """1800 → '18,00 €'; nothing known → '—'."""
    return "—" if cents is None else format_euros(cents)


@register.filter
def amount(value: int, asset: str) -> str:
    """Euros or points, with the sign of the ledger."""
    if asset == "EUR":
        return format_euros(value)
    sign = "\u2212" if value < 0 else ""
    return f"{sign}{abs(value)} pts"


@register.filter
def number(value: int) -> str:
    """12345 → '12 345' with a narrow space."""
    return f"{value:,}".replace(",", "\u202f")


@register.filter
def moment(milliseconds: int | None) -> str:
    """An instant in local time, to the minute."""
    if milliseconds is None:
        return "—"
    try:
        return local_time(milliseconds).strftime("%d/%m/%Y %H:%M")
    except (ValueError, OverflowError, OSError):
        return "date impossible"


@register.filter
def ago(milliseconds: int | None) -> str:
    """How long ago, as people say it."""
    if milliseconds is None:
        return "jamais"
    passed = now_ms() - milliseconds
    if passed < 2 * MINUTE:
        return "à l'instant"
    if passed < HOUR:
        return f"il y a {passed // MINUTE} min"
    if passed < DAY:
        return f"il y a {passed // HOUR} h"
    return f"il y a {passed // DAY} j"


@register.filter
def iso_day(value: str) -> str:
    """'2026-11-02' → '02/11/2026'; what is no such day stays as it is."""
    parts = value.split("-")
    return "/".join(reversed(parts)) if [len(part) for part in parts] == [4, 2, 2] else value


@register.filter
def card(value: str) -> str:
    return format_card_number(value)


@register.filter
def code_groups(value: str) -> list[str]:
    """'ABCD-EFGH-JKMN' → its groups."""
    return value.split("-")


@register.filter
def day(milliseconds: int | None) -> str:
    """The local day of an instant."""
    return "—" if milliseconds is None else local_time(milliseconds).strftime("%d/%m/%Y")


@register.filter
def percent(basis_points: int) -> str:
    """1250 → '12,5 %'."""
    whole, rest = divmod(basis_points, 100)
    decimals = f",{rest:02d}".rstrip("0") if rest else ""
    return f"{whole}{decimals}\u202f%"


@register.filter
def plain(cents: int) -> str:
    """Cents as a form takes them back: '60,00'."""
    return f"{cents // 100},{cents % 100:02d}"


@register.filter
def offset(milliseconds: int | None) -> str:
    """How far a clock is off, as people say it."""
    if milliseconds is None:
        return "—"
    seconds = abs(milliseconds) // 1000
    if seconds < 5:
        return "à l'heure"
    shown = f"{seconds} s" if seconds < 120 else f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"
    return f"{'retard' if milliseconds > 0 else 'avance'} de {shown}"
