"""What a phone keeps of an offer: it fits a code that is read back, carries the essentials, breaks out of nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import icalendar
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from domain.hours import Dates, Hours, Occurrence, Period, Recurrence, Span
from domain.offers import Contact, Coupon, Offer, Place, Stall, Text
from domain.pushes import Push, Season, pushed, season_of, share_of_budget
from domain.take_away import QR_BYTES_MAX, calendar_text, page_url, take_away_text, vcard_text
from kiosk.widgets.qr_modules import qr_matrix
from kiosk.workers.offer_view import stall_line
from sync.content.extras import Extras, Wifi, parse_extras
from tests.fixtures.catalogue_samples import PARIS, SUNDAY_AFTERNOON, canoe

TODAY = date(2026, 11, 22)
PAGE = "https://m.example/o/canoe"
SIDE_PX = 400  # of a code on the smallest screen, about


def read_back(text: str) -> str:
    """What a camera reads of the code that the kiosk draws."""
    matrix = qr_matrix(text)
    scale = SIDE_PX // len(matrix)
    assert scale >= 4, f"{len(matrix)} modules: too fine for an arm's length"
    image = Image.new("L", (len(matrix), len(matrix)))
    image.putdata([0 if module else 255 for line in matrix for module in line])
    (found,) = zxingcpp.read_barcodes(image.resize((len(matrix) * scale,) * 2))
    return str(found.text)


def concert(**changes: object) -> Offer:
    dates = Dates((Occurrence(date(2026, 12, 12), 20 * 60 + 30, 30),))
    return replace(canoe(), dates=dates, **changes)  # type: ignore[arg-type]


def test_a_place_is_a_contact_with_its_page() -> None:
    text = take_away_text(canoe(), "fr", TODAY, PAGE)
    assert read_back(text) == text
    for line in (
        "FN:Descente en canoë sur la Sorguette", "TEL:04 65 71 11 11", "ADR:;;Pont de la Sorguette;Bédarrin;;;",
        f"URL:{PAGE}", "GEO:43.95200;5.20300",
    ):  # fmt: skip
        assert line in text.split("\r\n")


def test_an_event_is_a_calendar_entry_in_its_own_time() -> None:
    text = take_away_text(concert(), "fr", TODAY, PAGE)
    assert read_back(text) == text
    (event,) = icalendar.Calendar.from_ical(text).walk("VEVENT")
    assert event.start == datetime(2026, 12, 12, 19, 30, tzinfo=UTC)
    assert event.end == datetime(2026, 12, 12, 23, 30, tzinfo=UTC)
    assert str(event["SUMMARY"]) == "Descente en canoë sur la Sorguette"
    assert str(event["LOCATION"]) == "Pont de la Sorguette, Bédarrin"
    assert str(event["CONTACT"]) == "04 65 71 11 11" and str(event["URL"]) == PAGE


def test_an_event_that_is_over_is_a_place_again() -> None:
    assert take_away_text(concert(), "fr", date(2027, 1, 1), PAGE).startswith("BEGIN:VCARD")


def test_a_file_holds_every_date_and_no_line_too_long() -> None:
    many = replace(canoe(), dates=Dates((), (Recurrence(frozenset({4}), 600, 720, date(2026, 1, 9)),)))
    text = calendar_text(many, "en", TODAY, PAGE, events_max=20)
    assert len(icalendar.Calendar.from_ical(text).walk("VEVENT")) == 20
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert calendar_text(canoe(), "en", TODAY, PAGE, events_max=20) == ""


nasty = st.text(max_size=300)


@settings(max_examples=80, deadline=None)
@given(nasty.filter(str.strip), nasty, nasty, nasty, nasty, st.booleans())
def test_any_text_fits_and_opens_no_property_of_its_own(
    name: str, pitch: str, address: str, commune: str, phone: str, event: bool
) -> None:
    made = replace(
        concert() if event else canoe(),
        texts={"fr": Text(name, pitch)},
        place=Place(commune, address, 43.9, 5.2),
        contact=Contact(phone),
    )
    text = take_away_text(made, "fr", TODAY, PAGE)
    assert len(text.encode()) <= QR_BYTES_MAX + 330  # a name alone may be 80 letters of four bytes
    names = {line.partition(":")[0].partition(";")[0] for line in text.split("\r\n")}
    assert names <= {
        "BEGIN", "END", "VERSION", "PRODID", "N", "FN", "TEL", "ADR", "URL", "GEO", "NOTE", "UID", "DTSTAMP",
        "DTSTART", "DTEND", "SUMMARY", "LOCATION", "CONTACT", "DESCRIPTION",
    }  # fmt: skip
    assert text.count("BEGIN:V") == (2 if event else 1)


def test_a_long_offer_loses_its_note_first() -> None:
    long = replace(canoe(), texts={"fr": Text("n" * 80, "p" * 160)}, place=Place("c" * 60, "a" * 80, 43.9, 5.2))
    text = vcard_text(long, "fr", PAGE)
    assert len(text) <= QR_BYTES_MAX and "NOTE" not in text
    assert "TEL:" in text and "ADR:" in text and "URL:" in text
    assert read_back(text) == text


@pytest.mark.parametrize("base", ["", "javascript:alert(1)", "ftp://x", "https://" + "x" * 200])
def test_no_page_where_there_is_none(base: str) -> None:
    assert page_url(base, "canoe") == ""


def test_pages_stand_under_the_territorys_address() -> None:
    assert page_url("https://m.example/", "canoe") == PAGE


# --- what comes first, and the Wi-Fi --------------------------------------------------------------------------------


def test_what_is_pushed_holds_for_its_site_hour_season_and_card() -> None:
    push = Push(
        "o", sites=frozenset({3}), card_kinds=frozenset({"visitor"}), seasons=frozenset({Season.AUTUMN}),
        start_minute=22 * 60, end_minute=2 * 60, first=date(2026, 11, 1), last=date(2026, 11, 30),
    )  # fmt: skip
    at = datetime(2026, 11, 22, 23, 0, tzinfo=PARIS)
    assert push.holds(at, 3, "visitor") and push.holds(at.replace(hour=1), 3, "visitor")
    assert (
        not push.holds(at, 4, "visitor") and not push.holds(at, 3) and not push.holds(at.replace(hour=3), 3, "visitor")
    )
    assert not push.holds(at.replace(month=12), 3, "visitor")
    assert [season_of(date(2026, month, 1)) for month in (2, 3, 6, 9, 12)] == [
        Season.WINTER, Season.SPRING, Season.SUMMER, Season.AUTUMN, Season.WINTER,
    ]  # fmt: skip
    choices = (Push("campaign", campaign=True), Push("a"), Push("b"), Push("a"))
    assert pushed(choices, at, 1) == ["a", "b", "campaign"]


def test_extras_are_read_and_what_is_broken_is_left_out() -> None:
    row = {
        "offer": "o", "campaign": False, "sites": [1], "card_kinds": [], "seasons": ["summer"],
        "minutes": [0, 1440], "days": ["", "2026-12-31"],
    }  # fmt: skip
    text = __import__("json").dumps(
        {"pushes": [row, {"offer": "x"}, 3], "wifi": {"ssid": 'a;b:"', "password": "x" * 9}}
    )
    extras = parse_extras(text)
    assert [push.offer_id for push in extras.pushes] == ["o"]
    assert extras.wifi is not None and extras.wifi.payload == 'WIFI:T:WPA;S:a\\;b\\:\\";P:xxxxxxxxx;;'
    assert read_back(extras.wifi.payload) == extras.wifi.payload
    assert Wifi("Ouvert").payload == "WIFI:T:nopass;S:Ouvert;;"
    assert parse_extras("") == Extras() and parse_extras('{"wifi": {"ssid": ""}}') == Extras()
    with pytest.raises(ValueError):
        parse_extras("[]")


def test_a_budget_shared_out_is_never_exceeded() -> None:
    assert share_of_budget(0, 5, 3) is None
    for budget in range(1, 40):
        for used in range(45):
            for kiosks in range(6):
                share = share_of_budget(budget, used, kiosks)
                assert share is not None and 0 <= share * max(1, kiosks) <= max(0, budget - used)


def test_a_coupon_speaks_the_visitors_language_and_ends() -> None:
    coupon = Coupon("c", {"fr": "Un café", "en": "A coffee"}, "CAFE", date(2026, 1, 1), date(2026, 12, 31))
    assert coupon.text("en") == "A coffee" and coupon.text("de") == "Un café"
    assert coupon.on(date(2026, 12, 31)) and not coupon.on(date(2027, 1, 1))


def test_a_producer_says_where_today() -> None:
    sunday = Hours((Period(frozenset({6}), (Span(840, 960),)),))
    friday = Hours((Period(frozenset({4}), (Span(480, 720),)),))
    both = replace(canoe(), stalls=(Stall("Halles", friday, "miel"), Stall("Marché", sunday)))
    today = stall_line(both, SUNDAY_AFTERNOON)
    assert today is not None and dict(today.title.args) == {"where": "Marché", "until_minutes_of_day": 960}
    later = stall_line(both, SUNDAY_AFTERNOON.replace(hour=17))
    assert later is not None and dict(later.title.args)["on_day"] == "2026-11-27"
    assert stall_line(canoe(), SUNDAY_AFTERNOON) is None
