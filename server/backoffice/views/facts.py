"""Facts as they came, and the quarantine."""

from __future__ import annotations

import json
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from domain.facts import FactKind
from server.api.runtime import runtime
from server.backoffice.access import staff_page, who
from server.backoffice.fact_words import HEAD_FIELDS, content_rows, place_rows
from server.backoffice.paging import page_of, query_of
from server.devices.models import Device
from server.ledger.models import Fact, Quarantined
from server.ledger.quarantine import QuarantineRefused, decide_together, dismiss, release
from server.territory.models import Territory

REASONS = {
    "unknown_kind": "Genre de fait inconnu de ce serveur",
    "unknown_version": "Version inconnue de ce serveur",
    "same_id_other_content": "Même identifiant, autre contenu",
    "bad_batch_signature": "La signature du lot ne vaut rien",
    "device_revoked": "Envoyé par un appareil révoqué",
    "control_characters": "Caractères interdits",
}
KINDS: dict[str, str] = {
    FactKind.INCARNATION: "Nouvelle incarnation",
    FactKind.CARD_SEEN: "Carte lue",
    FactKind.LOAD_INTENT: "Chargement : intention",
    FactKind.LOAD_OUTCOME: "Chargement : résultat",
    FactKind.DEBIT_INTENT: "Débit : intention",
    FactKind.DEBIT_OUTCOME: "Débit : résultat",
    FactKind.REFUND_INTENT: "Remboursement : intention",
    FactKind.REFUND_OUTCOME: "Remboursement : résultat",
    FactKind.REFUND_REQUESTED: "Remboursement demandé",
    FactKind.CREDIT_INTENT: "Crédit du serveur : intention",
    FactKind.CREDIT_OUTCOME: "Crédit du serveur : résultat",
    FactKind.AWARD_INTENT: "Points de visite : intention",
    FactKind.AWARD_OUTCOME: "Points de visite : résultat",
    FactKind.REDEEM_INTENT: "Récompense : intention",
    FactKind.REDEEM_OUTCOME: "Récompense : résultat",
    FactKind.ENTRY_INTENT: "Entrée avec un droit : intention",
    FactKind.ENTRY_OUTCOME: "Entrée avec un droit : résultat",
    FactKind.VERDICT: "Doute que la carte ne tranche pas",
    FactKind.SALE: "Vente",
    FactKind.POINTS_AWARDED: "Points donnés",
    FactKind.POINTS_REDEEMED: "Points dépensés",
    FactKind.TICKET_ISSUED: "Billet émis",
    FactKind.TICKET_USED: "Billet utilisé",
    FactKind.PASS_ISSUED: "Pass vendu",
    FactKind.PASS_USED: "Pass utilisé",
    FactKind.ENTRY_REFUSED: "Entrée refusée",
    FactKind.VISIT: "Visite",
    FactKind.PRESENCE: "Présence",
    FactKind.DEVICE_HEALTH: "État de l'appareil",
    FactKind.OPERATOR_REFUSED: "Opérateur refusé",
}
VALUES: dict[str, str] = {
    "done": "fait",
    "not_done": "pas fait",
    "in_doubt": "en doute",
    "paired": "borne appairée",
    "restored": "image restaurée",
    "forked": "chaîne bifurquée",
    "pin": "code faux",
    "rights": "pas le droit",
    "expired": "carte expirée",
    "locked": "carte verrouillée",
    "altered": "carte qui n'est plus la nôtre",
    "overwritten": "la ligne qui trancherait n'est plus sur la carte",
}
SUMMARY_KEYS = (
    "card",
    "amount_cents",
    "result",
    "offer",
    "points",
    "balance_cents",
    "beacon",
    "site",
    "reason",
    "language",
)


def kind_label(kind: str) -> str:
    """What people call a kind of fact."""
    return KINDS.get(kind, kind)


def reason_label(reason: str) -> str:
    """A reason in French; what follows a colon is the detail for those who repair."""
    name, _, detail = reason.partition(": ")
    known = REASONS.get(name) or {"bad_body": "Contenu illisible", "not_canonical": "Contenu sans forme unique"}.get(
        name, name
    )
    return f"{known} ({detail})" if detail else known


def summary(body_text: str) -> list[tuple[str, object]]:
    """The few keys of a body that tell what happened; sealed values never show."""
    body = json.loads(body_text)
    found = [
        (key, body[key]) for key in SUMMARY_KEYS if body.get(key) is not None and (key, body[key]) != ("points", 0)
    ]
    return [(key, VALUES.get(value, value) if isinstance(value, str) else value) for key, value in found][:4]


@staff_page
@require_GET
def facts(request: HttpRequest, territory: Territory) -> HttpResponse:
    """Newest first, by kind and device."""
    rows = Fact.objects.filter(territory=territory.slug).order_by("-received_at", "device", "-incarnation", "-sequence")
    kind, device = request.GET.get("genre", ""), request.GET.get("appareil", "")
    if kind:
        rows = rows.filter(kind=kind)
    if device:
        rows = rows.filter(device=device)
    page = page_of(request, rows)
    context = {
        "page": page,
        "rows": [(row, kind_label(row.kind), summary(row.body)) for row in page],
        "kinds": [(str(value), label) for value, label in KINDS.items()],
        "devices": Device.objects.filter(territory=territory.slug).order_by("name").values_list("name", flat=True),
        "kind": kind,
        "device": device,
    }
    return render(request, "bureau/facts.html", context)


@staff_page
@require_GET
def fact(request: HttpRequest, territory: Territory, key: UUID) -> HttpResponse:
    row = get_object_or_404(Fact, pk=key, territory=territory.slug)
    body = json.loads(row.body)
    waiting = Quarantined.objects.filter(territory=territory.slug, fact=key, released_at=None)
    context = {
        "row": row,
        "label": kind_label(row.kind),
        "body": json.dumps(body, ensure_ascii=False, indent=2),
        "rows": content_rows(body),
        "hashes": [
            ("Contenu", bytes(row.content_hash).hex()),
            ("Fait", bytes(row.hash).hex()),
            ("Précédent", bytes(row.previous).hex()),
        ],
        "waiting": [(item, reason_label(item.reason)) for item in waiting],
    }
    return render(request, "bureau/fact.html", context)


@staff_page
@require_GET
def quarantine(request: HttpRequest, territory: Territory) -> HttpResponse:
    """What waits for a person, oldest first, then what was decided."""
    rows = Quarantined.objects.filter(territory=territory.slug)
    waiting = rows.filter(released_at=None)
    names = sorted(set(waiting.values_list("device", flat=True)))
    reasons = sorted({reason.partition(": ")[0] for reason in waiting.values_list("reason", flat=True)})
    device, reason = request.GET.get("appareil", ""), request.GET.get("raison", "")
    shown = waiting.filter(device=device) if device else waiting
    shown = shown.filter(reason__startswith=reason) if reason else shown
    page = page_of(request, shown.order_by("received_at", "device", "sequence"))
    context = {
        "page": page,
        "devices": names,
        "device": device,
        "reasons": [(value, reason_label(value)) for value in reasons],
        "reason": reason,
        "reason_label": reason_label(reason) if reason else "",
        "query": query_of(request, "appareil", "raison"),
        "rows": [(row, kind_label(row.kind), reason_label(row.reason)) for row in page],
        "decided": [
            (row, kind_label(row.kind), reason_label(row.reason))
            for row in rows.exclude(released_at=None).order_by("-released_at")[:10]
        ],
    }
    return render(request, "bureau/quarantine.html", context)


@staff_page
@require_GET
def quarantined(request: HttpRequest, territory: Territory, key: UUID) -> HttpResponse:
    """One fact that was kept aside, exactly as it came."""
    row = get_object_or_404(Quarantined, pk=key, territory=territory.slug)
    raw = json.loads(row.raw)
    body = raw[HEAD_FIELDS] if len(raw) > HEAD_FIELDS else None
    other = Fact.objects.filter(territory=territory.slug, id=row.fact).first()
    context = {
        "row": row,
        "label": kind_label(row.kind),
        "reason": reason_label(row.reason),
        "place": place_rows(raw[:HEAD_FIELDS]),
        "body": json.dumps(body, ensure_ascii=False, indent=2),
        "rows": content_rows(body),
        # The one that came first under the same identifier: of the two, one is false.
        "other": content_rows(json.loads(other.body)) if other and row.reason == "same_id_other_content" else [],
        "other_row": other,
    }
    return render(request, "bureau/quarantined.html", context)


@staff_page
@require_POST
def quarantine_decision(request: HttpRequest, territory: Territory, key: UUID) -> HttpResponse:
    row = get_object_or_404(Quarantined, pk=key, territory=territory.slug)
    clock = runtime().clock
    try:
        if request.POST.get("decision") == "release":
            release(row, who(request), request.POST.get("why", ""), clock)
            messages.success(request, "Le fait est compté.")
        else:
            dismiss(row, who(request), request.POST.get("why", ""), clock)
            messages.success(request, "Le fait est classé ; il reste conservé.")
    except QuarantineRefused as error:
        messages.error(request, str(error))
    return redirect("facts-quarantine")


@staff_page
@require_POST
def quarantine_together(request: HttpRequest, territory: Territory) -> HttpResponse:
    """One decision for all that waits of a device for one reason: a kiosk hands in weeks of facts at once."""
    device, reason = request.POST.get("appareil", ""), request.POST.get("raison", "")
    count = request.POST.get("decision") == "release"
    why, clock = request.POST.get("why", ""), runtime().clock
    try:
        done = decide_together(territory.slug, device, reason, who(request), why, clock, count=count)
    except QuarantineRefused as error:
        messages.error(request, str(error))
        return redirect("facts-quarantine")
    many = "s" if done.decided > 1 else ""
    said = (
        f"{done.decided} fait{many} compté{many}."
        if count
        else f"{done.decided} fait{many} classé{many}, conservé{many}."
    )
    messages.success(request, said)
    if done.left:
        messages.error(request, f"À regarder un par un : {done.left}. Ce serveur ne peut pas les compter tels quels.")
    return redirect("facts-quarantine")
