"""What the kiosk finds in its catalogue: doors, chips, orders, home, search, versions."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.hours import Dates, Hours, Occurrence, Period, Recurrence, Span
from domain.maps import WORLD, Bounds, project
from domain.moments import NEVER, hours_known, minutes_until, open_now, this_weekend, tonight, weekend_days
from domain.offers import Category, Offer, Place, Tag, Text
from kiosk.store.catalogue import Catalogue, open_catalogue
from kiosk.store.catalogue_queries import TODAY, Chip, Query, Sort
from kiosk.store.content import ContentStore
from kiosk.store.search import name_fit
from kiosk.store.showing import open_on_show
from kiosk.workers.pins import Pins
from sync.content.catalogue_file import CatalogueMeta, build_catalogue, merit_order
from sync.keys import MANIFEST_TAG, create_server_identity
from sync.messages_down import Manifest, SignedManifest, manifest_document
from tests.fixtures.catalogue_samples import EVERY_DAY, HERE, PARIS, SUNDAY_AFTERNOON, canoe, offer

META = CatalogueMeta("bon-coin", 1, "2026-11-22T15:00:00Z")
ALWAYS = Hours((Period(EVERY_DAY, (Span(540, 1080),)),))
EVENING = Hours((Period(EVERY_DAY, (Span(1080, 120),)),))


def simple(
    name: str,
    category: Category = Category.OUTINGS,
    *,
    hours: Hours | None = None,
    dates: Dates | None = None,
    merit: int = 50,
    north_km: float = 0.0,
    tags: frozenset[Tag] = frozenset(),
    pitch: str = "",
) -> Offer:
    return Offer(
        id=name.replace(" ", "-").lower(),
        category=category,
        texts={"fr": Text(name, pitch)},
        place=Place("Bédarrin", "", 43.95 + north_km / 111.195, 5.2),
        illustration="lavender",
        hours=hours or Hours(),
        dates=dates or Dates(),
        tags=tags,
        merit=merit,
    )


def on(day: date, start: int | None = None, end: int | None = None) -> Dates:
    return Dates((Occurrence(day, start, end),))


TODAY_DAY = SUNDAY_AFTERNOON.date()
OFFERS = [
    simple("Château fort", hours=ALWAYS, merit=90, north_km=30, tags=frozenset((Tag.CHILDREN,))),
    simple("Musée de la Lavande", hours=ALWAYS, merit=80, north_km=1),
    simple("Abbaye fermée", merit=70, north_km=2),
    simple("Cave des Œillets", Category.WINE, hours=EVENING, merit=60, pitch="Dégustation de bœuf séché"),
    simple("Sentier des ocres", Category.WALKS, hours=ALWAYS, merit=40, tags=frozenset((Tag.FREE, Tag.ON_FOOT))),
    simple("Concert du soir", Category.EVENTS, dates=on(TODAY_DAY, 1230), merit=55),
    simple("Concert passé", Category.EVENTS, dates=on(TODAY_DAY - timedelta(days=1), 1230), merit=95),
    simple("Concert du matin", Category.EVENTS, dates=on(TODAY_DAY, 600, 660), merit=56),
    simple("Marché du samedi", Category.EVENTS, dates=on(TODAY_DAY + timedelta(days=6), 480), merit=57),
    simple("Hôtel des Platanes", Category.STAY, hours=ALWAYS, merit=99),
    canoe(),
]


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    path = tmp_path_factory.mktemp("catalogue") / "c.db"
    build_catalogue(path, merit_order(OFFERS), META)
    opened = open_catalogue(path)
    yield opened
    opened.close()


def names(offers: tuple[Offer, ...]) -> list[str]:
    return [found.text("fr").name for found in offers]


def ask(catalogue: Catalogue, door: str = "", sort: Sort = Sort.LOVED, *chips: Chip, **more: object) -> list[str]:
    query = Query(door, SUNDAY_AFTERNOON, HERE, frozenset(chips), sort, per_page=50)
    return names(catalogue.results(replace(query, **more)).offers)  # type: ignore[arg-type]


def test_a_door_in_order_of_merit(catalogue: Catalogue) -> None:
    assert ask(catalogue, "outings") == [
        "Descente en canoë sur la Sorguette",
        "Château fort",
        "Musée de la Lavande",
        "Abbaye fermée",
    ]


def test_the_nearest_first(catalogue: Catalogue) -> None:
    assert ask(catalogue, "outings", Sort.NEAR)[1:] == ["Musée de la Lavande", "Abbaye fermée", "Château fort"]


def test_the_soonest_first(catalogue: Catalogue) -> None:
    assert ask(catalogue, "events", Sort.SOON) == ["Concert du soir", "Marché du samedi", "Concert du matin"]


def test_what_is_over_vanishes_unless_asked_for(catalogue: Catalogue) -> None:
    assert "Concert passé" not in ask(catalogue, "events")
    assert "Concert passé" in ask(catalogue, "events", include_past=True)
    later = SUNDAY_AFTERNOON + timedelta(days=30)
    assert ask(catalogue, "events", now=later) == []


def test_today_is_what_is_still_to_be_had(catalogue: Catalogue) -> None:
    assert ask(catalogue, TODAY) == [
        "Château fort",
        "Musée de la Lavande",
        "Cave des Œillets",
        "Concert du soir",
        "Sentier des ocres",
    ]


def test_chips(catalogue: Catalogue) -> None:
    assert ask(catalogue, "", Sort.LOVED, Chip.OPEN_NOW) == [
        "Hôtel des Platanes",
        "Château fort",
        "Musée de la Lavande",
        "Sentier des ocres",
    ]
    assert ask(catalogue, "", Sort.LOVED, Chip.TONIGHT) == ["Cave des Œillets", "Concert du soir"]
    assert ask(catalogue, "", Sort.LOVED, Chip.CHILDREN, Chip.OPEN_NOW) == ["Château fort"]
    assert ask(catalogue, "", Sort.LOVED, Chip.FREE) == ["Sentier des ocres"]
    assert "Musée de la Lavande" in ask(catalogue, "outings", Sort.NEAR, Chip.ON_FOOT)
    assert "Abbaye fermée" not in ask(catalogue, "outings", Sort.NEAR, Chip.ON_FOOT)
    assert ask(catalogue, "", Sort.LOVED, Chip.ON_FOOT, here=None) == [
        "Descente en canoë sur la Sorguette",
        "Sentier des ocres",
    ]
    # Sunday afternoon: this morning's concert is no longer to be had this week-end.
    assert ask(catalogue, "events", Sort.LOVED, Chip.WEEKEND) == ["Concert du soir"]


def test_pages_do_not_overlap_and_count(catalogue: Catalogue) -> None:
    for chips in (frozenset[Chip](), frozenset((Chip.OPEN_NOW,))):
        whole = catalogue.results(Query("", SUNDAY_AFTERNOON, HERE, chips, per_page=50))
        parts: list[str] = []
        for page in range(4):
            part = catalogue.results(Query("", SUNDAY_AFTERNOON, HERE, chips, page=page, per_page=3))
            assert part.total == whole.total == len(whole.offers)
            parts += names(part.offers)
        assert parts == names(whole.offers)


def test_home_is_varied_and_never_empty(catalogue: Catalogue) -> None:
    picked = catalogue.home(SUNDAY_AFTERNOON, HERE, 4)
    assert len({found.category for found in picked}) == 4
    assert "Concert passé" not in names(picked)
    assert "Hôtel des Platanes" not in names(picked)
    midnight = datetime(2026, 11, 23, 3, 0, tzinfo=PARIS)
    assert len(catalogue.home(midnight, None, 4)) == 4


def test_near_and_counts(catalogue: Catalogue) -> None:
    museum = catalogue.offer("musée-de-la-lavande")
    assert museum is not None
    assert names(catalogue.near(museum, SUNDAY_AFTERNOON))[0] != "Musée de la Lavande"
    assert "Château fort" not in names(catalogue.near(museum, SUNDAY_AFTERNOON, 20))
    assert catalogue.counts(SUNDAY_AFTERNOON) == {"outings": 4, "wine": 1, "walks": 1, "events": 3, "stay": 1}


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("château", "Château fort"),
        ("chateau", "Château fort"),
        ("CHAT", "Château fort"),
        ("chataeu", "Château fort"),
        ("castle", "Château fort"),
        ("oeillet", "Cave des Œillets"),
        ("œillet", "Cave des Œillets"),
        ("boeuf", "Cave des Œillets"),
        ("wine", "Cave des Œillets"),
        ("lavende", "Musée de la Lavande"),
        ("musees", "Musée de la Lavande"),
        ("muséelavande", ""),
        ("canoe trip", "Descente en canoë sur la Sorguette"),
        ("cano", "Descente en canoë sur la Sorguette"),
        ("kayak", "Descente en canoë sur la Sorguette"),
        ("l'abbaye", "Abbaye fermée"),
        ("bédarrin musée", "Musée de la Lavande"),
        ("zzzzzz", ""),
        ('"; DROP TABLE offers; --', ""),
        ("* OR -", ""),
        ("   ", ""),
    ],
)
def test_search(catalogue: Catalogue, typed: str, first: str) -> None:
    found = catalogue.search(typed, SUNDAY_AFTERNOON)
    assert (names(found.offers) or [""])[0] == first


def test_search_finds_what_is_over_and_puts_it_last(catalogue: Catalogue) -> None:
    assert names(catalogue.search("concert", SUNDAY_AFTERNOON).offers) == [
        "Concert du matin",
        "Concert du soir",
        "Concert passé",
    ]


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("visites guidees", "Visiter le moulin, guide compris"),  # French: visites, visiter; guidées, guide
        ("dégustation", "On déguste chez Paul"),
        ("walks", "Walking tour"),
        ("hikes", "Hiking with goats"),
    ],
)
def test_words_of_one_stem_find_each_other(tmp_path: Path, typed: str, name: str) -> None:
    language = "en" if name.isascii() and "ing" in name else "fr"
    made = replace(simple("Autre chose"), id="it", texts={language: Text(name)})
    others = [simple(f"Cavalerie {number}") for number in range(5)]
    build_catalogue(tmp_path / "c.db", merit_order([made, *others]), META)
    opened = open_catalogue(tmp_path / "c.db")
    found = opened.search(typed, SUNDAY_AFTERNOON)
    assert [offer.id for offer in found.offers] == ["it"] and found.meant == ""
    opened.close()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.frozensets(st.sampled_from(Chip), max_size=3), st.sampled_from(["", TODAY, "food"]))
def test_each_chip_says_how_many_it_would_leave(
    tmp_path_factory: pytest.TempPathFactory, seed: int, chips: frozenset[Chip], door: str
) -> None:
    chance = random.Random(seed)
    path = tmp_path_factory.mktemp("facets") / "c.db"
    build_catalogue(path, merit_order(offer(number, chance) for number in range(40)), META)
    opened = open_catalogue(path)
    query = Query(door, SUNDAY_AFTERNOON, HERE if seed % 2 else None, chips)
    counts = opened.facets(query)
    assert counts is not None and set(counts) == set(Chip) - chips
    for chip, count in counts.items():
        assert opened.results(replace(query, chips=chips | {chip})).total == count, chip
    opened.close()


def test_search_says_what_it_meant(catalogue: Catalogue) -> None:
    assert catalogue.search("lavende", SUNDAY_AFTERNOON).meant == "lavande"
    assert catalogue.search("lavande", SUNDAY_AFTERNOON).meant == ""


@settings(deadline=None)
@given(typed=st.text(max_size=30))
def test_nothing_typed_breaks_the_search(catalogue: Catalogue, typed: str) -> None:
    found = catalogue.search(typed, SUNDAY_AFTERNOON)
    assert len(found.offers) <= 12
    assert found.total >= len(found.offers)


def test_pages_of_a_search_do_not_overlap(tmp_path: Path) -> None:
    seed = 20261122
    print("seed", seed)
    chance = random.Random(seed)
    build_catalogue(tmp_path / "c.db", merit_order(offer(number, chance) for number in range(400)), META)
    opened = open_catalogue(tmp_path / "c.db")
    seen: list[str] = []
    page = 0
    while (found := opened.search("visite", SUNDAY_AFTERNOON, page, 30)).offers:
        seen += [known.id for known in found.offers]
        page += 1
        assert page < 50
    assert len(seen) == len(set(seen)) == found.total or found.total == 0
    assert len(seen) == opened.search("visite", SUNDAY_AFTERNOON).total
    opened.close()


def test_name_fit_prefers_whole_words_at_the_front() -> None:
    ordered = (["moulin"], ["moulin", "a", "huile"], ["vieux", "moulin"], ["moulins", "et", "vignes"], ["cave"])
    fits = [name_fit(["moulin"], name) for name in ordered]
    assert fits == sorted(fits, reverse=True)
    assert fits[-1] == 0


def test_times_of_events_and_places() -> None:
    now = datetime(2026, 11, 22, 20, 30, tzinfo=PARIS)
    assert open_now(Hours(), on(TODAY_DAY, 20 * 60), now)
    assert not open_now(Hours(), on(TODAY_DAY, 18 * 60), now)
    assert open_now(EVENING, Dates(), now.replace(day=23, hour=1))
    assert tonight(Hours(), on(TODAY_DAY, 21 * 60), now)
    assert not tonight(ALWAYS, Dates(), now)
    assert weekend_days(date(2026, 11, 20)) == (date(2026, 11, 21), date(2026, 11, 22))
    assert weekend_days(date(2026, 11, 22)) == (date(2026, 11, 22),)
    assert this_weekend(Hours(), on(date(2026, 11, 28)), datetime(2026, 11, 23, 9, 0, tzinfo=PARIS))


def test_hours_that_have_all_ended_are_unknown_not_closed() -> None:
    ended = Period(EVERY_DAY, (Span(540, 1080),), date(2020, 1, 1), date(2020, 12, 31))
    assert not hours_known(Hours(), TODAY_DAY)
    assert not hours_known(Hours((ended,)), TODAY_DAY)
    assert hours_known(Hours((replace(ended, yearly=True),)), TODAY_DAY)
    assert hours_known(ALWAYS, TODAY_DAY)


def test_minutes_until() -> None:
    now = datetime(2026, 11, 22, 15, 0, tzinfo=PARIS)
    assert minutes_until(Hours(), on(TODAY_DAY, 16 * 60), now) == 60
    assert minutes_until(Hours(), on(TODAY_DAY + timedelta(days=1), 9 * 60), now) == 18 * 60
    weekly = Dates((), (Recurrence(frozenset((1,)), 600, 700, date(2026, 1, 1)),))
    assert minutes_until(Hours(), weekly, now) == 2 * 1440 + 600 - 900
    assert minutes_until(ALWAYS, Dates(), now) == 0
    assert minutes_until(EVENING, Dates(), now) == 180
    assert minutes_until(Hours(), Dates(), now) == NEVER
    assert minutes_until(Hours(), on(TODAY_DAY - timedelta(days=1)), now) == NEVER
    run = Dates((Occurrence(TODAY_DAY - timedelta(days=2), 600, 660, TODAY_DAY + timedelta(days=2)),))
    assert minutes_until(Hours(), run, now) == 19 * 60


# --- which version is shown ---


def content_with(folder: Path, *versions: int) -> ContentStore:
    """A content store on which each version was activated in turn, signed and checked as in the field."""
    identity = create_server_identity()
    store = ContentStore(folder, identity.public, lambda path: open_catalogue(path, thorough=True).close())
    chance = random.Random(1)
    for version in versions:
        built = folder / "built.db"
        meta = replace(META, content_version=version)
        build_catalogue(built, merit_order(offer(n, chance) for n in range(40)), meta)
        data = built.read_bytes()
        digest = sha256(data).hexdigest()
        built.replace(folder / "blobs" / digest)
        manifest = Manifest("bon-coin", version, 1000 + version, 10**13, digest, len(data), ())
        document = manifest_document(manifest)
        signed = SignedManifest(document, manifest, identity.sign_document(MANIFEST_TAG, document))
        assert store.activate(signed) is None
    return store


def shown(store: ContentStore) -> tuple[int | None, int]:
    catalogue, passed_over = open_on_show(store)
    if catalogue is None:
        return None, len(passed_over)
    version = catalogue.about.content_version
    catalogue.close()
    return version, len(passed_over)


def test_nothing_is_shown_before_content_arrived(tmp_path: Path) -> None:
    assert shown(content_with(tmp_path)) == (None, 0)


def test_the_newest_version_is_shown(tmp_path: Path) -> None:
    assert shown(content_with(tmp_path, 1, 2)) == (2, 0)


@pytest.mark.parametrize("damage", ["gone", "cut", "empty", "noise"])
def test_a_damaged_version_gives_way_and_is_forgotten(tmp_path: Path, damage: str) -> None:
    """Visitors have the version before; the next sync sees that the newest is missing and fetches it again."""
    store = content_with(tmp_path, 1, 2)
    path = store.catalogue_path(2)
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes({"cut": path.read_bytes()[:20_000], "empty": b"", "noise": b"\x5a" * 100_000}[damage])
    assert shown(store) == (1, 1)
    assert store.active_version() == 0
    assert shown(store) == (1, 0)


def test_the_map_has_pins_for_what_lies_on_it_alone(catalogue: Catalogue) -> None:
    """A feed may tell of half of France; the château stands 30 km to the north, beyond this map."""
    south_west, north_east = project(43.9, 5.1), project(44.1, 5.3)
    bounds = Bounds(south_west.x, north_east.y, north_east.x, south_west.y)
    pins = Pins()
    near = {pin.id for pin in pins.of(catalogue, "all", SUNDAY_AFTERNOON, HERE, bounds)}
    everywhere = {pin.id for pin in pins.of(catalogue, "all", SUNDAY_AFTERNOON, HERE, WORLD)}
    assert everywhere - near == {"château-fort"}
    assert "musée-de-la-lavande" in near
