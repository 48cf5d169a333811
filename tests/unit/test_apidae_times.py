"""Apidae's hours and dates as they are since June 2025 (``horaires``), and what its schema of 2026 allows besides."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

import pytest

from domain.days import PARIS
from domain.hours import DayException, Occurrence, Span
from domain.offers import Offer
from server.catalogue.apidae import ApidaeParser, References
from server.catalogue.feed_source import Document
from server.catalogue.results import Kept, Parsed, Reason, Rejected, Withdrawn
from tests.fixtures.apidae_samples import castle, feast, ref

AS_OF = date(2026, 11, 22)
NO_WORDS = References()
WEEK = ["MON", "TUE", "WED", "THU", "FRI"]


def hours(kind: dict[str, Any], *periods: dict[str, Any]) -> dict[str, Any]:
    return {"id": 511, "type": kind, "timePeriods": list(periods)}


def on(days: list[str] | None, *times: tuple[str, str | None], closed: bool = False) -> dict[str, Any]:
    frames = [{"startTime": start, **({"endTime": end} if end else {})} for start, end in times]
    return {"closed": closed, **({"weekdays": days} if days is not None else {}), "timeFrames": frames}


OPENING = ref("HoraireType", 7457, "Ouverture")
GUIDED = ref("HoraireType", 7460, "Visite guidée")
ARRIVAL = ref("HoraireType", 7470, "Arrivée")


def parsed(raw: dict[str, Any], references: References = NO_WORDS) -> Parsed:
    (outcome,) = ApidaeParser(AS_OF, references).outcomes(Document("x.json", json.dumps([raw]).encode()))
    return outcome


def kept(raw: dict[str, Any], references: References = NO_WORDS) -> Offer:
    outcome = parsed(raw, references)
    assert isinstance(outcome, Kept), outcome
    return outcome.offer


def place(period: dict[str, Any] | None = None, **opening: Any) -> dict[str, Any]:
    raw = castle()
    raw["localisation"]["adresse"]["commune"]["nom"] = "Roquebelle"
    whole = {"dateDebut": "2026-01-01", "dateFin": "2026-12-31", "type": "OUVERTURE_TOUS_LES_JOURS"}
    raw["ouverture"] = {"periodesOuvertures": [{**whole, **period}] if period is not None else [], **opening}
    return raw


def event(period: dict[str, Any], **opening: Any) -> dict[str, Any]:
    return {**feast(), "ouverture": {"periodesOuvertures": [period], **opening}}


def spans(offer: Offer, day: date) -> list[tuple[int, int]]:
    return [(span.start // 60, span.end // 60) for span in offer.hours.spans_on(day)]


MONDAY, SATURDAY = date(2026, 11, 23), date(2026, 11, 28)
HOLIDAY = date(2026, 11, 11)  # a Wednesday


def test_hours_of_each_weekday_stand_in_place_of_the_old_ones() -> None:
    period = {
        "type": "OUVERTURE_SEMAINE",
        "ouverturesJournalieres": [{"jour": "DIMANCHE"}],
        "horaireOuverture": "01:00:00",
        "horaireFermeture": "02:00:00",
        "horaires": [
            hours(OPENING, on(WEEK, ("10:00", "12:00"), ("14:00", "18:00")), on(["SAT"], ("08:00:00", "20:00:00"))),
            hours(GUIDED, on(WEEK, ("15:00", "17:00"))),
        ],
    }
    offer = kept(place(period))
    assert spans(offer, MONDAY) == [(10, 12), (14, 18)]
    assert spans(offer, SATURDAY) == [(8, 20)]
    assert not offer.hours.open_on(date(2026, 11, 29))
    assert spans(offer, HOLIDAY) == [(10, 12), (14, 18)]  # nothing is said of holidays


def test_public_holidays_in_weekday_hours() -> None:
    shut = kept(place({"horaires": [hours(OPENING, on(WEEK, ("10:00", "12:00")), on(["HOL"], closed=True))]}))
    assert not shut.hours.open_on(HOLIDAY)
    assert shut.hours.open_on(MONDAY)
    own = kept(
        place({"horaires": [hours(OPENING, on([*WEEK, "SAT"], ("10:00", "12:00")), on(["HOL"], ("15:00", "16:00")))]})
    )
    assert spans(own, HOLIDAY) == [(15, 16)]
    assert spans(own, date(2026, 12, 25)) == [(15, 16)]
    assert spans(own, SATURDAY) == [(10, 12)]


def test_a_day_that_is_closed_is_closed_wherever_else_it_stands() -> None:
    offer = kept(place({"horaires": [hours(OPENING, on(None, ("10:00", "12:00")), on(["MON"], closed=True))]}))
    assert not offer.hours.open_on(MONDAY)
    assert spans(offer, SATURDAY) == [(10, 12)]


def test_what_the_hours_are_for_decides() -> None:
    visits = kept(
        place({"horaires": [hours(ARRIVAL, on(WEEK, ("17:00", None))), hours(GUIDED, on(WEEK, ("15:00", "17:00")))]})
    )
    assert spans(visits, MONDAY) == [(15, 17)]
    # Arrival alone says nothing of opening: the period's own days and hours are left.
    arrival = kept(
        place(
            {
                "horaireOuverture": "09:00:00",
                "horaireFermeture": "19:00:00",
                "horaires": [hours(ARRIVAL, on(WEEK, ("17:00", None)))],
            }
        )
    )
    assert spans(arrival, SATURDAY) == [(9, 19)]
    # An export gives numbers: the words stand beside it.
    by_number = {
        "horaires": [
            hours(ref("HoraireType", 7470), on(WEEK, ("17:00", "18:00"))),
            hours(ref("HoraireType", 7457), on(WEEK, ("10:00", "12:00"))),
        ]
    }
    words = References({("HoraireType", 7470): "Arrivée", ("HoraireType", 7457): "Ouverture"})
    assert spans(kept(place(by_number), words), MONDAY) == [(10, 12)]
    assert spans(kept(place(by_number)), MONDAY) == [(10, 12)]  # the number of the opening is known by itself


def test_the_hours_of_the_module_of_2018() -> None:
    old = {
        "timePeriods": [
            {"type": "opening", **on(["SAT", "SUN"], ("12:30", "14:00"))},
            {"type": "last_entry", **on(["SAT"], ("13:30", None))},
        ]
    }
    offer = kept(place(old))
    assert [(s.start, s.end) for s in offer.hours.spans_on(SATURDAY)] == [(750, 840)]
    assert not offer.hours.open_on(MONDAY)


def test_past_midnight_and_without_an_end() -> None:
    bar = kept(
        place(
            {
                "horaires": [
                    hours(
                        OPENING,
                        on(["FRI"], ("18:00", "02:00")),
                        on(["SAT"], ("18:00", "00:00")),
                        on(["SUN"], ("18:00", None)),
                    )
                ]
            }
        )
    )
    assert bar.hours.open_until(datetime(2026, 11, 28, 1, 0, tzinfo=PARIS)) == datetime(
        2026, 11, 28, 2, 0, tzinfo=PARIS
    )
    assert bar.hours.spans_on(SATURDAY) == (Span(18 * 60, 1440),)
    assert bar.hours.open_on(date(2026, 11, 29))
    assert bar.hours.spans_on(date(2026, 11, 29)) == ()


def test_the_first_sunday_and_the_third_tuesday_are_two_things() -> None:
    month = [{"jourDuMois": "D_1ER", "jour": "DIMANCHE"}, {"jourDuMois": "D_3EME", "jour": "MARDI"}]
    offer = kept(place({"type": "OUVERTURE_MOIS", "ouverturesJourDuMois": month}))
    opened = [d for d in (date(2026, 11, n) for n in range(1, 31)) if offer.hours.open_on(d)]
    assert opened == [date(2026, 11, 1), date(2026, 11, 17)]
    every = kept(
        place({"type": "OUVERTURE_MOIS", "ouverturesJourDuMois": [{"jourDuMois": "D_DERNIER", "jour": "TOUS"}]})
    )
    assert [d.day for d in (date(2026, 11, n) for n in range(1, 31)) if every.hours.open_on(d)] == list(range(24, 31))


def test_hours_of_a_weekday_of_the_month() -> None:
    month = [{"jourDuMois": "D_2EME", "jour": "SAMEDI"}]
    offer = kept(
        place(
            {
                "type": "OUVERTURE_MOIS",
                "ouverturesJourDuMois": month,
                "horaires": [hours(OPENING, on(["SAT"], ("09:00", "12:00")))],
            }
        )
    )
    assert spans(offer, date(2026, 11, 14)) == [(9, 12)]
    assert not offer.hours.open_on(date(2026, 11, 21))


def test_an_event_with_several_sessions_a_day() -> None:
    sessions = {
        "dateDebut": "2026-12-05",
        "dateFin": "2026-12-20",
        "type": "OUVERTURE_SEMAINE",
        "horaires": [hours(OPENING, on(["SAT"], ("15:00", "16:30"), ("20:30", None)), on(["SUN"], ("11:00", None)))],
    }
    offer = kept(event(sessions))
    assert [(o.start, o.end) for o in offer.dates.on(date(2026, 12, 5))] == [(900, 990), (1230, None)]
    assert [(o.start, o.end) for o in offer.dates.on(date(2026, 12, 13))] == [(660, None)]
    assert not offer.dates.on(date(2026, 12, 7))


def test_an_event_that_spares_public_holidays() -> None:
    rule = {
        "dateDebut": "2026-11-01",
        "dateFin": "2027-12-31",
        "horaires": [hours(OPENING, on(WEEK, ("10:00", None)), on(["HOL"], ("16:00", None)))],
    }
    offer = kept(event(rule))
    assert [o.start for o in offer.dates.on(date(2026, 12, 25))] == [960]
    assert [o.start for o in offer.dates.on(MONDAY)] == [600]


def test_closures_in_lists_and_by_every_name_that_the_network_has() -> None:
    closures = [
        {"dates": ["2026-11-23", "2026-11-24"]},
        {"dateSpeciale": "MARDI_GRAS"},
        {"dateSpeciale": "JOUR_DES_DEFUNTS"},
        {"dateSpeciale": "LUNDI_DU_JEUNE_FEDERAL"},
    ]
    offer = kept(
        place({"horaireOuverture": "10:00:00", "horaireFermeture": "11:00:00"}, fermeturesExceptionnelles=closures)
    )
    shut = {e.day for e in offer.hours.exceptions}
    assert {MONDAY, date(2026, 11, 24), date(2027, 2, 9), date(2026, 11, 2), date(2026, 9, 21)} <= shut


def test_open_all_year_and_closed_until_further_notice() -> None:
    assert kept(place(ouvertTouteLAnnee="OUVERT_TOUTE_L_ANNEE")).hours.open_on(MONDAY)
    assert parsed(place(fermeTemporairement="FERME_TEMPORAIREMENT")) == Rejected("501", Reason.CLOSED, withdraws="501")


def test_hours_in_words_are_kept_where_there_are_no_others() -> None:
    words = {"libelleFr": "Ouvert sur rendez-vous.", "libelleEn": "By appointment."}
    offer = kept(place({}, periodeEnClair=words))
    assert offer.text("fr").description.endswith("Ouvert sur rendez-vous.")
    assert offer.text("en").description == "" or "By appointment." in offer.text("en").description
    assert "By appointment." in offer.text("en").pitch + offer.text("en").description
    told = kept(place({"horaireOuverture": "10:00:00", "horaireFermeture": "11:00:00"}, periodeEnClair=words))
    assert "rendez-vous" not in told.text("fr").description


@pytest.mark.parametrize(
    ("tariff", "cents"),
    [
        ({"indicationTarif": "ENTREE_LIBRE"}, 0),
        ({"indicationTarif": "ACCES_LIBRE"}, 0),
        ({"indicationTarif": "PARTICIPATION_LIBRE"}, None),
        ({"indicationTarif": "ACCES_LIBRE_STATIONNEMENT_PAYANT_OBLIGATOIRE"}, None),
        (
            {
                "periodes": [
                    {"dateFin": "2019-12-31", "tarifs": [{"minimum": 3, "type": ref("TarifType", 1, "Plein tarif")}]},
                    {"dateFin": "2026-12-31", "tarifs": [{"minimum": 5, "type": ref("TarifType", 1, "Plein tarif")}]},
                ]
            },
            500,
        ),
        ({"periodes": [{"tarifs": [{"minimum": 4, "devise": "CHF"}, {"minimum": 6, "devise": "EUR"}]}]}, 600),
        ({"periodes": [{"dateFin": "2019-12-31", "tarifs": [{"minimum": 3}]}]}, 300),
        ({"periodes": [{"tarifs": [{"minimum": 2, "type": ref("TarifType", 2, "Animaux")}]}]}, None),
    ],
)
def test_prices(tariff: dict[str, Any], cents: int | None) -> None:
    assert kept({**place({}), "descriptionTarif": tariff}).price_cents == cents


def test_answers_that_hold_no_objects_say_why() -> None:
    def outcomes(document: object) -> list[Parsed]:
        return list(ApidaeParser(AS_OF).outcomes(Document("a.json", json.dumps(document).encode())))

    assert outcomes({"errorType": "OBJET_TOURISTIQUE_ACCESS_FORBIDDEN", "message": "Non"}) == [
        Rejected("a.json", Reason.REFUSED)
    ]
    assert outcomes({"numFound": 2, "objetTouristiqueIds": [1, 2]}) == [Rejected("a.json", Reason.ONLY_IDS)]
    assert outcomes({"numFound": 0, "query": {}}) == []
    by_day = {"numFound": 1, "objetsTouristiques": {"2026-12-01": [place({})], "2026-12-02": [place({})]}}
    assert [type(o) for o in outcomes(by_day)] == [Kept, Kept]


def test_linked_objects_are_neither_shown_nor_withdrawn() -> None:
    parser = ApidaeParser(AS_OF)
    data = json.dumps([place({})]).encode()
    linked = list(parser.outcomes(Document("export/objets_lies/objets_lies_modifies-501.json", data)))
    assert linked == [Rejected("501", Reason.LINKED)]
    assert list(parser.outcomes(Document("objets_lies_supprimes.json", b"[501]"))) == []
    assert list(parser.outcomes(Document("objets_supprimes.json", b"[501]"))) == [Withdrawn("501")]


def test_themed_descriptions_stand_in() -> None:
    raw = place({"horaireOuverture": "10:00:00"})
    raw["presentation"] = {
        "descriptifsThematises": [
            {
                "theme": ref("DescriptifTheme", 1),
                "description": {"libelleFr": "La grotte se visite.", "libelleEn": "A cave."},
            }
        ]
    }
    offer = kept(raw)
    assert offer.text("fr").pitch == "La grotte se visite."
    assert offer.text("en").pitch == "A cave."


def test_days_at_the_ends_of_time_are_no_trouble() -> None:
    for first, last in (("0001-01-01", "9999-12-31"), ("9999-12-01", "9999-12-31"), ("2026-01-01", "9999-12-31")):
        period = {
            "dateDebut": first,
            "dateFin": last,
            "type": "OUVERTURE_MOIS",
            "ouverturesJourDuMois": [{"jourDuMois": "D_1ER", "jour": "LUNDI"}],
        }
        dates = kept(event(period)).dates
        assert len(dates.occurrences) <= 400
        assert all(o.last_day.year <= 2199 for o in dates.occurrences)
    yearly = kept(event({"dateDebut": "2024-02-29", "dateFin": "2024-02-29", "tousLesAns": True}))
    assert Occurrence(date(2027, 2, 28)) in yearly.dates.occurrences


def test_a_day_opened_beside_the_pattern_has_the_hours_of_its_weekday() -> None:
    period = {
        "horaires": [hours(OPENING, on(["MON"], ("09:00", "10:00")), on(["FRI"], ("19:00", "20:00")))],
        "ouverturesExceptionnelles": [{"dateOuverture": "2026-12-25"}, {"dateOuverture": "2026-12-26"}],
        "dateFin": "2026-12-01",
    }
    offer = kept(place(period))
    assert offer.hours.exceptions == (
        DayException(date(2026, 12, 25), (Span(1140, 1200),)),
        DayException(date(2026, 12, 26), (Span(540, 600),)),
    )
