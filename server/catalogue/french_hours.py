"""Weekdays, times and special days as French systems write them. Pure."""

from __future__ import annotations

from datetime import date, timedelta

from domain.holidays import easter, public_holidays

WEEKDAYS = {
    name: number
    for number, name in enumerate(("LUNDI", "MARDI", "MERCREDI", "JEUDI", "VENDREDI", "SAMEDI", "DIMANCHE"))
}
ALL_DAYS = frozenset(range(7))
NTH = {"1ER": 1, "2EME": 2, "3EME": 3, "4EME": 4, "DERNIER": -1}
_FIXED = {
    "PREMIER_JANVIER": (1, 1),
    "PREMIER_MAI": (5, 1),
    "HUIT_MAI": (5, 8),
    "QUATORZE_JUILLET": (7, 14),
    "QUINZE_AOUT": (8, 15),
    "PREMIER_NOVEMBRE": (11, 1),
    "ONZE_NOVEMBRE": (11, 11),
    "IMMACULEE_CONCEPTION": (12, 8),
    "VINGT_CINQ_DECEMBRE": (12, 25),
    "SAINT_JOSEPH": (3, 19),
    "BERCHTOLDSTAG": (1, 2),
    "ARRIVEE_EVANGILE": (3, 5),
    "ABOLITION_DE_LESCLAVAGE_MARTINIQUE": (5, 22),
    "ABOLITION_DE_LESCLAVAGE_GUADELOUPE": (5, 27),
    "FETE_AUTONOMIE": (6, 29),
    "FETE_VICTOR_SCHOELCHER": (7, 21),
    "FETE_NATIONALE_SUISSE": (8, 1),
    "FETE_CITOYENNETE": (9, 24),
    "JOUR_DES_DEFUNTS": (11, 2),
}
_AFTER_EASTER = {
    "MARDI_GRAS": -47,
    "MERCREDI_DES_CENDRES": -46,
    "JEUDI_MI_CAREME": -24,
    "VENDREDI_SAINT": -2,
    "LUNDI_PAQUES": 1,
    "LUNDI_DE_PAQUES": 1,
    "ASCENSION": 39,
    "LUNDI_PENTECOTE": 50,
    "LUNDI_DE_PENTECOTE": 50,
    "FETE_DIEU": 60,
}


def weekday(name: str) -> int | None:
    """0 … 6 of a French weekday in any case; None for anything else."""
    return WEEKDAYS.get(name.strip().upper())


def special_days(name: str, year: int) -> frozenset[date]:
    """The days of a year that a name like ``LUNDI_PAQUES`` means; empty for names that we do not know."""
    if "FERIE" in name:
        return public_holidays(year)
    if name in _FIXED:
        return frozenset((date(year, *_FIXED[name]),))
    if name in _AFTER_EASTER:
        return frozenset((easter(year) + timedelta(days=_AFTER_EASTER[name]),))
    if name == "LUNDI_DU_JEUNE_FEDERAL":  # the day after the third Sunday of September
        third = 21 - date(year, 9, 7).isoweekday() % 7
        return frozenset((date(year, 9, third) + timedelta(days=1),))
    return frozenset()


def with_year(day: date, year: int) -> date:
    """The same month and day of another year; 29 February becomes the 28th where there is none."""
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 2, 28)
