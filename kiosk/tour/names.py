"""Names as a person types them. Kivy-free: used before the window exists."""

from __future__ import annotations

from unicodedata import normalize


def typeable(name: str) -> str:
    """What a person would type of a name on our keyboard: plain small letters, digits and single spaces."""
    plain = normalize("NFD", name.lower().replace("œ", "oe").replace("æ", "ae"))
    kept = "".join(letter if letter.isascii() and letter.isalnum() else " " for letter in plain if ord(letter) < 0x300)
    return " ".join(kept.split())
