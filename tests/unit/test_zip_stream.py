"""The streaming zip reader says of every archive what the standard library says."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from server.catalogue.zip_stream import MemberDamaged, NotAZip, ZipStream

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0/\\"), min_size=1, max_size=20)
MEMBERS = st.dictionaries(
    NAMES, st.tuples(st.binary(max_size=3_000), st.booleans(), st.binary(max_size=30)), max_size=8
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(MEMBERS, st.binary(max_size=200), st.binary(max_size=60), st.booleans(), st.booleans())
def test_both_readers_agree(
    members: dict[str, tuple[bytes, bool, bytes]], before: bytes, comment: bytes, wide: bool, streamed: bool
) -> None:
    assume(b"PK" not in comment)  # the standard library takes a mark in the comment for the end
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.comment = comment
        for name, (content, packed, extra) in members.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
            info.comment = extra
            # Zip64 fields, and sizes that stand after the data, as writers into a pipe have to do.
            with archive.open(info, "w", force_zip64=wide or streamed) as stream:
                stream.write(content)
    data = before + out.getvalue()
    with TemporaryDirectory() as folder:
        path = Path(folder, "a.zip")
        path.write_bytes(data)
        with ZipStream(path) as archive, zipfile.ZipFile(path) as known:
            found = {}
            for member in archive.members():
                with archive.open(member) as stream:
                    found[member.name] = stream.read()
            assert found == {info.filename: known.read(info) for info in known.infolist()}


def test_more_members_than_sixteen_bits_count(tmp_path: Path) -> None:
    path = tmp_path / "many.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(70_000):
            archive.writestr(f"{number}", b"x")
    with ZipStream(path) as archive:
        members = list(archive.members())
        assert len(members) == 70_000
        with archive.open(members[-1]) as stream:
            assert stream.read() == b"x"


def test_a_changed_byte_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", b"0123456789")
    data = path.read_bytes().replace(b"0123456789", b"0123406789")
    path.write_bytes(data)
    with ZipStream(path) as archive:
        (member,) = archive.members()
        with archive.open(member) as stream, pytest.raises(MemberDamaged):
            stream.read()


def test_the_mark_of_the_end_in_the_comment_is_not_the_end(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", b"x")
        archive.comment = b"PK\x05\x06 is how an archive ends"
    with ZipStream(path) as archive:
        assert [member.name for member in archive.members()] == ["a"]
    path.write_bytes(path.read_bytes().replace(b"PK\x05\x06 is", b"PK.. is") + b"\r\n")
    with ZipStream(path) as archive:
        assert [member.name for member in archive.members()] == ["a"]


@pytest.mark.parametrize("data", [b"", b"PK\x05\x06", b"PK\x05\x06" + b"\xff" * 18, b"x" * 70_000])
def test_what_is_no_archive(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(data)
    with pytest.raises(NotAZip):
        ZipStream(path)
