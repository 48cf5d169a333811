"""What comes first: the editor's choices and the marketer's campaigns, with where, when and for whom."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from domain.cards import CardKind
from domain.pushes import Season
from server.backoffice.access import staff_page, who
from server.catalogue.layers import FieldRefused
from server.catalogue.models import KioskGroup, OfferDraft, Push
from server.curation.chooser import chosen_offer, offer_names, read_clock, read_day
from server.territory.models import Site, StaffAction, Territory

SEASONS = {
    Season.WINTER.value: "hiver",
    Season.SPRING.value: "printemps",
    Season.SUMMER.value: "été",
    Season.AUTUMN.value: "automne",
}
KINDS = {
    CardKind.VISITOR.name.lower(): "visiteur",
    CardKind.RESIDENT.name.lower(): "habitant ambassadeur",
    CardKind.PRO.name.lower(): "professionnel",
    CardKind.HOST.name.lower(): "hébergeur",
}


@staff_page
def pushes(request: HttpRequest, territory: Territory) -> HttpResponse:
    if request.method == "POST":
        try:
            made = _read(request, territory)
        except FieldRefused as error:
            messages.error(request, str(error))
        else:
            made.save()
            _note(request, territory, "push.created", made.title)
            messages.success(request, f"« {made.title} » partira aux bornes au prochain envoi.")
            return redirect("pushes")
    rows = list(Push.objects.filter(territory=territory.slug).order_by("-active", "-created_at"))
    names = offer_names(row.offer for row in rows)
    sites = {site.number: site.name for site in Site.objects.filter(territory=territory.slug).order_by("name")}
    context = {
        "rows": [(row, names.get(row.offer, "—"), _targets(row, sites)) for row in rows],
        "sites": sites.items(),
        "groups": KioskGroup.objects.filter(territory=territory.slug).order_by("label"),
        "seasons": SEASONS.items(),
        "card_kinds": KINDS.items(),
        "entered": request.POST,
        "suggestions": OfferDraft.objects.filter(
            territory=territory.slug, state=OfferDraft.State.PUBLISHED
        ).order_by("name").values_list("uid", "name", "commune")[:400],
    }  # fmt: skip
    return render(request, "curation/pushes.html", context, status=422 if request.method == "POST" else 200)


def _targets(row: Push, sites: dict[int, str]) -> list[str]:
    """For whom, where and when, in a few words each; none = always and everywhere."""
    found = [sites.get(number, f"lieu {number}") for number in row.sites]
    found += [f"groupe {name}" for name in row.groups]
    found += [KINDS.get(kind, kind) for kind in row.card_kinds]
    found += [SEASONS.get(season, season) for season in row.seasons]
    if (row.start_minute, row.end_minute) != (0, 1440):
        found.append(f"{row.start_minute // 60} h à {row.end_minute // 60} h")
    if row.first_day or row.last_day:
        days = [date.fromisoformat(day).strftime("%d/%m/%Y") if day else "…" for day in (row.first_day, row.last_day)]
        found.append(f"{days[0]} au {days[1]}")
    return found


def _read(request: HttpRequest, territory: Territory) -> Push:
    post = request.POST
    offer = chosen_offer(territory.slug, post.get("offre", ""))
    kind = post.get("genre", Push.Kind.CHOICE)
    start, end = read_clock(post.get("de", ""), 0), read_clock(post.get("a", ""), 1440)
    first, last = read_day(post.get("du", "")), read_day(post.get("au", ""))
    if first and last and last < first:
        raise FieldRefused("La fin vient avant le début.")
    numbers = set(Site.objects.filter(territory=territory.slug).values_list("number", flat=True))
    groups = set(KioskGroup.objects.filter(territory=territory.slug).values_list("name", flat=True))
    return Push(
        territory=territory.slug,
        kind=kind if kind in Push.Kind.values else Push.Kind.CHOICE,
        title=(post.get("titre", "").strip() or offer.name)[:120],
        offer=offer.uid,
        sites=sorted(numbers & {int(value) for value in post.getlist("lieux") if value.isdigit()}),
        groups=sorted(groups & set(post.getlist("groupes"))),
        card_kinds=[value for value in post.getlist("cartes") if value in KINDS],
        seasons=[value for value in post.getlist("saisons") if value in SEASONS],
        start_minute=start,
        end_minute=end,
        first_day=first,
        last_day=last,
        who=who(request),
    )


@staff_page
@require_POST
def push_change(request: HttpRequest, territory: Territory, key: UUID) -> HttpResponse:
    row = get_object_or_404(Push, territory=territory.slug, pk=key)
    if request.POST.get("action") == "supprimer":
        row.delete()
        messages.success(request, f"« {row.title} » est supprimée.")
    else:
        row.active = not row.active
        row.save(update_fields=["active"])
        messages.success(request, f"« {row.title} » est {'reprise' if row.active else 'arrêtée'}.")
    _note(request, territory, "push.changed", row.title)
    return redirect("pushes")


def _note(request: HttpRequest, territory: Territory, what: str, target: str) -> None:
    StaffAction.objects.create(territory=territory.slug, who=who(request), what=what, target=target[:120])
