"""Feeds made to hurt: every format mutated, markup and bidi in every text, bombs. Whatever comes, there is a reason."""

from __future__ import annotations

import copy
import io
import json
import random
import zipfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.offers import Offer
from server.catalogue.apidae import ApidaeParser
from server.catalogue.blog import BlogParser
from server.catalogue.cleaning import clean_text
from server.catalogue.datatourisme import ObjectParser
from server.catalogue.feed_source import Document, FeedUnreadable
from server.catalogue.formats import FORMATS, Options
from server.catalogue.ical import CalendarParser
from server.catalogue.importing import PieceParser
from server.catalogue.jsonld_page import PageParser
from server.catalogue.results import BlogPost, Kept, LibraryPhoto, Parsed, Reason, Rejected, Withdrawn
from server.catalogue.staging import post_to_json
from server.catalogue.tables import TableParser
from sync.content.catalogue_file import search_row
from sync.content.codec import dumps, offer_from_json, offer_to_json
from tests.fixtures.apidae_samples import castle, feast
from tests.fixtures.catalogue_samples import concert, winery

AS_OF = date(2026, 11, 22)
NASTY = (
    "<script>alert(1)</script><img src=x onerror=alert(1)>&lt;b onclick=x&gt;\u202egnp.exe\u2066\u200b\x00\x1b[31m"
    "[size=900]Boum[/size][ref=x]clic[/ref]"
)
CALENDAR = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1@x.example\r\nSUMMARY:Fête du miel\r\n"
    "DESCRIPTION:Au village\r\nLOCATION:84999 Roquebelle\r\nCATEGORIES:Marché\r\nDTSTART:20261204T090000Z\r\n"
    "DTEND:20261204T120000Z\r\nRRULE:FREQ=WEEKLY;COUNT=4\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
FEED = (
    "<?xml version='1.0'?><rss version='2.0'><channel><title>Blog</title><item><title>Un jour</title><guid>1</guid>"
    "<description>Au fil de l'eau.</description><author>Jeanne</author></item></channel></rss>"
)
TABLE = "nom;ville;genre;horaires;lat;lon\nFerme des Ocres;Roquebelle;producteur;Mo-Fr 09:00-12:00;43.9;5.2\n"
THING = {
    "@type": "Museum",
    "@id": "https://m.example/#m",
    "name": "Musée",
    "description": "Ocres",
    "address": {"streetAddress": "1 rue", "addressLocality": "Roquebelle"},
    "geo": {"latitude": 43.9, "longitude": 5.2},
    "openingHoursSpecification": [{"dayOfWeek": "Monday", "opens": "09:00", "closes": "12:00"}],
    "image": {"contentUrl": "https://m.example/a.jpg", "creditText": "A", "license": "CC0"},
}
PAGE = f'<html><script type="application/ld+json">{json.dumps(THING)}</script></html>'
WELL_FORMED: dict[str, tuple[PieceParser, list[bytes]]] = {
    "datatourisme": (ObjectParser(AS_OF), [json.dumps(raw).encode() for raw in (winery(), concert())]),
    "apidae": (ApidaeParser(AS_OF), [json.dumps([castle(), feast()]).encode(), b"[1, 2]"]),
    "ical": (CalendarParser(AS_OF, "Mazelles"), [CALENDAR.encode()]),
    "rss": (BlogParser(AS_OF, "A", "CC0"), [FEED.encode()]),
    "jsonld": (PageParser(AS_OF), [PAGE.encode()]),
    "csv": (TableParser(AS_OF, "csv"), [TABLE.encode()]),
    "geojson": (
        TableParser(AS_OF, "geojson", "producers"),
        [json.dumps({"features": [{"properties": {"name": "F", "ville": "M"}, "geometry": None}]}).encode()],
    ),
}


def check(outcomes: list[Parsed]) -> None:
    """What a screen, a database and a catalogue file ask of whatever an import lets through."""
    for outcome in outcomes:
        assert isinstance(outcome, Kept | BlogPost | LibraryPhoto | Withdrawn | Rejected)
        if isinstance(outcome, Kept):
            payload = offer_to_json(outcome.offer)
            written = dumps(payload)
            written.encode()  # no lone surrogate
            assert offer_from_json(json.loads(written)) == outcome.offer
            search_row(payload)
            outcome.offer.dates.over(AS_OF)
            outcome.offer.hours.open_on(AS_OF)


def test_the_samples_are_kept_as_they_are() -> None:
    for name, (parser, documents) in WELL_FORMED.items():
        outcomes = [o for data in documents for o in parser.outcomes(Document("x", data))]
        assert any(isinstance(o, Kept | BlogPost) for o in outcomes), name


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(WELL_FORMED)), st.randoms(use_true_random=False), st.integers(1, 12))
def test_bytes_turned_over_are_kept_or_have_a_reason(name: str, chance: random.Random, times: int) -> None:
    parser, documents = WELL_FORMED[name]
    data = bytearray(chance.choice(documents))
    for _ in range(times):
        place = chance.randrange(len(data) or 1)
        match chance.randrange(5):
            case 0 if data:
                data[place] = chance.randrange(256)
            case 1:
                del data[place : place + chance.randrange(1, 40)]
            case 2:
                data[place:place] = bytes(chance.choices(range(256), k=chance.randrange(1, 9)))
            case 3:
                data[place:place] = data[place : place + chance.randrange(1, 200)]
            case _:
                data = data[: max(1, place)]
    check(list(parser.outcomes(Document("x", bytes(data)))))


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(10**30), 10**30), st.floats(), st.text(max_size=12)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=6,
)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a document where something else could stand."""
    keys: Any = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from places(value[key])


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_anything_in_the_place_of_anything(data: st.DataObject) -> None:
    parsers: list[tuple[PieceParser, Callable[[], Any]]] = [
        (ObjectParser(AS_OF), lambda: [winery(), concert()]),
        (ApidaeParser(AS_OF), lambda: [castle(), feast()]),
        (PageParser(AS_OF), lambda: [copy.deepcopy(THING)]),
    ]
    parser, sample = data.draw(st.sampled_from(parsers))
    document = sample()
    for _ in range(data.draw(st.integers(1, 4))):
        found = list(places(document))
        holder, key = found[data.draw(st.integers(0, len(found) - 1))]
        holder[key] = data.draw(VALUES)
    check(list(parser.outcomes(Document("x", json.dumps(document).encode()))))


def poisoned(value: Any) -> Any:
    """Every text that people read replaced; addresses, days and codes left, so that the object is still kept."""
    if isinstance(value, dict):
        kept = ("@id", "@type", "id", "type", "uri", "uuid", "state", "elementReferenceType", "jour", "jourDuMois")
        return {k: v if k in kept else poisoned(v) for k, v in value.items()}
    if isinstance(value, list):
        return [poisoned(entry) for entry in value]
    if isinstance(value, str) and " " in value and not value.startswith("http"):
        return value + NASTY
    return value


def texts_of(outcome: Parsed) -> str:
    if isinstance(outcome, Kept):
        return dumps(offer_to_json(outcome.offer))
    assert isinstance(outcome, BlogPost), outcome
    return dumps(post_to_json(outcome))


@pytest.mark.parametrize("name", sorted(WELL_FORMED))
def test_markup_and_direction_marks_are_inert_in_every_text(name: str) -> None:
    parser, documents = WELL_FORMED[name]
    for data in documents:
        match name:
            case "ical":
                text = data.decode()
                for field in ("SUMMARY", "DESCRIPTION", "LOCATION", "CATEGORIES"):
                    text = text.replace(f"{field}:", f"{field}:{NASTY} ".replace("\x00", "").replace("\x1b", ""))
                bad = text.encode()
            case "rss":
                shown = NASTY.replace("\x00", "").replace("\x1b", "").replace("&", "&amp;").replace("<", "&lt;")
                bad = data.decode().replace("Un jour", shown).replace("Au fil", shown).replace("Jeanne", shown).encode()
            case "csv":
                bad = (
                    data.decode().replace("Ferme des Ocres", f'"{NASTY}"').replace("Roquebelle", f'"{NASTY}"').encode()
                )
            case "jsonld":
                bad = PAGE.replace("Ocres", json.dumps(NASTY.replace("</script>", "<\\/script>"))[1:-1]).encode()
            case _:
                bad = json.dumps(poisoned(json.loads(data))).encode()
        for outcome in parser.outcomes(Document("x", bad)):
            if isinstance(outcome, Withdrawn):
                continue
            written = texts_of(outcome)
            for mark in ("<", "\u202e", "\u2066", "\u200b", "\x00", "\x1b", "onerror", "alert", "onclick"):
                assert mark not in json.loads(json.dumps(written)), (name, mark, written)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_bombs_are_refused_in_every_format(tmp_path: Path, name: str) -> None:
    format_ = FORMATS[name]
    member = f"a{sorted(format_.shape.suffixes)[0]}"
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open(member, "w") as stream:
            for _ in range(40):
                stream.write(bytes(1_000_000))
        archive.writestr(f"b{sorted(format_.shape.suffixes)[0]}", b"")
    with format_.open(path, Options(AS_OF)) as (feed, parser):
        outcomes = [o for piece in feed.pieces for o in parser.outcomes(piece)]
    assert outcomes
    assert all(isinstance(o, Rejected) for o in outcomes)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_what_is_no_feed_at_all_is_one_sentence(tmp_path: Path, name: str) -> None:
    format_ = FORMATS[name]
    (tmp_path / "damaged.zip").write_bytes(b"PK\x03\x04 but no archive")
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "damaged.zip", tmp_path / "folder", tmp_path / "missing", Path("/dev/null")):
        with pytest.raises(FeedUnreadable) as caught, format_.open(path, Options(AS_OF)) as (feed, _parser):
            list(feed.pieces)
        assert "\n" not in str(caught.value)
        assert str(path) in str(caught.value)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=False))
def test_archives_turned_over_never_crash(chance: random.Random) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(4):
            archive.writestr(f"objects/{number}.json", json.dumps(winery()))
        archive.writestr("index.json", "[]")
    data = bytearray(out.getvalue())
    for _ in range(chance.randrange(1, 6)):
        # Mostly in the directory at the end, which says where everything is.
        place = chance.randrange(len(data) * 2 // 3 if chance.random() < 0.7 else 0, len(data))
        data[place] = chance.randrange(256)
    with TemporaryDirectory(prefix="zerot-hostile-") as folder:
        path = Path(folder, "feed.zip")
        path.write_bytes(data)
        try:
            with FORMATS["datatourisme"].open(path, Options(AS_OF)) as (feed, parser):
                check([o for piece in feed.pieces for o in parser.outcomes(piece)])
        except FeedUnreadable as error:
            assert "\n" not in str(error)


def test_offers_are_the_same_whatever_runs_before() -> None:
    """Parsers keep nothing between two documents."""
    for parser, documents in WELL_FORMED.values():
        first = [o for data in documents for o in parser.outcomes(Document("x", data))]
        again = [o for data in documents for o in parser.outcomes(Document("x", data))]
        assert [o.offer for o in first if isinstance(o, Kept)] == [o.offer for o in again if isinstance(o, Kept)]
        assert all(isinstance(o.offer, Offer) for o in first if isinstance(o, Kept))


LEFT_OPEN = (
    "<img src=",
    "<!--",
    '<a b="',
    "<a b='>",
    "<svg></svg",
    "<script>",
    "<![CDATA[",
    "&#x41;",
    "<" * 9,
    '"x" ',
    "</",
)


@pytest.mark.parametrize("piece", LEFT_OPEN)
def test_markup_left_open_is_read_once(piece: str) -> None:
    """A parser that starts again at each open tag takes minutes over these."""
    text = "<a " + piece * (2_000_000 // len(piece))
    assert "<" not in clean_text(text)
    outcomes = list(PageParser(AS_OF).outcomes(Document("p.html", f"<html>{text}".encode())))
    assert all(isinstance(o, Rejected) for o in outcomes)


def test_rules_that_count_far_are_cut_off_together() -> None:
    when = "DTSTART:19000101T090000\r\nRRULE:FREQ=DAILY;COUNT=99999"
    events = "".join(f"BEGIN:VEVENT\r\nUID:{n}\r\nSUMMARY:F\r\n{when}\r\nEND:VEVENT\r\n" for n in range(20))
    data = f"BEGIN:VCALENDAR\r\n{events}END:VCALENDAR\r\n".encode()
    found = list(CalendarParser(AS_OF, "Mazelles").outcomes(Document("x.ics", data)))
    assert isinstance(found[0], Kept)
    assert isinstance(found[-1], Rejected)
    assert found[-1].reason is Reason.BAD_EVENT


@pytest.mark.parametrize(
    "line", ["BEGIN:VEVENT", "BEGIN:VTIMEZONE", "END:VEVENT", "BEGIN:VCALENDAR", "DTSTART;TZID=a,;TZID=b,"]
)
def test_components_left_open_are_read_once(line: str) -> None:
    data = f"BEGIN:VCALENDAR\r\n{line}\r\n".encode() + f"{line}\r\n".encode() * 40_000
    outcomes = list(CalendarParser(AS_OF, "Mazelles").outcomes(Document("x.ics", data)))
    assert all(isinstance(o, Rejected) for o in outcomes)


@pytest.mark.parametrize("piece", ['"\\', '"', "/*", "/* ", "//", ", ", "<!--", "&quot;", "{", '\\"'])
def test_data_left_open_is_read_once(piece: str) -> None:
    block = "{" + piece * (1_000_000 // len(piece))
    page = f'<html><script type="application/ld+json">{block}</script>'
    (outcome,) = PageParser(AS_OF).outcomes(Document("p.html", page.encode()))
    assert isinstance(outcome, Rejected)
    assert outcome.reason in (Reason.NOT_JSON, Reason.TOO_DEEP)
