"""Tables and layers as offices and portals save them: separators, encodings, titles, Lambert-93, geometries."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from domain.offers import Offer
from server.catalogue.feed_source import Document
from server.catalogue.projections import code_of, to_degrees
from server.catalogue.results import Kept, Parsed, Reason, Rejected
from server.catalogue.tables import TableParser

AS_OF = date(2026, 11, 22)
TABLE = "Nom;Ville;Genre;Horaires;Lat;Lon\nFerme des Ocres;ROQUEBELLE;producteur;Mo-Fr 09:00-12:00;43,9;5,2\n"


def outcomes(data: bytes, kind: str = "producers") -> list[Parsed]:
    return list(TableParser(AS_OF, "csv", kind).outcomes(Document("t.csv", data)))


def kept(data: bytes, kind: str = "producers") -> Offer:
    (outcome,) = outcomes(data, kind)
    assert isinstance(outcome, Kept), outcome
    return outcome.offer


def feature(geometry: object = None, properties: dict[str, Any] | None = None, **more: Any) -> bytes:
    one = {"type": "Feature", "properties": {"nom": "Ferme", **(properties or {})}, "geometry": geometry}
    return json.dumps({"type": "FeatureCollection", "features": [one], **more}).encode()


def where(data: bytes) -> tuple[float | None, float | None]:
    place = kept(data).place
    return (round(place.latitude, 3), round(place.longitude, 3)) if place.latitude and place.longitude else (None, None)


@pytest.mark.parametrize(
    "data",
    [
        TABLE.encode(),
        TABLE.replace(";", "\t").encode("utf-16"),
        TABLE.replace(",", ".").replace(";", ",").encode("utf-8-sig"),
        TABLE.replace("\n", "\r\n").encode("cp1252"),
        b"sep=;\n" + TABLE.encode(),
        ("Producteurs du Pays du Bon Coin;;;;;\n\n" + TABLE).encode(),
        TABLE.replace("Ferme des Ocres", '"Ferme des Ocres"')
        .replace("Mo-Fr", '"Mo-Fr')
        .replace("12:00", '12:00"')
        .encode(),
    ],
)
def test_tables_as_offices_save_them(data: bytes) -> None:
    offer = kept(data)
    assert offer.text("fr").name == "Ferme des Ocres"
    assert offer.place.commune == "Roquebelle"
    assert (offer.place.latitude, offer.place.longitude) == (43.9, 5.2)
    assert offer.hours.open_on(date(2026, 11, 23))


def test_line_breaks_in_cells_and_rows_that_break() -> None:
    offer = kept(b'nom;ville;description\n"Ferme";Mazelles;"Miel\net fromage"\n')
    assert offer.text("fr").description == "" or "fromage" in offer.text("fr").description
    broken = outcomes(b'nom;ville\n"' + b"x" * 200_000 + b"\nFerme;Mazelles\n")
    assert [o.reason for o in broken if isinstance(o, Rejected)] == [Reason.BAD_ROW]
    assert outcomes(b"\n\n\n") == [Rejected("t.csv", Reason.NOT_TABLE)]


@pytest.mark.parametrize(
    ("said", "cents"),
    [
        ("1 200,50 € / mois", 120050),
        ("10 - 12 €", 1000),
        ("de 2 000 à 2 500 €", 200000),
        ("1.200 €", 120000),
        ("8.5", 850),
        ("à négocier", None),
        ("0", 0),
    ],
)
def test_prices_in_words(said: str, cents: int | None) -> None:
    assert kept(f"nom;ville;loyer\nLocal;Mazelles;{said}\n".encode(), "premises").price_cents == cents


@pytest.mark.parametrize(
    "said", ["30/11/2026", "30-11-2026", "30.11.26", "2026-11-30", "30/11/2026 23:59", "2026-11-30T00:00:00"]
)
def test_days_as_people_write_them(said: str) -> None:
    offer = kept(f"nom;ville;date limite\nBoulanger;Mazelles;{said}\n".encode(), "jobs")
    assert offer.dates.occurrences[0].last_day == date(2026, 11, 30)


POINT = {"type": "Point", "coordinates": [5.2, 43.9]}


@pytest.mark.parametrize(
    "geometry",
    [
        POINT,
        {"type": "Point", "coordinates": [5.2, 43.9, 312.5]},
        {"type": "Point", "coordinates": [43.9, 5.2]},  # turned round
        {"type": "MultiPoint", "coordinates": [[5.1, 43.9], [5.3, 43.9]]},
        {"type": "Polygon", "coordinates": [[[5.1, 43.8], [5.3, 43.8], [5.3, 44.0], [5.1, 44.0], [5.1, 43.8]]]},
        {"type": "MultiPolygon", "coordinates": [[[[5.1, 43.8], [5.3, 44.0], [5.1, 43.8]]]]},
        {"type": "GeometryCollection", "geometries": [POINT, {"type": "Point", "coordinates": [5.2, 43.9]}]},
    ],
)
def test_geometries(geometry: dict[str, Any]) -> None:
    assert where(feature(geometry)) == (43.9, 5.2)


# Notre-Dame de Paris, point zero of the roads, in each system.
PARIS = (48.853, 2.349)


@pytest.mark.parametrize(
    ("x", "y", "name"),
    [
        (652_218.0, 6_861_682.0, "urn:ogc:def:crs:EPSG::2154"),
        (652_218.0, 6_861_682.0, ""),  # nothing else can have such numbers
        (261_468.0, 6_250_031.0, "EPSG:3857"),
        (2.349, 48.853, "urn:ogc:def:crs:OGC:1.3:CRS84"),
    ],
)
def test_reference_systems(x: float, y: float, name: str) -> None:
    crs = {"crs": {"type": "name", "properties": {"name": name}}} if name else {}
    found = where(feature({"type": "Point", "coordinates": [x, y]}, **crs))
    assert found == pytest.approx(PARIS, abs=0.002)


def test_the_conic_zones_and_their_origins() -> None:
    for zone in range(42, 51):
        found = to_degrees(1_700_000, (zone - 41) * 1_000_000 + 200_000, 3900 + zone)
        assert found == pytest.approx((zone, 3.0), abs=1e-9)
    assert to_degrees(700_000, 6_600_000, 2154) == pytest.approx((46.5, 3.0), abs=1e-9)
    assert to_degrees(892_390, 6_247_035) == pytest.approx((43.2965, 5.3698), abs=1e-4)  # the old harbour of Marseille
    assert to_degrees(622_000, 6_000_000, 27572) is not None  # Lambert II, as old layers still have it
    assert to_degrees(500_000, 5_000_000, 32631) == pytest.approx((45.1534, 3.0), abs=1e-3)  # UTM 31N
    assert to_degrees(5.2, 43.9, 4171) == to_degrees(5.2, 43.9, 99_999) == (43.9, 5.2)  # degrees; a number of nothing
    assert code_of("http://www.opengis.net/def/crs/EPSG/0/2154") == 2154
    assert to_degrees(float("nan"), 1.0) is None
    assert to_degrees(1e18, 1e18, 2154) is None


@pytest.mark.parametrize(
    "row",
    [
        {"geo_point_2d": "43.9, 5.2"},
        {"geo_point_2d": {"lat": 43.9, "lon": 5.2}},
        {"Coordonnées": "POINT (5.2 43.9)"},
        {"x": "5.2", "y": "43.9000000000000000001"},
        {"lieuTravail": {"latitude": 43.9, "longitude": 5.2, "libelle": "84 - Roquebelle"}},
    ],
)
def test_places_in_records(row: dict[str, Any]) -> None:
    data = json.dumps({"total_count": 1, "results": [{"nom": "Ferme", **row}]}).encode()
    assert where(data) == (43.9, 5.2)


def test_answers_that_are_no_layer() -> None:
    assert [type(o) for o in outcomes(b'{"features": [null, 3, {"properties": null}]}')] == [Rejected] * 3
    assert outcomes(b'{"features": "none", "x": 1}')[0] == Rejected("t.csv#0", Reason.NO_NAME)
    far = feature({"type": "Point", "coordinates": [1e300, 10**400]}, {"commune": "Mazelles"})
    assert kept(far).place.latitude is None
    assert kept(feature(None, {"commune": "Mazelles"})).place.commune == "Mazelles"
