"""Logs hold nothing about people, whichever way it comes in."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from server.operation.logs import hide, json_formatter, without_personal_data
from server.operation.role import RoleRefused, role_statements

SECRETS = ("00421187", "marie@example.org", "04A1B2C3D4E5F6", "0042 1187")


def _line(record: logging.LogRecord) -> dict[str, object]:
    return dict(json.loads(json_formatter().format(record)))


def test_a_librarys_record_becomes_one_json_line_without_secrets() -> None:
    text = "DETAIL: Key (card_number)=(00421187) of marie@example.org with 04A1B2C3D4E5F6 exists"
    record = logging.LogRecord("django.db", logging.ERROR, __file__, 1, text, (), None)
    line = _line(record)
    assert (line["level"], line["logger"]) == ("error", "django.db") and "at" in line
    assert not any(secret in json.dumps(line) for secret in SECRETS)
    assert "[carte]" in str(line["event"]) and "[e-mail]" in str(line["event"]) and "[uid]" in str(line["event"])


def test_a_trace_is_kept_and_cleaned() -> None:
    try:
        raise ValueError("card 0042 1187 refused")
    except ValueError:
        record = logging.LogRecord("zerot", logging.ERROR, __file__, 1, "failed", (), sys.exc_info())
    line = _line(record)
    assert "Traceback" in str(line["exception"]) and "0042 1187" not in json.dumps(line)


def test_private_keys_are_hidden_at_any_depth_and_what_helps_stays() -> None:
    event = without_personal_data(
        None, "info", {"event": "x", "card_number": "1", "counts": {"facts": 3, "pin": "123456", "rows": ["00421187"]}}
    )
    assert event == {"event": "x", "card_number": "[…]", "counts": {"facts": 3, "pin": "[…]", "rows": ["[carte]"]}}


@pytest.mark.parametrize("kept", ["01920000-0000-7000-8000-000000000001", "BC-00421187-x", "127.0.0.1:38331", "12345"])
def test_identifiers_and_ports_are_no_card_numbers(kept: str) -> None:
    assert hide(kept) == kept


def test_a_long_text_is_cut() -> None:
    assert len(hide("x" * 100_000)) < 10_000


def test_the_serving_role_may_add_to_the_ledger_and_never_change_it() -> None:
    tables = ["ledger_fact", "ledger_leg", "ledger_leg_2026_11", "ledger_head", "django_migrations"]
    made = role_statements("zerot_app", tables, create=True)
    assert made[0] == "CREATE ROLE zerot_app LOGIN"
    assert "GRANT SELECT, INSERT ON public.ledger_fact TO zerot_app" in made
    assert "GRANT SELECT, INSERT ON public.ledger_leg_2026_11 TO zerot_app" in made
    assert "GRANT SELECT, INSERT, UPDATE, DELETE ON public.ledger_head TO zerot_app" in made
    assert "GRANT SELECT ON public.django_migrations TO zerot_app" in made
    for name in ("zerot; DROP", "", "Zerot", "a" * 64):
        with pytest.raises(RoleRefused):
            role_statements(name, tables, create=False)
