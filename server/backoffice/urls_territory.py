"""Pages about the territory and its devices, under /bureau/."""

from __future__ import annotations

from django.urls import path

from server.backoffice.views import territory

urlpatterns = [
    path("parc/", territory.fleet, name="fleet"),
    path("parc/tournee.csv", territory.fleet_csv, name="fleet-csv"),
    path("lieux/", territory.sites, name="sites"),
    path("lieux/<int:number>/", territory.site, name="site"),
    path("limites/", territory.risk, name="risk"),
    path("blocage/", territory.blocklist, name="blocklist"),
    path("blocage/action", territory.blocklist_change, name="blocklist-change"),
]
