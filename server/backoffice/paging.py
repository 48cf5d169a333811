"""Pages of a long list, with the filters that it was asked with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest

ROWS = 50
M = TypeVar("M", bound=Model)
T = TypeVar("T")


def page_of(request: HttpRequest, rows: QuerySet[M]) -> Page[M]:
    """The page that `?page=` asks for; the nearest one when there is none of that number."""
    return Paginator(rows, ROWS).get_page(request.GET.get("page"))


def page_of_list(request: HttpRequest, rows: Sequence[T]) -> Page[T]:
    """The same of a list."""
    return Paginator(rows, ROWS).get_page(request.GET.get("page"))


def query_of(request: HttpRequest, *names: str) -> str:
    """The filters among `names` that are set, to put before `page=`: 'etat=open&'."""
    kept = [(name, request.GET[name]) for name in names if request.GET.get(name)]
    return f"{urlencode(kept)}&" if kept else ""
