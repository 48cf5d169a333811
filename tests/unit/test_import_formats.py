"""Blogs, pages, tables, layers and photos: what they become, and what is refused and why."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from domain.hours import Dates, Hours, Occurrence, OnHolidays, Period, Span
from domain.offers import Category, Offer, Tag
from server.catalogue.blog import BlogParser, licence_name, quote_of
from server.catalogue.feed_source import Document
from server.catalogue.formats import FORMATS, Options
from server.catalogue.jsonld_page import PageParser
from server.catalogue.osm_hours import UnknownHours, parse_osm_hours
from server.catalogue.results import BlogPost, Kept, LibraryPhoto, Parsed, Reason, Rejected
from server.catalogue.school import BadTable, in_holidays, parse_school_csv
from server.catalogue.tables import TableParser

AS_OF = date(2026, 11, 22)
ALL_DAYS = frozenset(range(7))
SHARED = Path(__file__).parents[3] / "shared" / "data"


def one(outcomes: list[Parsed]) -> Offer:
    (outcome,) = outcomes
    assert isinstance(outcome, Kept), outcome
    return outcome.offer


ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:georss="http://www.georss.org/georss" xml:lang="fr">
<title>Carnets du Luberon</title><author><name>Jeanne Martin</name><email>jeanne@example.org</email></author>
<rights>Tous droits réservés</rights>
<entry><id>tag:blog.example,2026:1</id><title>La Sorguette à l'aube</title>
<link href="https://blog.example/aube"/><link rel="license" href="https://creativecommons.org/licenses/by-sa/4.0/"/>
<link rel="enclosure" type="image/jpeg" href="https://blog.example/aube.jpg"/>
<published>2026-05-04T06:00:00+02:00</published><georss:point>43.95 5.2</georss:point>
<content type="html">&lt;p&gt;On part avant le soleil.&lt;/p&gt;
&lt;script&gt;alert(1)&lt;/script&gt;&lt;p&gt;L'eau fume &amp;amp; se tait.&lt;/p&gt;</content>
</entry>
<entry><title/><summary/></entry>
</feed>"""


def blog(text: str, **words: str) -> list[Parsed]:
    return list(BlogParser(AS_OF, **words).outcomes(Document("b.xml", text.encode())))


def test_a_post_becomes_a_story_with_author_and_licence() -> None:
    post, empty = blog(ATOM)
    assert isinstance(post, BlogPost)
    assert post.author == "Jeanne Martin"
    assert post.licence == "CC BY-SA 4.0"
    assert post.title == "La Sorguette à l'aube"
    assert post.text == "On part avant le soleil.\n\nL'eau fume & se tait."
    assert post.quote == "On part avant le soleil. L'eau fume & se tait."
    assert (post.day, post.language, post.url) == (date(2026, 5, 4), "fr", "https://blog.example/aube")
    assert post.picture is not None
    assert post.picture.url == "https://blog.example/aube.jpg"
    assert (post.latitude, post.longitude) == (43.95, 5.2)
    assert "example.org" not in repr(post)
    assert isinstance(empty, Rejected)
    assert empty.reason is Reason.NO_TEXT


RSS = "<rss version='2.0'><channel><title>B</title><item><title>Un jour</title><guid>1</guid>{}</item></channel></rss>"


def test_without_author_or_licence_only_the_person_who_imports_can_vouch() -> None:
    assert blog(RSS.format("")) == [Rejected("1", Reason.NO_AUTHOR)]
    assert blog(RSS.format("<author>a@b.example (Paul)</author>")) == [Rejected("1", Reason.NO_AUTHOR)]
    (post,) = blog(RSS.format("<author>a@b.example (Paul)</author>"), author="Autre", licence="CC0")
    assert isinstance(post, BlogPost)
    assert (post.author, post.licence) == ("Paul", "CC0")


def test_the_first_picture_of_a_text_that_is_no_smiley() -> None:
    smiley = "&lt;img class='e' src='https://s.w.org/emoji/1.png'&gt;"
    picture = "&lt;img alt='x' src='https://b.example/a.jpg?w=1&amp;amp;h=2'&gt;"
    said = f"<description>{smiley}{picture}</description>"
    (post,) = blog(RSS.format(said), author="A", licence="CC0")
    assert isinstance(post, BlogPost)
    assert post.picture is not None
    assert post.picture.url == "https://b.example/a.jpg?w=1&h=2"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('<!DOCTYPE r [<!ENTITY a "b"><!ENTITY c "&a;&a;&a;">]>' + RSS.format(""), Reason.ENTITIES),
        ("<html><body>none</body></html>", Reason.NOT_FEED),
        ("", Reason.NOT_FEED),
        ("\x00\x01", Reason.NOT_FEED),
    ],
)
def test_what_is_no_feed_or_an_attack(text: str, reason: Reason) -> None:
    (outcome,) = blog(text, author="A", licence="L")
    assert isinstance(outcome, Rejected)
    assert outcome.reason is reason


def test_quotes_end_with_a_sentence_and_licences_have_short_names() -> None:
    long = "Une phrase de taille moyenne pour voir. " * 20
    assert quote_of(long).endswith("voir.")
    assert len(quote_of(long)) <= 280
    assert quote_of("mot " * 200).endswith("…")
    assert licence_name("http://creativecommons.org/publicdomain/zero/1.0/") == "CC0 1.0"
    assert licence_name("© Jeanne") == "© Jeanne"


PAGE = """<!doctype html><html><head><title>x</title>
<script type="application/ld+json">{"@context":"https://schema.org","@graph":[
 {"@type":"WebSite","name":"Site"},
 {"@type":["Winery","LocalBusiness"],"@id":"https://cave.example/#cave","name":"Cave &amp; Fils",
  "description":"<b>Visite</b> libre.",
  "telephone":"+33 4 65 71 00 00",
  "address":{"streetAddress":"1 rue","postalCode":"84999","addressLocality":"Roquebelle"},
  "geo":{"latitude":"43.95","longitude":"5.2"},"openingHours":["Mo-Fr 09:00-12:00","Sa 10:00-12:00"],
  "image":{"@type":"ImageObject","url":"https://cave.example/a.jpg","creditText":"A. Martin","license":"https://cave.example/l"}}]}
</script><script>var a = {"@type":"Event"}</script>
<script type="application/ld+json">[{"@type":"MusicEvent","name":"Trio","startDate":"2026-07-04T20:30+02:00",
 "endDate":"2026-07-04T23:00+02:00","location":{"@type":"Place","name":"Place",
  "address":"Place du Marché, 84998 Mazelles"},
 "offers":[{"price":"12.50","priceCurrency":"EUR"},{"price":"8","priceCurrency":"EUR"}],"url":"https://trio.example/"},
 {"@type":"Event","name":"Annulé","startDate":"2026-07-05","eventStatus":"https://schema.org/EventCancelled",
  "location":"84998 Mazelles"},
 {"@type":"Event","name":"Sans date","location":"84998 Mazelles"}]</script>
<script type="application/ld+json">{broken</script></head><body></body></html>"""


def test_the_things_of_a_page() -> None:
    outcomes = list(PageParser(AS_OF, "https://page.example/").outcomes(Document("p.html", PAGE.encode())))
    cave, trio = (o.offer for o in outcomes if isinstance(o, Kept))
    assert cave.category is Category.WINE
    assert cave.text("fr").name == "Cave & Fils"
    assert cave.text("fr").pitch == "Visite libre."
    assert cave.hours == Hours(
        (
            Period(frozenset(range(5)), (Span(540, 720),)),
            Period(frozenset((5,)), (Span(600, 720),)),
        )
    )
    assert cave.pictures[0].author == "A. Martin"
    assert trio.category is Category.EVENTS
    assert trio.dates == Dates((Occurrence(date(2026, 7, 4), 1230, 1380),))
    assert trio.price_cents == 800
    assert trio.place.commune == "Mazelles"
    assert Tag.EVENING in trio.tags
    reasons = [o.reason for o in outcomes if isinstance(o, Rejected)]
    assert reasons == [Reason.NOT_SHOWN, Reason.NO_DATE, Reason.NOT_JSON]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("no page at all", Reason.NOT_PAGE),
        ("<html><body>nothing</body></html>", Reason.NO_DATA),
        ('<html><script type="application/ld+json">' + "[" * 100_000 + "</script></html>", Reason.TOO_DEEP),
    ],
)
def test_pages_without_data(text: str, reason: Reason) -> None:
    (outcome,) = PageParser(AS_OF).outcomes(Document("p.html", text.encode()))
    assert isinstance(outcome, Rejected)
    assert outcome.reason is reason


def table(rows: list[dict[str, str]], encoding: str = "utf-8", delimiter: str = ";", **options: Any) -> list[Parsed]:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    document = Document("t.csv", out.getvalue().encode(encoding))
    return list(TableParser(AS_OF, "csv", **options).outcomes(document))


FARM = {
    "Nom": "Les Ruches d'Élise",
    "nom_en": "Élise's Hives",
    "Produits": "Miel de lavande, pollen",
    "Code postal": "84999",
    "Ville": "Roquebelle",
    "Adresse": "Chemin des Abeilles",
    "Téléphone": "04 65 71 00 00",
    "Horaires": "Mo-Sa 09:00-12:00; PH off",
    "Lat": "43,95",
    "Lon": "5,2",
    "Genre": "Producteur",
    "Points de vente": "Marché de Mazelles: Sa 08:00-12:30 | À la ferme: sur rendez-vous",
}


@pytest.mark.parametrize(("encoding", "delimiter"), [("utf-8-sig", ";"), ("cp1252", ","), ("utf-8", "\t")])
def test_a_producer(encoding: str, delimiter: str) -> None:
    offer = one(table([FARM], encoding, delimiter, licence="CC0"))
    assert offer.category is Category.WINE
    assert offer.illustration == "bees"
    assert offer.text("fr").name == "Les Ruches d'Élise"
    assert offer.text("en").name == "Élise's Hives"
    assert offer.text("fr").pitch == "Miel de lavande, pollen"
    assert offer.place.address == "Chemin des Abeilles, 84999 Roquebelle"
    assert (offer.place.latitude, offer.place.longitude) == (43.95, 5.2)
    assert offer.hours.open_on(date(2026, 11, 7))
    assert not offer.hours.open_on(date(2026, 11, 11))
    market, farm = offer.stalls
    assert (market.where, market.what) == ("Marché de Mazelles", "Miel de lavande, pollen")
    assert market.hours.spans_on(date(2026, 11, 7)) == (Span(480, 750),)
    assert (farm.where, farm.hours) == ("À la ferme", Hours())
    assert offer.id == one(table([{**FARM, "Téléphone": "01 99 00 12 34"}])).id


def test_premises_and_jobs_vanish_after_their_last_day() -> None:
    shop, job = table(
        [
            {"intitulé": "Local 60 m²", "ville": "Mazelles", "type": "local commercial", "loyer": "450 €", "au": ""},
            {"intitulé": "Boulanger", "ville": "Mazelles", "type": "Emploi", "loyer": "", "au": "30/11/2026"},
        ]
    )
    assert isinstance(shop, Kept)
    assert isinstance(job, Kept)
    assert shop.offer.category is job.offer.category is Category.SETTLE
    assert shop.offer.price_cents == 45_000
    assert not shop.offer.dates
    assert not job.offer.dates.over(date(2026, 11, 30))
    assert job.offer.dates.over(date(2026, 12, 1))


def test_rows_that_say_too_little() -> None:
    rows = [
        {"nom": "A", "ville": "Mazelles", "kind": ""},
        {"nom": "", "ville": "Mazelles", "kind": "producer"},
        {"nom": "C", "ville": "", "kind": "producer"},
    ]
    assert [o.reason for o in table(rows) if isinstance(o, Rejected)] == [
        Reason.NO_KIND,
        Reason.NO_NAME,
        Reason.NO_PLACE,
    ]
    assert one(table(rows[:1], kind="jobs")).category is Category.SETTLE
    assert table([{"a": "1", "b": "2"}]) == [Rejected("t.csv", Reason.NOT_TABLE)]


def test_a_layer_of_points_and_surfaces() -> None:
    square = [[[5.1, 43.9], [5.3, 43.9], [5.3, 44.1], [5.1, 44.1], [5.1, 43.9]]]
    layer = {
        "type": "FeatureCollection",
        "features": [
            {"id": 9, "properties": {"name": "Ferme"}, "geometry": {"type": "Point", "coordinates": [5.2, 43.95, 200]}},
            {"properties": {"name": "Verger"}, "geometry": {"type": "Polygon", "coordinates": square}},
            {"type": "Feature", "properties": None, "geometry": None},
            "no feature",
        ],
    }  # fmt: skip
    outcomes = list(
        TableParser(AS_OF, "geojson", "producers").outcomes(Document("l.geojson", json.dumps(layer).encode()))
    )
    farm, orchard = (o.offer for o in outcomes if isinstance(o, Kept))
    assert (farm.place.latitude, farm.place.longitude) == (43.95, 5.2)
    assert farm.provenance[0].source_id == "9"
    assert (orchard.place.latitude, orchard.place.longitude) == (44.0, 5.2)
    assert [o.reason for o in outcomes if isinstance(o, Rejected)] == [Reason.NO_NAME, Reason.NOT_OBJECT]


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("24/7", Hours((Period(ALL_DAYS, (Span(0, 1440),)),))),
        ("Mo-Fr 09:00-12:30,14:00-18:00", Hours((Period(frozenset(range(5)), (Span(540, 750), Span(840, 1080))),))),
        ("Fr-Mo 18:00-02:00", Hours((Period(frozenset((4, 5, 6, 0)), (Span(1080, 120),)),))),
        ("Su[1,-1] 10:00-12:00", Hours((Period(frozenset((6,)), (Span(600, 720),), nth=frozenset((1, -1))),))),
        (
            "Apr-Oct: Mo-Su 10:00-18:00",
            Hours((Period(ALL_DAYS, (Span(600, 1080),), date(2028, 4, 1), date(2028, 10, 31), True),)),
        ),
        (
            "Mo-Su 10:00-18:00; We off",
            Hours((Period(ALL_DAYS - {2}, (Span(600, 1080),)),)),
        ),
        (
            "Mo-Su 10:00-18:00; PH 14:00-18:00",
            Hours(
                (
                    Period(ALL_DAYS, (Span(600, 1080),), holidays=OnHolidays.EXCEPT),
                    Period(ALL_DAYS, (Span(840, 1080),), holidays=OnHolidays.ONLY),
                )
            ),
        ),
        (
            "SH Mo-Fr 10:00-17:00",
            Hours((Period(frozenset(range(5)), (Span(600, 1020),), date(2026, 12, 19), date(2027, 1, 3)),)),
        ),
    ],
)
def test_openstreetmap_hours(text: str, hours: Hours) -> None:
    assert parse_osm_hours(text, ((date(2026, 12, 19), date(2027, 1, 3)),)) == hours


@pytest.mark.parametrize(
    "text", ["sur rendez-vous", "sunrise-sunset", "Mo 25:00-26:00", "", "Feb 31 10:00-12:00", "x" * 2_000]
)
def test_hours_that_we_do_not_read_are_unknown(text: str) -> None:
    with pytest.raises(UnknownHours):
        parse_osm_hours(text)


def test_school_holidays_of_a_zone() -> None:
    lines = ["date,vacances_zone_a,vacances_zone_b,nom_vacances"]
    lines += [f"2026-12-{day},False,{19 <= day <= 22},Noël" for day in range(18, 25)]
    ranges = parse_school_csv(lines, "B")
    assert ranges == ((date(2026, 12, 19), date(2026, 12, 22)),)
    summer = Period(ALL_DAYS, (Span(600, 720),), date(2026, 12, 21), None)
    assert in_holidays(summer, ranges) == (Period(ALL_DAYS, (Span(600, 720),), date(2026, 12, 21), date(2026, 12, 22)),)
    for bad in (["a,b", "1,2"], ["date,vacances_zone_b", "soon,True"]):
        with pytest.raises(BadTable):
            parse_school_csv(bad, "B")


@pytest.mark.skipif(not SHARED.exists(), reason="../shared/data is not here")
def test_the_shared_school_holidays() -> None:
    lines = (SHARED / "calendar" / "vacances_scolaires_fr.csv").read_text(encoding="utf-8").splitlines()
    ranges = parse_school_csv(lines, "B")
    assert any(first <= date(2025, 12, 25) <= last for first, last in ranges)
    assert not any(first <= date(2025, 11, 19) <= last for first, last in ranges)


def photo(**exif: str) -> bytes:
    out = io.BytesIO()
    data = Image.Exif()
    for name, value in exif.items():
        data[{"artist": 0x013B, "copyright": 0x8298}[name]] = value
    Image.new("RGB", (1200, 800), "teal").save(out, "JPEG", exif=data)
    return out.getvalue()


def test_a_folder_of_photos_with_its_captions(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(photo())
    (tmp_path / "b.jpg").write_bytes(photo(artist="B. Camera", copyright="CC BY 4.0"))
    (tmp_path / "c.jpg").write_bytes(photo())
    (tmp_path / "d.png").write_bytes(b"no picture")
    (tmp_path / "photos.csv").write_text("fichier;offre;auteur;licence;titre\na.jpg;canoe;A. Martin;CC0;Le pont\n")
    format_ = FORMATS["photos"]
    with format_.open(tmp_path, Options(AS_OF)) as (feed, parser):
        outcomes = [outcome for piece in feed.pieces for outcome in parser.outcomes(piece)]
    photos = {o.source_id: o for o in outcomes if isinstance(o, LibraryPhoto)}
    assert (photos["a.jpg"].offer, photos["a.jpg"].author, photos["a.jpg"].title) == ("canoe", "A. Martin", "Le pont")
    assert (photos["b.jpg"].author, photos["b.jpg"].licence) == ("B. Camera", "CC BY 4.0")
    assert {o.object: o.reason for o in outcomes if isinstance(o, Rejected)} == {
        "c.jpg": Reason.NO_AUTHOR,
        "d.png": Reason.NO_PICTURE,
    }
