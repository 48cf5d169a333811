from django.apps import AppConfig

from server.backoffice.navigation import Entry


def _suspects(territory: str) -> int:
    from server.catalogue.models import Suspect

    return Suspect.objects.filter(territory=territory).count()


def _reviews(territory: str) -> int:
    from server.catalogue.models import VisitorReview

    return VisitorReview.objects.filter(territory=territory, state=VisitorReview.State.WAITING).count()


def _stories(territory: str) -> int:
    from server.imports.models import Story

    return Story.objects.filter(territory=territory, state=Story.State.WAITING).count()


class CurationConfig(AppConfig):
    name = "server.curation"
    label = "curation"
    verbose_name = "Rédaction"
    bureau_urls = "server.curation.urls"
    bureau_entries = (
        Entry("offers", "Fiches", "Contenu", 1, ("offer",)),
        Entry("duplicates", "Doublons", "Contenu", 2, (), _suspects),
        Entry("quality", "Qualité", "Contenu", 3),
        Entry("imports", "Imports", "Contenu", 4, ("import",)),
        Entry("sources", "Sources suivies", "Contenu", 5, ("source",)),
        Entry("pushes", "Mises en avant", "Contenu", 6, ("push",)),
        Entry("coupons", "Coupons du club", "Contenu", 7, ("coupon",)),
        Entry("reviews", "Avis", "Contenu", 8, ("review",), _reviews),
        Entry("stories", "Récits", "Contenu", 9, ("story",), _stories),
        Entry("extras", "Wi-Fi et groupes", "Contenu", 10, ("extra",)),
    )
