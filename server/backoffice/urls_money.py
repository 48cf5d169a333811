"""Pages about money and its checks, under /bureau/."""

from __future__ import annotations

from django.urls import path

from server.backoffice.views import allowances, checks, corrections, partners, reconciliation

urlpatterns = [
    path("partenaires/", partners.partners, name="partners"),
    path("partenaires.csv", partners.partners_csv, name="partners-csv"),
    path("partenaires/<uuid:key>/", partners.partner, name="partner"),
    path("partenaires/<uuid:key>/action", partners.partner_change, name="partner-change"),
    path("releves/<uuid:key>/", partners.partner_statement, name="partner-statement"),
    path("corrections/", corrections.corrections, name="corrections"),
    path("corrections/<uuid:key>/", corrections.correction, name="correction"),
    path("corrections/<uuid:key>/demande", corrections.correction_ask, name="correction-ask"),
    path("corrections/<uuid:key>/decision", corrections.correction_decide, name="correction-decide"),
    path("chargement-hors-ligne/", allowances.allowances, name="allowances"),
    path("chargement-hors-ligne/<uuid:key>", allowances.allowance_change, name="allowance-change"),
    path("rapprochement/", reconciliation.reconciliation, name="reconciliation"),
    path("rapprochement/cartes.csv", reconciliation.reconciliation_cards, name="reconciliation-cards"),
    path("rapprochement/jours.csv", reconciliation.reconciliation_identity, name="reconciliation-identity"),
    path("rapprochement/en-vol.csv", reconciliation.reconciliation_flights, name="reconciliation-flights"),
    path("rapprochement/action", reconciliation.reconciliation_change, name="reconciliation-change"),
    path("signatures/", checks.signatures, name="signatures"),
    path("signatures/<uuid:key>", checks.signature_review, name="signature-review"),
    path("trous/", checks.holes, name="holes"),
    path("trous/explication", checks.hole_explain, name="hole-explain"),
    path("alarmes/", checks.alarms, name="alarms"),
    path("alarmes/vues", checks.alarm_seen, name="alarm-seen"),
]
