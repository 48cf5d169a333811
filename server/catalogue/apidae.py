"""One Apidae object (export or search answer, format v002) → one offer. Pure; reading exports is ``apidae_export``.

Texts are ``libelleFr``, ``libelleEn`` …; reference elements are numbers in exports (their words stand in a file of the
archive) and words in answers of the search interface. https://dev.apidae-tourisme.com (documentation v2).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from domain.hours import Dates, Hours
from domain.offers import Category, Offer, Picture, Place, Tag, Text
from server.catalogue.apidae_parts import (
    LICENCE,
    SOURCE,
    contact_of,
    duration_of,
    first_of,
    languages_of,
    part,
    point_of,
    price_of,
    provenance_of,
    text_of,
)
from server.catalogue.apidae_times import Said, closed_for_now, dates_of, entries, hours_of, parse_opening
from server.catalogue.apidae_types import NOT_OFFERS, classes_of
from server.catalogue.building import build_texts, clean_commune, evening_tags, named_id
from server.catalogue.cleaning import clean_line, clean_url, cut
from server.catalogue.feed_source import Document, Found, Piece, load_json
from server.catalogue.jsonld import language_code, parse_date
from server.catalogue.mapping import TypeMap
from server.catalogue.results import Kept, Parsed, Reason, Rejected, Withdrawn
from server.catalogue.scenes import scene_for
from sync.content.text import fold

PICTURES = 4
Json = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class References:
    """What an export archive says beside its objects: words of reference elements by (kind, id), communes by id, names
    of selections by object id."""

    words: Mapping[tuple[str, int], str] = field(default_factory=dict)
    communes: Mapping[int, str] = field(default_factory=dict)
    selections: Mapping[str, frozenset[str]] = field(default_factory=dict)


class ApidaeParser:
    """Parses objects. ``selections``: names or numbers; when given, only what one of them holds is kept, and what we
    may have of the rest is withdrawn. May be shared between threads and sent to processes."""

    def __init__(
        self, as_of: date, references: References = References(), selections: frozenset[str] = frozenset()
    ) -> None:
        self.as_of = as_of
        self._references = references
        self._selections = selections
        self._types = TypeMap()

    def outcomes(self, piece: Piece) -> Iterator[Parsed]:
        """What becomes of each object of a file."""
        match piece:
            case Rejected():
                yield piece
            case Found(where, raw, _):
                yield self.parse(raw, where)
            case Document(where, data):
                yield from self._document(data, where)

    def _document(self, data: bytes, where: str) -> Iterator[Parsed]:
        try:
            document = load_json(data)
        except RecursionError:
            yield Rejected(where, Reason.TOO_DEEP)
            return
        except ValueError:
            yield Rejected(where, Reason.NOT_JSON)
            return
        if isinstance(document, dict):
            refusal = _refusal(document)
            if refusal is not None:
                yield Rejected(where, refusal)
                return
            document = _answered(document)
        if not isinstance(document, list):
            yield Rejected(where, Reason.NOT_OBJECT)
            return
        if all(isinstance(entry, int) and not isinstance(entry, bool) for entry in document):
            if not is_linked(where):  # an object that is no longer linked to may well be ours in its own right
                yield from (Withdrawn(str(entry)) for entry in document)  # a list of deletions is a list of numbers
            return
        for number, entry in enumerate(document):
            place = f"{where}#{number}"
            if not isinstance(entry, dict):
                yield Rejected(place, Reason.NOT_OBJECT)
            elif is_linked(where):
                yield Rejected(_own_id(entry) or place, Reason.LINKED)
            elif not is_reference(entry):
                yield self.parse(entry, place)

    def parse(self, raw: Json, where: str) -> Parsed:
        """The offer that ``raw`` describes, or why there is none."""
        source_id = _own_id(raw)
        if not source_id:
            return Rejected(where, Reason.NO_ID)
        kind = raw.get("type")
        if raw.get("state", "PUBLISHED") != "PUBLISHED":
            return Rejected(source_id, Reason.NOT_SHOWN, withdraws=source_id)
        if self._selections and not self._selections & self._references.selections.get(source_id, frozenset()):
            return Rejected(source_id, Reason.NOT_SELECTED, withdraws=source_id)
        words = [*self._words(raw)]
        kind = kind if isinstance(kind, str) else _guess_kind(raw)
        if kind in NOT_OFFERS:
            return Rejected(source_id, Reason.NOT_OFFER)
        types = classes_of(kind, words)
        if not types:
            return Rejected(source_id, Reason.NO_TYPE)
        mapped = self._types.map_types(types)
        if mapped is None:
            return Rejected(source_id, Reason.NOT_OFFER)
        opening = raw.get("ouverture")
        if closed_for_now(opening):
            return Rejected(source_id, Reason.CLOSED, withdraws=source_id)
        said = parse_opening(opening, self.as_of, self._label)
        texts = _texts(raw, said)
        if not texts:
            return Rejected(source_id, Reason.NO_NAME)
        place = self._place(raw)
        if not place.commune and place.latitude is None:
            return Rejected(source_id, Reason.NO_PLACE)
        event = mapped.category is Category.EVENTS
        dates = dates_of(said, self.as_of) if event else Dates()
        price = price_of(raw, self._label, self.as_of)
        return Kept(
            Offer(
                id=named_id(SOURCE, source_id),
                category=mapped.category,
                texts=texts,
                place=place,
                illustration=scene_for(mapped, *(text.name for text in texts.values())),
                tags=self._tags(raw, price, types) | evening_tags(dates),
                price_cents=price,
                hours=Hours() if event else hours_of(said),
                dates=dates,
                duration_minutes=duration_of(opening),
                languages=self._languages(raw),
                contact=contact_of(raw),
                pictures=self._pictures(raw),
                provenance=(provenance_of(raw, source_id),),
                types=tuple(sorted(types))[:40],
            )
        )

    def _label(self, element: object) -> str:
        """The French word of a reference element, from itself or from the archive's list."""
        if not isinstance(element, dict):
            return ""
        label = element.get("libelleFr")
        if isinstance(label, str):
            return label
        number, kind = element.get("id"), element.get("elementReferenceType")
        if isinstance(number, int) and isinstance(kind, str):
            return self._references.words.get((kind, number), "")
        return ""

    def _labels(self, holder: object, *names: str) -> list[str]:
        found = []
        for name in names:
            value = holder.get(name) if isinstance(holder, dict) else None
            listed = value if isinstance(value, list) else [value]
            found += [label for element in listed[:100] if (label := self._label(element))]
        return found

    def _words(self, raw: Json) -> Iterator[str]:
        """The words that refine what it is: every reference element directly under ``informations…`` of its kind."""
        for name, holder in raw.items():
            if name.startswith("informations") and name != "informations" and isinstance(holder, dict):
                yield from self._labels(holder, *(key for key in holder if key != "portee"))

    def _place(self, raw: Json) -> Place:
        located = part(raw, "localisation")
        postal = part(located, "adresse")
        town = part(postal, "commune")
        number = town.get("id")
        known = self._references.communes.get(number, "") if isinstance(number, int) else ""
        commune = clean_commune(text_of(town.get("nom")) or known)
        lines = [text_of(postal.get(name)) for name in ("nomDuLieu", "adresse1", "adresse2", "adresse3")]
        street = ", ".join(line for value in lines if (line := clean_line(value, 120)))
        code = clean_line(text_of(postal.get("codePostal")), 12)
        address = ", ".join(filter(None, (street, " ".join(filter(None, (code, commune))))))
        return Place(commune, cut(address, 200), *point_of(part(located, "geolocalisation")))

    def _tags(self, raw: Json, price: int | None, types: tuple[str, ...]) -> frozenset[Tag]:
        services = part(raw, "prestations")
        found = set()
        adapted = [fold(label) for label in self._labels(services, "tourismesAdaptes")]
        if any("fauteuil roulant" in label and not label.startswith("non ") for label in adapted):
            found.add(Tag.ACCESSIBLE)
        for_whom = fold(" ".join(self._labels(services, "typesClientele")))
        if "famille" in for_whom or "enfant" in for_whom or "ChildrensEvent" in types or "PlayArea" in types:
            found.add(Tag.CHILDREN)
        if price == 0:
            found.add(Tag.FREE)
        if "WalkingTour" in types or "EducationalTrail" in types:
            found.add(Tag.ON_FOOT)
        return frozenset(found)

    def _languages(self, raw: Json) -> tuple[str, ...]:
        said = self._labels(part(raw, "prestations"), "languesParlees")
        return tuple(sorted({code for label in said if (code := language_code(label)) and len(code) == 2}))

    def _pictures(self, raw: Json) -> tuple[Picture, ...]:
        found: dict[str, Picture] = {}
        for media in entries(raw.get("illustrations")):
            until = parse_date(media.get("dateLimiteDePublication"))
            if media.get("type", "IMAGE") != "IMAGE" or (until and until < self.as_of):
                continue
            file = next(iter(entries(media.get("traductionFichiers"))), {})
            names = ("urlFiche", "urlDiaporama", "url")
            url = next((url for name in names if (url := clean_url(text_of(file.get(name))))), None)
            if url is None or len(found) >= PICTURES:
                continue
            author = clean_line(first_of(languages_of(media.get("copyright"))), 120)
            title = clean_line(first_of(languages_of(media.get("legende")) or languages_of(media.get("nom"))), 160)
            found.setdefault(url, Picture("", url, author, LICENCE, title))
        return tuple(found.values())


def is_linked(where: str) -> bool:
    """Whether a file of an export holds objects outside of its perimeter, which others of the export only link to."""
    return any(part.startswith("objets_lies") for part in where.split("/"))


def _own_id(raw: Json) -> str:
    identifier = raw.get("id")
    if isinstance(identifier, bool) or not isinstance(identifier, int | str):
        return ""
    try:
        return clean_line(str(identifier), 60)
    except ValueError:  # a number of more digits than Python writes out
        return ""


def _refusal(answer: Json) -> Reason | None:
    """Why an answer of the search interface holds no objects at all."""
    if "errorType" in answer and "id" not in answer:
        return Reason.REFUSED
    if "objetTouristiqueIds" in answer:
        return Reason.ONLY_IDS
    return None


def _answered(document: Json) -> list[object]:
    """The objects of an answer: a list, lists by day (agenda), or the document itself."""
    listed = document.get("objetsTouristiques")
    if "numFound" not in document and "formatVersion" not in document:
        return [document]
    if isinstance(listed, dict):
        return [entry for day in listed.values() for entry in (day if isinstance(day, list) else [day])]
    return listed if isinstance(listed, list) else []  # an answer that found nothing


def is_reference(entry: Json) -> bool:
    """Whether an entry of an archive is no object but a reference element, a commune, a criterion or a selection."""
    if "type" in entry or "localisation" in entry:
        return False
    return (
        "elementReferenceType" in entry
        or isinstance(entry.get("objetsTouristiques"), list)
        or ("code" in entry and "codePostal" in entry)
        or (isinstance(entry.get("libelle"), str) and "nom" not in entry)
    )


def _guess_kind(raw: Json) -> str:
    """Answers that were asked for a few fields only may lack the kind; the block of its own still tells it."""
    for name in raw:
        if name.startswith("informations") and name != "informations":
            words = re.findall(r"[A-Z][a-z]+", name)
            return "_".join(word.upper() for word in words)
    return "ACTIVITE" if "localisation" in raw and "nom" in raw else ""


def _texts(raw: Json, said: list[Said]) -> dict[str, Text]:
    presentation = part(raw, "presentation")
    long = languages_of(presentation.get("descriptifDetaille"))
    for themed in entries(presentation.get("descriptifsThematises")):
        for language, text in languages_of(themed.get("description")).items():
            long.setdefault(language, text)
    short = languages_of(presentation.get("descriptifCourt"))
    if not any(pattern.times for one in said for pattern in one.patterns):
        # Hours that stand in words alone are still what people look for.
        for language, text in languages_of(part(raw, "ouverture").get("periodeEnClair")).items():
            before = long.get(language) or short.get(language)
            long[language] = f"{before}\n\n{text}" if before else text
    return build_texts(languages_of(raw.get("nom")), short, long)
