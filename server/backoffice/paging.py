"""Pages of a long list."""

from __future__ import annotations

from typing import TypeVar

from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest

ROWS = 50
M = TypeVar("M", bound=Model)


def page_of(request: HttpRequest, rows: QuerySet[M]) -> Page[M]:
    """The page that `?page=` asks for; the nearest one when there is none of that number."""
    return Paginator(rows, ROWS).get_page(request.GET.get("page"))
