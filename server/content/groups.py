"""Which offers a group of kiosks gets: what it is entitled to, near enough, in its languages, and bounded. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from domain.offers import Offer, Place

EVERYTHING = ""
MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Rules:
    """Empty sets mean everything; ``radius_m`` 0 = the whole territory. Sizes in bytes."""

    name: str = EVERYTHING
    categories: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    center: Place | None = None
    radius_m: float = 0.0
    offers_max: int = 100_000
    bytes_max: int = 2_000 * MEGABYTE
    pictures: bool = True

    def fits(self, offer: Offer) -> bool:
        """Whether the group may show the offer."""
        if self.categories and offer.category.value not in self.categories:
            return False
        if self.sources and not self.sources & {p.source for p in offer.provenance}:
            return False
        if self.center is None or not self.radius_m:
            return True
        metres = offer.place.distance_m(self.center)
        # Nothing says that it is far: what has no coordinates stays.
        return metres is None or metres <= self.radius_m

    def trim(self, offer: Offer) -> Offer:
        """The offer without what the group cannot use: other languages (French is always kept), photos."""
        texts = offer.texts
        if self.languages:
            kept = {code: text for code, text in texts.items() if code in self.languages or code == "fr"}
            texts = kept or texts
        return replace(offer, texts=texts, pictures=offer.pictures if self.pictures else ())


def select(offers: Iterable[Offer], rules: Rules) -> Iterator[Offer]:
    """Those of the offers (best first) that the group gets, trimmed, at most ``offers_max``."""
    return islice((rules.trim(offer) for offer in offers if rules.fits(offer)), rules.offers_max)
