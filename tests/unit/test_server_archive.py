"""Backup files: what goes in comes out, and anything else is refused before a byte is put in its place."""

from __future__ import annotations

import io
import json
import stat
import tarfile
from pathlib import Path

import pytest

from server.operation.archive import MANIFEST, ArchiveRefused, Member, read_archive, write_archive


def _archive(folder: Path) -> Path:
    (folder / "db").write_bytes(b"database" * 1000)
    (folder / "empty").write_bytes(b"")
    out = folder / "backup.tar"
    members = [Member("database/server.db", folder / "db"), Member("home/empty", folder / "empty")]
    write_archive(out, members, {"vendor": "sqlite"})
    return out


def test_what_goes_in_comes_out_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    out = _archive(tmp_path)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    manifest = read_archive(out, tmp_path / "into")
    assert manifest["vendor"] == "sqlite"
    assert (tmp_path / "into/database/server.db").read_bytes() == b"database" * 1000
    assert (tmp_path / "into/home/empty").read_bytes() == b""
    assert stat.S_IMODE((tmp_path / "into/home/empty").stat().st_mode) == 0o600


def test_every_cut_and_every_flipped_byte_is_refused(tmp_path: Path) -> None:
    whole = _archive(tmp_path).read_bytes()
    damaged = tmp_path / "damaged.tar"
    for size in range(0, len(whole) - 10_240, 997):  # tar ends with padding, which may be missing
        damaged.write_bytes(whole[:size])
        with pytest.raises(ArchiveRefused):
            read_archive(damaged, tmp_path / f"cut-{size}")
    for place in (600, 1_000, 5_000):  # within the database's bytes
        damaged.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(ArchiveRefused):
            read_archive(damaged, tmp_path / f"flip-{place}")


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "home/../../x"])
def test_a_name_that_leaves_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    evil = tmp_path / "evil.tar"
    with tarfile.open(evil, "w") as tar:
        info = tarfile.TarInfo(name)
        info.size = 1
        tar.addfile(info, io.BytesIO(b"x"))
    with pytest.raises(ArchiveRefused, match="no backup does"):
        read_archive(evil, tmp_path / "into")
    assert not (tmp_path / "outside").exists()


def test_links_other_formats_and_later_versions_are_refused(tmp_path: Path) -> None:
    linked = tmp_path / "linked.tar"
    with tarfile.open(linked, "w") as tar:
        info = tarfile.TarInfo("home/link")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(info)
    for manifest, said in (({"format": "other"}, "no backup"), ({"format": "zerot-backup", "version": 9}, "version 9")):
        strange = tmp_path / "strange.tar"
        with tarfile.open(strange, "w") as tar:
            text = json.dumps(manifest).encode()
            info = tarfile.TarInfo(MANIFEST)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text))
        with pytest.raises(ArchiveRefused, match=said):
            read_archive(strange, tmp_path / said)
    for path in (linked, Path(__file__)):
        with pytest.raises(ArchiveRefused):
            read_archive(path, tmp_path / f"into-{path.name}")
