"""Content: what is published, what waits, and the button that sends it to the screens."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from domain.days import local_day
from server.api.runtime import runtime
from server.backoffice.access import staff_page, who
from server.catalogue.curation import set_state
from server.catalogue.drafts import expire, load_drafts
from server.catalogue.models import OfferDraft
from server.content.models import ContentVersion
from server.content.publish import PublishRefused, newest_version, publish
from server.curation.sources import source_label
from server.territory.models import StaffAction, Territory


@staff_page
@require_GET
def content(request: HttpRequest, territory: Territory) -> HttpResponse:
    slug = territory.slug
    expire(slug, local_day(runtime().clock.now_ms()))
    rows = OfferDraft.objects.filter(territory=slug)
    by_source: dict[str, dict[str, int]] = {}
    for row in rows.values("source", "state").annotate(count=Count("uid")).order_by("source", "state"):
        by_source.setdefault(row["source"], {})[row["state"]] = row["count"]
    newest = newest_version(slug)
    waiting = rows.exclude(state=OfferDraft.State.DRAFT)
    context = {
        "sources": [
            (source, source_label(source), found.get("draft", 0), found.get("published", 0))
            for source, found in by_source.items()
        ],
        "published": rows.filter(state=OfferDraft.State.PUBLISHED).count(),
        "waiting": waiting.filter(updated_at__gt=newest.issued_at).count() if newest else waiting.count(),
        "versions": ContentVersion.objects.filter(territory=slug).order_by("-content_version", "group")[:12],
    }
    return render(request, "bureau/content.html", context)


@staff_page
@require_POST
def content_publish(request: HttpRequest, territory: Territory) -> HttpResponse:
    """Publish; with a source, its drafts first become published offers."""
    source = request.POST.get("source", "")
    if source:
        drafts = OfferDraft.objects.filter(territory=territory.slug, source=source, state=OfferDraft.State.DRAFT)
        set_state(drafts, OfferDraft.State.PUBLISHED, local_day(runtime().clock.now_ms()))
    run = runtime()
    expire(territory.slug, local_day(run.clock.now_ms()))
    try:
        done = publish(territory.slug, load_drafts(territory.slug, ["published"]), run.home, run.identity, run.clock)
    except PublishRefused as error:
        messages.error(request, str(error))
        return redirect("content")
    StaffAction.objects.create(
        territory=territory.slug, who=who(request), what="content.published", target=f"n° {done.content_version}"
    )
    messages.success(request, f"Version {done.content_version} publiée : {done.offers} fiches.")
    return redirect("content")
