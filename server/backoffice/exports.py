"""Tables as CSV files that a French spreadsheet opens as they are: semicolons, comma decimals, a byte order mark."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from django.http import HttpResponse

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_response(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> HttpResponse:
    """`name` is the file's, without extension."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";", lineterminator="\r\n")
    writer.writerow(head)
    for row in rows:
        writer.writerow([_cell(value) for value in row])
    response = HttpResponse("\ufeff" + buffer.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def plain_euros(cents: int | None) -> str:
    """Cents as a spreadsheet reads them: '-18,50'."""
    if cents is None:
        return ""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100},{abs(cents) % 100:02d}"


def _cell(value: object) -> object:
    """Text that begins like a formula would run in a spreadsheet: it is quoted. Figures stay."""
    if isinstance(value, str) and value.startswith(_FORMULA) and not value.lstrip("-").replace(",", "").isdigit():
        return f"'{value}"
    return "" if value is None else value
