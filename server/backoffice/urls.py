"""Pages of the back office, under /bureau/."""

from __future__ import annotations

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path

from server.backoffice.navigation import url_modules
from server.backoffice.views import cards, content, devices, facts, ledger, overview

urlpatterns = [
    path(
        "connexion/",
        LoginView.as_view(template_name="bureau/login.html", redirect_authenticated_user=True),
        name="login",
    ),
    path("sortie/", LogoutView.as_view(), name="logout"),
    path("", overview.overview, name="overview"),
    path("rapport.json", overview.report, name="report"),
    path("appareils/", devices.devices, name="devices"),
    path("appareils/<uuid:key>/", devices.device, name="device"),
    path("appareils/<uuid:key>/etat", devices.device_state, name="device-state"),
    path("appareils/<uuid:key>/code", devices.device_code, name="device-code"),
    path("appareils/<uuid:key>/decision", devices.device_decision, name="device-decision"),
    path("appareils/<uuid:key>/cle", devices.device_roll, name="device-roll"),
    path("faits/", facts.facts, name="facts"),
    path("faits/<uuid:key>/", facts.fact, name="fact"),
    path("faits/quarantaine/", facts.quarantine, name="facts-quarantine"),
    path("faits/quarantaine/<uuid:key>/fait", facts.quarantined, name="facts-quarantined"),
    path("faits/quarantaine/ensemble/", facts.quarantine_together, name="facts-decision-together"),
    path("faits/quarantaine/<uuid:key>/", facts.quarantine_decision, name="facts-decision"),
    path("cartes/", cards.cards, name="cards"),
    path("cartes/<str:number>/", cards.card, name="card"),
    path("cartes/<str:number>/blocage", cards.card_blocking, name="card-blocking"),
    path("grand-livre/", ledger.ledger, name="ledger"),
    path("contenu/", content.content, name="content"),
    path("contenu/publier", content.content_publish, name="content-publish"),
    *(path("", include(module)) for module in url_modules()),
]
