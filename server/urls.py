"""Routes: the device API under /api/v1/, the staff's back office under /bureau/."""

from __future__ import annotations

from django.urls import include, path
from django.views.generic import RedirectView

from server.api.health import healthz
from server.api.routes import api

urlpatterns = [
    path("healthz", healthz),
    path("api/v1/", api.urls),
    path("bureau/", include("server.backoffice.urls")),
    path("", RedirectView.as_view(url="/bureau/")),
]
