"""Posts of a blog (RSS, Atom, RDF) → stories with author and licence. Pure.

A post is somebody's work: one that names neither an author nor a licence, in itself or in its feed, is refused unless
the person who imports names them. Documents that declare XML entities are refused before they are read.
"""

from __future__ import annotations

import hashlib
import html
import io
import re
import warnings
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import islice
from typing import Any

import feedparser

from domain.offers import Picture
from server.catalogue.building import position, source_key
from server.catalogue.cleaning import clean_line, clean_text, clean_url, cut
from server.catalogue.feed_source import Document, Found, Piece
from server.catalogue.jsonld import language_code
from server.catalogue.results import BlogPost, Parsed, Reason, Rejected

SOURCE = "rss"
QUOTE_CHARS = 280
TEXT_CHARS = 6_000
POSTS = 2_000
BODY_CHARS = 200_000
_IMG = re.compile(r"""<img\b[^<>]{0,1000}?\bsrc\s*=\s*["']([^"'<>]{8,500})["']""", re.IGNORECASE)
# Faces, smileys and counters.
_NO_PICTURES = ("gravatar.", "/s.w.org/", "/emoji/", "feedburner.", "stats.wordpress.", "/pixel", ".svg")
# Feeds name entities in a document type only to attack: those of HTML need none.
_ENTITY = re.compile(rb"<!ENTITY", re.IGNORECASE)
_SENTENCE = re.compile(r"[^.!?…]*[.!?…]+[»”\"')\]]*\s*")
_TROUBLE = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError, LookupError)
_MAIL_NAME = re.compile(r"^\S+@\S+\s*\((.+)\)$")


class BlogParser:
    """Parses feeds. ``author`` and ``licence`` stand in where neither post nor feed names one."""

    def __init__(self, as_of: date, author: str = "", licence: str = "") -> None:
        self.as_of = as_of
        self._author, self._licence = author, licence

    def outcomes(self, piece: Piece) -> Iterator[Parsed]:
        """What becomes of each post of a file."""
        match piece:
            case Rejected():
                yield piece
            case Found(where, _, _):
                yield Rejected(where, Reason.NOT_FEED)
            case Document(where, data):
                yield from self._feed(data, where)

    def _feed(self, data: bytes, where: str) -> Iterator[Parsed]:
        if _ENTITY.search(data) or _ENTITY.search(data.replace(b"\0", b"")):
            yield Rejected(where, Reason.ENTITIES)
            return
        try:
            parsed = _read(data)
            entries, feed = parsed.entries, parsed.feed
        except _TROUBLE:
            yield Rejected(where, Reason.NOT_FEED)
            return
        if not parsed.get("version") and not entries:
            yield Rejected(where, Reason.NOT_FEED)
            return
        if len(entries) > POSTS:
            yield Rejected(where, Reason.TOO_MANY)
        for number, entry in enumerate(entries[:POSTS]):
            try:
                yield self._post(entry, feed, f"{where}#{number}")
            except _TROUBLE:
                yield Rejected(f"{where}#{number}", Reason.NOT_FEED)

    def _post(self, entry: Mapping[str, Any], feed: Mapping[str, Any], where: str) -> Parsed:
        url = clean_url(_text(entry, "link")) or ""
        title = clean_line(_text(entry, "title"), 200)
        body, language = _body(entry)
        text = clean_text(body, TEXT_CHARS)
        if not title and not text:
            return Rejected(url or where, Reason.NO_TEXT)
        # RSS asks for neither a guid nor a link: then a post is what it says.
        said = hashlib.sha256(f"{title}|{text}".encode()).hexdigest()[:32]
        source_id = source_key(_text(entry, "id") or url) or said
        author = _author(entry) or _author(feed) or clean_line(self._author, 120)
        licence = _licence(entry) or _licence(feed) or clean_line(self._licence, 120)
        if not author or not licence:
            return Rejected(source_id, Reason.NO_AUTHOR)
        code = language_code(language or _text(feed, "language") or "fr") or "fr"
        latitude, longitude = _where(entry)
        return BlogPost(
            source_id=source_id,
            title=title or quote_of(text),
            quote=quote_of(text) or title,
            text=text,
            url=url,
            author=author,
            licence=licence,
            language=code,
            day=_day(entry),
            picture=_picture(entry, author, licence),
            latitude=latitude,
            longitude=longitude,
        )


def _read(data: bytes) -> Any:
    # A stream, never a string: the library opens strings that look like an address.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return feedparser.parse(io.BytesIO(data), sanitize_html=True, resolve_relative_uris=False)


def quote_of(text: str) -> str:
    """The first whole sentences that fit into `QUOTE_CHARS`."""
    flat = " ".join(text.split())
    end = 0
    for match in _SENTENCE.finditer(flat):
        if match.end() > QUOTE_CHARS:
            break
        end = match.end()
    return flat[:end].strip() if end >= QUOTE_CHARS // 4 or end == len(flat) else cut(flat, QUOTE_CHARS)


def _plain(holder: Mapping[str, Any], name: str) -> Any:
    """A value as it is: the library's own get() warns, and guesses one date out of another."""
    return dict.get(holder, name) if isinstance(holder, dict) else None


def _text(holder: Mapping[str, Any], name: str) -> str:
    value = _plain(holder, name)
    return value if isinstance(value, str) else ""


def _listed(holder: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    value = _plain(holder, name)
    return [entry for entry in value[:40] if isinstance(entry, dict)] if isinstance(value, list) else []


def _body(entry: Mapping[str, Any]) -> tuple[str, str]:
    """The longest text of a post and the language that it says."""
    best, language = _text(entry, "summary"), ""
    for content in _listed(entry, "content"):
        value = _text(content, "value")
        if len(value) > len(best):
            best, language = value, _text(content, "language")
    detail = _plain(entry, "summary_detail") or _plain(entry, "title_detail")
    return best, language or (_text(detail, "language") if isinstance(detail, dict) else "")


def _author(holder: Mapping[str, Any]) -> str:
    written = _MAIL_NAME.match(_text(holder, "author"))
    if written:  # "address (Name)", which the library takes apart wrong
        return clean_line(written[1], 120)
    for named in [_plain(holder, "author_detail"), *_listed(holder, "authors")]:
        name = clean_line(_text(named, "name"), 120) if isinstance(named, dict) else ""
        if name and "@" not in name:
            return name
    said = clean_line(_text(holder, "author") or _text(holder, "publisher"), 160)
    return "" if "@" in said else said[:120]  # an address is not a name, and nobody's to show


def _licence(holder: Mapping[str, Any]) -> str:
    for link in _listed(holder, "links"):
        if _text(link, "rel") == "license" and (url := _text(link, "href")):
            return licence_name(url)
    return licence_name(_text(holder, "license")) or clean_line(_text(holder, "rights"), 120)


def licence_name(said: str) -> str:
    """A licence as people call it: addresses of Creative Commons by their short name."""
    match = re.search(r"creativecommons\.org/(?:licenses/([a-z-]+)|publicdomain/(zero|mark))/(\d\.\d)", said.lower())
    if match is None:
        return clean_line(said, 120)
    if match[2]:
        return f"CC0 {match[3]}" if match[2] == "zero" else "Domaine public"
    return f"CC {match[1].upper()} {match[3]}"


def _day(entry: Mapping[str, Any]) -> date | None:
    for name in ("published_parsed", "updated_parsed", "created_parsed"):
        value = _plain(entry, name)
        if value:
            return date(value[0], value[1], value[2])
    return None


def _picture(entry: Mapping[str, Any], author: str, licence: str) -> Picture | None:
    for name, address in (("links", "href"), ("media_content", "url"), ("media_thumbnail", "url")):
        for media in _listed(entry, name):
            kind = _text(media, "type") or _text(media, "medium")
            url = clean_url(_text(media, address))
            if name == "links" and _text(media, "rel") != "enclosure":
                continue
            if url and (kind.startswith("image") or name == "media_thumbnail"):
                return Picture("", url, author, licence)
    # Most blogs have their pictures in the text alone.
    for match in islice(_IMG.finditer(_body(entry)[0][:BODY_CHARS]), 10):
        url = clean_url(html.unescape(match[1]))
        if url and not any(part in url for part in _NO_PICTURES):
            return Picture("", url, author, licence)
    return None


def _where(entry: Mapping[str, Any]) -> tuple[float, float] | tuple[None, None]:
    point = _plain(entry, "where")
    if isinstance(point, dict) and point.get("type") == "Point":
        pair = point.get("coordinates")
        if isinstance(pair, tuple | list) and len(pair) >= 2:
            return position(pair[1], pair[0])
    return position(_text(entry, "geo_lat"), _text(entry, "geo_long"))
