"""One offer out of its layers: what each source says, and above it what a person changed by hand. Pure.

Works on the JSON of `sync.content.codec`. A field is named by a path (``texts.fr.name``, ``place.position``,
``details.contact.phone``). Whatever order records arrive in, the same records and changes give the same offer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace

from domain.offers import LANGUAGES
from server.catalogue.merging import merge_records, merit_of, record_order
from sync.content.codec import Json, offer_from_json, offer_to_json

BY_HAND = "edited"
TEXT_PARTS = ("name", "pitch", "description")
_PLACE_PARTS = ("commune", "address")
_TOP = ("category", "illustration", "tags", "price_cents", "hours", "dates", "merit")
_DETAILS = (
    *("booking", "partner_id", "duration_minutes", "languages", "age_from", "card_discount_cents"),
    *("pictures", "story", "stalls", "types"),
)
_CONTACT = ("phone", "email", "website")
PATHS: tuple[str, ...] = (
    *(f"texts.{code}.{part}" for code in LANGUAGES for part in TEXT_PARTS),
    *_TOP,
    *(f"place.{part}" for part in _PLACE_PARTS),
    "place.position",
    *(f"details.{name}" for name in _DETAILS),
    *(f"details.contact.{name}" for name in _CONTACT),
)
_EMPTY: tuple[object, ...] = (None, "", [], {}, [None, None])


class FieldRefused(ValueError):
    """A change cannot be made; the message is one French sentence for the person who made it."""


@dataclass(frozen=True, slots=True)
class Layered:
    """The offer's JSON, and per path the ids of the records it comes from, or `BY_HAND`."""

    payload: Json
    origins: dict[str, list[str]]


def read_field(payload: Mapping[str, object], path: str) -> object:
    """The value at ``path``, None where there is none. Raises KeyError for a path that does not exist."""
    if path not in PATHS:
        raise KeyError(path)
    head, _, rest = path.partition(".")
    value: Json = payload[head]  # type: ignore[assignment]
    if head == "texts":
        code, _, part = rest.partition(".")
        found = value.get(code)
        return found[TEXT_PARTS.index(part)] if found else None
    if head == "place":
        return list(value[2:4]) if rest == "position" else value[_PLACE_PARTS.index(rest)]  # type: ignore[index]
    if head == "details":
        outer, _, inner = rest.partition(".")
        return value.get(outer, {}).get(inner) if inner else value.get(outer)
    return value


def write_field(payload: Json, path: str, value: object) -> None:
    """Put ``value`` at ``path``, in place; None or an empty value takes the field away."""
    if path not in PATHS:
        raise KeyError(path)
    head, _, rest = path.partition(".")
    if head == "texts":
        code, _, part = rest.partition(".")
        _write_text(payload["texts"], code, part, value)
    elif head == "place":
        if rest == "position":
            payload["place"][2:4] = list(value) if isinstance(value, list | tuple) else [None, None]
        else:
            payload["place"][_PLACE_PARTS.index(rest)] = value or ""
    elif head == "details":
        outer, _, inner = rest.partition(".")
        holder = payload["details"].setdefault(outer, {}) if inner else payload["details"]
        if value in _EMPTY:
            holder.pop(inner or outer, None)
        else:
            holder[inner or outer] = value
        if inner and not holder:
            payload["details"].pop(outer)
    else:
        payload[head] = value


def _write_text(texts: Json, code: str, part: str, value: object) -> None:
    found = list(texts.get(code) or ["", "", ""])
    found[TEXT_PARTS.index(part)] = value or ""
    if any(found):
        texts[code] = found
    else:
        texts.pop(code, None)


def apply_overrides(payload: Json, overrides: Mapping[str, object]) -> Json:
    """A copy with the changes made by hand. Raises FieldRefused when the result is no offer."""
    changed = deepcopy(payload)
    for path in PATHS:  # in one order, whatever order they were made in
        if path in overrides:
            write_field(changed, path, deepcopy(overrides[path]))
    # A language without a name borrows none: what is shown under it would have no title.
    changed["texts"] = {code: text for code, text in changed["texts"].items() if text[0]}
    if not changed["texts"]:
        raise FieldRefused("Une offre porte un nom dans une langue au moins.")
    try:
        offer = offer_from_json(changed)
    except ValueError as error:
        raise FieldRefused(f"Cette fiche ne peut pas être enregistrée : {error}.") from error
    return offer_to_json(offer)


def layer(uid: str, records: Iterable[Json], overrides: Mapping[str, object]) -> Layered:
    """The offer ``uid`` from its records (at least one) and changes. Raises FieldRefused."""
    rows = list(records)
    if len(rows) > 1:
        offers = sorted(map(offer_from_json, rows), key=record_order)
        merged = offer_to_json(replace(merge_records(offers), id=uid))
        ordered = [next(row for row in rows if row["id"] == offer.id) for offer in offers]
    else:
        merged, ordered = {**rows[0], "id": uid}, rows
    payload = merged
    if overrides:
        payload = apply_overrides(merged, overrides)
        if "merit" not in overrides:
            # A merit that the source gave is a choice; one that was counted is counted again.
            offer = offer_from_json(payload)
            before = replace(offer_from_json(merged), merit=0)
            payload["merit"] = merit_of(offer) if merit_of(before) == merged["merit"] else merged["merit"]
    return Layered(payload, origins_of(payload, ordered, overrides))


def origins_of(payload: Json, ordered: list[Json], overrides: Mapping[str, object]) -> dict[str, list[str]]:
    """Where each field that has a value comes from. A list made of several records' names all of them."""
    origins: dict[str, list[str]] = {}
    for path in PATHS:
        if path in overrides:
            origins[path] = [BY_HAND]
            continue
        value = read_field(payload, path)
        if value in _EMPTY:
            continue
        same = [row["id"] for row in ordered if read_field(row, path) == value]
        part = [row["id"] for row in ordered if read_field(row, path) not in _EMPTY]
        origins[path] = same[:1] or part
    return origins
