"""Pictures: what is kept of them, what is refused, fetching with validators, bounds and private addresses."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from domain.offers import Picture
from domain.ports import FixedClock
from server.catalogue.fetching import Fresh, Unavailable, Unchanged, Validators, feed_fetcher, fetch_into
from server.catalogue.picture_fetch import AGAIN_MS, fetch_pictures
from server.catalogue.pictures import PAPER, Encoded, PictureRefused, PictureStore, encode
from tests.fixtures.web import Page, Web, loopback_fetcher, web


@pytest.fixture
def site() -> Iterator[Web]:
    with web() as found:
        yield found


def photo(mode: str = "RGB", colour: object = "teal", kind: str = "JPEG", **options: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, (1200, 800), colour).save(out, kind, **options)  # type: ignore[arg-type]
    return out.getvalue()


def test_transparent_pictures_lie_on_paper() -> None:
    with Image.open(io.BytesIO(encode(photo("RGBA", (0, 0, 0, 0), "PNG")).large)) as image:
        pixel = image.convert("RGB").getpixel((10, 10))
    assert isinstance(pixel, tuple)
    assert all(abs(one - other) <= 3 for one, other in zip(pixel, PAPER, strict=True))


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "1", "RGB"])
def test_every_mode_of_a_scanner_or_camera_is_read(mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    encoded = encode(photo(mode, 0, kind))
    with Image.open(io.BytesIO(encoded.small)) as image:
        assert image.mode == "RGB"
        assert "icc_profile" not in image.info


def test_place_and_comment_of_a_camera_do_not_survive() -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8825)[2] = (43.0, 57.0, 0.0)
    exif[0x8298] = "Rights of Nobody"
    encoded = encode(photo(exif=exif.tobytes(), comment=b"written by hand"))
    for data in (encoded.large, encoded.small):
        with Image.open(io.BytesIO(data)) as image:
            assert not image.getexif()
        assert b"Nobody" not in data
        assert b"by hand" not in data


def test_a_store_gives_back_what_it_was_given_and_nothing_altered(tmp_path: Path) -> None:
    store = PictureStore(tmp_path)
    key = store.add(encode(photo()))
    found = store.get(Picture(key, "", "A", "CC0"))
    assert isinstance(found, Encoded)
    assert found.key == key
    (tmp_path / f"{key}.large").write_bytes(b"altered")
    assert store.read(key) is None
    assert store.read("../../etc/passwd") is None
    assert store.get(Picture("", "https://never.example/a.jpg", "A", "CC0")) is None


def test_fetched_once_asked_again_only_when_due_and_then_with_validators(tmp_path: Path, site: Web) -> None:
    site.pages["/a.jpg"] = Page(photo(), headers={"Content-Type": "image/jpeg"}, etag='"one"')
    site.pages["/b.jpg"] = Page(b"<svg onload='alert(1)'/>", headers={"Content-Type": "image/jpeg"})
    pictures = [Picture("", site.url(path), "A", "CC0") for path in ("/a.jpg", "/b.jpg", "/c.jpg", "/a.jpg")]
    store, clock = PictureStore(tmp_path), FixedClock(1_000)
    seen: list[tuple[int, int]] = []
    first = fetch_pictures(pictures, store, clock, lambda *at: seen.append(at), make_fetcher=loopback_fetcher)
    assert (first.fetched, first.unchanged, first.failed) == (1, 0, 2)
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert dict(first.refused or ()) == {
        site.url("/b.jpg"): "the file is not a picture that can be read",
        site.url("/c.jpg"): "the server answers with status 404",
    }
    assert store.get(pictures[0]) is not None
    again = fetch_pictures(pictures, store, clock, make_fetcher=loopback_fetcher)
    assert again.summary() == {"fetched": 0, "unchanged": 0, "failed": 0, "reasons": []}
    assert len(site.asked) == 3
    clock.advance(AGAIN_MS)
    later = fetch_pictures(pictures[:1], store, clock, make_fetcher=loopback_fetcher)
    assert (later.fetched, later.unchanged) == (0, 1)
    assert site.asked[-1][1]["if-none-match"] == '"one"'
    assert store.get(pictures[0]) is not None


def test_what_we_have_stays_while_the_server_is_ill_and_goes_when_it_is_gone(tmp_path: Path, site: Web) -> None:
    site.pages["/a.jpg"] = Page(photo())
    picture, store, clock = Picture("", site.url("/a.jpg"), "A", "CC0"), PictureStore(tmp_path), FixedClock(0)
    for status, kept in ((200, True), (500, True), (404, False)):
        site.pages["/a.jpg"].status = status
        fetch_pictures([picture], store, clock, make_fetcher=loopback_fetcher)
        assert (store.get(picture) is not None) is kept
        clock.advance(AGAIN_MS)


def test_private_addresses_are_refused(tmp_path: Path, site: Web) -> None:
    visit = fetch_into(tmp_path / "x", site.url("/a"), feed_fetcher())
    assert visit == Unavailable("that address may not be asked: only public ones are")
    assert site.asked == []


def test_a_claim_of_ten_gigabytes_is_refused_before_a_byte(tmp_path: Path, site: Web) -> None:
    site.pages["/big"] = Page(b"x", headers={"Content-Length": str(10 * 1024**3)})
    visit = fetch_into(tmp_path / "x", site.url("/big"), loopback_fetcher())
    assert visit == Unavailable("it is larger than may be fetched")
    assert (tmp_path / "x").stat().st_size == 0


def test_a_gzip_bomb_is_cut_off(tmp_path: Path, site: Web) -> None:
    site.pages["/bomb"] = Page(gzip.compress(bytes(20_000_000)), headers={"Content-Encoding": "gzip"})
    visit = fetch_into(tmp_path / "x", site.url("/bomb"), loopback_fetcher(), size_max=1_000_000)
    assert visit == Unavailable("it unpacks to more than may be fetched")
    assert (tmp_path / "x").stat().st_size <= 1_000_000


def test_gzip_is_undone_and_validators_are_kept(tmp_path: Path, site: Web) -> None:
    headers = {"Content-Encoding": "gzip", "Content-Type": "Text/Calendar; charset=utf-8", "Last-Modified": "today"}
    site.pages["/ok"] = Page(gzip.compress(b"BEGIN:VCALENDAR"), headers=headers, etag='W/"7"')
    visit = fetch_into(tmp_path / "x", site.url("/ok"), loopback_fetcher())
    assert visit == Fresh("text/calendar", Validators('W/"7"', "today"))
    assert (tmp_path / "x").read_bytes() == b"BEGIN:VCALENDAR"
    assert fetch_into(tmp_path / "x", site.url("/ok"), loopback_fetcher(), Validators('W/"7"')) == Unchanged()


@pytest.mark.parametrize(
    ("headers", "body", "why"),
    [
        ({"Content-Encoding": "br"}, b"x", "it is encoded in a way that we do not read"),
        ({"Content-Encoding": "gzip"}, b"not gzip", "the answer was damaged on the way"),
        ({"Content-Encoding": "gzip"}, gzip.compress(b"half" * 100, mtime=0)[:20], "the answer was cut off"),
    ],
    ids=["brotli", "not gzip", "half"],
)
def test_what_cannot_be_unpacked_is_one_sentence(
    tmp_path: Path, site: Web, headers: dict[str, str], body: bytes, why: str
) -> None:
    site.pages["/x"] = Page(body, headers=headers)
    assert fetch_into(tmp_path / "x", site.url("/x"), loopback_fetcher()) == Unavailable(why)


def test_a_redirect_to_a_file_or_in_a_circle_leads_nowhere(tmp_path: Path, site: Web) -> None:
    site.pages["/file"] = Page(b"", 302, {"Location": "file:///etc/passwd"})
    site.pages["/round"] = Page(b"", 302, {"Location": "/round"})
    for path in ("/file", "/round"):
        visit = fetch_into(tmp_path / "x", site.url(path), loopback_fetcher())
        assert isinstance(visit, Unavailable)
        assert "elsewhere" in visit.why


def test_no_picture_at_all_is_refused() -> None:
    with pytest.raises(PictureRefused):
        encode(b"")
