"""The quality report: how many offers lack what, each count leading to the list of them."""

from __future__ import annotations

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from server.backoffice.access import staff_page
from server.catalogue import curation
from server.catalogue.models import OfferDraft, Suspect
from server.catalogue.quality import LABELS, Problem
from server.curation.fields import CATEGORIES
from server.curation.views.offers import today
from server.territory.models import Territory

ADVICE = {
    Problem.DEAD_DATES: "Elles quittent les écrans d'elles-mêmes ; prolongez les dates de celles qui reviennent.",
    Problem.DUPLICATE: "Deux sources racontent peut-être la même chose : fusionnez ou gardez à part.",
    Problem.NO_PLACE: "Ni distance ni épingle sur le plan.",
    Problem.NO_HOURS: "L'écran ne peut pas dire « ouvert maintenant ».",
    Problem.NO_DATES: "Un événement sans date n'entre pas dans l'agenda.",
    Problem.OLD_HOURS: "Toutes les périodes sont finies : l'écran ne dit plus rien des horaires.",
    Problem.NO_PICTURE: "Un dessin la remplace.",
    Problem.NO_TRANSLATION: "Les visiteurs étrangers la liront en français.",
    Problem.NO_PITCH: "Rien ne dit pourquoi y aller.",
    Problem.NO_CONTACT: "Ni téléphone ni site à emporter.",
}


@staff_page
@require_GET
def quality(request: HttpRequest, territory: Territory) -> HttpResponse:
    day = today()
    rows = OfferDraft.objects.filter(territory=territory.slug)
    alive = rows.exclude(state=OfferDraft.State.EXPIRED)
    total = alive.count()
    lines = []
    for problem, label in LABELS.items():
        if problem is Problem.DUPLICATE:
            count = Suspect.objects.filter(territory=territory.slug).count()
        else:
            count = curation.with_problem(rows if problem is Problem.DEAD_DATES else alive, problem, day).count()
        share = min(100, round(100 * count / total)) if total else 0
        lines.append({"problem": problem, "label": label, "count": count, "share": share, "advice": ADVICE[problem]})
    by_category = dict(alive.values_list("category").annotate(count=Count("uid")))
    clean = alive.filter(problems="", last_day__gte=day.isoformat()).count()
    context = {
        "lines": lines,
        "total": total,
        "clean": clean,
        "categories": [(value, label, by_category.get(value, 0)) for value, label in CATEGORIES.items()],
    }
    return render(request, "curation/quality.html", context)
