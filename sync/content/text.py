"""Words as the search sees them: the same folding when the server indexes and when the kiosk asks. Pure.

FTS5 folds é but neither œ nor æ, and knows no apostrophe of French: both sides fold to plain ASCII-like words here and
the index stores nothing else. Changing any of this changes `FORMAT_VERSION` of the catalogue file.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib import import_module
from types import MappingProxyType
from typing import Any

TOKENS_READ = 4_000
TOKEN_CHARS = 40
STEM_CHARS_MIN = 4
STEM_MARK = "st0"
STEMMED: Mapping[str, str] = MappingProxyType({"fr": "french", "en": "english"})

# What NFKD leaves whole. Replaced one by one: far quicker than `str.translate` over mostly plain text.
_LETTERS = (
    ("’", "'"),
    ("œ", "oe"),
    ("æ", "ae"),
    ("ø", "o"),
    ("ł", "l"),
    ("đ", "d"),
    ("ð", "d"),
    ("þ", "th"),
    ("ı", "i"),
    ("ʼ", "'"),
    ("‘", "'"),
    ("´", "'"),
)
_MARKS = re.compile("[\u0300-\u036f]+")
_ELISION = re.compile(r"\b(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu)'(?=\w)")
_WORD = re.compile(r"[^\W_]+")

# Words that mean the same to a visitor, French and English; the first of each line is the one that is indexed.
SYNONYMS: tuple[tuple[str, ...], ...] = (
    ("velo", "bicyclette", "bike", "bicycle", "cycling", "vtt", "cyclo"),
    ("randonnee", "balade", "promenade", "hike", "hiking", "walk", "walking", "rando"),
    ("cave", "vin", "wine", "vignoble", "winery", "domaine", "vigneron", "degustation", "tasting"),
    ("restaurant", "resto", "manger", "table", "bistrot", "bistro", "eat", "food", "lunch", "dinner"),
    ("hotel", "hebergement", "dormir", "chambre", "accommodation", "sleep", "lodging", "gite"),
    ("piscine", "baignade", "swimming", "pool", "nager", "swim"),
    ("chateau", "castle"),
    ("eglise", "church", "chapelle", "chapel", "abbaye", "abbey"),
    ("musee", "museum", "exposition", "exhibition"),
    ("marche", "market", "brocante", "foire", "fair"),
    ("boulangerie", "bakery", "pain", "bread"),
    ("cheval", "equitation", "horse", "riding", "poney", "pony"),
    ("canoe", "kayak", "canoeing"),
    ("concert", "musique", "music"),
    ("enfant", "famille", "children", "kids", "family"),
    ("miel", "honey", "apiculteur", "beekeeper"),
    ("huile", "olive", "oil", "moulin", "mill"),
    ("fromage", "cheese", "chevre", "goat"),
)


def fold(text: str) -> str:
    """Lower case without accents; ligatures spelled out, typographic apostrophes straight."""
    if text.isascii():
        return text.lower()
    # Decomposed first: among the compatibility characters (𝕊, ℌ, ™) there are capitals, which case folding leaves.
    folded = unicodedata.normalize("NFKD", text).casefold()
    for letter, plain in _LETTERS:
        folded = folded.replace(letter, plain)
    return unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFKD", folded)))


def tokens(text: str) -> list[str]:
    """Folded words in order; elided articles (l', d', qu') are left out, long words cut to `TOKEN_CHARS`."""
    folded = fold(text)
    if "'" in folded:
        folded = _ELISION.sub(" ", folded)
    return [word[:TOKEN_CHARS] for word in _WORD.findall(folded)[:TOKENS_READ]]


def stem(word: str) -> str:
    """A light stem, French and English alike: plural and final e dropped (chevaux → cheval, wineries → wineri)."""
    if len(word) < 4 or word.isdigit():
        return word
    if word.endswith("eaux"):
        return word[:-1]
    if word.endswith("aux"):
        return word[:-3] + "al"
    root = word[:-1] if word[-1] in "sx" and word[-2] != "s" else word
    if len(root) > 3 and root[-1] == "e":
        root = root[:-1]
    elif len(root) > 3 and root[-1] == "y":
        root = root[:-1] + "i"
    return root


@lru_cache(maxsize=2)
def _stemmer_class(language: str) -> type[Any]:
    """Snowball's stemmer. Loaded when first asked for: the package brings thirty languages with it."""
    module = import_module(f"snowballstemmer.{language}_stemmer")
    found: type[Any] = getattr(module, f"{language.title()}Stemmer")
    return found


@lru_cache(maxsize=65_536)
def stem_mark(word: str, language: str) -> str:
    """The index word of a folded word's stem in French or English (``st0degust``); '' for what has none.

    Both sides stem the folded word, so that accents typed or not lead to the same stem. A mark is matched whole: the
    stem of "cave" is no beginning of "cavalier".
    """
    if len(word) < STEM_CHARS_MIN or language not in STEMMED or not word.isalpha():
        return ""
    # A stemmer holds the word it works on: each call has its own, so that any thread may ask.
    root = str(_stemmer_class(STEMMED[language])().stemWord(word))
    return STEM_MARK + root if len(root) >= 3 else ""


def stem_marks(word: str) -> list[str]:
    """The marks of a word whose language nobody knows: what is typed."""
    return sorted({mark for language in STEMMED if (mark := stem_mark(word, language))})


def index_words(text: str, limit: int = 2 * TOKENS_READ) -> str:
    """What the index stores of a text, at most ``limit`` of it: words, and the stem of those that do not begin with
    it."""
    found: list[str] = []
    for word in tokens(text):
        if len(found) >= limit:
            break
        found.append(word)
        # Only these endings have a stem that is not a beginning of the word, which a prefix query finds anyway.
        if word[-1] in "xy" or word.endswith("ies"):
            root = stem(word)
            if not word.startswith(root):
                found.append(root)
    return " ".join(found)


def _mark(group: tuple[str, ...]) -> str:
    return "syn0" + group[0]


_MARKS_OF_WORD: dict[str, frozenset[str]] = {
    form: frozenset(_mark(group) for group in SYNONYMS if any(form in (word, stem(word)) for word in group))
    for line in SYNONYMS
    for known in line
    for form in (known, stem(known), known + "s")
}


def synonym_marks(words: Iterable[str]) -> list[str]:
    """The index words (``syn0velo``) of the groups that any of these folded words belongs to."""
    return sorted({mark for word in words if word in _MARKS_OF_WORD for mark in _MARKS_OF_WORD[word]})


def synonym_marks_of_prefix(word: str) -> list[str]:
    """The same for a word as it is typed: whole words of a group, or their first five letters and more."""
    found = set(_MARKS_OF_WORD.get(word, ())) | set(_MARKS_OF_WORD.get(stem(word), ()))
    if len(word) >= 5:
        found |= {_mark(group) for group in SYNONYMS if any(known.startswith(word) for known in group)}
    return sorted(found)


def trigrams(word: str) -> list[str]:
    """Three-letter pieces, the beginning marked: typing errors leave most of them whole."""
    padded = f"^{word}"
    return sorted({padded[i : i + 3] for i in range(len(padded) - 2)})


def edit_distance(typed: str, word: str, limit: int) -> int:
    """Least number of insertions, deletions, changes and swaps that turn ``typed`` into a *beginning* of ``word``.

    Gives ``limit + 1`` as soon as it is known to be larger than ``limit``.
    """
    word = word[: len(typed) + limit]
    before: list[int] = []
    row = list(range(len(word) + 1))
    for i, letter in enumerate(typed, 1):
        current = [i]
        for j, other in enumerate(word, 1):
            cost = min(row[j] + 1, current[j - 1] + 1, row[j - 1] + (letter != other))
            if before and j > 1 and letter == word[j - 2] and typed[i - 2] == other:
                cost = min(cost, before[j - 2] + 1)
            current.append(cost)
        if min(current) > limit:
            return limit + 1
        before, row = row, current
    return min(min(row), limit + 1)
