from django.apps import AppConfig

from server.backoffice.navigation import Entry


def _waiting_grants(territory: str) -> int:
    from server.cards.models import Grant, GrantState

    return Grant.objects.filter(territory=territory, state=GrantState.WAITING).count()


class CardsConfig(AppConfig):
    name = "server.cards"
    label = "cards"
    verbose_name = "Cartes"
    bureau_urls = "server.cards.urls"
    bureau_entries = (Entry("credits", "Crédits", "Argent", 20, (), _waiting_grants),)
