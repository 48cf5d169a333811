"""Sources: feeds that the server reads by itself, how their last reading went, and a button to read one now."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from server.api.runtime import runtime
from server.backoffice.access import staff_page, who
from server.catalogue.fetching import is_address
from server.catalogue.formats import FORMATS
from server.catalogue.layers import FieldRefused
from server.curation.fields import read_line
from server.curation.said import outcome_fr, reason_fr
from server.curation.sources import source_label
from server.imports.keys import PLACE, KeyRefused, encode_key, split_address
from server.imports.models import Source
from server.imports.now import start_now
from server.territory.models import StaffAction, Territory

ADDRESS_CHARS, NAME_CHARS = 1000, 24
EVERY = ((60, "toutes les heures"), (360, "toutes les 6 heures"), (1440, "chaque jour"), (10_080, "chaque semaine"))
KINDS = (("producers", "des producteurs"), ("premises", "des locaux"), ("jobs", "des emplois"))


def state_of(source: Source, now_ms: int) -> tuple[str, str]:
    """The chip of a source: its colour's class and its word."""
    if source.lease_until > now_ms:
        return "waiting", "en cours"
    if not source.enabled:
        return "", "en pause"
    if source.failures:
        return "bad", "en échec"
    return ("good", "à jour") if source.succeeded_at else ("waiting", "jamais lue")


@staff_page
def sources(request: HttpRequest, territory: Territory) -> HttpResponse:
    if request.method == "POST":
        made = Source(territory=territory.slug)
        try:
            made.name = _read_name(request, territory)
            _read(request, made)
        except FieldRefused as error:
            messages.error(request, str(error))
        else:
            made.save()
            _note(request, territory, "source.created", made.name)
            messages.success(request, f"Source « {made.name} » ajoutée : elle sera lue dans les minutes qui viennent.")
            return redirect("source", made.pk)
    now = runtime().clock.now_ms()
    rows = Source.objects.filter(territory=territory.slug).order_by("name")
    context = {
        "rows": [
            (row, source_label(row.format), state_of(row, now), dict(EVERY).get(row.every_minutes, ""), _said(row))
            for row in rows
        ],
        **_form(request, None),
    }
    return render(request, "curation/sources.html", context, status=422 if request.method == "POST" else 200)


def _said(source: Source) -> str:
    """What its last reading said."""
    if source.ran_at is None:
        return ""
    return outcome_fr(source.message) or "Rien n'avait changé."


def _form(request: HttpRequest, source: Source | None) -> dict[str, object]:
    """What the form shows: what was typed when it was refused, else what the source has. Never its key."""
    if request.method == "POST":
        shown = {name: str(value) for name, value in request.POST.items() if name != "cle"}
        # A key that was typed into the address goes back to nobody's screen.
        shown["adresse"] = split_address(shown.get("adresse", ""))[0]
    elif source is not None:
        options = source.options
        shown = {
            "nom": source.name,
            "format": source.format,
            "adresse": source.address,
            "rythme": str(source.every_minutes),
            "entier": "1" if source.complete else "",
            "selections": ", ".join(map(str, options.get("selections", []))),
            **{name: str(options.get(key, "")) for name, key in _WORDS},
        }
    else:
        shown = {"rythme": "1440", "format": "ical"}
    every = list(EVERY)
    if shown.get("rythme", "").isdigit() and int(shown["rythme"]) not in dict(EVERY):
        every.append((int(shown["rythme"]), f"toutes les {shown['rythme']} minutes"))
    return {
        "shown": shown,
        "formats": [(name, source_label(name)) for name in sorted(FORMATS)],
        "every": [(str(minutes), label) for minutes, label in every],
        "kinds": KINDS,
        "has_key": source is not None and bool(source.key),
    }


_WORDS = (("commune", "commune"), ("auteur", "author"), ("licence", "licence"), ("contenu", "kind"))


def _read_name(request: HttpRequest, territory: Territory) -> str:
    """A short name that no other source has. Raises FieldRefused."""
    plain = unicodedata.normalize("NFKD", request.POST.get("nom", "")).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:NAME_CHARS].strip("-")
    if not name:
        raise FieldRefused("Donnez un nom court à la source, comme « mairie ».")
    if Source.objects.filter(territory=territory.slug, name=name).exists():
        raise FieldRefused(f"Une source s'appelle déjà « {name} ».")
    return name


def _read(request: HttpRequest, row: Source) -> None:
    """Puts what was typed into the row, unsaved. Raises FieldRefused."""
    post = request.POST
    address, inside = split_address(post.get("adresse", "").strip())
    try:
        key = inside or encode_key(post.get("cle", ""))
    except KeyRefused as error:
        raise FieldRefused("Cette clé ne peut pas servir : 300 lettres ordinaires au plus, sur une ligne.") from error
    if post.get("format") not in FORMATS:
        raise FieldRefused("Choisissez le format de la source.")
    # A path of the server's own disk is an operator's to give; one that stands here already may stay.
    if address != row.address and not is_address(address):
        raise FieldRefused("L'adresse de la source commence par https://.")
    if len(address) > ADDRESS_CHARS or not address.isascii() or any(letter.isspace() for letter in address):
        raise FieldRefused("L'adresse contient des caractères impossibles, ou elle est trop longue.")
    if key and PLACE not in address:
        raise FieldRefused(f"Écrivez {PLACE} dans l'adresse, là où le service attend la clé.")
    if PLACE in address and not (key or row.key):
        raise FieldRefused("L'adresse attend une clé : donnez-la dans le champ « Clé d'accès ».")
    minutes = post.get("rythme", "")
    if not minutes.isascii() or not minutes.isdigit() or not 15 <= int(minutes) <= 44_640:
        raise FieldRefused("Choisissez tous les combien la source est lue.")
    if row.key and not key and PLACE in address and _host(address) != _host(row.address):
        raise FieldRefused("Cette adresse mène ailleurs : redonnez la clé, elle n'est pas envoyée à un autre service.")
    row.format, row.address, row.every_minutes = str(post["format"]), address, int(minutes)
    row.key = (key or row.key) if PLACE in address else ""
    row.complete = post.get("entier") == "1"
    words = {key: read_line(120)(post.get(name, "")) for name, key in _WORDS}
    if words["kind"] not in dict(KINDS):
        words["kind"] = ""
    listed = [part.strip()[:80] for part in post.get("selections", "").split(",") if part.strip()][:50]
    row.options = {**{name: value for name, value in words.items() if value}, "selections": listed}
    row.etag = row.last_modified = ""
    row.due_at = row.failures = 0


def _host(address: str) -> str:
    return re.sub(r"^(https?://[^/?#]*).*", r"\1", address.lower(), flags=re.DOTALL)


@staff_page
def source(request: HttpRequest, territory: Territory, key: UUID) -> HttpResponse:
    row = get_object_or_404(Source, territory=territory.slug, pk=key)
    if request.method == "POST":
        try:
            _read(request, row)
        except FieldRefused as error:
            messages.error(request, str(error))
            row.refresh_from_db()
        else:
            row.save()
            _note(request, territory, "source.changed", row.name)
            messages.success(request, "Source enregistrée : elle sera relue dans les minutes qui viennent.")
            return redirect("source", row.pk)
    now = runtime().clock.now_ms()
    reasons = row.summary.get("reasons", [])
    counted = Counter(reason_fr(str(line.get("reason", ""))) for line in reasons)
    context = {
        "row": row,
        "label": source_label(row.format),
        "chip": state_of(row, now),
        "running": row.lease_until > now,
        "said": _said(row),
        "counted": counted.most_common(),
        "reasons": [(line.get("object", ""), reason_fr(str(line.get("reason", "")))) for line in reasons],
        **_form(request, row),
    }
    return render(request, "curation/source.html", context, status=422 if request.method == "POST" else 200)


@staff_page
@require_POST
def source_action(request: HttpRequest, territory: Territory, key: UUID) -> HttpResponse:
    """Read it now, pause it or go on, or follow it no longer."""
    row = get_object_or_404(Source, territory=territory.slug, pk=key)
    match request.POST.get("action", ""):
        case "lire":
            if start_now(row, runtime().clock) is None:
                messages.error(request, "Cette source est déjà en cours de lecture.")
            _note(request, territory, "source.read", row.name)
        case "pause":
            row.enabled = not row.enabled
            row.due_at = 0
            row.save(update_fields=["enabled", "due_at"])
            _note(request, territory, "source.paused" if not row.enabled else "source.resumed", row.name)
            messages.success(request, f"Source « {row.name} » {'reprise' if row.enabled else 'mise en pause'}.")
        case "supprimer":
            row.delete()
            _note(request, territory, "source.deleted", row.name)
            messages.success(request, f"Source « {row.name} » supprimée : ce qu'elle a apporté reste.")
            return redirect("sources")
        case _:
            raise Http404
    return redirect("source", row.pk)


@staff_page
@require_GET
def source_state(request: HttpRequest, territory: Territory, key: UUID) -> HttpResponse:
    """What the page that waits asks for."""
    row = get_object_or_404(Source, territory=territory.slug, pk=key)
    return JsonResponse({"over": row.lease_until <= runtime().clock.now_ms(), "read": 0})


def _note(request: HttpRequest, territory: Territory, what: str, target: str) -> None:
    StaffAction.objects.create(territory=territory.slug, who=who(request), what=what, target=target[:120])
