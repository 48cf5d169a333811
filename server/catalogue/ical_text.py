"""The bytes of an iCalendar file made what RFC 5545 asks for, before the library reads them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

_FOLD = re.compile(rb"\r?\n[ \t]")
_BARE_ZONE = re.compile(
    rb"^((?:DTSTART|DTEND|RECURRENCE-ID|EXDATE|RDATE)[^\r\n:]{0,200}?;TZID=)([^\"\r\n]{1,120}?)"
    rb"(?=(?:;VALUE=[A-Z-]+)?:\d{8}(?:T\d{6}Z?)?[,\r\n])",
    re.MULTILINE | re.IGNORECASE,
)


def tidy(data: bytes) -> bytes:
    """A file as the library reads it best: UTF-8, lines unfolded (some fold in the middle of a letter) and ended as
    they should, names of zones that hold a comma or a colon in quotes."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        data = data.decode("utf-16", "replace").encode()
    data = data.removeprefix(b"\xef\xbb\xbf")
    if b"\n" not in data:
        data = data.replace(b"\r", b"\r\n")
    data = _FOLD.sub(b"", data)
    try:
        data.decode()
    except UnicodeDecodeError:
        data = data.decode("cp1252", "replace").encode()

    def quoted(match: re.Match[bytes]) -> bytes:
        bare = b"," not in match[2] and b":" not in match[2]
        return match.group() if bare else match[1] + b'"' + match[2] + b'"'

    return _BARE_ZONE.sub(quoted, data)


def blocks_of(data: bytes, name: bytes) -> Iterator[bytes]:
    """Each component of a name, from its last BEGIN to its END: read once, whatever is left open."""
    start = -1
    for match in re.finditer(rb"^(BEGIN|END):" + name + rb"[ \t]*\r?$", data, re.MULTILINE | re.IGNORECASE):
        if match[1].upper() == b"BEGIN":
            start = match.start()
        elif start >= 0:
            yield data[start : match.end()]
            start = -1
