"""What each desk may load while it has no line, and what it has used of it."""

from __future__ import annotations

import json
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from server.backoffice.access import staff_page, who
from server.backoffice.forms import FormRefused, cents
from server.content.models import FeedDocument
from server.devices.models import Device
from server.ledger.queries import loads_done
from server.territory.models import Site, StaffAction, Territory

ALLOWANCE_MAX_CENTS = 1_000_000


@staff_page
@require_GET
def allowances(request: HttpRequest, territory: Territory) -> HttpResponse:
    desks = Device.objects.filter(territory=territory.slug, role="desk").order_by("name")
    kept = {row.device_name: row for row in FeedDocument.objects.filter(territory=territory.slug, feed="allowance")}
    names = dict(Site.objects.filter(territory=territory.slug).values_list("number", "name"))
    rows = []
    for desk in desks:
        document = kept.get(desk.name)
        issued = json.loads(document.document) if document is not None else None
        current = issued is not None and issued["incarnation"] == desk.incarnation
        done = loads_done(territory.slug, desk.name, desk.incarnation)
        promised = int(issued["amount_cents"]) if issued is not None and current else 0
        rows.append((desk, names.get(desk.site_number, ""), done, max(0, promised - done), document))
    context = {"rows": rows, "exposed": sum(row[3] for row in rows)}
    return render(request, "bureau/allowances.html", context)


@staff_page
@require_POST
def allowance_change(request: HttpRequest, territory: Territory, key: UUID) -> HttpResponse:
    desk = get_object_or_404(Device, pk=key, territory=territory.slug, role="desk")
    try:
        amount = cents(request.POST, "amount")
        if amount > ALLOWANCE_MAX_CENTS:
            raise FormRefused("Au plus 10 000 € par comptoir.")
        Device.objects.filter(pk=desk.pk).update(allowance_cents=amount)
        StaffAction.objects.create(
            territory=territory.slug, who=who(request), what="risk.allowance", target=f"{desk.name} : {amount} c"
        )
        messages.success(request, f"{desk.name} : la nouvelle somme part à sa prochaine synchronisation.")
    except FormRefused as error:
        messages.error(request, str(error))
    return redirect("allowances")
