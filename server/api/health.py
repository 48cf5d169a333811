"""GET /healthz and GET /metrics: for those who keep the server running."""

from __future__ import annotations

import hmac

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET

from server.operation.observe import metrics as process_metrics


def healthz(request: HttpRequest) -> HttpResponse:
    """200 `{"status":"ok"}`; 503 when the database does not answer or is not migrated. Says nothing else."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        migrated = is_migrated()
    except DatabaseError:
        return JsonResponse({"status": "database"}, status=503)
    if not migrated:
        return JsonResponse({"status": "migrations"}, status=503)
    return JsonResponse({"status": "ok"})


def is_migrated() -> bool:
    """Whether the database has every migration of this software. Once it has, it is not asked again."""
    config = apps.get_app_config("operation")
    if not config.migrated:  # type: ignore[attr-defined]
        executor = MigrationExecutor(connection)
        config.migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())  # type: ignore[attr-defined]
    return bool(config.migrated)  # type: ignore[attr-defined]


@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus metrics, for whoever sends `Authorization: Bearer` with this server's metrics token."""
    try:
        token = settings.HOME.metrics_token.read_text(encoding="ascii").strip()
    except OSError:
        token = ""
    given = request.headers.get("Authorization", "")
    if not token or not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return HttpResponse("The metrics token is missing or wrong.\n", status=401, content_type="text/plain")
    return HttpResponse(process_metrics().text(), content_type="text/plain; version=0.0.4; charset=utf-8")
