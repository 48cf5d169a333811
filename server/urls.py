"""Routes: the device API under /api/v1/, the staff's back office under /bureau/, public pages under /o/."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import include, path
from django.views.defaults import page_not_found
from django.views.generic import RedirectView

from server.api.errors import error_response
from server.api.health import healthz, metrics
from server.api.routes import api
from sync.protocol import ErrorCode

urlpatterns = [
    path("healthz", healthz),
    path("metrics", metrics),
    path("api/v1/", api.urls),
    path("bureau/", include("server.backoffice.urls")),
    path("o/", include("server.mobile.urls")),
    path("", RedirectView.as_view(url="/bureau/")),
]


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Devices get an error of the protocol, people a page."""
    if request.path.startswith("/api/"):
        return error_response(ErrorCode.NOT_FOUND, "There is no such route.")
    return page_not_found(request, exception)


handler404 = not_found
