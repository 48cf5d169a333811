"""What every page of the back office shows around its content."""

from __future__ import annotations

from django.http import HttpRequest

from server.backoffice.access import current_territory, is_staff
from server.backoffice.navigation import declared, menu


def navigation(request: HttpRequest) -> dict[str, object]:
    """The menu, for staff only: a login page says nothing about the territory."""
    if not is_staff(request.user):
        return {}
    territory = current_territory()
    if territory is None:
        return {"menu": [], "territory": None}
    match = request.resolver_match
    return {
        "menu": menu(declared(), (match.url_name or "") if match else "", territory.slug),
        "territory": territory,
    }
