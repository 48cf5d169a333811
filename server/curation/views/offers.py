"""Offers: the list with its filters, the page that edits one, publishing in bulk."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from domain.days import local_day
from domain.ports import Uuid7Ids
from server.api.runtime import runtime
from server.backoffice.access import staff_page, who
from server.backoffice.paging import page_of
from server.catalogue import curation
from server.catalogue.layers import BY_HAND, FieldRefused, read_field
from server.catalogue.models import OfferDraft, SourceRecord
from server.catalogue.pictures import PICTURE_BYTES, PictureRefused, PictureStore, encode
from server.catalogue.quality import LABELS, Problem
from server.curation.fields import CATEGORIES, SECTIONS, Field, read_booking, read_changes, read_line, read_story, shown
from server.curation.sources import source_label
from server.curation.stories import forget_released
from server.imports.models import Story
from server.territory.models import Site, StaffAction, Territory
from sync.content.text import tokens

STATES = OfferDraft.State
FILTERS = ("etat", "categorie", "source", "probleme", "q")
BULK_MAX = 20_000
PICTURES_MAX = 4
STORIES_OFFERED = 200


def today() -> date:
    """The local day now."""
    return local_day(runtime().clock.now_ms())


def filtered(territory: str, chosen: dict[str, str]) -> QuerySet[OfferDraft]:
    """The offers that the filters leave, best first."""
    rows = OfferDraft.objects.filter(territory=territory)
    if chosen.get("etat") in STATES.values:
        rows = rows.filter(state=chosen["etat"])
    if chosen.get("categorie") in CATEGORIES:
        rows = rows.filter(category=chosen["categorie"])
    if source := chosen.get("source"):
        rows = rows.filter(uid__in=SourceRecord.objects.filter(territory=territory, source=source).values("offer"))
    if chosen.get("probleme") in set(Problem):
        rows = curation.with_problem(rows, Problem(chosen["probleme"]), today())
    for word in tokens(chosen.get("q", ""))[:6]:
        rows = rows.filter(label__contains=word)
    return rows.order_by("-merit", "uid")


def _chosen(values: object) -> dict[str, str]:
    get = values.get  # type: ignore[attr-defined]
    return {name: str(get(name, ""))[:80] for name in FILTERS if get(name)}


@staff_page
@require_GET
def offers(request: HttpRequest, territory: Territory) -> HttpResponse:
    chosen = _chosen(request.GET)
    rows = filtered(territory.slug, chosen)
    page = page_of(request, rows)
    sources = SourceRecord.objects.filter(territory=territory.slug).values_list("source", flat=True).distinct()
    context = {
        "page": page,
        "rows": [(row, CATEGORIES.get(row.category, ""), _problems(row)) for row in page],
        "states": STATES.choices,
        "categories": CATEGORIES.items(),
        "sources": [(source, source_label(source)) for source in sorted(sources)],
        "problems": [(problem.value, label) for problem, label in LABELS.items()],
        "chosen": chosen,
        "query": f"{urlencode(chosen)}&" if chosen else "",
    }
    return render(request, "curation/offers.html", context)


def _problems(row: OfferDraft) -> list[str]:
    found = [LABELS[Problem(name)] for name in row.problems.split()]
    if row.last_day < today().isoformat():
        found.insert(0, LABELS[Problem.DEAD_DATES])
    return found


@staff_page
@require_POST
def offers_bulk(request: HttpRequest, territory: Territory) -> HttpResponse:
    """Publish or withdraw what is ticked, or everything that the filters leave."""
    chosen = _chosen(request.POST)
    state = request.POST.get("vers", "")
    if state not in (STATES.PUBLISHED, STATES.DRAFT):
        raise Http404
    rows = filtered(territory.slug, chosen)
    if request.POST.get("tout") != "1":
        rows = rows.filter(uid__in=request.POST.getlist("fiche")[:BULK_MAX])
    done = curation.set_state(rows, state, today())
    _note(request, territory, f"offers.{state}", f"{done} fiches")
    said = "publiée" if state == STATES.PUBLISHED else "remise en brouillon"
    plural = "s" if done > 1 else ""
    messages.success(
        request, f"{done} fiche{plural} {said.replace('ée', 'ée' + plural).replace('ise', 'ise' + plural)}."
    )
    target = reverse("offers")
    return redirect(f"{target}?{urlencode(chosen)}" if chosen else target)


@staff_page
@require_POST
def offer_new(request: HttpRequest, territory: Territory) -> HttpResponse:
    run = runtime()
    category = request.POST.get("categorie", "")
    try:
        draft = curation.create_offer(
            territory.slug,
            Uuid7Ids(run.clock, run.chance).new(),
            request.POST.get("nom", ""),
            category if category in CATEGORIES else "outings",
            request.POST.get("commune", ""),
            territory.name,
        )
    except FieldRefused as error:
        messages.error(request, str(error))
        return redirect("offers")
    _note(request, territory, "offer.created", draft.name)
    return redirect("offer", draft.uid)


def offer_of(territory: Territory, uid: str) -> OfferDraft:
    """The offer, or 404; one that was merged away leads to the one that it went into."""
    draft = OfferDraft.objects.filter(territory=territory.slug, uid=uid).first()
    if draft is None:
        record = SourceRecord.objects.filter(territory=territory.slug, uid=uid).first()
        draft = OfferDraft.objects.filter(uid=record.offer).first() if record else None
    if draft is None:
        raise Http404
    return draft


@staff_page
def offer(request: HttpRequest, territory: Territory, uid: str) -> HttpResponse:
    draft = offer_of(territory, uid)
    typed: dict[str, str] = {}
    if request.method == "POST":
        typed = {name: value for name, value in request.POST.items() if isinstance(value, str)}
        try:
            _save(request, territory, draft, typed)
        except FieldRefused as error:
            messages.error(request, str(error))
        else:
            messages.success(request, "Fiche enregistrée. Elle partira aux bornes au prochain envoi.")
            return redirect("offer", draft.uid)
    return render(request, "curation/offer.html", _page(draft, territory, typed), status=422 if typed else 200)


def _save(request: HttpRequest, territory: Territory, draft: OfferDraft, typed: dict[str, str]) -> None:
    payload = draft.payload
    changes = read_changes(payload, typed, request.POST.getlist("tags") if "tags_shown" in typed else None)
    story = read_story(*(typed.get(f"story_{part}", "") for part in ("quote", "author", "licence")))
    if story != payload["details"].get("story") and "story_quote" in typed:
        changes["details.story"] = story
    if "slots" in typed:
        sites = set(Site.objects.filter(territory=territory.slug).values_list("number", flat=True))
        booking = read_booking(typed, sites)
        if booking != payload["details"].get("booking"):
            changes["details.booking"] = booking
    released = request.POST.getlist("rendre")
    forget_released(curation.change_fields(draft.uid, changes, released, today()))
    _note(request, territory, "offer.changed", draft.name)


def _page(draft: OfferDraft, territory: Territory, typed: dict[str, str]) -> dict[str, object]:
    records = list(SourceRecord.objects.filter(offer=draft.uid).order_by("source", "uid"))
    names = {record.uid: source_label(record.source) for record in records}
    only = source_label(draft.source)

    def row(field: Field) -> dict[str, object]:
        value = typed.get(field.path, shown(field, draft.payload)) if field.kind != "tags" else ""
        origins = draft.origins.get(field.path, [] if draft.origins else [draft.uid])
        by_hand = origins == [BY_HAND]
        origin = "modifié à la main" if by_hand else " + ".join(dict.fromkeys(names.get(o, only) for o in origins))
        return {"field": field, "value": value, "origin": origin if value or by_hand else "", "by_hand": by_hand}

    sections = []
    for section in SECTIONS:
        rows = [row(field) for field in section.fields]
        filled = any(line["value"] for line in rows)
        sections.append({"title": section.title, "rows": rows, "folded": section.folded and not filled})
    details = draft.payload["details"]
    booking = details.get("booking") or {}
    return {
        "draft": draft,
        "sections": sections,
        "tags": draft.payload["tags"],
        "records": [_record(record, record.uid == draft.uid) for record in records],
        "problems": _problems(draft),
        "story": details.get("story") or ["", "", ""],
        "shown_story": Story.objects.filter(territory=territory.slug, offer=draft.uid).first(),
        "free_stories": Story.objects.filter(territory=territory.slug, offer="")
        .exclude(state=Story.State.REFUSED)
        .order_by("-day", "title")
        .values_list("pk", "title", "author")[:STORIES_OFFERED],
        "story_by_hand": draft.origins.get("details.story") == [BY_HAND],
        "pictures": [{"key": p[0], "url": p[1], "author": p[2], "licence": p[3]} for p in details.get("pictures", ())],
        "slots": ", ".join(f"{start // 60}:{start % 60:02d}" for start, _ in booking.get("slots", ())),
        "booking": booking,
        "slot_duration": booking["slots"][0][1] if booking.get("slots") else 60,
        "slot_price": f"{booking['price_cents'] // 100},{booking['price_cents'] % 100:02d}" if booking else "",
        "sites": Site.objects.filter(territory=territory.slug).order_by("name"),
        "public_path": reverse("mobile-offer", args=[draft.uid]),
    }


def _record(record: SourceRecord, head: bool) -> dict[str, object]:
    provenance = record.payload["details"].get("provenance") or [[record.source, record.source_id, "", None, ""]]
    return {
        "uid": record.uid,
        "label": source_label(record.source),
        "id": record.source_id,
        "licence": provenance[0][2],
        "publisher": provenance[0][4],
        "updated": provenance[0][3],
        "withdrawn": record.withdrawn,
        "head": head,
        "name": read_field(record.payload, "texts.fr.name") or next(iter(record.payload["texts"].values()))[0],
    }


@staff_page
@require_POST
def offer_state(request: HttpRequest, territory: Territory, uid: str) -> HttpResponse:
    draft = offer_of(territory, uid)
    state = request.POST.get("vers", "")
    if state not in STATES.values:
        raise Http404
    if curation.set_state(OfferDraft.objects.filter(pk=draft.pk), state, today()):
        _note(request, territory, f"offer.{state}", draft.name)
        messages.success(request, f"« {draft.name} » : {STATES(state).label.lower()}.")
    elif draft.state != state:
        messages.error(request, "Toutes ses dates sont passées : corrigez-les avant de publier.")
    return redirect("offer", draft.uid)


@staff_page
@require_POST
def offer_picture(request: HttpRequest, territory: Territory, uid: str) -> HttpResponse:
    """A photo from the curator's computer comes first; its author and licence are asked for."""
    draft = offer_of(territory, uid)
    given = request.FILES.get("photo")
    try:
        author = read_line(120)(request.POST.get("auteur", ""))
        licence = read_line(80)(request.POST.get("licence", ""))
        if given is None or not author or not licence:
            raise FieldRefused("Choisissez une photo, et dites son auteur et sa licence : ils sont toujours affichés.")
        if (given.size or 0) > PICTURE_BYTES:
            raise FieldRefused("Cette photo est trop lourde.")
        key = PictureStore(runtime().home.pictures).add(encode(given.read()))
        pictures = [[key, "", author, licence, ""], *(draft.payload["details"].get("pictures") or [])][:PICTURES_MAX]
        curation.change_fields(draft.uid, {"details.pictures": pictures}, (), today())
    except PictureRefused:
        messages.error(request, "Ce fichier n'est pas une photo qui se lit (JPEG, PNG, WebP ou GIF).")
    except FieldRefused as error:
        messages.error(request, str(error))
    else:
        _note(request, territory, "offer.picture", draft.name)
        messages.success(request, "Photo ajoutée, réduite et débarrassée de ses données cachées.")
    return redirect("offer", draft.uid)


@staff_page
@require_POST
def offer_split(request: HttpRequest, territory: Territory, uid: str) -> HttpResponse:
    try:
        made = curation.split_record(territory.slug, request.POST.get("source", ""), who(request), today())
    except FieldRefused as error:
        messages.error(request, str(error))
        return redirect("offer", uid)
    _note(request, territory, "offer.split", made.name)
    messages.success(request, f"« {made.name} » est de nouveau une fiche à part.")
    return redirect("offer", made.uid)


def _note(request: HttpRequest, territory: Territory, what: str, target: str) -> None:
    StaffAction.objects.create(territory=territory.slug, who=who(request), what=what, target=target[:120])
