"""What every page of the back office shows around its content."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

from server.backoffice.access import current_territory, is_staff
from server.devices.models import Device, DeviceState
from server.ledger.queries import waiting_in_quarantine


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the menu; `count` asks for attention when it is not 0."""

    name: str
    label: str
    active: bool
    count: int


_MENU = (
    ("overview", "Accueil"),
    ("devices", "Appareils"),
    ("facts", "Faits"),
    ("cards", "Cartes"),
    ("ledger", "Grand livre"),
    ("content", "Contenu"),
)


def navigation(request: HttpRequest) -> dict[str, object]:
    """The menu, for staff only: a login page says nothing about the territory."""
    if not is_staff(request.user):
        return {}
    territory = current_territory()
    if territory is None:
        return {"menu": [], "territory": None}
    waiting = Device.objects.filter(territory=territory.slug, state=DeviceState.WAITING).count()
    counts = {"devices": waiting, "facts": waiting_in_quarantine(territory.slug)}
    match = request.resolver_match
    section = (match.url_name or "").split("-")[0] if match else ""
    menu = [
        Entry(name, label, section == name.rstrip("s") or section == name, counts.get(name, 0)) for name, label in _MENU
    ]
    return {"menu": menu, "territory": territory}
