"""Stories: what bloggers wrote, read by a person before a screen says it, and set beside an offer by hand."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from domain.ports import Uuid7Ids
from server.api.runtime import runtime
from server.backoffice.access import staff_page, who
from server.backoffice.paging import page_of
from server.catalogue.drafts import MANUAL
from server.catalogue.fetching import is_address
from server.catalogue.layers import FieldRefused
from server.catalogue.models import OfferDraft
from server.curation import stories as shelf
from server.curation.chooser import chosen_offer, offer_names
from server.curation.fields import read_area, read_line
from server.curation.sources import source_label
from server.curation.views.offers import today
from server.imports.models import Story
from server.territory.models import StaffAction, Territory

STATES = shelf.STATES
TABS = ((STATES.WAITING, "À lire"), (STATES.ACCEPTED, "Retenus"), (STATES.REFUSED, "Écartés"))
_SAID = {STATES.WAITING.value: "à lire", STATES.ACCEPTED.value: "retenu", STATES.REFUSED.value: "écarté"}
QUOTE_CHARS = 400
ADDRESS_CHARS = 500


@staff_page
def stories(request: HttpRequest, territory: Territory) -> HttpResponse:
    """The stories of one state; a post adds one by hand."""
    if request.method == "POST":
        run = runtime()
        made = Story(
            territory=territory.slug,
            source=MANUAL,
            source_id=Uuid7Ids(run.clock, run.chance).new(),
            state=STATES.ACCEPTED,
            edited=True,
        )
        try:
            _read(request, made)
        except FieldRefused as error:
            messages.error(request, str(error))
        else:
            made.save()
            _note(request, territory, "story.created", made.title)
            messages.success(request, f"Récit « {made.title} » ajouté : posez-le sur une fiche.")
            return redirect("story", made.pk)
    state = request.GET.get("etat", STATES.WAITING)
    if state not in STATES.values:
        state = STATES.WAITING
    rows = Story.objects.filter(territory=territory.slug)
    page = page_of(request, rows.filter(state=state).order_by("-day", "-seen_at", "pk"))
    names = offer_names(row.offer for row in page if row.offer)
    context = {
        "page": page,
        "rows": [(row, names.get(row.offer, "")) for row in page],
        "state": state,
        "tabs": [(value, label, rows.filter(state=value).count()) for value, label in TABS],
        "query": f"etat={state}&",
        "entered": request.POST,
    }
    return render(request, "curation/stories.html", context, status=422 if request.method == "POST" else 200)


@staff_page
def story(request: HttpRequest, territory: Territory, key: UUID) -> HttpResponse:
    """One story: its words, and the offer that shows them."""
    row = get_object_or_404(Story, territory=territory.slug, pk=key)
    if request.method == "POST":
        try:
            _read(request, row)
        except FieldRefused as error:
            messages.error(request, str(error))
        else:
            shelf.write(row, today())
            _note(request, territory, "story.changed", row.title)
            messages.success(request, "Récit enregistré : vos mots restent, même si le blog revient.")
            return redirect("story", row.pk)
    drafts = OfferDraft.objects.filter(territory=territory.slug)
    context = {
        "row": row,
        "state_label": _SAID[row.state],
        "label": source_label(row.source.partition(":")[0]),
        "by_hand": row.source == MANUAL,
        "link": row.url if is_address(row.url) else "",
        "offer": drafts.filter(uid=row.offer).first() if row.offer else None,
        "named": [found for found in shelf.named_offers(row) if found[0] != row.offer],
        "suggestions": drafts.exclude(state=OfferDraft.State.EXPIRED)
        .order_by("name")
        .values_list("uid", "name", "commune")[:400],
    }
    return render(request, "curation/story.html", context, status=422 if request.method == "POST" else 200)


def _read(request: HttpRequest, row: Story) -> None:
    """Puts what was typed into the row, unsaved. Raises FieldRefused."""
    post = request.POST
    row.title = read_line(200)(post.get("titre", ""))
    row.quote = read_area(QUOTE_CHARS)(post.get("mots", ""))
    row.author = read_line(120)(post.get("auteur", ""))
    row.licence = read_line(80)(post.get("licence", ""))
    row.url = post.get("adresse", "").strip()[:ADDRESS_CHARS]
    if not (row.title and row.quote and row.author and row.licence):
        raise FieldRefused("Un récit a un titre, ses mots, son auteur et sa licence : ils sont affichés ensemble.")
    if row.url and not is_address(row.url):
        raise FieldRefused("L'adresse de la page commence par https://.")


@staff_page
@require_POST
def story_offer(request: HttpRequest, territory: Territory, key: UUID) -> HttpResponse:
    """Set the story beside an offer, or take it away; asked for from the story's page or the offer's."""
    row = get_object_or_404(Story, territory=territory.slug, pk=key)
    back = redirect("offer", request.POST["fiche"]) if request.POST.get("fiche") else redirect("story", row.pk)
    if request.POST.get("action") == "retirer":
        shelf.detach(row, today())
        _note(request, territory, "story.detached", row.title)
        messages.success(request, f"« {row.title} » n'accompagne plus de fiche.")
        return back
    try:
        draft = chosen_offer(territory.slug, request.POST.get("offre", ""))
        shelf.attach(row, draft, today())
    except FieldRefused as error:
        messages.error(request, str(error))
        return back
    _note(request, territory, "story.attached", row.title)
    messages.success(request, f"« {row.title} » accompagne « {draft.name} » : il partira au prochain envoi.")
    return back


@staff_page
@require_POST
def story_pick(request: HttpRequest, territory: Territory, uid: str) -> HttpResponse:
    """From an offer's page: the story that was chosen in its list."""
    try:
        key = UUID(request.POST.get("recit", ""))
    except ValueError:
        messages.error(request, "Choisissez un récit dans la liste.")
        return redirect("offer", uid)
    row = get_object_or_404(Story, territory=territory.slug, pk=key)
    draft = get_object_or_404(OfferDraft, territory=territory.slug, uid=uid)
    try:
        shelf.attach(row, draft, today())
    except FieldRefused as error:
        messages.error(request, str(error))
    else:
        _note(request, territory, "story.attached", row.title)
        messages.success(request, f"« {row.title} » accompagne cette fiche : il partira au prochain envoi.")
    return redirect("offer", uid)


@staff_page
@require_POST
def story_decision(request: HttpRequest, territory: Territory, key: UUID) -> HttpResponse:
    """Keep a story, put it aside, or remove one that was added by hand."""
    row = get_object_or_404(Story, territory=territory.slug, pk=key)
    decision = request.POST.get("decision", "")
    if decision == "supprimer" and row.source == MANUAL:
        shelf.detach(row, today())
        row.delete()
        _note(request, territory, "story.deleted", row.title)
        messages.success(request, f"Récit « {row.title} » supprimé.")
        return redirect("stories")
    if decision not in (STATES.ACCEPTED, STATES.REFUSED):
        raise Http404
    if decision == STATES.REFUSED:
        shelf.detach(row, today())
    row.state = decision
    row.save(update_fields=["state"])
    _note(request, territory, f"story.{decision}", row.title)
    said = "retenu : posez-le sur une fiche" if decision == STATES.ACCEPTED else "écarté"
    messages.success(request, f"Récit « {row.title} » {said}.")
    return redirect("story", row.pk) if decision == STATES.ACCEPTED else redirect("stories")


def _note(request: HttpRequest, territory: Territory, what: str, target: str) -> None:
    StaffAction.objects.create(territory=territory.slug, who=who(request), what=what, target=target[:120])
