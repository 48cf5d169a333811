"""What a feed says, made safe to show: plain text, links, phones, numbers. Pure functions.

Every text that reaches a screen goes through :func:`clean_text` or :func:`clean_line`. They never raise on a string,
are idempotent, and give text with no HTML element, no control, bidirectional-override, zero-width, private or
unassigned character, no lone surrogate (SQLite cannot store one), no pile of combining marks, no endless word.
Square brackets stay: they are ordinary punctuation; widgets that use Kivy markup escape them.
"""

from __future__ import annotations

import html
import re
import unicodedata
from urllib.parse import quote

LINE_CHARS = 200
PARAGRAPHS_CHARS = 8_000
# What is read of one raw text at all: a hostile feed may hold megabytes in a field, nobody reads more than this.
RAW_CHARS = 64_000
# The longest French word in use has 27 letters; a URL left in a text may be cut, it is not a link on a kiosk.
WORD_CHARS = 60
COMBINING_MARKS = 3
UNESCAPE_ROUNDS = 4
ROUNDS = 8

_PLAIN = re.compile(r"[\n !#-%'-;=?-~\u00a1-\u00ac\u00ae-\u017f\u2013\u2014\u2018-\u201d\u2022\u2026\u20ac]*")
_TAG = re.compile(r"<[A-Za-z/!?]")
# The second and third bytes of UTF-8, as Windows-1252 shows them.
_TRAIL = (
    "[\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u2026\u2030"
    "\u2039\u203a\u20ac\u2122]"
)
_MOJIBAKE = re.compile(f"[\u00c2\u00c3]{_TRAIL}|\u00c5[\u2018-\u201d]|\u00e2[\u0080-\u00bf\u20ac\u201a]{_TRAIL}")
_SPACES = re.compile(r"[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_AROUND_NEWLINE = re.compile(r" ?\n ?")
_BLANK_LINES = re.compile(r"\n{2,}")
_LINE_BREAKS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_LONG_WORD = re.compile(rf"\S{{{WORD_CHARS + 1},}}")
_MARK = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20f0\ufe20-\ufe2f]"
_MARK_FOUND = re.compile(_MARK)
_MARKS = re.compile(f"({_MARK}{{{COMBINING_MARKS}}}){_MARK}+")
# U+200C and U+200D join letters of living scripts and emoji: harmless, and needed by them.
_JOINERS = frozenset("\u200c\u200d")
_FORBIDDEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn"))

_BLOCKS = frozenset(
    (
        *("address", "article", "aside", "blockquote", "center", "dd", "div", "dl", "dt", "fieldset", "figcaption"),
        *("figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "main", "nav", "ol", "p"),
        *("pre", "section", "table", "tbody", "tfoot", "thead", "tr", "ul"),
    )
)
_UNREADABLE = frozenset(
    (
        *("script", "style", "template", "noscript", "iframe", "object", "svg", "math", "head", "title"),
        *("textarea", "select"),
    )
)
_CELLS = frozenset(("td", "th"))


# A tag up to its end. Nothing in it may hold a "<", so that a search stops at the next one: reading stays linear,
# whatever is left open. (The standard library's parser starts again at the end for each open tag.)
_TAG_FOUND = re.compile(r"<(?:(/?)([A-Za-z][A-Za-z0-9:_-]*)[^<>]*>|[!?][^<>]*>)")
_REST_OF_TAG = re.compile(r"[^<>\"]*\"[^<>]*>")
_ENDS = {tag: re.compile(rf"</{tag}\b[^<>]*>", re.IGNORECASE) for tag in sorted(_UNREADABLE)}


def _without_comments(text: str) -> str:
    parts, place = [], 0
    while (start := text.find("<!--", place)) >= 0:
        end = text.find("-->", start + 4)
        if end < 0:
            break
        parts.append(text[place:start])
        place = end + 3
    return "".join((*parts, text[place:])) if parts else text


def _words_of(text: str) -> str:
    """The words of a piece of HTML: blocks become paragraphs, items bullets, scripts nothing."""
    text = _without_comments(text)
    parts: list[str] = []
    place = 0
    while match := _TAG_FOUND.search(text, place):
        parts.append(text[place : match.start()])
        place = match.end()
        if match.group().count('"') % 2 and (rest := _REST_OF_TAG.match(text, place)):
            place = rest.end()  # a ">" inside of quotes
        tag = (match[2] or "").lower()
        if tag in _BLOCKS:
            parts.append("\n\n")
        elif match[1]:
            continue
        elif tag in _UNREADABLE and not match.group().endswith("/>"):
            end = _ENDS[tag].search(text, place)
            place = end.end() if end else len(text)
        elif tag == "br":
            parts.append("\n")
        elif tag == "li":
            parts.append("\n• ")
        elif tag in _CELLS:
            parts.append(" ")
    parts.append(text[place:])
    return html.unescape("".join(parts))


def _has_markup(text: str) -> bool:
    # "R&B" and "Vins&fromages" are no entities: only what HTML would read as another character counts.
    return _TAG.search(text) is not None or ("&" in text and html.unescape(text) != text)


def _strip_markup(text: str) -> str:
    """Reads HTML until nothing looks like it any more (feeds escape twice), then defuses what is left."""
    for _ in range(UNESCAPE_ROUNDS):
        if not _has_markup(text):
            return text
        stripped = _words_of(text)
        if stripped == text:
            break
        text = stripped
    return _defuse(text) if _has_markup(text) else text


def _defuse(text: str) -> str:
    return text.replace("<", " ").replace(">", " ").replace("&", " ")


def _repair(match: re.Match[str]) -> str:
    found = match.group()
    raw = bytearray()
    for char in found:
        try:
            raw += char.encode("cp1252")
        except UnicodeEncodeError:
            if ord(char) > 0xFF:
                return found
            raw.append(ord(char))
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return found


def repair_mojibake(text: str) -> str:
    """Undoes UTF-8 once read as Windows-1252 ("VendÃ´mois"), sequence by sequence: feeds mix good and bad text."""
    if text.isascii() or not any(mark in text for mark in "\u00c2\u00c3\u00c5\u00e2"):
        return text
    return _MOJIBAKE.sub(_repair, text)


def _drop_unprintable(text: str) -> str:
    if text.replace("\n", " ").isprintable():
        return text
    category = unicodedata.category
    return "".join(c for c in text if c == "\n" or c in _JOINERS or category(c) not in _FORBIDDEN)


def cut(text: str, chars: int) -> str:
    """At most ``chars`` characters, cut between words where one is near, with an ellipsis."""
    if len(text) <= chars:
        return text
    head = text[: chars - 1]
    space = max(head.rfind(" "), head.rfind("\n"))
    if space > chars * 2 // 3:
        head = head[:space]
    return head.rstrip(" \n,;:.–-") + "…"


def _make_inert(text: str) -> str:
    """What one step uncovers may be another's to remove (an entity split by a zero-width space, a control character
    out of repaired mojibake): all of them, until nothing changes."""
    for _ in range(ROUNDS):
        before = text
        text = repair_mojibake(text)
        if text == before and _PLAIN.fullmatch(text):
            return text
        text = _strip_markup(_LINE_BREAKS.sub("\n", text))
        text = _drop_unprintable(_SPACES.sub(" ", _LINE_BREAKS.sub("\n", text)))
        if _MARK_FOUND.search(text):
            text = _MARKS.sub(r"\1", unicodedata.normalize("NFD", text))
        text = unicodedata.normalize("NFC", text)
        if text == before:
            return text
    return _defuse(text)


def _clean(value: str, *, paragraphs: bool) -> str:
    text = _make_inert(value[:RAW_CHARS])
    if paragraphs and "\n" in text:
        text = _SPACES.sub(" ", text)
        text = _BLANK_LINES.sub("\n\n", _AROUND_NEWLINE.sub("\n", text)).strip()
    else:
        text = " ".join(text.split())
    if len(text) > WORD_CHARS and max(map(len, text.split())) > WORD_CHARS:
        text = _LONG_WORD.sub(lambda match: match.group()[: WORD_CHARS - 1] + "…", text)
    return text


def clean_text(value: str, chars: int = PARAGRAPHS_CHARS) -> str:
    """Plain text of at most ``chars`` characters, paragraphs parted by one blank line."""
    return cut(_clean(value, paragraphs=True), chars)


def clean_line(value: str, chars: int = LINE_CHARS) -> str:
    """Plain text on one line of at most ``chars`` characters."""
    return cut(_clean(value, paragraphs=False), chars)


_URL = re.compile(
    r"(?i)(?:(https?)://)?((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}(?::\d{2,5})?(?:[/?#][^\s<>\"'`\\^{}|]*)?)"
)
_URL_SAFE = "/?#[]@!$&()*+,;=:%~"
_SCHEMES = re.compile(r"(?i)^(?:https?(?::/{0,2}|//))*(https?)(?::/{0,2}|//)")
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24}")
_PHONE = re.compile(r"\+?[0-9][0-9 ().\-/]{2,24}")
_PHONE_IN = re.compile(r"(?:\+\d{1,3} ?(?:\(0\) ?)?|\b0)\d(?:[ .\-]?\d{2}){4}(?!\d)")
_NUMBER = re.compile(r"[+-]?\d{1,12}(?:[.,]\d{1,30})?")


def _ascii_url(text: str) -> str:
    """An address typed with accents and spaces as browsers send it (RFC 3987); '' when it cannot be."""
    start, mark, rest = text.partition("://")
    host, slash, path = rest.partition("/") if mark else text.partition("/")
    try:
        host = host.encode("idna").decode() if not host.isascii() else host
    except UnicodeError:
        return ""
    return f"{start}://{host}{slash}{quote(path, safe=_URL_SAFE)}" if mark else f"{host}{slash}{quote(path, _URL_SAFE)}"


def clean_url(value: str) -> str | None:
    """An http(s) address of at most 500 characters, or None; a bare host name gets ``https://``."""
    text = value.strip()
    if len(text) > 500:
        return None
    match = _URL.fullmatch(text) if text.isascii() else None
    if match is None:
        # "http://https://…", "http:/…", spaces and accents in a file's name: people type them, browsers open them.
        text = _SCHEMES.sub(lambda found: f"{found[1].lower()}://", text)
        if not text.isprintable() or any(mark in text for mark in "<>\"'`\\^{}|"):
            return None
        match = _URL.fullmatch(_ascii_url(text))
    if match is None or len(match.group()) > 500:
        return None
    return f"{(match[1] or 'https').lower()}://{match[2]}"


def clean_email(value: str) -> str | None:
    """An e-mail address, lower-cased host, or None."""
    text = value.strip()
    if len(text) > 254 or _EMAIL.fullmatch(text) is None:
        return None
    name, _, host = text.rpartition("@")
    return f"{name}@{host.lower()}"


def clean_phone(value: str) -> str | None:
    """A telephone number as written, single spaces, or None."""
    text = _SPACES.sub(" ", value[:200]).strip()
    if _PHONE.fullmatch(text):
        return text
    # "04 65 71 00 00 / 06 12 34 56 78", "Tél. : 04 65 71 00 00": the first number of several, without what is said.
    match = _PHONE_IN.search(text)
    return match.group().strip(" .-/") if match else None


def parse_number(value: object) -> float | None:
    """A finite number out of a number or a string ("47.118113", "47,118113"); None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        number = float(value) if abs(value) < 1e12 else None
        return number if number is not None and number == number else None
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return float(value.strip().replace(",", "."))
    return None


def parse_cents(value: object) -> int | None:
    """Euros of a feed ("12.5", 12, "12,50") as integer cents; None when absent, negative or beyond 100 000 €."""
    number = parse_number(value)
    if number is None or not 0 <= number <= 100_000:
        return None
    return round(number * 100)
