"""Reviews: none reaches a screen before a person has read it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from server.backoffice.access import staff_page, who
from server.backoffice.paging import page_of
from server.catalogue.models import OfferDraft, VisitorReview
from server.territory.models import StaffAction, Territory

STATES = VisitorReview.State


@staff_page
@require_GET
def reviews(request: HttpRequest, territory: Territory) -> HttpResponse:
    state = request.GET.get("etat", STATES.WAITING)
    if state not in STATES.values:
        state = STATES.WAITING
    rows = VisitorReview.objects.filter(territory=territory.slug, state=state).order_by("-created_at")
    page = page_of(request, rows)
    names = dict(OfferDraft.objects.filter(uid__in=[row.offer for row in page]).values_list("uid", "name"))
    context = {
        "page": page,
        "rows": [(row, names.get(row.offer, "—"), "★" * row.stars + "☆" * (5 - row.stars)) for row in page],
        "state": state,
        "states": STATES.choices,
        "query": f"etat={state}&",
    }
    return render(request, "curation/reviews.html", context)


@staff_page
@require_POST
def review_decision(request: HttpRequest, territory: Territory, key: UUID) -> HttpResponse:
    review = get_object_or_404(VisitorReview, territory=territory.slug, pk=key)
    decision = request.POST.get("decision", "")
    if decision not in (STATES.ACCEPTED, STATES.REFUSED):
        raise Http404
    review.state, review.moderated_by = decision, who(request)
    review.save(update_fields=["state", "moderated_by"])
    StaffAction.objects.create(
        territory=territory.slug, who=who(request), what=f"review.{decision}", target=review.author[:120]
    )
    said = "accepté : il partira au prochain envoi" if decision == STATES.ACCEPTED else "refusé"
    messages.success(request, f"Avis de {review.author} {said}.")
    return redirect("reviews")
