"""The school holidays that imports go by, kept in one file of the server's home."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

from server.catalogue.feed_source import FeedUnreadable
from server.catalogue.school import BadTable, Ranges, dump_ranges, load_ranges, parse_school_csv
from server.home import ServerHome, home_from_environment

TABLE_BYTES = 16 * 1024 * 1024


def school_file(home: ServerHome) -> Path:
    return home.feeds / "school-holidays.json"


def read_school(home: ServerHome | None = None) -> Ranges:
    """The ranges kept; () while nobody has given any, or when the file is damaged."""
    path = school_file(home or home_from_environment(os.environ))
    try:
        return load_ranges(json.dumps(json.loads(path.read_text(encoding="utf-8"))["ranges"]))
    except (OSError, ValueError, KeyError, TypeError):
        return ()


def keep_school(table: Path, zone: str, home: ServerHome | None = None) -> Ranges:
    """Reads the table of data.gouv.fr and keeps a zone of it. Raises FeedUnreadable (one sentence), OSError."""
    try:
        if table.stat().st_size > TABLE_BYTES:
            raise FeedUnreadable(f"{table} is larger than a table of school holidays may be.")
        text = table.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise FeedUnreadable(f"{table} cannot be read: {error.strerror or error}.") from error
    try:
        ranges = parse_school_csv(io.StringIO(text, newline=""), zone)
    except BadTable as error:
        raise FeedUnreadable(str(error)) from error
    if not ranges:
        raise FeedUnreadable(f"{table} has no holiday of zone {zone}.")
    path = school_file(home or home_from_environment(os.environ))
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = path.with_name(f".{path.name}.new")
    aside.write_text(json.dumps({"zone": zone, "ranges": json.loads(dump_ranges(ranges))}), encoding="utf-8")
    aside.replace(path)
    return ranges
