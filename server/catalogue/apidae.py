"""One Apidae object (export or search answer, format v002) → one offer. Pure; reading exports is ``apidae_export``.

Texts are ``libelleFr``, ``libelleEn`` …; reference elements are numbers in exports (their words stand in a file of the
archive) and words in answers of the search interface. https://dev.apidae-tourisme.com (documentation v2).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from domain.hours import Dates, Hours
from domain.offers import Category, Contact, Offer, Picture, Place, Provenance, Tag, Text
from server.catalogue.apidae_times import dates_of, entries, hours_of, parse_opening
from server.catalogue.apidae_types import NOT_OFFERS, classes_of
from server.catalogue.building import build_texts, evening_tags, named_id, position
from server.catalogue.cleaning import clean_email, clean_line, clean_phone, clean_url, cut, parse_cents
from server.catalogue.feed_source import Document, Found, Piece
from server.catalogue.jsonld import language_code, parse_date
from server.catalogue.mapping import TypeMap
from server.catalogue.results import Kept, Parsed, Reason, Rejected, Withdrawn
from sync.content.text import fold

SOURCE = "apidae"
LICENCE = "Apidae, conditions d'utilisation du réseau"
PICTURES = 4
PHONE, MAIL, SITE = 201, 204, 205  # MoyenCommunicationType
_LIBELLE = re.compile(r"libelle([A-Z][a-z])[A-Za-z]*")
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
            document = json.loads(data)
        except RecursionError:
            yield Rejected(where, Reason.TOO_DEEP)
            return
        except ValueError:
            yield Rejected(where, Reason.NOT_JSON)
            return
        if isinstance(document, dict):
            listed = document.get("objetsTouristiques")
            if "numFound" in document and listed is None:
                return  # an answer that found nothing
            document = listed if isinstance(listed, list) and "numFound" in document else [document]
        if not isinstance(document, list):
            yield Rejected(where, Reason.NOT_OBJECT)
            return
        if all(isinstance(entry, int) and not isinstance(entry, bool) for entry in document):
            yield from (Withdrawn(str(entry)) for entry in document)  # a list of deletions is a list of numbers
            return
        for number, entry in enumerate(document):
            place = f"{where}#{number}"
            if not isinstance(entry, dict):
                yield Rejected(place, Reason.NOT_OBJECT)
            elif not is_reference(entry):
                yield self.parse(entry, place)

    def parse(self, raw: Json, where: str) -> Parsed:
        """The offer that ``raw`` describes, or why there is none."""
        identifier = raw.get("id")
        if isinstance(identifier, bool) or not isinstance(identifier, int | str) or not str(identifier).strip():
            return Rejected(where, Reason.NO_ID)
        source_id = clean_line(str(identifier), 60)
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
        texts = _texts(raw)
        if not texts:
            return Rejected(source_id, Reason.NO_NAME)
        place = self._place(raw)
        if not place.commune and place.latitude is None:
            return Rejected(source_id, Reason.NO_PLACE)
        opening = raw.get("ouverture")
        said = parse_opening(opening, self.as_of)
        event = mapped.category is Category.EVENTS
        dates = dates_of(said, opening, self.as_of) if event else Dates()
        price = _price(raw, self._references)
        return Kept(
            Offer(
                id=named_id(SOURCE, source_id),
                category=mapped.category,
                texts=texts,
                place=place,
                illustration=mapped.illustration,
                tags=self._tags(raw, price, types) | evening_tags(dates),
                price_cents=price,
                hours=Hours() if event else hours_of(said),
                dates=dates,
                duration_minutes=_duration(opening),
                languages=self._languages(raw),
                contact=_contact(raw),
                pictures=self._pictures(raw),
                provenance=(_provenance(raw, source_id),),
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
        located = _dict(raw, "localisation")
        postal = _dict(located, "adresse")
        town = _dict(postal, "commune")
        number = town.get("id")
        known = self._references.communes.get(number, "") if isinstance(number, int) else ""
        commune = clean_line(_text(town.get("nom")) or known, 80)
        lines = [_text(postal.get(name)) for name in ("nomDuLieu", "adresse1", "adresse2", "adresse3")]
        street = ", ".join(line for value in lines if (line := clean_line(value, 120)))
        code = clean_line(_text(postal.get("codePostal")), 12)
        address = ", ".join(filter(None, (street, " ".join(filter(None, (code, commune))))))
        return Place(commune, cut(address, 200), *_point(_dict(located, "geolocalisation")))

    def _tags(self, raw: Json, price: int | None, types: tuple[str, ...]) -> frozenset[Tag]:
        services = _dict(raw, "prestations")
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
        said = self._labels(_dict(raw, "prestations"), "languesParlees")
        return tuple(sorted({code for label in said if (code := language_code(label)) and len(code) == 2}))

    def _pictures(self, raw: Json) -> tuple[Picture, ...]:
        found: dict[str, Picture] = {}
        for media in entries(raw.get("illustrations")):
            until = parse_date(media.get("dateLimiteDePublication"))
            if media.get("type", "IMAGE") != "IMAGE" or (until and until < self.as_of):
                continue
            file = next(iter(entries(media.get("traductionFichiers"))), {})
            names = ("urlFiche", "urlDiaporama", "url")
            url = next((url for name in names if (url := clean_url(_text(file.get(name))))), None)
            if url is None or len(found) >= PICTURES:
                continue
            author = clean_line(_first(_languages_of(media.get("copyright"))), 120)
            title = clean_line(_first(_languages_of(media.get("legende")) or _languages_of(media.get("nom"))), 160)
            found.setdefault(url, Picture("", url, author, LICENCE, title))
        return tuple(found.values())


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


def _dict(holder: Json, name: str) -> Json:
    value = holder.get(name)
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _languages_of(value: object) -> dict[str, str]:
    """Texts by language out of ``{"libelleFr": …, "libellePtBR": …}``."""
    found = {}
    for key, text in value.items() if isinstance(value, dict) else ():
        match = _LIBELLE.fullmatch(key) if isinstance(key, str) else None
        if match and isinstance(text, str) and text.strip():
            found[match[1].lower()] = text
    return found


def _first(texts: Mapping[str, str]) -> str:
    return texts.get("fr") or next(iter(texts.values()), "")


def _texts(raw: Json) -> dict[str, Text]:
    presentation = _dict(raw, "presentation")
    return build_texts(
        _languages_of(raw.get("nom")),
        _languages_of(presentation.get("descriptifCourt")),
        _languages_of(presentation.get("descriptifDetaille")),
    )


def _point(located: Json) -> tuple[float, float] | tuple[None, None]:
    if located.get("valide") is False:
        return None, None
    pair = _dict(located, "geoJson").get("coordinates")
    if isinstance(pair, list) and len(pair) >= 2:
        return position(pair[1], pair[0])
    return None, None


def _price(raw: Json, references: References) -> int | None:
    """The lowest ordinary price of the first period that has any; 0 when free; None when not known. Euros only."""
    said = _dict(raw, "descriptionTarif")
    if said.get("gratuit") is True or said.get("indicationTarif") == "GRATUIT":
        return 0
    if said.get("devise", "EUR") != "EUR":
        return None
    base: list[int] = []
    others: list[int] = []
    for period in entries(said.get("periodes")):
        for rate in entries(period.get("tarifs")):
            amount = parse_cents(rate.get("minimum"))
            element = _dict(rate, "type")
            number, kind = element.get("id"), element.get("elementReferenceType")
            word = _text(element.get("libelleFr"))
            if not word and isinstance(number, int) and isinstance(kind, str):
                word = references.words.get((kind, number), "")
            label = fold(word)
            if not amount or any(part in label for part in ("enfant", "reduit", "groupe", "supplement", "scolaire")):
                continue
            (base if any(part in label for part in ("plein", "adulte", "unique")) else others).append(amount)
    return min(base or others, default=None)


def _duration(opening: object) -> int | None:
    minutes = opening.get("dureeSeance") if isinstance(opening, dict) else None
    if isinstance(minutes, int) and not isinstance(minutes, bool) and 1 <= minutes <= 7 * 1440:
        return minutes
    return None


def _contact(raw: Json) -> Contact:
    """Telephone, e-mail and site of the first means of each kind."""
    phones: list[str] = []
    mails: list[str] = []
    sites: list[str] = []
    for means in entries(_dict(raw, "informations").get("moyensCommunication")):
        number, said = _dict(means, "type").get("id"), means.get("coordonnees")
        value = _text(said.get("fr") if isinstance(said, dict) else said)
        if not value and isinstance(said, dict):
            value = next((text for text in map(_text, said.values()) if text), "")
        match number:
            case 201:
                phones += filter(None, [clean_phone(value)])
            case 204:
                mails += filter(None, [clean_email(value)])
            case 205:
                sites += filter(None, [clean_url(value)])
    return Contact(next(iter(phones), ""), next(iter(mails), ""), next(iter(sites), ""))


def _provenance(raw: Json, source_id: str) -> Provenance:
    managed = _dict(raw, "gestion")
    owner = clean_line(_text(_dict(managed, "membreProprietaire").get("nom")), 160)
    return Provenance(SOURCE, source_id, LICENCE, parse_date(managed.get("dateModification")), owner)
