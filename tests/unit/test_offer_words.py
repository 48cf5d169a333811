"""How an offer's texts are parted for the screen."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kiosk.workers.offer_words import PITCH_CHARS, part_words

GARDEN = (
    "Ce jardin a été conçu avec l'aide de spécialistes reconnus. Il rassemble des plantes médicinales, des arbustes, "
    "des arbres fruitiers et un arbre remarquable.\n\n  Le promeneur est invité à cheminer sous une nef végétale. "
    "Suivront le jardin de la croix, le bosquet sacré, le verger et le potager."
)


def test_a_pitch_of_its_own_stays_and_the_description_follows() -> None:
    pitch, more = part_words("Le jardin du presbytère.", GARDEN)
    assert pitch == "Le jardin du presbytère."
    assert more == GARDEN.replace("\n\n  ", "\n")


def test_a_pitch_cut_out_of_the_description_ends_with_its_last_whole_sentence() -> None:
    pitch, more = part_words(GARDEN[:90].rstrip() + "…", GARDEN)
    assert pitch == "Ce jardin a été conçu avec l'aide de spécialistes reconnus."
    assert more.startswith("Il rassemble des plantes")


def test_a_sentence_that_was_cut_is_told_to_its_end() -> None:
    whole = "Vannerie de tradition, stages, vente d'osier."
    assert part_words("Vannerie de tradition, stages,...", whole) == (whole, "")
    assert part_words("Vannerie de tradition,…", f"{whole} Sur rendez-vous.") == (whole, "Sur rendez-vous.")


def test_one_without_end_goes_on_below() -> None:
    endless = "mot " * 50 + "fin."
    assert part_words("mot mot mot…", endless) == ("mot mot mot…", "…\u00a0" + endless[12:])


def test_what_is_said_already_is_not_said_again() -> None:
    first = GARDEN.split(". ")[0]
    pitch, more = part_words(first, GARDEN)
    assert pitch == first
    assert more.startswith("Il rassemble")
    assert part_words(GARDEN, GARDEN)[1] == ""
    assert part_words("Tout est dit.", "Tout est dit.") == ("Tout est dit.", "")


def test_without_a_pitch_the_first_sentences_are_it() -> None:
    pitch, more = part_words("", GARDEN)
    assert pitch.endswith("sous une nef végétale.")
    assert f"{pitch}\n{more}".split() == GARDEN.split()
    assert part_words("", "Court.") == ("Court.", "")
    assert part_words("", "") == ("", "")
    endless = "mot " * 200
    assert part_words("", endless) == (endless.strip(), "")


@given(st.text(max_size=400), st.text(max_size=600))
def test_any_text_is_parted_without_losing_the_description(pitch: str, description: str) -> None:
    shown, more = part_words(pitch, description)
    said = " ".join(f"{shown} {more}".split())
    for word in description.split():
        assert word.strip(" .;:,…") in said
    if not pitch.strip() and len(description.strip()) <= PITCH_CHARS:
        assert more == ""
