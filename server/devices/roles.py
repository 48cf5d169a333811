"""What each kind of device may do: an allow-list of routes, and the card keys it is given. Default: deny. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique


@unique
class Route(StrEnum):
    """Signed routes of the device API."""

    PAIRING_STATE = "pairing_state"
    PROFILE = "profile"
    IDENTITY = "identity"
    FACTS = "facts"
    FEEDS = "feeds"
    MANIFEST = "manifest"
    BLOB = "blob"
    CARD_SESSION = "card_session"


@dataclass(frozen=True, slots=True)
class Role:
    """`card_keys`: DESFire key numbers (1 site, 3 identification).

    Key 2, which makes money, is in no profile: it lives in a desk's SAM, and at the server, which runs its part of a
    card session through any device with a reader (CARD_SESSION).
    """

    name: str
    label: str
    routes: frozenset[Route]
    card_keys: frozenset[int]


_DOWN = frozenset({Route.PAIRING_STATE, Route.PROFILE, Route.IDENTITY, Route.FEEDS, Route.MANIFEST, Route.BLOB})
_WITH_READER = _DOWN | {Route.FACTS, Route.CARD_SESSION}
_ROLES = (
    Role("kiosk", "Borne", _WITH_READER, frozenset({1, 3})),
    Role("desk", "Borne avec comptoir", _WITH_READER, frozenset({1, 3})),
    Role("screen", "Écran sans carte", _DOWN | {Route.FACTS}, frozenset()),
    Role("station", "Poste de personnalisation", frozenset({Route.PAIRING_STATE, Route.FACTS}), frozenset()),
)
ROLE_NAMES = tuple(role.name for role in _ROLES)
# What a revoked device may still do: learn that it is revoked, and hand in the facts it had not sent.
REVOKED_ROUTES = frozenset({Route.PAIRING_STATE, Route.FACTS})


def all_roles() -> tuple[Role, ...]:
    return _ROLES


def role_named(name: str) -> Role | None:
    """None for a role we do not know: its device may do nothing."""
    return next((role for role in _ROLES if role.name == name), None)


def may(name: str, route: Route) -> bool:
    """Whether a device of that role may call that route."""
    role = role_named(name)
    return role is not None and route in role.routes
