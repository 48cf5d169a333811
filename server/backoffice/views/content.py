"""Content: what is published, what waits, and the button that sends it to the screens."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from server.api.runtime import runtime
from server.backoffice.access import staff_page, who
from server.backoffice.paging import page_of
from server.catalogue.drafts import load_drafts
from server.catalogue.models import OfferDraft
from server.content.models import ContentVersion
from server.content.publish import PublishRefused, publish
from server.territory.models import StaffAction, Territory

CATEGORIES = {
    "outings": "Sorties et visites",
    "walks": "Balades et vélo",
    "wine": "Vin et producteurs",
    "food": "Manger",
    "deals": "Bons plans",
    "events": "Agenda",
    "stay": "Dormir",
    "services": "Services",
}
SOURCES = {"territory": "Territoire (rédaction)", "datatourisme": "DATAtourisme"}


@staff_page
@require_GET
def content(request: HttpRequest, territory: Territory) -> HttpResponse:
    slug = territory.slug
    rows = OfferDraft.objects.filter(territory=slug)
    counts = rows.values("source", "state").annotate(count=Count("uid")).order_by("source", "state")
    by_source: dict[str, dict[str, int]] = {}
    for row in counts:
        by_source.setdefault(row["source"], {})[row["state"]] = row["count"]
    page = page_of(request, rows.order_by("state", "-merit", "uid"))
    context = {
        "sources": [
            (source, SOURCES.get(source, source), found.get("draft", 0), found.get("published", 0))
            for source, found in by_source.items()
        ],
        "versions": ContentVersion.objects.filter(territory=slug).order_by("-content_version")[:8],
        "page": page,
        "offers": [(row, _name(row), CATEGORIES.get(str(row.payload.get("category")), "")) for row in page],
    }
    return render(request, "bureau/content.html", context)


def _name(row: OfferDraft) -> str:
    texts = row.payload.get("texts", {})
    text = texts.get("fr") or next(iter(texts.values()), [row.uid])
    return str(text[0])


@staff_page
@require_POST
def content_publish(request: HttpRequest, territory: Territory) -> HttpResponse:
    """Publish; with a source, its drafts first become published offers."""
    source = request.POST.get("source", "")
    if source:
        drafts = OfferDraft.objects.filter(territory=territory.slug, source=source, state=OfferDraft.State.DRAFT)
        drafts.update(state=OfferDraft.State.PUBLISHED)
    run = runtime()
    try:
        done = publish(territory.slug, load_drafts(territory.slug, ["published"]), run.home, run.identity, run.clock)
    except PublishRefused as error:
        messages.error(request, str(error))
        return redirect("content")
    StaffAction.objects.create(
        territory=territory.slug, who=who(request), what="content.published", target=f"n° {done.content_version}"
    )
    messages.success(request, f"Version {done.content_version} publiée : {done.offers} offres.")
    return redirect("content")
