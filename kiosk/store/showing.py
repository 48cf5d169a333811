"""Which catalogue to show: the version on show, else, when its file is damaged, the newest other one that can be read.

A damaged version is forgotten, so that the next sync fetches it again; until then visitors have the one before.
"""

from __future__ import annotations

from pathlib import Path

from kiosk.store.catalogue import Catalogue, CatalogueFailed, open_catalogue
from kiosk.store.content import ContentStore


def open_on_show(content: ContentStore) -> tuple[Catalogue | None, tuple[str, ...]]:
    """The catalogue (None when there is none that can be read) and what had to be passed over, with why."""
    passed_over: list[str] = []
    active = content.active_version()
    for version, path in _candidates(content, active):
        try:
            return open_catalogue(path), tuple(passed_over)
        except CatalogueFailed as error:
            passed_over.append(f"version {version}: {error}")
            if version == active:
                content.forget_current()
    return None, tuple(passed_over)


def _candidates(content: ContentStore, active: int) -> list[tuple[int, Path]]:
    others = sorted((version for version in content.versions() if version != active), reverse=True)
    return [(version, content.catalogue_path(version)) for version in ([active] if active else []) + others]
