"""DATAtourisme objects in the shapes they come in → offers, or one plain reason."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.hours import Occurrence, Period, Span
from domain.offers import Category, Offer, Tag
from server.catalogue.datatourisme import ObjectParser, parse_price
from server.catalogue.datatourisme_csv import parse_csv
from server.catalogue.jsonld import Node, parse_date, parse_minutes
from server.catalogue.mapping import TypeMap, illustrations
from server.catalogue.results import Kept, Reason, Rejected
from server.catalogue.scenes import scene_for, scenes
from sync.content.codec import offer_from_json, offer_to_json
from tests.fixtures.catalogue_samples import concert, winery

ROOT = Path(__file__).parents[2]
AS_OF = date(2026, 11, 22)


def parse(raw: dict[str, Any]) -> Offer:
    result = ObjectParser(AS_OF).parse(raw, "here.json")
    assert isinstance(result, Kept), result
    return result.offer


def refused(raw: dict[str, Any]) -> Reason:
    result = ObjectParser(AS_OF).parse(raw, "here.json")
    assert isinstance(result, Rejected), result
    return result.reason


def test_a_place_of_the_national_archive() -> None:
    offer = parse(winery())
    assert offer.id == "11111111-2222-3333-4444-555555555555"
    assert offer.category is Category.WINE
    assert offer.illustration == "cellar"
    french = offer.texts["fr"]
    assert french.name == "Caves de l'Œillet"
    assert french.pitch == "Dégustation de vins & visite de la cave."
    assert french.description == "Trois siècles de cave.\n\nVisite guidée le samedi."
    assert offer.texts["en"].name == "The Œillet Cellars"
    assert (offer.place.commune, offer.place.address) == ("Bédarrin", "1 chemin des Caves, 84999 Bédarrin")
    assert (offer.place.latitude, offer.place.longitude) == (43.951, 5.201)
    assert offer.price_cents == 850
    assert offer.tags == {Tag.ACCESSIBLE}
    assert offer.languages == ("br", "en", "fr")
    assert offer.contact.phone == "+33 4 65 71 00 00"
    assert offer.contact.email == "Cave@example.org"
    assert offer.contact.website == "https://www.example.org"
    assert [(p.url, p.author) for p in offer.pictures] == [("https://media.example/cave.jpg", "A. Martin")]
    assert offer.provenance[0].licence == "Licence Ouverte 2.0"
    assert offer.provenance[0].publisher == "Office de Bédarrin"
    assert offer.provenance[0].updated == date(2026, 5, 4)


def test_opening_hours_of_days_alike_make_one_period() -> None:
    hours = parse(winery()).hours
    year = (date(2026, 1, 1), date(2026, 12, 31))
    morning = Span(540, 720)
    assert hours.periods == (
        Period(frozenset((0, 1)), (morning,), *year),
        Period(frozenset((5,)), (morning, Span(840, 1440)), *year),
    )


def test_an_event_of_the_rest_interface() -> None:
    offer = parse(concert())
    assert offer.category is Category.EVENTS
    assert offer.texts["en"].name == "Trio under the plane trees"
    assert offer.texts["fr"].pitch == "Jazz manouche."
    assert offer.place.commune == "Mazelles"
    assert offer.price_cents == 0
    assert offer.tags == {Tag.FREE, Tag.EVENING}
    assert offer.dates.occurrences == (
        Occurrence(date(2026, 11, 22), 20 * 60 + 30, 23 * 60),
        Occurrence(date(2026, 12, 1), last=date(2026, 12, 5)),
    )
    assert offer.dates.on(date(2027, 1, 8)) == (Occurrence(date(2027, 1, 8), 600),)
    assert offer.dates.on(date(2027, 1, 9)) == ()
    assert not offer.dates.over(AS_OF)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"@id": ""}, Reason.NO_ID),
        ({"@type": []}, Reason.NO_TYPE),
        ({"@type": ["foaf:Agent", "Agent"]}, Reason.NOT_OFFER),
        ({"rdfs:label": {"fr": ["<script>x</script>"]}}, Reason.NO_NAME),
        ({"rdfs:label": {}}, Reason.NO_NAME),
        ({"isLocatedAt": []}, Reason.NO_PLACE),
        ({"isLocatedAt": [{"schema:geo": {"schema:latitude": "95", "schema:longitude": "5"}}]}, Reason.NO_PLACE),
        ({"isLocatedAt": [{"schema:geo": {"schema:latitude": "0", "schema:longitude": "0"}}]}, Reason.NO_PLACE),
    ],
)
def test_reasons(change: dict[str, Any], reason: Reason) -> None:
    assert refused({**winery(), **change}) is reason


def test_a_refused_object_is_named_by_its_place_when_it_has_no_identifier() -> None:
    result = ObjectParser(AS_OF).parse({"@type": ["Museum"]}, "objects/7.json")
    assert result == Rejected("objects/7.json", Reason.NO_ID)


def test_missing_coordinates_are_no_reason_to_refuse() -> None:
    raw = winery()
    del raw["isLocatedAt"][0]["schema:geo"]
    offer = parse(raw)
    assert offer.place.latitude is None
    assert offer.place.commune == "Bédarrin"


def test_markup_and_bidi_in_any_text_are_inert() -> None:
    raw = winery()
    nasty = "<img src=x onerror=alert(1)>\u202eoverride &lt;script&gt;x&lt;/script&gt;"
    raw["rdfs:label"] = {"fr": [nasty], "en": [{"@value": nasty}]}
    raw["hasDescription"] = [{"dc:description": {"fr": [nasty]}}]
    raw["isLocatedAt"][0]["schema:address"][0]["schema:addressLocality"] = nasty
    raw["isLocatedAt"][0]["schema:address"][0]["schema:streetAddress"] = [nasty]
    raw["hasBeenCreatedBy"]["schema:legalName"] = nasty
    written = json.dumps(offer_to_json(parse(raw)), ensure_ascii=False)
    assert "<" not in written
    assert "\u202e" not in written
    assert "script" not in written


def test_full_addresses_and_language_tagged_values() -> None:
    core, schema = "https://www.datatourisme.fr/ontology/core#", "http://schema.org/"
    offer = parse(
        {
            "@id": "https://data.example/99/not-a-uuid",
            "@type": [f"{core}CyclingTour", f"{core}PointOfInterest"],
            "http://www.w3.org/2000/01/rdf-schema#label": [
                {"@value": "La boucle", "@language": "fr"},
                {"@value": "The loop", "@language": "en-GB"},
            ],
            f"{core}isLocatedAt": [
                {
                    f"{schema}geo": [
                        {f"{schema}latitude": [{"@value": "43,9"}], f"{schema}longitude": [{"@value": 5.1}]},
                    ]
                }
            ],
        }
    )
    assert offer.category is Category.WALKS
    assert {code: text.name for code, text in offer.texts.items()} == {"fr": "La boucle", "en": "The loop"}
    assert (offer.place.latitude, offer.place.longitude) == (43.9, 5.1)
    assert len(offer.id) == 36


def test_hours_of_public_holidays() -> None:
    raw = winery()
    hours = {"schema:opens": "14:00", "schema:closes": "17:00", "schema:dayOfWeek": [{"@id": "schema:PublicHolidays"}]}
    raw["isLocatedAt"][0]["schema:openingHoursSpecification"].append(hours)
    found = parse(raw).hours
    assert found.spans_on(date(2026, 11, 11)) == (Span(840, 1020),)  # a Wednesday, closed otherwise
    assert found.spans_on(date(2026, 11, 18)) == ()


def test_the_last_class_alone_is_enough() -> None:
    for name, category in (
        ("Chalet", Category.STAY),
        ("Synagogue", Category.OUTINGS),
        ("WifiHotSpot", Category.SERVICES),
    ):
        mapped = TypeMap().map_types((name,))
        assert mapped is not None
        assert mapped.category is category
        assert mapped.known


def test_references_of_a_graph_are_followed() -> None:
    index: dict[str, Any] = {"_:geo": {"@id": "_:geo", "latitude": "43.9", "longitude": "5.1"}}
    raw = {"@id": "x", "@type": "Museum", "label": "Le musée", "isLocatedAt": {"geo": {"@id": "_:geo"}}}
    result = ObjectParser(AS_OF).parse(raw, "x", index)
    assert isinstance(result, Kept)
    assert result.offer.place.latitude == 43.9


def test_the_official_csv() -> None:
    lines = [
        "Nom_du_POI,Categories_de_POI,Latitude,Longitude,Adresse_postale,Code_postal_et_commune,Periodes_regroupees,"
        "Createur_de_la_donnee,Date_de_mise_a_jour,Contacts_du_POI,Description,URI_ID_du_POI",
        '"Fête du miel",https://www.datatourisme.fr/ontology/core#FairOrShow|http://schema.org/Event,43.9,5.1,'
        '"Place, haute",84999#Bédarrin,2026-12-05<->2026-12-06,OT,2026-01-02,'
        "+33 4 65 71 00 00#a@example.org,Miel,https://data.example/9/x",
    ]
    (row,) = parse_csv(lines)
    assert not isinstance(row, Reason)
    offer = parse(row)
    assert offer.category is Category.EVENTS
    assert offer.place.address == "Place, haute, 84999 Bédarrin"
    assert offer.dates.occurrences == (Occurrence(date(2026, 12, 5), last=date(2026, 12, 6)),)
    assert offer.contact.phone == "+33 4 65 71 00 00"


@pytest.mark.parametrize(
    ("types", "category"),
    [
        (("HotelRestaurant", "Restaurant", "Hotel", "Accommodation"), Category.STAY),
        (("Castle", "Museum", "CulturalSite"), Category.OUTINGS),
        (("Concert", "EntertainmentAndEvent"), Category.EVENTS),
        (("Restaurant", "FoodEstablishment"), Category.FOOD),
        (("WalkingTour", "Tour"), Category.WALKS),
        (("TrainStation", "Transport"), Category.SERVICES),
        (("BrandNewMusicEvent", "PointOfInterest"), Category.EVENTS),
        (("SomethingUnheardOf",), Category.OUTINGS),
    ],
)
def test_types(types: tuple[str, ...], category: Category) -> None:
    mapped = TypeMap().map_types(types)
    assert mapped is not None
    assert mapped.category is category


def test_every_illustration_that_a_type_may_get_is_drawn() -> None:
    drawn = {path.stem for path in (ROOT / "assets" / "illustrations").glob("*.png")}
    assert drawn, "the illustrations are part of the repository"
    assert illustrations() | scenes() <= drawn


@pytest.mark.parametrize(
    ("types", "name", "scene"),
    [
        (("SportsAndLeisurePlace",), "Vannerie Aurélien & Étienne Métézeau", "workshop"),
        (("SportsAndLeisurePlace",), "LOCATION DE PEDALOS", "canoe"),
        (("SportsAndLeisurePlace",), "Promenades en attelage dans la vieille ville", "horses"),
        (("SportsAndLeisurePlace",), "Pêche à l'étang communal", "lake"),
        (("SportsAndLeisurePlace",), "L'anecdote, escape game", "hiking"),
        (("CulturalSite",), "Église Saint-Ours", "abbey"),
        (("SportsAndLeisurePlace",), "Les vélos de l'abbaye", "cycling"),
        (("WalkingTour",), "Le tour du lac", "hiking"),
        (("Museum",), "Musée du vélo", "museum"),
    ],
)
def test_a_class_that_says_little_leaves_the_scene_to_the_name(types: tuple[str, ...], name: str, scene: str) -> None:
    mapped = TypeMap().map_types(types)
    assert mapped is not None
    assert scene_for(mapped, name) == scene


@pytest.mark.parametrize(
    ("specifications", "cents"),
    [
        ([{"price": "12.5"}], 1250),
        ([{"minPrice": ["8"], "maxPrice": ["20"]}], 800),
        ([{"price": "0"}], None),
        ([{"price": "0", "hasEligiblePolicy": {"@id": "kb:Free"}}], 0),
        ([{"hasEligiblePolicy": {"@id": "kb:Free"}}], 0),
        ([{"hasEligiblePolicy": {"@id": "kb:Free"}}, {"price": "6", "hasEligiblePolicy": "kb:FullRate"}], 600),
        ([{"price": "3", "hasEligiblePolicy": {"@id": "kb:ChildRate"}}], None),
        ([{"price": "3", "priceCurrency": "CHF"}], None),
        ([{"price": "free"}], None),
        ([], None),
    ],
)
def test_prices(specifications: list[dict[str, Any]], cents: int | None) -> None:
    assert parse_price(Node({"offers": [{"priceSpecification": specifications}]})) == cents


def test_days_and_times() -> None:
    assert parse_date("2020-02-30") is None
    assert parse_date("2020-09-19T14:00:00Z") == date(2020, 9, 19)
    assert parse_minutes("8h30") == 510
    assert parse_minutes("23:59:59") == 1440
    assert parse_minutes("2020-01-01T08:05:00+02:00") == 485
    for wrong in ("25:00", "12:75", "noon", 830, None):
        assert parse_minutes(wrong) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_shape_breaks_the_parser(data: st.DataObject) -> None:
    """Any part of a good object replaced by any JSON gives an offer that loads back equal, or a reason."""
    raw: Any = data.draw(st.sampled_from([winery(), concert()]))
    for _ in range(data.draw(st.integers(1, 4))):
        target = raw
        while True:
            keys: list[Any] = list(target) if isinstance(target, dict) else list(range(len(target)))
            key = data.draw(st.sampled_from(keys))
            if not isinstance(target[key], dict | list) or not target[key] or data.draw(st.booleans()):
                break
            target = target[key]
        target[key] = data.draw(JSON)
    result = ObjectParser(AS_OF).parse(raw, "fuzzed")
    if isinstance(result, Kept):
        written = json.dumps(offer_to_json(result.offer)).encode()
        assert offer_from_json(json.loads(written)) == result.offer
    else:
        assert result.reason in Reason
