"""What the public page says, French and English. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from domain.hours import Dates, Hours, Span

WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "fr": MappingProxyType(
            {
                "free": "gratuit", "from": "à partir de", "hours": "Horaires", "dates": "Dates", "where": "Où",
                "call": "Appeler", "route": "Itinéraire", "site": "Site", "keep": "Garder le contact",
                "agenda": "Mettre à l'agenda", "reviews": "Avis", "your_review": "Votre avis", "name": "Votre prénom",
                "stars": "Étoiles", "words": "Vos mots", "send": "Envoyer", "stalls": "Où acheter",
                "thanks": "Merci ! Votre avis sera lu par une personne avant d'être montré.",
                "refused": "Écrivez votre prénom, vos mots, et donnez une à cinq étoiles.",
                "busy": "Trop d'avis viennent d'arriver : réessayez dans une heure.",
                "other": "English", "source": "Source", "closed": "fermé", "coupon": "Bon plan",
                "every_day": "tous les jours", "unknown": "horaires à demander", "until": "jusqu'au", "since": "dès le",
                "gone": "Cette page n'est plus proposée.", "gone_text": "L'offre est finie ou a été retirée.",
                "photo_by": "Photo", "to": "au", "people": "avec des enfants", "accessible": "accessible",
            }
        ),
        "en": MappingProxyType(
            {
                "free": "free", "from": "from", "hours": "Opening hours", "dates": "Dates", "where": "Where",
                "call": "Call", "route": "Directions", "site": "Website", "keep": "Keep the contact",
                "agenda": "Add to calendar", "reviews": "Reviews", "your_review": "Your review",
                "name": "Your first name", "stars": "Stars", "words": "Your words", "send": "Send",
                "stalls": "Where to buy",
                "thanks": "Thank you! Somebody will read your review before it is shown.",
                "refused": "Please give your first name, your words, and one to five stars.",
                "busy": "Too many reviews have just come in: please try again in an hour.",
                "other": "Français", "source": "Source", "closed": "closed", "coupon": "Good deal",
                "every_day": "every day", "unknown": "hours on request", "until": "until", "since": "from",
                "gone": "This page is no longer offered.", "gone_text": "The offer has ended or was withdrawn.",
                "photo_by": "Photo", "to": "to", "people": "with children", "accessible": "accessible",
            }
        ),
    }
)  # fmt: skip
_DAYS = {
    "fr": ("lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
_MONTHS = {
    "fr": ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."),
    "en": ("Jan", "Feb", "March", "April", "May", "June", "July", "Aug", "Sept", "Oct", "Nov", "Dec"),
}
DATES_SHOWN = 12


def say_day(day: date, language: str) -> str:
    """'sam. 12 déc. 2026'."""
    return f"{_DAYS[language][day.weekday()]} {day.day} {_MONTHS[language][day.month - 1]} {day.year}"


def say_clock(minute: int, language: str) -> str:
    """'9 h 30' or '9:30'."""
    hour, rest = divmod(minute, 60)
    if language == "fr":
        return f"{hour}\u00a0h\u00a0{rest:02d}" if rest else f"{hour}\u00a0h"
    return f"{hour}:{rest:02d}"


def _spans(spans: tuple[Span, ...], language: str) -> str:
    return ", ".join(f"{say_clock(s.start, language)} – {say_clock(s.end, language)}" for s in spans)


def say_weekdays(weekdays: frozenset[int], language: str) -> str:
    """Runs of days: 'lun. – ven.'."""
    if len(weekdays) == 7:
        return WORDS[language]["every_day"]
    runs: list[list[int]] = []
    for day in sorted(weekdays):
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    names = _DAYS[language]
    return ", ".join(
        f"{names[run[0]]} – {names[run[-1]]}" if len(run) > 2 else ", ".join(names[day] for day in run) for run in runs
    )


def say_hours(hours: Hours, today: date, language: str) -> list[tuple[str, str]]:
    """Days and times, one pair a line; periods that are over are left out."""
    words = WORDS[language]
    lines = []
    for period in hours.periods:
        if period.last and period.last < today and not period.yearly:
            continue
        days = say_weekdays(period.weekdays, language)
        if period.yearly and period.first and period.last:
            first, last = (f"{d.day} {_MONTHS[language][d.month - 1]}" for d in (period.first, period.last))
            days += f" ({first} – {last})"
        elif period.first and period.first > today:
            days += f" ({words['since']} {say_day(period.first, language)})"
        elif period.last:
            days += f" ({words['until']} {say_day(period.last, language)})"
        lines.append((days, _spans(period.spans, language) or words["unknown"]))
    for exception in hours.exceptions:
        if exception.day >= today:
            lines.append((say_day(exception.day, language), _spans(exception.spans, language) or words["closed"]))
    return lines


def say_dates(dates: Dates, today: date, language: str) -> list[str]:
    """The next dates, the first few."""
    lines: list[str] = []
    for occurrence in dates.upcoming(today):
        line = say_day(occurrence.day, language)
        if occurrence.start is not None:
            line += f", {say_clock(occurrence.start, language)}"
            if occurrence.end is not None:
                line += f" – {say_clock(occurrence.end, language)}"
        lines.append(line)
        if len(lines) == DATES_SHOWN:
            break
    return lines
