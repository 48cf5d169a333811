from django.apps import AppConfig

from server.backoffice.navigation import Entry


def _waiting_devices(territory: str) -> int:
    from server.devices.models import Device, DeviceState

    return Device.objects.filter(territory=territory, state=DeviceState.WAITING).count()


def _waiting_facts(territory: str) -> int:
    from server.ledger.queries import waiting_in_quarantine

    return waiting_in_quarantine(territory)


class BackofficeConfig(AppConfig):
    name = "server.backoffice"
    label = "backoffice"
    verbose_name = "Bureau"
    bureau_entries = (
        Entry("overview", "Accueil", "", 0, ("report",)),
        Entry("devices", "Appareils", "Parc", 10, ("device",), _waiting_devices),
        Entry("facts", "Faits", "Faits", 10, ("fact",)),
        Entry("facts-quarantine", "Quarantaine", "Faits", 20, ("facts-decision", "facts-quarantined"), _waiting_facts),
        Entry("cards", "Cartes", "Argent", 10, ("card",)),
        Entry("ledger", "Grand livre", "Argent", 30),
        Entry("content", "Publication", "Contenu", 10),
    )
