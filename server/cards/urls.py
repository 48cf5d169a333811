"""Pages of the back office about credits."""

from __future__ import annotations

from django.urls import path

from server.cards import views

urlpatterns = [
    path("credits/", views.credits, name="credits"),
    path("credits/<uuid:key>/", views.credit_decision, name="credits-decision"),
    path("cartes/<str:number>/remplacement", views.card_replacement, name="card-replacement"),
]
