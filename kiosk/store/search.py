"""Search as you type over the catalogue file: forgiving of accents, œ, plurals, synonyms and small slips.

Rows stand in order of merit, so ``ORDER BY rowid LIMIT`` reads the best matches first and stops: the cost does not
grow with the number of matches. The few that come back are then ranked again by how well the *name* fits. Runs on the
thread that owns the connection. The index is described in `sync.content.catalogue_file`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from sync.content.text import (
    STEMMED,
    edit_distance,
    stem,
    stem_mark,
    stem_marks,
    synonym_marks_of_prefix,
    tokens,
    trigrams,
)

# Matches ranked again per keystroke: two screens of results hold 24; reading a name costs 5 µs.
CANDIDATES = 150
EXACT_CANDIDATES = 60
# Beyond this a list says "more than": nobody pages further, and counting costs in proportion.
COUNT_LIMIT = 1_000
TOKENS = 8
TYPED_CHARS = 80
# Words looked at for a slip, most pieces in common first.
SLIP_CANDIDATES = 60
SLIP_CHARS_MIN = 4
# Fewer matches than this may be a slip that happens to be in some text ("mussée" in a menu).
FEW = 3
# Pieces that more words share tell nothing apart and cost a scan each.
PIECES = 12
BULK = 400


def warm_stems() -> None:
    """Loads the stemmers, a few tens of milliseconds, where it is not in anybody's way. Any thread."""
    stem_marks("premier")


@dataclass(frozen=True, slots=True)
class Hits:
    """Ranks in the order to show. ``at_least``: there are more than ``total``. ``meant``: what was searched instead."""

    ranks: tuple[int, ...]
    total: int
    at_least: bool = False
    meant: str = ""


NOTHING = Hits((), 0)


def _word_query(word: str, *, prefix: bool = True) -> str:
    star = " *" if prefix else ""
    forms = [f'"{word}"{star}']
    root = stem(word)
    if prefix and root != word and len(root) >= 3:
        forms.append(f'"{root}" *')
    forms += [f'"{mark}"' for mark in (*stem_marks(word), *synonym_marks_of_prefix(word))]
    return f"({' OR '.join(forms)})" if len(forms) > 1 else forms[0]


def build_query(words: Iterable[str], columns: str = "", *, prefix: bool = True, joined_by: str = "AND") -> str:
    """The FTS5 expression for folded words (letters and digits only), each a prefix; ``columns`` narrows it."""
    terms = f" {joined_by} ".join(_word_query(word, prefix=prefix) for word in words)
    return f"{{{columns}}} : ({terms})" if columns else terms


class Search:
    """Queries on an open catalogue file. One thread."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def find(self, typed: str, today: str, page: int = 0, per_page: int = 12) -> Hits:
        """The page of ranks for what was typed so far. ``today`` is an ISO day: what is over comes last."""
        words = tokens(typed[:TYPED_CHARS])[:TOKENS]
        if not words or page < 0:
            return NOTHING
        ranks, total = self._matches(words, page, per_page)
        meant = ""
        if total < FEW and (corrected := self._correct(words)) is not None:
            more, more_total = self._matches(corrected, page, per_page)
            if more_total > total:
                # What was found to the letter stays first: the person may have meant it.
                ranks, total = list(dict.fromkeys((*ranks, *more))), more_total
                words, meant = corrected, " ".join(corrected)
        joined_by = "AND"
        if total == 0 and len(words) > 1:
            joined_by = "OR"
            ranks, total = self._matches(words, page, per_page, joined_by)
        if total == 0:
            return NOTHING
        ordered = self._rank_again(ranks[:CANDIDATES], words, today) + ranks[CANDIDATES:]
        start = page * per_page
        shown = tuple(ordered[start : start + per_page])
        return Hits(shown, min(total, COUNT_LIMIT), total > COUNT_LIMIT, meant)

    def _run(self, query: str, limit: int) -> list[int]:
        found = self._connection.execute(
            "SELECT rowid FROM search WHERE search MATCH ? ORDER BY rowid LIMIT ?", (query, limit)
        )
        return [rank for (rank,) in found]

    def _matches(self, words: list[str], page: int, per_page: int, joined_by: str = "AND") -> tuple[list[int], int]:
        """Ranks, most promising first, and how many match at all (up to one beyond `COUNT_LIMIT`)."""
        exact = self._run(build_query(words, "name", prefix=False, joined_by=joined_by), EXACT_CANDIDATES)
        named = self._run(build_query(words, "name place kind", joined_by=joined_by), CANDIDATES)
        # One letter matches the prose of nearly everything: names and kinds are what it can mean.
        columns = "name place kind" if len(words) == 1 and len(words[0]) == 1 else ""
        everywhere = self._run(build_query(words, columns, joined_by=joined_by), COUNT_LIMIT + 1)
        ranks = list(dict.fromkeys((*exact, *named, *everywhere)))
        return ranks[: max(CANDIDATES, (page + 1) * per_page)], len(everywhere)

    def _names(self, ranks: list[int]) -> dict[int, list[str]]:
        names: dict[int, list[str]] = {rank: [] for rank in ranks}
        marks = ",".join("?" * len(ranks))
        for rank, name in self._connection.execute(
            f"SELECT rank, name FROM texts WHERE rank IN ({marks})",  # noqa: S608
            ranks,
        ):
            names[rank].append(name)
        return names

    def _over(self, ranks: list[int], today: str) -> set[int]:
        marks = ",".join("?" * len(ranks))
        found = self._connection.execute(
            f"SELECT rank FROM offers WHERE rank IN ({marks}) AND dated = 1 AND last_day < ?",  # noqa: S608
            [*ranks, today],
        )
        return {rank for (rank,) in found}

    def _rank_again(self, ranks: list[int], words: list[str], today: str) -> list[int]:
        names = self._names(ranks)
        over = self._over(ranks, today)
        order = {rank: place for place, rank in enumerate(sorted(ranks))}

        def score(rank: int) -> tuple[bool, int, int]:
            fit = max((name_fit(words, tokens(name)) for name in dict.fromkeys(names[rank])), default=0)
            return rank in over, -fit, order[rank]

        return sorted(ranks, key=score)

    def _correct(self, words: list[str]) -> list[str] | None:
        """The words with the mistyped ones replaced by the nearest of the territory's names; None when none helps."""
        changed = False
        found = []
        for word in words:
            if len(word) < SLIP_CHARS_MIN or len(self._run(build_query([word]), FEW)) == FEW:
                found.append(word)
                continue
            nearest = self._nearest(word)
            if nearest is None:
                found.append(word)
            else:
                changed = True
                found.append(nearest)
        return found if changed else None

    def _nearest(self, word: str) -> str | None:
        limit = 1 if len(word) < 6 else 2
        pieces = trigrams(word)[:PIECES]
        marks = ",".join("?" * len(pieces))
        rows = self._connection.execute(
            "SELECT w.word, w.offers FROM (SELECT number, count(*) AS shared FROM trigrams"  # noqa: S608
            f" WHERE piece IN ({marks}) GROUP BY number ORDER BY shared DESC, number LIMIT ?)"
            " JOIN words w USING (number)",
            [*pieces, SLIP_CANDIDATES],
        ).fetchall()
        best = min(
            ((edit_distance(word, known, limit), -offers, known) for known, offers in rows),
            default=(limit + 1, 0, ""),
        )
        return best[2] if 0 < best[0] <= limit else None


def _begins(word: str, name: list[str]) -> bool:
    """Whether a word of the name begins like the typed one, or has its stem."""
    if any(other.startswith(word) for other in name):
        return True
    marks = stem_marks(word)
    return bool(marks) and any(stem_mark(other, language) in marks for other in name for language in STEMMED)


def name_fit(words: list[str], name: list[str]) -> int:
    """How well typed words fit a folded name: 0 … 100. Pure.

    Whole words weigh more than beginnings, words at the front and in order more than anywhere, short names more than
    long ones that hold the same.
    """
    if not name:
        return 0
    whole = sum(word in name for word in words)
    begun = sum(_begins(word, name) for word in words)
    fit = 25 * begun // len(words) + 25 * whole // len(words)
    if begun == len(words):
        fit += 10
        if " ".join(name).startswith(" ".join(words)):
            fit += 25
        fit += max(0, 15 - 3 * (len(name) - len(words)))
    return min(fit, 100)
