"""The demo territory: every field, every reference, both languages, and something to do on any day of the year."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from domain.config import parse_config
from domain.offers import Category, Offer, Tag
from sync.content.codec import offer_from_json, offer_to_json

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "assets" / "territory" / "pays-du-bon-coin.json"
PARIS = ZoneInfo("Europe/Paris")
FICTION_PHONE = re.compile(r"(01 99 00|04 65 71) \d\d \d\d")
SPOKEN = {"fr", "en", "de", "nl", "it", "es", "ar"}
DAYS = [date(2026, 11, 1) + timedelta(days=n) for n in range(2 * 366)]
KEYS = {
    "version", "territory", "programme", "demo", "communes", "partners", "beacons", "rewards", "passes", "coupons",
    "offers",
}  # fmt: skip


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="module")
def offers(document: dict[str, Any]) -> list[Offer]:
    return [offer_from_json(row) for row in document["offers"]]


@pytest.fixture(scope="module")
def by_name(offers: list[Offer]) -> dict[str, Offer]:
    return {offer.text("fr").name: offer for offer in offers}


def _in_box(document: dict[str, Any], latitude: float, longitude: float) -> bool:
    box = document["territory"]["box"]
    return bool(box["south"] <= latitude <= box["north"] and box["west"] <= longitude <= box["east"])


def _bilingual(texts: dict[str, str]) -> bool:
    return set(texts) == {"fr", "en"} and all(5 <= len(t) <= 160 for t in texts.values()) and texts["fr"] != texts["en"]


def test_document_has_its_version_and_counts(document: dict[str, Any]) -> None:
    assert set(document) == KEYS
    assert document["version"] == 1
    assert document["territory"]["slug"] == "pays-du-bon-coin"
    assert document["territory"]["name"] == "Pays du Bon Coin"
    assert document["programme"]["points_per_site_day"] == 40
    assert len(document["communes"]) == 15
    assert len(document["partners"]) == 40
    assert len(document["offers"]) >= 130
    assert len(document["beacons"]) >= 12


def test_every_list_has_unique_ids(document: dict[str, Any]) -> None:
    for key in ("communes", "partners", "rewards", "passes", "coupons", "offers"):
        counts = Counter(row["id"] for row in document[key])
        assert [i for i, n in counts.items() if n > 1] == [], key
    names = Counter(offer["texts"]["fr"][0] for offer in document["offers"])
    assert [name for name, n in names.items() if n > 1] == []


def test_communes_lie_in_the_box_and_each_has_an_offer(document: dict[str, Any], offers: list[Offer]) -> None:
    for commune in document["communes"]:
        assert set(commune) == {"id", "name", "latitude", "longitude", "postcode"}
        assert _in_box(document, commune["latitude"], commune["longitude"]), commune
        assert re.fullmatch(r"849\d\d", commune["postcode"])
    assert {c["name"] for c in document["communes"]} == {o.place.commune for o in offers}


def test_partners(document: dict[str, Any]) -> None:
    communes = {c["name"] for c in document["communes"]}
    numbers = [p["site_number"] for p in document["partners"] if p["site_number"]]
    assert len(numbers) == len(set(numbers))
    for partner in document["partners"]:
        assert set(partner) == {
            "id", "name", "kind", "place", "phone", "site_number", "hosts_kiosk", "takes_card",
        }, partner["id"]  # fmt: skip
        commune, address, latitude, longitude = partner["place"]
        assert commune in communes and commune in address
        assert _in_box(document, latitude, longitude), partner["id"]
        assert FICTION_PHONE.fullmatch(partner["phone"]), partner["phone"]
        assert 0 <= partner["site_number"] <= 0xFFFF
        assert bool(partner["site_number"]) == (partner["hosts_kiosk"] or partner["takes_card"])
        assert re.fullmatch(r"[a-z]+", partner["kind"])
    assert sum(p["hosts_kiosk"] for p in document["partners"]) >= 8


def test_demo_people_and_places(document: dict[str, Any]) -> None:
    partners = {p["id"]: p for p in document["partners"]}
    host = partners[document["demo"]["kiosk_partner_id"]]
    assert (host["name"], host["kind"], host["place"][0]) == ("Fournil des Ocres", "bakery", "Bédarrin")
    assert host["hosts_kiosk"] and host["takes_card"]
    assert partners[document["demo"]["hotelier"]["partner_id"]]["name"] == "Hôtel des Platanes"
    assert document["demo"]["hotelier"]["name"] == "Nadia"


def test_beacons_are_config_lines(document: dict[str, Any]) -> None:
    sites = {p["site_number"] for p in document["partners"]} - {0}
    seen: set[tuple[object, ...]] = set()
    for beacon in document["beacons"]:
        assert beacon["site_number"] in sites
        if beacon["type"] == "ibeacon":
            assert set(beacon) == {"type", "name", "site_number", "uuid", "major", "minor"}
            assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", beacon["uuid"])
            assert 0 <= beacon["major"] <= 0xFFFF and 0 <= beacon["minor"] <= 0xFFFF
            identity: tuple[object, ...] = (beacon["uuid"], beacon["major"], beacon["minor"])
        else:
            assert beacon["type"] == "eddystone_uid"
            assert set(beacon) == {"type", "name", "site_number", "namespace", "instance"}
            assert re.fullmatch(r"[0-9a-f]{20}", beacon["namespace"])
            assert re.fullmatch(r"[0-9a-f]{12}", beacon["instance"])
            identity = (beacon["namespace"], beacon["instance"])
        assert identity not in seen
        seen.add(identity)
    assert len({b["name"] for b in document["beacons"]}) == len(document["beacons"])
    assert {b["type"] for b in document["beacons"]} == {"ibeacon", "eddystone_uid"}


def test_rewards_and_coupons(document: dict[str, Any]) -> None:
    partners = {p["id"] for p in document["partners"]}
    for reward in document["rewards"]:
        assert set(reward) == {"id", "points", "partner_id", "texts"}
        assert reward["partner_id"] in partners and _bilingual(reward["texts"])
        assert 0 < reward["points"] <= 10_000
    dinner = next(r for r in document["rewards"] if r["points"] == 300)
    assert dinner["texts"]["fr"] == "Un dîner pour deux à l'Auberge du Pressoir"
    shown = {offer["id"]: offer["details"].get("partner_id") for offer in document["offers"]}
    assert len({coupon["offer_id"] for coupon in document["coupons"]}) == len(document["coupons"])
    for coupon in document["coupons"]:
        assert set(coupon) == {"id", "partner_id", "offer_id", "code", "texts", "first", "last"}
        assert shown[coupon["offer_id"]] == coupon["partner_id"]
        assert re.fullmatch(r"[A-Z0-9-]{3,20}", coupon["code"])
        assert coupon["partner_id"] in partners and _bilingual(coupon["texts"])
        assert date.fromisoformat(coupon["first"]) < date.fromisoformat(coupon["last"])


def test_offers_are_whole(document: dict[str, Any], offers: list[Offer]) -> None:
    partners = {p["id"]: p for p in document["partners"]}
    drawn = {path.stem for path in (ROOT / "assets" / "illustrations").glob("*.png")}
    for offer in offers:
        assert offer.id.startswith("demo-")
        assert set(offer.texts) == {"fr", "en"}, offer.id
        for text in offer.texts.values():
            assert 4 <= len(text.name) <= 60, (offer.id, text.name)
            assert 40 <= len(text.pitch) <= 160, (offer.id, len(text.pitch))
            assert 2 <= len(re.findall(r"[.!?](?: |$)", text.description)) <= 5, (offer.id, text.description)
            assert "  " not in text.description and text.description == text.description.strip()
        assert offer.texts["fr"].description != offer.texts["en"].description
        assert offer.place.latitude is not None and offer.place.longitude is not None
        assert _in_box(document, offer.place.latitude, offer.place.longitude), offer.id
        assert offer.illustration in drawn, (offer.id, offer.illustration)
        assert offer.partner_id == "" or offer.partner_id in partners, offer.id
        assert set(offer.languages) <= SPOKEN and "fr" in offer.languages
        assert FICTION_PHONE.fullmatch(offer.contact.phone), offer.id
        assert (offer.price_cents == 0) == (Tag.FREE in offer.tags), offer.id
        assert offer.card_discount_cents == 0 or offer.card_discount_cents < (offer.price_cents or 0), offer.id
        assert offer.hours.periods or offer.dates, offer.id
        assert offer.duration_minutes is None or 10 <= offer.duration_minutes <= 480, offer.id
        assert len(offer.provenance) == 1 and offer.provenance[0].licence == "CC0-1.0"
        assert offer.story is None or (offer.story.author and offer.story.licence), offer.id


def test_offers_survive_the_codec(document: dict[str, Any], offers: list[Offer]) -> None:
    assert [offer_to_json(offer) for offer in offers] == document["offers"]


def test_bookable_offers_can_be_sold(document: dict[str, Any], offers: list[Offer]) -> None:
    partners = {p["id"]: p for p in document["partners"]}
    bookable = [offer for offer in offers if offer.booking]
    assert len(bookable) >= 15
    for offer in bookable:
        booking = offer.booking
        assert booking is not None
        assert booking.price_cents == offer.price_cents and booking.price_cents > 0, offer.id
        assert booking.site_number == partners[offer.partner_id]["site_number"] != 0
        assert partners[offer.partner_id]["takes_card"], offer.id
        assert booking.quota_per_slot > 0 and 0 < booking.people_max <= 8
        open_day = next(day for day in DAYS if offer.hours.open_on(day) or offer.dates.on(day))
        spans = [(s.start, s.end_after_start) for s in offer.hours.spans_on(open_day)]
        spans += [(o.start, o.end) for o in offer.dates.on(open_day) if o.start is not None and o.end is not None]
        for slot in booking.slots:
            inside = [low <= slot.start and slot.start + slot.duration_minutes <= high for low, high in spans]
            assert any(inside), (offer.id, slot, spans)


def test_named_offers_are_as_promised(by_name: dict[str, Offer]) -> None:
    canoe = by_name["Descente en canoë sur la Sorguette"]
    assert canoe.booking is not None
    assert canoe.booking.price_cents == 1800 and canoe.price_cents == 1800 and canoe.card_discount_cents == 0
    assert [slot.start for slot in canoe.booking.slots] == [15 * 60 + 30, 17 * 60 + 30]
    assert all(canoe.hours.open_on(day) for day in DAYS), "the canoe is open all year"
    prices = {
        "Marché paysan de Bédarrin": 0,
        "Trio manouche sous les platanes": 1200,
        "Caves du Rocher, dégustation": 800,
        "Boucle des moulins, 14 km": 0,
        "Moulin à huile de Saint-Clar": 0,
        "Sentier des ocres au couchant": 500,
        "Musée de la Lavande": 600,
    }
    assert {name: by_name[name].price_cents for name in prices} == prices


def test_every_door_has_something(offers: list[Offer]) -> None:
    counts = Counter(offer.category for offer in offers)
    # What there is for people who settle here comes from the territory's own tables.
    assert set(counts) == set(Category) - {Category.SETTLE}
    assert min(counts.values()) >= 7, counts
    tags = Counter(tag for offer in offers for tag in offer.tags)
    assert all(tags[tag] >= 15 for tag in Tag), tags


@pytest.mark.parametrize(
    ("hour", "minute", "least"), [(9, 0, 30), (10, 30, 45), (14, 12, 50), (18, 0, 40), (20, 30, 16), (22, 0, 12)]
)
def test_home_is_never_empty(offers: list[Offer], hour: int, minute: int, least: int) -> None:
    """Open now, or an event that has not ended: on any day of two years, services and beds left out."""
    shown = [o for o in offers if o.category not in (Category.SERVICES, Category.STAY)]
    worst = min((_things_to_do(shown, day, hour, minute), day) for day in DAYS)
    assert worst[0] >= least, worst


def _things_to_do(offers: list[Offer], day: date, hour: int, minute: int) -> int:
    now, minutes = datetime(day.year, day.month, day.day, hour, minute, tzinfo=PARIS), hour * 60 + minute
    return sum(
        offer.hours.open_until(now) is not None or any((o.end or 1440) > minutes for o in offer.dates.on(day))
        for offer in offers
    )


def test_every_weekday_evening_has_two_events(offers: list[Offer]) -> None:
    events = [o for o in offers if o.category is Category.EVENTS]
    for day in DAYS:
        tonight = [o.id for o in events if any((x.start or 0) >= 17 * 60 for x in o.dates.on(day))]
        assert len(tonight) >= 2, (day, tonight)


def test_texts_are_typeset_like_french(offers: list[Offer]) -> None:
    """No straight quotation marks; before high punctuation a space, and one that never ends a line."""
    for offer in offers:
        for text in (offer.texts["fr"].pitch, offer.texts["fr"].description):
            assert '"' not in text, offer.id
            assert not re.search(r"[\w ][;:!?](?: |$)", text), (offer.id, text)


def test_what_kiosks_are_sent_of_it_is_a_configuration(document: dict[str, Any]) -> None:
    """Programme, rewards, sites and beacons go into the `config` feed as they stand here."""
    host = next(p for p in document["partners"] if p["id"] == document["demo"]["kiosk_partner_id"])
    config, unknown = parse_config(
        {
            "version": 1,
            "territory": document["territory"]["slug"],
            "territory_name": document["territory"]["name"],
            "device": "BC-K01",
            "issued_at": 0,
            "expires_at": 1,
            "site": {
                "number": host["site_number"],
                "name": host["name"],
                "commune": host["place"][0],
                "latitude": str(host["place"][2]),
                "longitude": str(host["place"][3]),
            },
            "language": document["territory"]["language"],
            "limits": {},
            "programme": document["programme"],
            "idle_seconds": 45,
            "operators": [],
            "sites": [
                {"number": p["site_number"], "name": p["name"]} for p in document["partners"] if p["site_number"]
            ],
            "beacons": document["beacons"],
            "rewards": document["rewards"],
            "passes": document["passes"],
            "mobile_url": document["territory"]["mobile_url"],
            "help_phone": document["territory"]["help_phone"],
        }
    )
    assert unknown == ()
    assert config.points_per_site_day == 40
    assert len(config.beacons) == len(document["beacons"])
    assert config.sites[config.site.number] == "Fournil des Ocres"
    assert [line.programme for line in config.passes] == [3, 5]
    assert all(set(line.texts) == {"fr", "en"} and line.sites <= set(config.sites) for line in config.passes)
    assert [reward.points for reward in config.rewards] == sorted(reward.points for reward in config.rewards)
