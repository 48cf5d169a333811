"""The back office's menu: each Django app declares its own entries, so that a new part needs no change elsewhere.

An AppConfig may have `bureau_entries` (a tuple of `Entry`) and `bureau_urls` (the dotted name of a module with
`urlpatterns`, mounted under /bureau/). Pure but for `declared`, which asks Django's app registry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.apps import apps

# Order of the groups; one that is not named here comes last.
GROUPS = ("", "Parc", "Faits", "Argent", "Territoire", "Contenu")


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the menu. `name` is the URL's name; `covers` are prefixes of the names of pages that belong to it.

    `count` is given the territory's slug and asks for attention when its answer is not 0. `place` orders a group.
    """

    name: str
    label: str
    group: str
    place: int
    covers: tuple[str, ...] = ()
    count: Callable[[str], int] | None = None

    def reach(self, url_name: str) -> int:
        """How closely a page belongs to this entry: the length of the longest prefix that fits, 0 for none."""
        prefixes = (self.name, *self.covers)
        return max((len(prefix) for prefix in prefixes if _under(url_name, prefix)), default=0)


@dataclass(frozen=True, slots=True)
class Line:
    """An entry as one page shows it."""

    name: str
    label: str
    active: bool
    count: int


@dataclass(frozen=True, slots=True)
class Group:
    label: str
    lines: tuple[Line, ...]


def declared() -> list[Entry]:
    """Every entry that an installed app declares."""
    return [entry for config in apps.get_app_configs() for entry in getattr(config, "bureau_entries", ())]


def url_modules() -> list[str]:
    """Modules whose pages are mounted under /bureau/."""
    return [config.bureau_urls for config in apps.get_app_configs() if hasattr(config, "bureau_urls")]


def menu(entries: Iterable[Entry], url_name: str, territory: str) -> list[Group]:
    """The groups in order, with the entry of the page `url_name` active."""
    listed = sorted(entries, key=lambda entry: (_group_place(entry.group), entry.group, entry.place, entry.label))
    nearest = max(listed, key=lambda entry: entry.reach(url_name), default=None)
    active = nearest if nearest is not None and nearest.reach(url_name) else None
    groups: dict[str, list[Line]] = {}
    for entry in listed:
        count = entry.count(territory) if entry.count is not None else 0
        groups.setdefault(entry.group, []).append(Line(entry.name, entry.label, entry is active, count))
    return [Group(label, tuple(lines)) for label, lines in groups.items()]


def _under(url_name: str, prefix: str) -> bool:
    return url_name == prefix or url_name.startswith(f"{prefix}-")


def _group_place(group: str) -> int:
    return GROUPS.index(group) if group in GROUPS else len(GROUPS)
