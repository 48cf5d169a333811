"""What a screen would miss in an offer: the curator's quality report, problem by problem. Pure."""

from __future__ import annotations

from enum import StrEnum, unique

from sync.content.catalogue_file import NO_END, day_bounds
from sync.content.codec import Json


@unique
class Problem(StrEnum):
    """Each is a filter of the list of offers. The last three depend on the day or on other offers."""

    NO_PLACE = "no_place"
    NO_HOURS = "no_hours"
    NO_DATES = "no_dates"
    NO_PICTURE = "no_picture"
    NO_TRANSLATION = "no_translation"
    NO_PITCH = "no_pitch"
    NO_CONTACT = "no_contact"
    DEAD_DATES = "dead_dates"
    OLD_HOURS = "old_hours"
    DUPLICATE = "duplicate"


LABELS = {
    Problem.DEAD_DATES: "Dates passées",
    Problem.DUPLICATE: "Doublons possibles",
    Problem.NO_PLACE: "Sans coordonnées",
    Problem.NO_HOURS: "Sans horaires",
    Problem.NO_DATES: "Événement sans date",
    Problem.OLD_HOURS: "Horaires échus",
    Problem.NO_PICTURE: "Sans photo",
    Problem.NO_TRANSLATION: "Sans traduction anglaise",
    Problem.NO_PITCH: "Sans accroche",
    Problem.NO_CONTACT: "Sans contact",
}
# Doors whose visitors first ask whether it is open; a walk always is, a bed is asked for by phone.
_WITH_HOURS = frozenset(("outings", "wine", "food", "deals", "services"))


def static_problems(payload: Json) -> list[Problem]:
    """What is missing whatever the day."""
    found = []
    details = payload["details"]
    texts = payload["texts"]
    if payload["place"][2] is None:
        found.append(Problem.NO_PLACE)
    if payload["category"] == "events" and not payload["dates"]:
        found.append(Problem.NO_DATES)
    elif payload["category"] in _WITH_HOURS and not payload["hours"].get("periods") and not payload["dates"]:
        found.append(Problem.NO_HOURS)
    if not details.get("pictures"):
        found.append(Problem.NO_PICTURE)
    if "en" not in texts:
        found.append(Problem.NO_TRANSLATION)
    if not any(text[1] or text[2] for text in texts.values()):
        found.append(Problem.NO_PITCH)
    if not details.get("contact"):
        found.append(Problem.NO_CONTACT)
    return found


def column(problems: list[Problem]) -> str:
    """As `OfferDraft.problems` keeps them."""
    return f" {' '.join(problems)} " if problems else ""


def hours_until(payload: Json) -> str:
    """The last ISO day that the hours speak of; `NO_END` when they do not end or there are none."""
    periods = payload["hours"].get("periods", ())
    if not periods or payload["dates"]:
        return NO_END
    return max(NO_END if period.get("yearly") or not period.get("last") else period["last"] for period in periods)


def last_day(payload: Json) -> str:
    """The last ISO day of an event; `NO_END` for what has no dates."""
    return day_bounds(payload["dates"])[1]
