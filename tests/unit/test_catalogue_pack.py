"""Content packs: pictures are encoded again in two sizes, everything is named by its content."""

from __future__ import annotations

import io
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from PIL import Image

from domain.offers import Category, Offer, Picture, Place
from kiosk.store.catalogue import open_catalogue
from server.catalogue.pack import PackManifest, build_pack, missing_blobs
from server.catalogue.pictures import LARGE_BYTES, LARGE_PX, SMALL_BYTES, SMALL_PX, PictureRefused, encode_picture
from server.content.groups import Rules, select
from tests.fixtures.catalogue_samples import canoe

TERRITORY = "bon-coin"
BUILT_AT = "2026-11-22T15:00:00Z"


def jpeg(width: int = 1600, height: int = 900, colour: str = "teal", **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "JPEG", **options)
    return out.getvalue()


def with_photo(number: int, url: str) -> Offer:
    return replace(canoe(), id=f"canoe-{number}", pictures=(Picture("", url, "A. Martin", "CC BY 4.0"),))


def pack(folder: Path, offers: list[Offer], photos: dict[str, bytes], version: int = 1) -> PackManifest:
    return build_pack(
        offers, lambda picture: photos.get(picture.url), folder, version, territory=TERRITORY, built_at=BUILT_AT
    )


def test_a_pack_is_named_by_its_content(tmp_path: Path) -> None:
    photos = {"https://a/1.jpg": jpeg(), "https://a/2.jpg": jpeg(colour="orange")}
    offers = [with_photo(1, "https://a/1.jpg"), with_photo(2, "https://a/2.jpg"), with_photo(3, "https://a/none.jpg")]
    manifest = pack(tmp_path, offers, photos)
    assert manifest.offers == 3
    assert len(manifest.blobs) == 4
    assert len({blob.key for blob in manifest.blobs}) == 4
    for blob in (manifest.catalogue, *manifest.blobs):
        data = (tmp_path / blob.sha256).read_bytes()
        assert sha256(data).hexdigest() == blob.sha256
        assert len(data) == blob.bytes
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        blob.sha256 for blob in (manifest.catalogue, *manifest.blobs)
    )
    catalogue = open_catalogue(tmp_path / manifest.catalogue.sha256)
    first, third = catalogue.offer("canoe-1"), catalogue.offer("canoe-3")
    assert first is not None
    assert third is not None
    assert f"{first.pictures[0].key}.large" in {blob.key for blob in manifest.blobs}
    assert first.pictures[0].author == "A. Martin"
    assert third.pictures == ()
    assert catalogue.picture_keys() == {blob.key.split(".")[0] for blob in manifest.blobs}
    catalogue.close()


def test_only_what_changed_travels(tmp_path: Path) -> None:
    photos = {"https://a/1.jpg": jpeg(), "https://a/2.jpg": jpeg(colour="orange")}
    before = pack(tmp_path, [with_photo(1, "https://a/1.jpg")], photos)
    after = pack(tmp_path, [with_photo(1, "https://a/1.jpg"), with_photo(2, "https://a/2.jpg")], photos, 2)
    present = frozenset(blob.sha256 for blob in (before.catalogue, *before.blobs))
    needed = {blob.key.split(".")[-1] for blob in missing_blobs(after, present)}
    assert needed == {"catalogue", "large", "small"}
    assert len(list(missing_blobs(after, present))) == 3


def test_the_same_content_makes_the_same_pack(tmp_path: Path) -> None:
    offers, photos = [with_photo(1, "https://a/1.jpg")], {"https://a/1.jpg": jpeg()}
    assert pack(tmp_path / "a", offers, photos) == pack(tmp_path / "b", offers, photos)


def test_two_sizes_without_metadata_and_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "secret place"
    for data, size in zip(encode_picture(jpeg(900, 1600, exif=exif.tobytes())), (LARGE_PX, SMALL_PX), strict=True):
        with Image.open(io.BytesIO(data)) as image:
            assert image.format == "WEBP"
            assert image.size == size
            assert not image.getexif()
        assert b"secret" not in data


def test_the_noisiest_picture_keeps_within_its_budget() -> None:
    out = io.BytesIO()
    Image.merge("RGB", [Image.effect_noise((960, 600), 120) for _ in range(3)]).save(out, "PNG")
    large, small = encode_picture(out.getvalue())
    assert len(large) <= LARGE_BYTES
    assert len(small) <= SMALL_BYTES
    with Image.open(io.BytesIO(large)) as image:
        assert image.width / image.height == pytest.approx(LARGE_PX[0] / LARGE_PX[1], rel=0.02)


def png_header(width: int, height: int) -> bytes:
    """A small file that claims to be a huge picture."""
    out = io.BytesIO()
    Image.new("1", (8, 8)).save(out, "PNG")
    data = bytearray(out.getvalue())
    data[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    return bytes(data)


@pytest.mark.parametrize(
    "data",
    [b"", b"<svg onload='alert(1)'/>", b"GIF89a", jpeg()[:200], png_header(60_000, 60_000), b"\x00" * 30_000_000],
    ids=["empty", "svg", "half a gif", "cut jpeg", "pixel bomb", "too large"],
)
def test_what_is_no_picture_is_refused_and_the_offer_kept(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(PictureRefused):
        encode_picture(data)
    manifest = pack(tmp_path, [with_photo(1, "https://a/1.jpg")], {"https://a/1.jpg": data})
    assert manifest.offers == 1
    assert manifest.blobs == ()
    assert manifest.pictures_refused[0].startswith("canoe-1: ")


def test_a_new_version_transfers_only_what_is_new(tmp_path: Path) -> None:
    photos = {
        f"https://a/{number}.jpg": jpeg(colour=colour) for number, colour in enumerate(("teal", "orange", "navy"))
    }
    offers = [with_photo(number, f"https://a/{number}.jpg") for number in range(3)]
    first = pack(tmp_path, offers[:2], photos)
    have = frozenset(blob.sha256 for blob in (first.catalogue, *first.blobs))
    second = pack(tmp_path, offers, photos, version=2)
    travels = list(missing_blobs(second, have))
    assert travels[0] == second.catalogue
    assert {blob.key.partition(".")[2] for blob in travels[1:]} == {"large", "small"} and len(travels) == 3
    again = pack(tmp_path, offers, photos, version=3)
    assert [blob.type for blob in missing_blobs(again, frozenset(b.sha256 for b in second.blobs))] == [
        "application/vnd.sqlite3"
    ]


def test_a_pack_that_is_too_large_loses_photos_first_then_offers(tmp_path: Path) -> None:
    photos = {f"https://a/{number}.jpg": jpeg(colour="teal") for number in range(30)}
    offers = [replace(with_photo(number, f"https://a/{number}.jpg"), merit=99 - number) for number in range(30)]
    whole = pack(tmp_path / "whole", offers, photos)

    def bounded(size: int) -> PackManifest:
        return build_pack(
            offers, lambda picture: photos[picture.url], tmp_path / str(size), 1,
            territory=TERRITORY, built_at=BUILT_AT, bytes_max=size,
        )  # fmt: skip

    fewer = bounded(whole.catalogue.bytes + 30 * 4_500)
    assert fewer.offers == 30 and fewer.bytes <= whole.catalogue.bytes + 30 * 4_500
    tight = bounded(whole.catalogue.bytes - 20_000)
    assert 0 < tight.offers < 30 and tight.bytes <= whole.catalogue.bytes - 20_000 and not tight.blobs
    kept = open_catalogue(tmp_path / str(whole.catalogue.bytes - 20_000) / tight.catalogue.sha256)
    assert kept.offer("canoe-0") is not None and kept.offer("canoe-29") is None  # the best stay
    kept.close()


def test_extras_travel_with_the_catalogue(tmp_path: Path) -> None:
    made = build_pack(
        [canoe()], lambda picture: None, tmp_path, 1, territory=TERRITORY, built_at=BUILT_AT,
        extras={"wifi": {"ssid": "Bon Coin", "password": ""}},
    )  # fmt: skip
    opened = open_catalogue(tmp_path / made.catalogue.sha256)
    assert opened.about.extras.wifi is not None and opened.about.extras.wifi.ssid == "Bon Coin"
    assert opened.about.categories == {"outings": 1}
    opened.close()


def test_a_group_gets_what_it_is_entitled_to_and_can_use() -> None:
    far = replace(canoe(), id="far", place=Place("Loin", "", 45.0, 5.2))
    nowhere = replace(canoe(), id="nowhere", place=Place("Bédarrin"))
    wine = replace(canoe(), id="wine", category=Category.WINE)
    offers = [canoe(), far, nowhere, wine]

    def ids(rules: Rules) -> list[str]:
        return [offer.id for offer in select(offers, rules)]

    assert ids(Rules()) == ["canoe", "far", "nowhere", "wine"]
    assert ids(Rules(categories=frozenset({"wine"}))) == ["wine"]
    near = Rules(center=Place("", "", 43.95, 5.2), radius_m=10_000.0)
    assert ids(near) == ["canoe", "nowhere", "wine"]
    assert ids(Rules(sources=frozenset({"apidae"}))) == []
    assert ids(Rules(offers_max=2)) == ["canoe", "far"]
    (trimmed,) = select([with_photo(1, "https://a/1.jpg")], Rules(languages=frozenset({"de"}), pictures=False))
    assert set(trimmed.texts) == {"fr"} and trimmed.pictures == ()
