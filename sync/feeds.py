"""Whether a feed entry may replace what a kiosk keeps. Pure: signature, owner, replay, rollback and freeze."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique

from sync.messages_down import FeedEntry, parse_feed_header, verify_entry
from sync.wire import WireError


@unique
class EntryRefusal(StrEnum):
    """Why an entry was not taken."""

    SIGNATURE = "signature"
    SHAPE = "shape"
    OWNER = "owner"  # another territory's or device's
    ROLLBACK = "rollback"  # older than what is kept
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whose feeds these are, and the 32-byte key of the server."""

    territory: str
    device: str
    server_key: bytes


def judge_kept(entry: FeedEntry, recipient: Recipient) -> EntryRefusal | None:
    """None when the entry is the server's and ours, whatever its age: for what was kept and is loaded again."""
    if not verify_entry(entry, recipient.server_key):
        return EntryRefusal.SIGNATURE
    try:
        header = parse_feed_header(entry.document)
    except WireError:
        return EntryRefusal.SHAPE
    if header.territory != recipient.territory or entry.document.get("device", recipient.device) != recipient.device:
        return EntryRefusal.OWNER
    return None


def judge_entry(
    entry: FeedEntry, kept: FeedEntry | None, recipient: Recipient, *, now_ms: int, new_epoch: bool
) -> EntryRefusal | None:
    """None when the entry may be kept.

    A restored server (`new_epoch`) may number afresh, but never take back: the epoch is not signed, `issued_at` is.
    """
    reason = judge_kept(entry, recipient)
    if reason is not None:
        return reason
    header = parse_feed_header(entry.document)
    if header.expires_at <= now_ms:
        return EntryRefusal.EXPIRED
    if kept is not None:
        if header.issued_at < parse_feed_header(kept.document).issued_at:
            return EntryRefusal.ROLLBACK
        if not new_epoch and entry.number < kept.number:
            return EntryRefusal.ROLLBACK
    return None


def judge_entries(
    entries: tuple[FeedEntry, ...],
    kept: Mapping[str, FeedEntry],
    recipient: Recipient,
    *,
    now_ms: int,
    new_epoch: bool,
) -> tuple[tuple[FeedEntry, ...], tuple[tuple[str, EntryRefusal], ...]]:
    """The entries to keep, and the refused ones by feed."""
    accepted: list[FeedEntry] = []
    refused: list[tuple[str, EntryRefusal]] = []
    for entry in entries:
        reason = judge_entry(entry, kept.get(entry.feed), recipient, now_ms=now_ms, new_epoch=new_epoch)
        if reason is None:
            accepted.append(entry)
        else:
            refused.append((entry.feed, reason))
    return tuple(accepted), tuple(refused)
