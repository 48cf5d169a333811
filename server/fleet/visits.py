"""Which device needs a visit, and why. Pure: reports in, reasons out; a reason is French for the person who drives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

HOUR_MS = 3_600_000
SILENT_SOON_MS = 24 * HOUR_MS  # a kiosk warns its people after a day offline
SILENT_NOW_MS = 72 * HOUR_MS  # and halves its limits after three
UNSENT_NOW_MS = 7 * 24 * HOUR_MS  # debits stop
DISK_SOON_MB, DISK_NOW_MB = 1_000, 300  # the journal of a busy month is 50 MB; updates need room for two
CLOCK_SOON_MS = 5 * 60_000
UNSENT_MANY = 5_000
BATTERY_LOW_PERCENT = 15


# Values of `device.health` that mean all is well, or that there is none to be well.
_READER_WELL = frozenset({"", "ready", "absent", "none"})
_RADIO_WELL = frozenset({"", "on", "absent", "none"})
TROUBLES = {
    "no_service": "service arrêté",
    "no_reader": "débranché",
    "busy": "pris par un autre programme",
    "failed": "en panne",
    "off": "éteinte",
    "no_adapter": "absente",
    "no_permission": "interdite",
}


class Urgency(IntEnum):
    WELL = 0
    SOON = 1
    NOW = 2


@dataclass(frozen=True, slots=True)
class Health:
    """What is known of one device; None where it has not said.

    Times in ms since 1970 UTC; `clock_offset_ms` is server − device.
    """

    name: str
    approved: bool
    last_seen_at: int | None = None
    reported_at: int | None = None
    software: str = ""
    content_version: int | None = None
    facts_waiting: int | None = None
    oldest_unsent_at: int | None = None
    disk_free_mb: int | None = None
    clock_offset_ms: int | None = None
    reader: str = ""
    radio: str = ""
    in_doubt: int = 0
    site_key: int | None = None  # newest version that it holds
    site_key_wanted: int | None = None  # None for a device that holds none
    beacons_low: tuple[str, ...] = ()
    other: Mapping[str, Any] = field(default_factory=dict)

    @property
    def lacks_site_key(self) -> bool:
        """Whether it has not said that it holds the site key that it should."""
        return self.site_key_wanted is not None and (self.site_key or 1) < self.site_key_wanted


@dataclass(frozen=True, slots=True)
class Reason:
    urgency: Urgency
    text: str


def reasons(health: Health, now_ms: int, newest_content: int) -> list[Reason]:
    """Why somebody should go there, the most urgent first; empty when nobody needs to."""
    if not health.approved:
        return []
    found = [
        *_silence(health, now_ms),
        *_unsent(health, now_ms),
        *_hardware(health),
        *_clock(health),
        *_content(health, newest_content),
        *_keys(health),
    ]
    return sorted(found, key=lambda reason: -reason.urgency)


def urgency(found: list[Reason]) -> Urgency:
    return max((reason.urgency for reason in found), default=Urgency.WELL)


def _keys(health: Health) -> list[Reason]:
    if not health.lacks_site_key:
        return []
    return [Reason(Urgency.SOON, "n'a pas encore la nouvelle clé des cartes")]


def _silence(health: Health, now_ms: int) -> list[Reason]:
    if health.last_seen_at is None:
        return [Reason(Urgency.SOON, "ne s'est jamais connecté")]
    silent = now_ms - health.last_seen_at
    if silent >= SILENT_NOW_MS:
        return [Reason(Urgency.NOW, f"sans nouvelles depuis {silent // (24 * HOUR_MS)} jours")]
    if silent >= SILENT_SOON_MS:
        return [Reason(Urgency.SOON, f"sans nouvelles depuis {silent // HOUR_MS} heures")]
    return []


def _unsent(health: Health, now_ms: int) -> list[Reason]:
    found = []
    oldest = health.oldest_unsent_at
    if oldest is not None and now_ms - oldest >= UNSENT_NOW_MS:
        found.append(Reason(Urgency.NOW, f"des ventes attendent depuis {(now_ms - oldest) // (24 * HOUR_MS)} jours"))
    elif (health.facts_waiting or 0) >= UNSENT_MANY:
        found.append(Reason(Urgency.SOON, f"{health.facts_waiting} faits à envoyer"))
    if health.in_doubt:
        text = "une opération de carte en doute" if health.in_doubt == 1 else f"{health.in_doubt} opérations en doute"
        found.append(Reason(Urgency.SOON, text))
    return found


def _hardware(health: Health) -> list[Reason]:
    found = []
    if health.reader not in _READER_WELL:
        found.append(Reason(Urgency.NOW, f"lecteur de cartes {TROUBLES.get(health.reader, health.reader)}"))
    if health.radio not in _RADIO_WELL:
        found.append(Reason(Urgency.SOON, f"radio Bluetooth {TROUBLES.get(health.radio, health.radio)}"))
    if health.disk_free_mb is not None and health.disk_free_mb < DISK_NOW_MB:
        found.append(Reason(Urgency.NOW, f"disque presque plein ({health.disk_free_mb} Mo libres)"))
    elif health.disk_free_mb is not None and health.disk_free_mb < DISK_SOON_MB:
        found.append(Reason(Urgency.SOON, f"disque bientôt plein ({health.disk_free_mb} Mo libres)"))
    if health.beacons_low:
        found.append(Reason(Urgency.SOON, f"pile faible : {', '.join(health.beacons_low)}"))
    return found


def _clock(health: Health) -> list[Reason]:
    if health.clock_offset_ms is not None and abs(health.clock_offset_ms) >= CLOCK_SOON_MS:
        return [Reason(Urgency.SOON, f"horloge décalée de {_span(abs(health.clock_offset_ms))}")]
    return []


def _span(milliseconds: int) -> str:
    if milliseconds < 2 * HOUR_MS:
        return f"{milliseconds // 60_000} minutes"
    if milliseconds < 48 * HOUR_MS:
        return f"{milliseconds // HOUR_MS} heures"
    return f"{milliseconds // (24 * HOUR_MS)} jours"


def _content(health: Health, newest_content: int) -> list[Reason]:
    """One version behind is a kiosk between two syncs."""
    if health.content_version is not None and newest_content - health.content_version > 1:
        return [Reason(Urgency.SOON, f"contenu n° {health.content_version}, le dernier est le n° {newest_content}")]
    return []
