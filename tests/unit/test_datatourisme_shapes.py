"""One place and one event in every shape that DATAtourisme has had: archives of 2018 to 2026, the query interface, the
REST interface, flattened graphs, the tables of data.gouv.fr. The same thing must come out of each."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from domain.hours import Occurrence
from domain.offers import Category, Offer
from server.catalogue.datatourisme import ObjectParser
from server.catalogue.feed_source import Document, FeedUnreadable, open_feed, read_stream
from server.catalogue.formats import FORMATS, Options
from server.catalogue.results import Kept, Parsed, Reason, Rejected
from tests.fixtures.catalogue_samples import concert, winery

AS_OF = date(2026, 11, 22)
URI = "https://data.datatourisme.fr/13/0b9f7b1e-8d0f-3c5a-9b0e-6a5f3c1b2d4e"
CORE = "https://www.datatourisme.fr/ontology/core#"


def outcomes(document: object) -> list[Parsed]:
    return list(ObjectParser(AS_OF).outcomes(Document("x.json", json.dumps(document).encode())))


def kept(document: object) -> Offer:
    found = [o.offer for o in outcomes(document) if isinstance(o, Kept)]
    assert len(found) == 1, outcomes(document)
    return found[0]


def flux() -> dict[str, Any]:
    """As the archives have it."""
    return {
        "@id": URI,
        "@type": ["schema:Museum", "PlaceOfInterest", "PointOfInterest", "CulturalSite", "Museum"],
        "rdfs:label": {"fr": ["Musée de l'ocre"], "en": ["Ochre museum"]},
        "hasDescription": [{"dc:description": {"fr": ["Les couleurs de la terre."], "en": ["Colours."]}}],
        "isLocatedAt": [
            {
                "schema:address": [
                    {
                        "schema:addressLocality": "Roquebelle",
                        "schema:postalCode": "84999",
                        "schema:streetAddress": ["1 rue"],
                    }
                ],
                "schema:geo": {"schema:latitude": "43.95", "schema:longitude": "5.2"},
                "schema:openingHoursSpecification": [
                    {
                        "schema:opens": "10:00:00",
                        "schema:closes": "18:00:00",
                        "schema:dayOfWeek": [{"@id": "schema:Monday"}],
                    }
                ],
            }
        ],
        "hasContact": [{"schema:telephone": ["04 65 71 00 01"], "foaf:homepage": ["https://m.example/"]}],
        "lastUpdate": "2026-05-04",
    }


def rest() -> dict[str, Any]:
    """As the REST interface has it."""
    return {
        "uri": URI,
        "uuid": "6d1a3c4e-0000-3000-8000-000000000000",
        "type": ["Museum", "CulturalSite", "PlaceOfInterest", "PointOfInterest"],
        "label": {"@fr": "Musée de l'ocre", "@en": "Ochre museum"},
        "hasDescription": [{"description": {"@fr": "Les couleurs de la terre.", "@en": "Colours."}}],
        "isLocatedAt": [
            {
                "address": [
                    {
                        "hasAddressCity": {"label": {"@fr": "Roquebelle"}, "insee": "84999"},
                        "postalCode": "84999",
                        "streetAddress": ["1 rue"],
                    }
                ],
                "geo": {"latitude": 43.95, "longitude": 5.2},
                "openingHoursSpecification": [{"opens": "10:00", "closes": "18:00", "dayOfWeek": [{"key": "Monday"}]}],
            }
        ],
        "hasContact": [{"telephone": ["04 65 71 00 01"], "homepage": ["https://m.example/"]}],
        "lastUpdate": "2026-05-04",
    }


def query() -> dict[str, Any]:
    """As the query interface answered: underscores for colons, texts with their language, lists everywhere."""
    place = {
        "_uri": URI,
        "rdf_type": [f"{CORE}Museum", f"{CORE}PlaceOfInterest", "http://schema.org/Museum"],
        "rdfs_label": [{"value": "Musée de l'ocre", "lang": "fr"}, {"value": "Ochre museum", "lang": "en"}],
        "hasDescription": [
            {
                "dc_description": [
                    {"value": "Les couleurs de la terre.", "lang": "fr"},
                    {"value": "Colours.", "lang": "en"},
                ]
            }
        ],
        "isLocatedAt": [
            {
                "schema_address": [
                    {
                        "schema_addressLocality": ["Roquebelle"],
                        "schema_postalCode": ["84999"],
                        "schema_streetAddress": ["1 rue"],
                    }
                ],
                "schema_geo": [{"schema_latitude": ["43.95"], "schema_longitude": ["5.2"]}],
                "schema_openingHoursSpecification": [
                    {
                        "schema_opens": ["10:00:00"],
                        "schema_closes": ["18:00:00"],
                        "schema_dayOfWeek": [
                            {"_uri": "http://schema.org/Monday", "rdfs_label": [{"value": "Lundi", "lang": "fr"}]}
                        ],
                    }
                ],
            }
        ],
        "hasContact": [{"schema_telephone": ["04 65 71 00 01"], "foaf_homepage": ["https://m.example/"]}],
        "lastUpdate": ["2026-05-04"],
    }
    return {"data": {"poi": {"total": 1, "results": [place]}}}


def expanded() -> list[dict[str, Any]]:
    """Full addresses, every value wrapped: expanded JSON-LD."""
    schema, rdfs = "http://schema.org/", "http://www.w3.org/2000/01/rdf-schema#"
    return [
        {
            "@id": URI,
            "@type": [f"{CORE}Museum", f"{CORE}PlaceOfInterest"],
            f"{rdfs}label": [
                {"@language": "fr", "@value": "Musée de l'ocre"},
                {"@language": "en", "@value": "Ochre museum"},
            ],
            f"{CORE}hasDescription": [
                {
                    "http://purl.org/dc/elements/1.1/description": [
                        {"@language": "fr-FR", "@value": "Les couleurs de la terre."},
                        {"@language": "eng", "@value": "Colours."},
                    ]
                }
            ],
            f"{CORE}isLocatedAt": [
                {
                    f"{schema}address": [
                        {
                            f"{schema}addressLocality": [{"@value": "Roquebelle"}],
                            f"{schema}postalCode": [{"@value": "84999"}],
                            f"{schema}streetAddress": [{"@value": "1 rue"}],
                        }
                    ],
                    f"{schema}geo": [
                        {
                            f"{schema}latitude": [{"@type": "xsd:decimal", "@value": "43,95"}],
                            f"{schema}longitude": [{"@type": "xsd:decimal", "@value": "5,2"}],
                        }
                    ],
                    f"{schema}openingHoursSpecification": [
                        {
                            f"{schema}opens": [{"@value": "10:00:00"}],
                            f"{schema}closes": [{"@value": "18:00:00"}],
                            f"{schema}dayOfWeek": [{"@id": f"{schema}Monday"}],
                        }
                    ],
                }
            ],
            f"{CORE}hasContact": [
                {
                    f"{schema}telephone": [{"@value": "04 65 71 00 01"}],
                    "http://xmlns.com/foaf/0.1/homepage": [{"@id": "https://m.example/"}],
                }
            ],
            f"{CORE}lastUpdate": [{"@value": "2026-05-04"}],
        }
    ]


def graph() -> dict[str, Any]:
    """Flattened: parts and words of the thesaurus stand beside the object, which points to them."""
    return {
        "@context": {},
        "@graph": [
            {
                "@id": "_:hours",
                "schema:opens": "10:00",
                "schema:closes": "18:00",
                "schema:dayOfWeek": {"@id": "schema:Monday"},
            },
            {"@id": "_:geo", "schema:latitude": "43.95", "schema:longitude": "5.2"},
            {"@id": "kb:84999", "@type": "City", "rdfs:label": {"fr": "Roquebelle"}},
            {
                "@id": "_:a",
                "hasAddressCity": {"@id": "kb:84999"},
                "schema:postalCode": "84999",
                "schema:streetAddress": "1 rue",
            },
            {
                "@id": "_:p",
                "schema:geo": "_:geo",
                "schema:address": {"@id": "_:a"},
                "schema:openingHoursSpecification": {"@id": "_:hours"},
            },
            {"@id": "_:c", "schema:telephone": "04 65 71 00 01", "foaf:homepage": "https://m.example/"},
            {"@id": "_:d", "dc:description": {"fr": "Les couleurs de la terre.", "en": "Colours."}},
            {
                "@id": URI,
                "@type": ["Museum", "PlaceOfInterest"],
                "rdfs:label": [
                    {"@language": "fr", "@value": "Musée de l'ocre"},
                    {"@language": "en", "@value": "Ochre museum"},
                ],
                "isLocatedAt": {"@id": "_:p"},
                "hasContact": {"@id": "_:c"},
                "hasDescription": {"@id": "_:d"},
                "lastUpdate": {"@type": "xsd:date", "@value": "2026-05-04"},
            },
        ],
    }


SHAPES = {
    "flux": flux,
    "rest": lambda: {"objects": [rest()], "meta": {"total": 1}},
    "query": query,
    "expanded": expanded,
    "graph": graph,
}


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_every_shape_gives_the_same_offer(shape: str) -> None:
    offer = kept(SHAPES[shape]())
    assert offer.id == "0b9f7b1e-8d0f-3c5a-9b0e-6a5f3c1b2d4e"
    assert (offer.category, offer.illustration) == (Category.OUTINGS, "museum")
    assert {language: text.name for language, text in offer.texts.items()} == {
        "fr": "Musée de l'ocre",
        "en": "Ochre museum",
    }
    assert offer.text("fr").pitch == "Les couleurs de la terre."
    assert offer.text("en").pitch == "Colours."
    assert (offer.place.commune, offer.place.address) == ("Roquebelle", "1 rue, 84999 Roquebelle")
    assert (offer.place.latitude, offer.place.longitude) == (43.95, 5.2)
    assert [(s.start, s.end) for s in offer.hours.spans_on(date(2026, 11, 23))] == [(600, 1080)]
    assert not offer.hours.open_on(date(2026, 11, 24))
    assert offer.contact.phone == "04 65 71 00 01"
    assert offer.contact.website == "https://m.example/"
    assert offer.provenance[0].updated == date(2026, 5, 4)


def test_one_where_lists_are_due_and_what_stands_on_the_object_itself() -> None:
    flat = {
        "@id": URI,
        "@type": "Museum",
        "rdfs:label": {"fr": "Musée"},
        "schema:geo": {"schema:latitude": 43.95, "schema:longitude": 5.2},
        "schema:address": {"schema:addressLocality": "Roquebelle", "schema:streetAddress": "1 rue"},
        "schema:openingHoursSpecification": {
            "schema:dayOfWeek": {"@id": "schema:Monday"},
            "schema:opens": "9h",
            "schema:closes": "12h30",
        },
        "hasOffers": {"schema:priceSpecification": {"schema:minPrice": 20, "schema:priceCurrency": "EUR"}},
        "hasMainRepresentation": {
            "ebucore:hasAnnotation": {"credits": "A. Martin", "ebucore:isCoveredBy": "By-NC-ND 4.0"},
            "ebucore:hasRelatedResource": {"ebucore:locator": "http://m.example/salle à manger.JPG"},
        },
    }
    offer = kept(flat)
    assert (offer.place.commune, offer.place.latitude) == ("Roquebelle", 43.95)
    assert [(s.start, s.end) for s in offer.hours.spans_on(date(2026, 11, 23))] == [(540, 750)]
    assert offer.price_cents == 2000
    (picture,) = offer.pictures
    assert picture.url == "http://m.example/salle%20%C3%A0%20manger.JPG"
    assert (picture.author, picture.licence) == ("A. Martin", "CC BY-NC-ND 4.0")


@pytest.mark.parametrize(
    ("said", "licence"),
    [
        ("oui", "Licence Ouverte 2.0"),
        ("Tous droits réservés", "Licence Ouverte 2.0"),
        ("CC BY-SA 4.0", "CC BY-SA 4.0"),
        ("https://creativecommons.org/licenses/by-nc/4.0/", "CC BY-NC 4.0"),
        ("CC0", "CC0 1.0"),
        ("CC-BY", "CC BY"),
        ("Photo by Jeanne", "Licence Ouverte 2.0"),
    ],
)
def test_a_picture_may_have_a_licence_of_its_own(said: str, licence: str) -> None:
    raw = winery()
    raw["hasMainRepresentation"][0]["ebucore:hasAnnotation"][0]["ebucore:isCoveredBy"] = said
    assert kept(raw).pictures[0].licence == licence


def test_languages_are_kept_whatever_their_code() -> None:
    raw = {
        **flux(),
        "rdfs:label": {"fra": "Musée", "de-DE": ["Museum"], "@none": ["x"], "nld": "Museum NL", "pt-br": ["Museu"]},
    }
    assert set(kept(raw).texts) >= {"fr", "de", "nl", "pt"}
    assert kept({**flux(), "rdfs:label": {"@none": ["Sans langue"]}}).text("fr").name == "Sans langue"
    assert kept({**flux(), "rdfs:label": "Sans langue"}).text("fr").name == "Sans langue"


def test_an_object_that_is_obsolete_is_withdrawn() -> None:
    assert outcomes({**rest(), "isObsolete": True}) == [Rejected(URI, Reason.NOT_SHOWN, withdraws=URI)]
    assert kept({**rest(), "isObsolete": False})


def event(**more: Any) -> Offer:
    return kept({**concert(), **more})


def test_times_written_into_days() -> None:
    night = event(takesPlaceAt=[{"startDate": "2026-12-05T20:30:00", "endDate": "2026-12-06T01:00:00"}])
    assert night.dates.occurrences == (Occurrence(date(2026, 12, 5), 1230, 60),)
    utc = event(takesPlaceAt=[{"startDate": "2026-07-01T18:30:00.000Z", "endDate": "2026-07-01T20:00:00.000Z"}])
    assert utc.dates.occurrences == (Occurrence(date(2026, 7, 1), 1230, 1320),)
    # Midnight here, written in universal time, is the evening before there.
    days = event(takesPlaceAt=[{"startDate": "2026-06-30T22:00:00Z", "endDate": "2026-07-04T22:00:00Z"}])
    assert days.dates.occurrences == (Occurrence(date(2026, 7, 1), last=date(2026, 7, 5)),)
    run = event(takesPlaceAt=[{"startDate": "2026-07-01T10:00:00", "endDate": "2026-08-31T18:00:00"}])
    assert run.dates.occurrences == (Occurrence(date(2026, 7, 1), 600, 1080, date(2026, 8, 31)),)


def test_weeks_of_a_month() -> None:
    market = {
        "startDate": "2026-01-01",
        "endDate": "2026-12-31",
        "startTime": "08:00",
        "appliesOnDay": [{"@id": "schema:Sunday"}],
        "weekOfMonth": [{"@id": "kb:FirstWeek"}],
    }
    dates = event(takesPlaceAt=[market]).dates
    assert [o.day for o in dates.occurrences] == [date(2026, 11, 1), date(2026, 12, 6)]
    last = event(takesPlaceAt=[{**market, "weekOfMonth": {"label": {"@fr": "Dernière semaine"}}}]).dates
    assert [o.day for o in last.occurrences] == [date(2026, 10, 25), date(2026, 11, 29), date(2026, 12, 27)]
    raw = flux()
    raw["isLocatedAt"][0]["schema:openingHoursSpecification"][0]["weekOfMonth"] = [{"@id": "kb:FirstWeek"}]
    hours = kept(raw).hours
    assert hours.open_on(date(2026, 12, 7))
    assert not hours.open_on(date(2026, 12, 14))


def test_weekdays_by_label_and_days_that_nobody_knows() -> None:
    raw = flux()
    said = raw["isLocatedAt"][0]["schema:openingHoursSpecification"][0]
    said["schema:dayOfWeek"] = [{"@id": "kb:d1", "rdfs:label": {"fr": ["Mardi"]}}]
    assert kept(raw).hours.open_on(date(2026, 11, 24))
    said["schema:dayOfWeek"] = [{"@id": "kb:SometimesDay"}]
    assert not kept(raw).hours.open_on(date(2026, 11, 24))


def test_for_ever_and_a_year_that_never_was() -> None:
    raw = flux()
    said = raw["isLocatedAt"][0]["schema:openingHoursSpecification"][0]
    said.update({"schema:validFrom": "0001-01-01T00:00:00", "schema:validThrough": "9999-12-31T00:00:00"})
    assert kept(raw).hours.open_on(date(2026, 11, 23))
    assert event(takesPlaceAt=[{"startDate": "2026-01-01", "endDate": "9999-12-31"}]).dates.on(date(2040, 1, 1))


@pytest.mark.parametrize(
    ("name", "cents"),
    [
        ("Tarif de base", 1200),
        ("Adulte", 1200),
        ("Enfant", None),
        ("Supplément animaux", None),
        ("Adulte (enfant gratuit)", 1200),
    ],
)
def test_a_rate_known_by_its_name_alone(name: str, cents: int | None) -> None:
    assert event(offers=[{"priceSpecification": [{"minPrice": [12], "name": {"@fr": name}}]}]).price_cents == cents


def test_a_place_turned_round_and_a_commune_in_capitals() -> None:
    raw = rest()
    raw["isLocatedAt"][0]["geo"] = {"latitude": 5.2, "longitude": 43.95}
    raw["isLocatedAt"][0]["address"] = [{"addressLocality": "SAINT-PIERRE-DE-L'ÉGLISE CEDEX 9", "postalCode": "84999"}]
    place = kept(raw).place
    assert (place.latitude, place.longitude) == (43.95, 5.2)
    assert place.commune == "Saint-Pierre-de-l'Église"
    reunion = rest()
    reunion["isLocatedAt"][0]["geo"] = {"latitude": -21.1, "longitude": 55.5}
    assert (kept(reunion).place.latitude, kept(reunion).place.longitude) == (-21.1, 55.5)


def test_a_wine_bar_is_no_cellar() -> None:
    types = ["schema:Winery", "Winery", "FoodEstablishment", "BistroOrWineBar", "PlaceOfInterest"]
    assert kept({**flux(), "@type": types}).category is Category.FOOD
    assert kept({**flux(), "@type": [*types, "WineCellar"]}).category is Category.WINE


HEAD = (
    "Nom_du_POI,Categories_de_POI,Latitude,Longitude,Adresse_postale,Code_postal_et_commune,Periodes_regroupees,"
    "Contacts_du_POI,Description,URI_ID_du_POI"
)
ROW = (
    f"Musée de l'ocre,{CORE}Museum|{CORE}PlaceOfInterest,43.95,5.2,1 rue,84999#Roquebelle,,"
    f'Accueil#04 65 71 00 01#https://m.example/,"Les couleurs\nde la terre.",{URI}'
)


def table(data: bytes) -> list[Parsed]:
    parser = ObjectParser(AS_OF)
    return [o for piece in read_stream(io.BytesIO(data), "t.csv", alone=True) for o in parser.outcomes(piece)]


@pytest.mark.parametrize(
    "data",
    [
        f"{HEAD}\n{ROW}\n".encode(),
        f"\ufeff{HEAD}\r\n{ROW}\r\n".encode(),
        f"{HEAD}\n{ROW}\n".encode("cp1252"),
        f"{HEAD}\n{ROW}\n".replace(",", ";").encode(),
        f"{HEAD}\n{ROW}\n".replace(",", "\t").encode(),
        f"{HEAD.upper()}\n{ROW}\n".encode(),
        f"{HEAD},Covid19_mesures_specifiques,Autre\n{ROW},x,y\n\n,,,\n".encode(),
    ],
)
def test_the_tables_of_data_gouv(data: bytes) -> None:
    (outcome,) = table(data)
    assert isinstance(outcome, Kept), outcome
    offer = outcome.offer
    assert offer.text("fr").name == "Musée de l'ocre"
    assert offer.place.commune == "Roquebelle"
    assert offer.contact.phone == "04 65 71 00 01"
    assert offer.contact.website == "https://m.example/"


def test_rows_that_cannot_be_read_and_other_tables() -> None:
    broken = table(f'{HEAD}\n"{"x" * 200_000}\n{ROW}\n'.encode())
    assert [type(o) for o in broken] == [Rejected, Kept]
    assert broken[0] == Rejected("t.csv:2", Reason.BAD_ROW)
    assert table(b"a,b\n1,2\n3,4\n") == [Rejected("t.csv", Reason.NOT_TABLE)]
    assert table(b"\xff\xfe\x00" * 50) == [Rejected("t.csv", Reason.NOT_TABLE)]


def test_archives_in_archives_and_other_packings_say_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "outer.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("flux/inner.zip", b"PK\x03\x04")
    (tmp_path / "flux.json.gz").write_bytes(b"\x1f\x8b\x08\x00")
    for name in ("outer.zip", "flux.json.gz"):
        with pytest.raises(FeedUnreadable, match="unpack it"), open_feed(tmp_path / name):
            pass


def test_a_deep_tree_of_objects(tmp_path: Path) -> None:
    path = tmp_path / "flux.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(12):
            raw = {**flux(), "@id": f"{URI[:-1]}{number:x}"}
            archive.writestr(f"flux-26308/objects/{number}/{number}a/13-{number}.json", json.dumps(raw))
        archive.writestr("flux-26308/index.json", json.dumps([{"file": "0/00/x.json"}]))
        archive.writestr("flux-26308/context.jsonld", "{}")
    with FORMATS["datatourisme"].open(path, Options(AS_OF)) as (feed, parser):
        found = [o for piece in feed.pieces for o in parser.outcomes(piece)]
    assert len(found) == 12
    assert all(isinstance(o, Kept) for o in found)


def test_what_is_wrong_with_an_archive_is_said(tmp_path: Path) -> None:
    path = tmp_path / "flux.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("objects/a.json", json.dumps(flux()))
        archive.writestr("objects/b.json", json.dumps(flux()), zipfile.ZIP_DEFLATED)
    with FORMATS["datatourisme"].open(path, Options(AS_OF)) as (feed, parser):
        found = [o for piece in feed.pieces for o in parser.outcomes(piece)]
    assert found[0] == Rejected("objects/a.json", Reason.METHOD)
    assert isinstance(found[1], Kept)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(FeedUnreadable, match="fetched whole"), open_feed(path):
        pass
