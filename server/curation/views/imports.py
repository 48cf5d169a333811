"""Imports: a file from the curator's computer or an address, what became of it, and why objects were refused."""

from __future__ import annotations

import re
from collections import Counter
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from server.api.runtime import runtime
from server.backoffice.access import staff_page, who
from server.backoffice.paging import page_of
from server.catalogue.fetching import is_address
from server.catalogue.jobs import formats, interrupted, start_job
from server.catalogue.models import ImportJob
from server.curation.said import outcome_fr, reason_fr
from server.curation.sources import source_label
from server.imports.keys import PLACE, KeyRefused, encode_key, split_address
from server.territory.models import StaffAction, Territory

ADDRESS_CHARS = 500


@staff_page
@require_GET
def imports(request: HttpRequest, territory: Territory) -> HttpResponse:
    now = runtime().clock.now_ms()
    page = page_of(request, ImportJob.objects.filter(territory=territory.slug).order_by("-started_at"))
    context = {
        "page": page,
        "jobs": [(job, interrupted(job, now), source_label(job.format)) for job in page],
        "formats": [(name, source_label(name)) for name in formats()],
    }
    return render(request, "curation/imports.html", context)


@staff_page
@require_POST
def import_new(request: HttpRequest, territory: Territory) -> HttpResponse:
    run = runtime()
    format_name = request.POST.get("format", "")
    address, key = split_address(request.POST.get("adresse", "").strip())
    key = key or _typed_key(request)
    given = request.FILES.get("fichier")
    if format_name not in formats():
        messages.error(request, "Choisissez le format du flux.")
        return redirect("imports")
    if given is None and not (is_address(address) and len(address) <= ADDRESS_CHARS):
        messages.error(request, "Choisissez un fichier, ou donnez une adresse qui commence par https://.")
        return redirect("imports")
    if given is None and bool(key) != (PLACE in address):
        messages.error(request, f"Une clé va là où l'adresse dit {PLACE} : donnez les deux, ou aucune.")
        return redirect("imports")
    job = ImportJob(
        territory=territory.slug, format=format_name, who=who(request), origin=address[:ADDRESS_CHARS],
        started_at=run.clock.now_ms(), heartbeat_at=run.clock.now_ms(),
    )  # fmt: skip
    source, remove = address, None
    if given is not None:
        name = re.sub(r"[^\w.-]", "_", given.name or "flux")[-80:]
        job.origin = given.name or "flux"
        folder = run.home.root / "uploads"
        folder.mkdir(mode=0o700, exist_ok=True)
        remove = folder / f"{job.pk}-{name}"
        with remove.open("wb") as file:
            for chunk in given.chunks():
                file.write(chunk)
        source = str(remove)
    job.save()
    StaffAction.objects.create(
        territory=territory.slug, who=who(request), what="import.started", target=job.origin[:120]
    )
    start_job(job, source, run.clock, remove, "" if given is not None else key)
    return redirect("import", job.pk)


def _typed_key(request: HttpRequest) -> str:
    """The key of the service; one that cannot be a key goes nowhere, and the page says so."""
    try:
        return encode_key(request.POST.get("cle", ""))
    except KeyRefused:
        return ""


@staff_page
@require_GET
def import_job(request: HttpRequest, territory: Territory, key: UUID) -> HttpResponse:
    job = get_object_or_404(ImportJob, territory=territory.slug, pk=key)
    reasons = job.summary.get("reasons", [])
    counted = Counter(str(row.get("reason", "")) for row in reasons)
    context = {
        "job": job,
        "interrupted": interrupted(job, runtime().clock.now_ms()),
        "label": source_label(job.format),
        "said": outcome_fr(job.message),
        "counted": [(reason_fr(reason), count) for reason, count in counted.most_common()],
        "reasons": [(row.get("object", ""), reason_fr(str(row.get("reason", "")))) for row in reasons],
    }
    return render(request, "curation/import.html", context)


@staff_page
@require_GET
def import_state(request: HttpRequest, territory: Territory, key: UUID) -> HttpResponse:
    """What the page that waits asks for."""
    job = get_object_or_404(ImportJob, territory=territory.slug, pk=key)
    over = job.state != ImportJob.State.RUNNING or interrupted(job, runtime().clock.now_ms())
    return JsonResponse({"state": job.state, "over": over, "read": job.objects_read})
