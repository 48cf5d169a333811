"""The first page: is everything well?"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from domain.ledger import Asset
from server.backoffice.access import staff_page
from server.devices.models import Device, DeviceState
from server.ledger.models import Alarm, Operation
from server.ledger.queries import cards, facts_by_kind, ledger_sums, waiting_in_quarantine
from server.ledger.report import build_report
from server.reconciliation.holes import holes
from server.territory.models import StaffAction, Territory

_ACTIONS = {
    "device.created": "a créé l'appareil",
    "device.code": "a donné un code à",
    "device.approved": "a approuvé",
    "device.refused": "a refusé",
    "device.revoked": "a révoqué",
    "operator.written": "a enregistré l'opérateur de la carte",
    "card.unblocked": "a débloqué la carte",
    "content.published": "a envoyé aux bornes la version",
    "import.started": "a importé",
    "offer.created": "a créé la fiche",
    "offer.changed": "a corrigé la fiche",
    "offer.picture": "a ajouté une photo à",
    "offer.split": "a séparé la fiche",
    "offer.published": "a publié la fiche",
    "offer.draft": "a remis en brouillon la fiche",
    "offer.expired": "a retiré la fiche",
    "offers.published": "a publié",
    "offers.draft": "a remis en brouillon",
    "duplicates.one": "a fusionné deux fiches",
    "duplicates.other": "a fusionné deux fiches",
    "duplicates.apart": "a gardé à part deux fiches",
    "review.accepted": "a accepté l'avis de",
    "review.refused": "a refusé l'avis de",
    "source.created": "suit la source",
    "source.changed": "a réglé la source",
    "source.read": "a fait lire la source",
    "source.paused": "a mis en pause la source",
    "source.resumed": "a repris la source",
    "source.deleted": "ne suit plus la source",
    "story.created": "a ajouté le récit",
    "story.changed": "a corrigé le récit",
    "story.accepted": "a retenu le récit",
    "story.refused": "a écarté le récit",
    "story.attached": "a posé sur une fiche le récit",
    "story.detached": "a retiré d'une fiche le récit",
    "story.deleted": "a supprimé le récit",
    "push.created": "a mis en avant",
    "push.changed": "a changé la mise en avant",
    "coupon.created": "a ajouté le coupon",
    "coupon.changed": "a changé le coupon",
    "wifi.changed": "a changé le Wi-Fi",
    "group.created": "a créé le groupe",
    "group.members": "a changé les bornes du groupe",
    "group.deleted": "a supprimé le groupe",
    "quarantine.released": "a libéré de la quarantaine",
    "quarantine.dismissed": "a classé sans suite",
    "partner.written": "a enregistré le partenaire",
    "partner.site": "a rattaché le lieu",
    "partner.agreement": "a écrit un accord avec",
    "partner.paid": "a inscrit un versement à",
    "payment.received": "a inscrit des espèces de",
    "statement.closed": "a arrêté le relevé",
    "correction.asked": "demande de corriger",
    "correction.confirmed": "a confirmé la correction de",
    "correction.refused": "a refusé la correction de",
    "risk.written": "a signé les limites",
    "risk.allowance": "a changé ce que charge",
    "hole.explained": "a expliqué un trou de",
    "doubt.done": "a tranché « faite » pour",
    "doubt.not_done": "a tranché « pas faite » pour",
    "doubt.reviewed": "a vérifié la signature de",
    "bank.written": "a inscrit le solde du",
}


@staff_page
@require_GET
def report(request: HttpRequest, territory: Territory) -> HttpResponse:
    """The books as JSON, to keep or to compare."""
    return JsonResponse(build_report(territory.slug), json_dumps_params={"ensure_ascii": False})


@staff_page
def overview(request: HttpRequest, territory: Territory) -> HttpResponse:
    slug = territory.slug
    lines = cards(slug)
    sums = ledger_sums(slug)
    context = {
        "facts": sum(facts_by_kind(slug).values()),
        "sum_cents": sums[Asset.EUR],
        "sum_points": sums[Asset.PTS],
        "cards": len(lines),
        "float_cents": sum(line.shadow_cents for line in lines),
        "differences": [line for line in lines if line.difference_cents],
        "open_operations": Operation.objects.filter(territory=slug, open=True).count(),
        "quarantined": waiting_in_quarantine(slug),
        "alarms": Alarm.objects.filter(territory=slug, seen_by="").order_by("-raised_at")[:10],
        "holes": [hole for hole in holes(slug) if not hole.explained][:10],
        "waiting": Device.objects.filter(territory=slug, state=DeviceState.WAITING).order_by("claimed_at"),
        "running": Device.objects.filter(territory=slug, state=DeviceState.APPROVED).count(),
        "actions": [
            (row, _ACTIONS.get(row.what, "a bloqué la carte" if row.what.startswith("card.blocked") else row.what))
            for row in StaffAction.objects.filter(territory=slug).order_by("-at")[:8]
        ],
    }
    return render(request, "bureau/overview.html", context)
