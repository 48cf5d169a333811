"""How far each offer is from each site, on foot and by bike: one small blob a site in the content manifest.

    {"version": 1, "site": 17, "offers": {"ID": [metres on foot or null, metres by bike or null], …}}

Only what the network reaches is listed; for the rest a kiosk estimates, and says that it does. What was worked out is
kept beside the network, so that publishing again costs a look-up.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path

from domain.offers import Offer
from server.home import ServerHome
from server.maps.models import TerritoryMap
from server.maps.ways import Metres, Network, load_network, measure, place_key
from server.territory.models import Site
from sync.protocol import MAP_KEY, MAP_TYPE, TRAVEL_KEY, TRAVEL_TYPE, Blob

VERSION = 1
Places = dict[str, tuple[float, float]]  # offer id → latitude, longitude


def places_of(offers: Iterable[Offer]) -> Places:
    """Where each offer is that has a place."""
    return {
        offer.id: (offer.place.latitude, offer.place.longitude)
        for offer in offers
        if offer.place.latitude is not None and offer.place.longitude is not None
    }


def map_blobs(territory: str, places: Mapping[str, tuple[float, float]], home: ServerHome) -> tuple[Blob, ...]:
    """The territory's map and its distances, on the disk under their hashes; nothing where there is no map."""
    row = TerritoryMap.objects.filter(territory=territory).first()
    if row is None or not home.blob(row.sha256).is_file():
        return ()
    blobs = [Blob(row.sha256, row.size_bytes, MAP_TYPE, MAP_KEY)]
    path = ways_path(home, row.ways_sha256)
    if row.ways_sha256 and path.is_file():
        kept = _Kept(path.with_suffix(".kept.json"))
        for site in Site.objects.filter(territory=territory).order_by("number"):
            found = kept.of_site(path, (site.latitude, site.longitude), places)
            if found:
                blobs.append(_write(site.number, found, home))
        kept.save()
    return tuple(blobs)


def ways_path(home: ServerHome, sha256_hex: str) -> Path:
    return home.root / "maps" / f"{sha256_hex}.ways"


class _Kept:
    """Distances worked out before with one network: place of a site → place → metres."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._network: Network | None = None
        self._changed = False
        self._sites: dict[str, dict[str, Metres]] = {}
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            if document.get("version") == VERSION:
                self._sites = document["sites"]
        except (OSError, ValueError, KeyError, AttributeError):
            self._sites = {}  # worked out again

    def of_site(
        self, ways: Path, origin: tuple[float, float], places: Mapping[str, tuple[float, float]]
    ) -> dict[str, Metres]:
        """Offer → metres, for those that a way leads to."""
        known = self._sites.setdefault(place_key(origin), {})
        missing = {place_key(place): place for place in places.values() if place_key(place) not in known}
        if missing:
            if self._network is None:
                self._network = load_network(ways)
            known.update(measure(self._network, origin, missing.values()))
            self._changed = True
        found = {offer: known[place_key(place)] for offer, place in places.items()}
        return {offer: metres for offer, metres in found.items() if metres != [None, None]}

    def save(self) -> None:
        """Raises OSError."""
        if self._changed:
            aside = self._path.with_name(f".{self._path.name}.new")
            aside.write_text(json.dumps({"version": VERSION, "sites": self._sites}), encoding="utf-8")
            aside.replace(self._path)


def _write(site: int, found: dict[str, Metres], home: ServerHome) -> Blob:
    document = {"version": VERSION, "site": site, "offers": dict(sorted(found.items()))}
    data = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    digest = sha256(data).hexdigest()
    target = home.blob(digest)
    if not target.exists():
        aside = target.with_name(f".{digest}.new")
        with aside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(target)
    return Blob(digest, len(data), TRAVEL_TYPE, f"{TRAVEL_KEY}{site}")
