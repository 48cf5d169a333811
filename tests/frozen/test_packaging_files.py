"""The files around the frozen kiosk agree with each other. No build is needed here."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGING = ROOT / "packaging"
DEB = (PACKAGING / "deb.sh").read_text("utf-8")


def unit() -> dict[str, list[tuple[str, str]]]:
    """Sections of the service with all their settings; names may repeat (Environment=)."""
    sections: dict[str, list[tuple[str, str]]] = {}
    current: list[tuple[str, str]] = []
    for line in (PACKAGING / "systemd" / "zerot-kiosk.service").read_text("utf-8").splitlines():
        if line.startswith("["):
            current = sections.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            name, equals, value = line.partition("=")
            assert equals, line
            current.append((name, value))
    return sections


def test_no_package_hides_the_packaging_library() -> None:
    assert not (PACKAGING / "__init__.py").exists()


@pytest.mark.parametrize("script", ["build.sh", "deb.sh", "session/session"])
def test_scripts_are_posix_sh(script: str) -> None:
    path = PACKAGING / script
    assert path.stat().st_mode & 0o111
    assert path.read_text("utf-8").startswith("#!/bin/sh\n")
    subprocess.run(["sh", "-n", str(path)], check=True)


def test_the_service_comes_back_for_ever_and_keeps_its_state_private() -> None:
    sections = unit()
    service = dict(sections["Service"])
    assert service["Restart"] == "always"
    assert int(service["RestartSec"]) < 30
    assert dict(sections["Unit"])["StartLimitIntervalSec"] == "0"
    assert (service["User"], service["StateDirectory"], service["StateDirectoryMode"]) == ("zerot", "zerot", "0700")
    assert ("Environment", "ZEROT_HOME=/var/lib/zerot") in sections["Service"]


def test_every_path_that_the_device_starts_is_installed_by_the_package() -> None:
    started = re.findall(r"(/usr/lib/zerot/\S+)", dict(unit()["Service"])["ExecStart"])
    started += re.findall(r"exec (/\S+)", (PACKAGING / "session" / "session").read_text("utf-8"))
    assert started == ["/usr/lib/zerot/session", "/usr/lib/zerot/app/zerot"]
    assert "put 755 packaging/session/session /usr/lib/zerot/session" in DEB
    assert 'cp -a dist/zerot "$STAGE/usr/lib/zerot/app"' in DEB


def test_every_installed_file_exists_and_every_file_is_installed() -> None:
    installed = set(re.findall(r"^put \d+ (packaging/\S+) ", DEB, re.MULTILINE))
    there = {
        str(path.relative_to(ROOT))
        for path in PACKAGING.rglob("*")
        if path.is_file() and path.suffix != ".sh" and "__pycache__" not in path.parts
    }
    assert installed == there


def test_the_account_is_the_same_everywhere() -> None:
    assert re.search(r"^u\s+zerot\s", (PACKAGING / "sysusers.d" / "zerot.conf").read_text("utf-8"), re.MULTILINE)
    tmpfiles = (PACKAGING / "tmpfiles.d" / "zerot.conf").read_text("utf-8")
    assert re.search(r"^d\s+/var/lib/zerot\s+0700 zerot zerot", tmpfiles, re.MULTILINE)
    assert 'subject.user === "zerot"' in (PACKAGING / "polkit" / "50-zerot-pcsc.rules").read_text("utf-8")


def test_what_stays_off_a_device_is_named_in_the_spec() -> None:
    spec = (ROOT / "kiosk.spec").read_text("utf-8")
    for name in ("kiosk.tour", "kiosk.demo", "kiosk.preview", "server", "django", "playwright", "tests"):
        assert f'"{name}"' in spec
