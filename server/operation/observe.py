"""What every request leaves behind: a measure and, where the level asks for it, one line of log."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import structlog
from django.apps import apps
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from server.operation.metrics import Metrics

_KEY_ID = re.compile(r'keyid="([A-Za-z0-9._-]{1,32})"')
UNMATCHED = "unmatched"  # one label for every path that is no route: a scanner must not make a thousand


def metrics() -> Metrics:
    """What this process counts."""
    found = apps.get_app_config("operation").metrics  # type: ignore[attr-defined]
    if not isinstance(found, Metrics):
        raise TypeError("the operation app holds no metrics")
    return found


class ObserveMiddleware:
    """Outermost. The route's pattern is noted, never the path: paths hold card numbers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.logger = structlog.stdlib.get_logger("zerot.access")

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        begun = time.perf_counter()
        response = self.get_response(request)
        seconds = time.perf_counter() - begun
        match = request.resolver_match
        route = match.route if match is not None else UNMATCHED
        method = request.method if request.method in ("GET", "HEAD", "POST") else "other"
        metrics().served(route, method or "other", response.status_code, seconds)
        device = _KEY_ID.search(request.headers.get("Signature-Input", ""))
        self.logger.info(
            "request",
            route=route,
            method=method,
            status=response.status_code,
            milliseconds=round(seconds * 1000, 1),
            device=device[1] if device else None,
        )
        return response
