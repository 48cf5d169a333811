"""Bodies of the facts that the device itself keeps: visits, presences, health (docs/sync-protocol.md). Pure."""

from __future__ import annotations

from domain.beacons import Presence
from domain.canonical import JsonObject
from kiosk.flow.effects import RecordVisit
from kiosk.workers.purchases import Doubts


def visit(ended: RecordVisit, site: int) -> JsonObject:
    """A visitor session, with what was seen and no name.

    `card` stays null: where a card went is a journey, kept only with its holder's consent, which nobody can give yet.
    """
    return {
        "site": site,
        "session": ended.session,
        "started_at": ended.started_at_ms,
        "ended_at": ended.ended_at_ms,
        "language": ended.language,
        "card": None,
        "offers_seen": ended.offers_seen,
    }


def presence(heard: Presence) -> JsonObject:
    return {
        "beacon": heard.beacon_name,
        "site": heard.site_number,
        "started_at": heard.started_at_ms,
        "ended_at": heard.ended_at_ms,
        "sightings": heard.sightings,
        "rssi_max": heard.rssi_max_dbm,
    }


def health(
    *,
    software: str,
    content_version: int,
    facts_waiting: int,
    oldest_unsent_at: int | None,
    clock_offset: tuple[int, int] | None,
    disk_free_bytes: int,
    reader: str,
    radio: str,
    beacons_kept: int,
    beacons_dropped: int,
    doubts: Doubts,
    site_key: int | None,
) -> JsonObject:
    """`doubts`: what cards were asked for and no tap has decided.

    `clock_offset`: server less kiosk as last measured, and how old that is; None when not since this boot.
    `site_key`: the newest version held, None without card keys.
    `reader`: "ready" or the trouble's key; `radio`: "on" or the reason's.
    """
    return {
        "software": software,
        "content_version": content_version,
        "facts_waiting": facts_waiting,
        "oldest_unsent_at": oldest_unsent_at,
        "clock_offset_ms": None if clock_offset is None else clock_offset[0],
        "disk_free_mb": disk_free_bytes >> 20,
        "reader": reader,
        "radio": radio,
        "beacons_kept": beacons_kept,
        "beacons_dropped": beacons_dropped,
        "in_doubt": doubts.count,
        "in_doubt_oldest_at": doubts.oldest_ms,
        "site_key": site_key,
    }
