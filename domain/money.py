"""Money is integer cents of euro. Formatting follows the language's custom; parsing is strict."""

from __future__ import annotations

# Languages that write the symbol after the amount with a comma; English before it with a point.
_SYMBOL_FIRST = frozenset({"en", "nl"})
_POINT = frozenset({"en"})
NARROW_SPACE = "\u202f"


def format_euros(cents: int, language: str = "fr", *, short: bool = False) -> str:
    """1800 → '18,00 €' (fr, de, it, es), '€18.00' (en), '€ 18,00' (nl); `short` drops ',00'. The minus is U+2212."""
    sign = "\u2212" if cents < 0 else ""
    euros, rest = divmod(abs(cents), 100)
    mark = "." if language in _POINT else ","
    whole = f"{euros:,}".replace(",", "," if language in _POINT else NARROW_SPACE)
    number = whole if short and rest == 0 else f"{whole}{mark}{rest:02d}"
    if language == "en":
        return f"{sign}€{number}"
    if language in _SYMBOL_FIRST:
        return f"{sign}€\u00a0{number}"
    return f"{sign}{number}\u00a0€"


def parse_euros(text: str) -> int:
    """'18', '18,5', '18.50 €' → cents; ValueError for anything else, negative or finer than a cent."""
    bare = text.replace("€", "").replace("\u00a0", "").replace("\u202f", "").strip().replace(",", ".")
    whole, _, rest = bare.partition(".")
    if not whole.isascii() or not whole.isdigit() or len(whole) > 7:
        raise ValueError(f"not an amount: {text!r}")
    if rest and (not rest.isascii() or not rest.isdigit() or len(rest) > 2):
        raise ValueError(f"not an amount: {text!r}")
    return int(whole) * 100 + int((rest + "00")[:2])
