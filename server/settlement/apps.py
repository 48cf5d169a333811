from django.apps import AppConfig

from server.backoffice.navigation import Entry


def _open_corrections(territory: str) -> int:
    from server.settlement.models import Correction

    return Correction.objects.filter(territory=territory, state=Correction.State.OPEN).count()


class SettlementConfig(AppConfig):
    name = "server.settlement"
    label = "settlement"
    verbose_name = "Règlements"
    bureau_urls = "server.backoffice.urls_money"
    bureau_entries = (
        Entry("partners", "Partenaires", "Argent", 60, ("partner",)),
        Entry("corrections", "Corrections", "Argent", 40, ("correction",), _open_corrections),
        Entry("allowances", "Comptoirs", "Argent", 70, ("allowance",)),
    )
