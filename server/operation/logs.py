"""Structured logs: one JSON object per line on stderr, with nothing about people in it.

Names, card numbers, UIDs, e-mails, PINs and bodies never reach the line, whether they come as a key or inside a text
(a database error quotes the row that it refused).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

HIDDEN = "[…]"
PRIVATE_KEYS = frozenset(
    {
        "authorization", "body", "card", "card_number", "card_uid", "cookie", "email", "name", "operator", "password",
        "phone", "pin", "raw", "signature", "uid", "uid_sealed", "user", "who",
    }
)  # fmt: skip
_PATTERNS = (
    # Begins where a word begins: else each letter of a long word is tried anew, seconds for a text of some kilobytes.
    (re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "[e-mail]"),
    (re.compile(r"(?<![\w-])\d{4}[ \u202f]?\d{4}(?![\w-])"), "[carte]"),
    (re.compile(r"(?<![0-9A-Fa-f])04[0-9A-Fa-f]{12}(?![0-9A-Fa-f])"), "[uid]"),
)
TEXT_MAX = 8_000


def hide(text: str) -> str:
    """A text without card numbers, UIDs and e-mail addresses, cut to a bearable length."""
    for pattern, shown in _PATTERNS:
        text = pattern.sub(shown, text)
    return text if len(text) <= TEXT_MAX else f"{text[:TEXT_MAX]}…"


def _clean(value: object, depth: int = 0) -> object:
    if isinstance(value, str):
        return hide(value)
    if isinstance(value, Mapping) and depth < 4:
        return {str(key): HIDDEN if key in PRIVATE_KEYS else _clean(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)) and depth < 4:
        return [_clean(item, depth + 1) for item in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return hide(str(value))


def without_personal_data(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The structlog processor that every line passes, ours and the libraries'."""
    return {key: HIDDEN if key in PRIVATE_KEYS else _clean(value) for key, value in event.items()}


def _shared() -> list[Any]:
    return [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.format_exc_info,
    ]


def json_formatter() -> logging.Formatter:
    """For the records of Django, uvicorn and apscheduler as well as our own."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_shared(),
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            without_personal_data,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )


def configure_structlog() -> None:
    """Send structlog's own loggers through the standard library, once per process."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
