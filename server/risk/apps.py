from django.apps import AppConfig

from server.backoffice.navigation import Entry


class RiskConfig(AppConfig):
    name = "server.risk"
    label = "risk"
    verbose_name = "Risque"
    bureau_urls = "server.backoffice.urls_territory"
    bureau_entries = (
        Entry("risk", "Limites", "Argent", 80),
        Entry("blocklist", "Liste de blocage", "Argent", 20),
        Entry("sites", "Lieux", "Territoire", 10, ("site",)),
        Entry("fleet", "État du parc", "Parc", 20),
    )
