"""The frozen kiosk as built. `./run package` sets ZEROT_FROZEN to the program; without it there is none to try."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hardware.beacon.private_bus import PrivateBus
from hardware.beacon.simulated_bluez import PlacedBeacon, SimulatedBluez
from hardware.card.keys import KIOSK_KEYS, KeyRing, LocalVault, save_ring
from hardware.card.simulated.factory import make_identity, make_personalised_card
from hardware.card.system import SystemChance
from tests.fixtures.cards import MONTH
from tests.fixtures.pcscd import READER_NAME, PrivatePcscd, pcscd

__all__ = ["pcscd"]  # a fixture, used by its name

ROOT = Path(__file__).resolve().parents[2]
FROZEN = Path(os.environ.get("ZEROT_FROZEN", "/nonexistent"))
INSIDE = FROZEN.parent / "_internal"
PATIENCE = 60.0

pytestmark = pytest.mark.skipif(
    "ZEROT_FROZEN" not in os.environ, reason="no frozen kiosk was built: ./run package does both"
)

NEVER_ON_A_DEVICE = (
    "server",
    "django",
    "ninja",
    "psycopg",
    "uvicorn",
    "playwright",
    "pytest",
    "hypothesis",
    "tests",
    "bench",
    "PIL",
    "kiosk.tour",
    "kiosk.demo",
    "kiosk.preview",
    "hardware.beacon.fake_scanner",
    "hardware.beacon.simulated_bluez",
    "hardware.beacon.bluez_service",
    "hardware.beacon.private_bus",
)


def run(*arguments: str, home: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """The program in an environment that has nothing of this checkout: no virtual environment, no Python path."""
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(home),
        "ZEROT_HOME": str(home / "zerot"),
        "LANG": "C.UTF-8",
        **more,
    }
    return subprocess.run(
        [str(FROZEN), *arguments],
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def modules_inside() -> set[str]:
    """Names of all Python modules in the program's archive."""
    from PyInstaller.archive.readers import CArchiveReader  # type: ignore[import-untyped]

    archive = CArchiveReader(str(FROZEN))
    return set(archive.open_embedded_archive("PYZ.pyz").toc)


def test_what_must_not_ship_is_not_inside() -> None:
    inside = modules_inside()
    leaked = {
        module
        for module in inside
        for forbidden in NEVER_ON_A_DEVICE
        if module == forbidden or module.startswith(forbidden + ".")
    }
    assert leaked == set()
    assert not list(INSIDE.glob("libpcsclite*"))


def test_all_of_our_modules_that_must_ship_are_inside() -> None:
    inside = modules_inside()
    for package in ("kiosk", "hardware", "sync", "domain"):
        for file in (ROOT / package).rglob("*.py"):
            parts = file.relative_to(ROOT).with_suffix("").parts
            module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            left_out = any(module == name or module.startswith(name + ".") for name in NEVER_ON_A_DEVICE)
            assert left_out or module in inside, module


def test_every_picture_text_and_layout_is_inside() -> None:
    for folder, suffixes in (("assets", None), ("kiosk", {".kv"})):
        for file in (ROOT / folder).rglob("*"):
            if not file.is_file() or file.suffix in {".py", ".pyc"} or (suffixes and file.suffix not in suffixes):
                continue
            if ".".join(file.parent.relative_to(ROOT).parts).startswith(NEVER_ON_A_DEVICE):
                assert not (INSIDE / file.relative_to(ROOT)).exists(), file
                continue
            if file.parent == ROOT / "assets" / "map":  # the demo's: a kiosk gets its own from the server
                assert not (INSIDE / file.relative_to(ROOT)).exists(), file
                continue
            assert (INSIDE / file.relative_to(ROOT)).read_bytes() == file.read_bytes(), file
    assert (INSIDE / "fonticon_mdi7" / "fonts" / "materialdesignicons-webfont.ttf").is_file()


def test_no_library_is_missing() -> None:
    libraries = [
        FROZEN,
        *INSIDE.glob("*.so*"),
        *INSIDE.glob("python3*/lib-dynload/*.so"),
        *INSIDE.glob("smartcard/**/*.so"),
    ]
    environment = {"PATH": "/usr/bin:/bin", "LD_LIBRARY_PATH": str(INSIDE)}
    listing = subprocess.run(
        ["ldd", *map(str, libraries)], env=environment, capture_output=True, text=True, check=True
    ).stdout
    assert [line for line in listing.splitlines() if "not found" in line] == []


def test_it_knows_its_version(tmp_path: Path) -> None:
    result = run("--version", home=tmp_path)
    version = next(
        line.split('"')[1] for line in (ROOT / "pyproject.toml").read_text("utf-8").splitlines() if "version = " in line
    )
    assert (result.returncode, result.stdout) == (0, f"zerot, version {version}\n")


def test_it_parses_a_beacon(tmp_path: Path) -> None:
    result = run("beacon", "parse", "0201060303aafe1116aafe20000b1813000000146700002ac4", home=tmp_path)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout) == [
        {
            "type": "eddystone_tlm",
            "voltage_mv": 2840,
            "temperature_celsius": 19.0,
            "uptime_seconds": 1094.8,
            "advertisement_count": 5223,
        }
    ]
    assert run("beacon", "parse", "wrong", home=tmp_path).returncode == 2


def test_it_hears_beacons_through_its_own_bleak(tmp_path: Path) -> None:
    ibeacon = bytes.fromhex("0201061aff4c000215b9407f30f5f8466eaff925556b57fe6d1234abcdc5")
    with PrivateBus() as bus, SimulatedBluez(bus.address) as bluez:
        bluez.place(PlacedBeacon("C2:00:00:00:00:01", (ibeacon,), interval_ms=20))
        result = run("beacon", "check", "--seconds", "3", home=tmp_path, **bus.environment())
    assert result.returncode == 0, result.stderr
    heard = json.loads(result.stdout)
    assert heard["radio"] == "on"
    assert heard["ibeacon"] == heard["advertisements"] > 0


def test_it_makes_and_reads_a_card_through_pcscd(tmp_path: Path, pcscd: PrivatePcscd) -> None:
    """All by the frozen program: a blank card on a virtual reader, made and loaded as a desk does, read as a kiosk."""
    home = tmp_path
    full, kiosk, card = str(home / "issuer.json"), str(home / "kiosk.json"), str(home / "card.json")

    def zerot_card(*arguments: str) -> str:
        done = run("card", *arguments, home=home, PCSCLITE_CSOCK_NAME=str(pcscd.socket))
        assert done.returncode == 0, (arguments, done.stderr)
        return done.stdout

    zerot_card("keys", full)
    zerot_card("keys", "--from", full, "--for", "kiosk", kiosk)
    holder = subprocess.Popen(
        [str(FROZEN), "card", "simulate", "--vpcd", f"127.0.0.1:{pcscd.port}", "--blank", "--file", card],
        cwd=home,
        env={"PATH": "/usr/bin:/bin", "HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        zerot_card("personalise", "--keys", full, "--reader", READER_NAME, "--number", "00421187")
        zerot_card("load", "50", "--keys", full, "--reader", READER_NAME)
        read = json.loads(zerot_card("show", "--keys", kiosk, "--reader", READER_NAME, "--json"))
    finally:
        holder.send_signal(signal.SIGINT)
        holder.wait(PATIENCE)
    assert read["card_number"] == "00421187"
    assert read["balance_cents"] == 5_000


@contextmanager
def display() -> Iterator[str]:
    """An X server without a screen; gives its DISPLAY."""
    ours, theirs = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(theirs), "-screen", "0", "1280x800x24", "-nolisten", "tcp"],
        pass_fds=(theirs,),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs)
    try:
        with os.fdopen(ours) as answer:
            yield f":{answer.readline().strip()}"
    finally:
        server.terminate()
        server.wait(PATIENCE)


@pytest.fixture
def issued(tmp_path: Path) -> tuple[Path, Path]:
    """A kiosk's key file, and the file of a card personalised and loaded with 50 €, as the issuing station does."""
    chance = SystemChance()
    ring = KeyRing.generate(chance)
    keys, card = tmp_path / "kiosk-keys.json", tmp_path / "issued-card.json"
    save_ring(ring.only(KIOSK_KEYS), keys)
    make_personalised_card(
        LocalVault(ring, chance), chance, make_identity("00421187"), balance_cents=5_000, month=MONTH, path=card
    )
    return keys, card


def test_the_kiosk_starts_reads_a_card_and_stops(
    tmp_path: Path, pcscd: PrivatePcscd, issued: tuple[Path, Path]
) -> None:
    """`zerot kiosk --self-check`: the window is drawn, the card on the reader is read, and it leaves with status 0."""
    keys, card = issued
    with display() as screen, PrivateBus() as bus, SimulatedBluez(bus.address):
        holder = subprocess.Popen(
            [str(FROZEN), "card", "simulate", "--vpcd", f"127.0.0.1:{pcscd.port}", "--file", str(card)],
            cwd=tmp_path,
            env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            checked = run(
                "kiosk", "--self-check", "--keys", str(keys),
                home=tmp_path, DISPLAY=screen, PCSCLITE_CSOCK_NAME=str(pcscd.socket), **bus.environment(),
            )  # fmt: skip
        finally:
            holder.send_signal(signal.SIGINT)
            holder.wait(PATIENCE)
    assert checked.returncode == 0, (checked.stdout, checked.stderr)
    assert "Traceback" not in checked.stderr
    told = json.loads(checked.stdout)
    assert told["card"] == {"card_number": "00421187", "balance_cents": 5_000}
    assert told["screen"] == "PairingState"
    assert READER_NAME in told["reader"]
    assert 0 < told["first_frame_ms"] < PATIENCE * 1000


def test_without_a_card_the_check_fails_and_says_so(tmp_path: Path, issued: tuple[Path, Path]) -> None:
    """Keys of another territory: the window works, the card is refused, the status says so."""
    _, card = issued
    others = tmp_path / "other-keys.json"
    save_ring(KeyRing.generate(SystemChance()).only(KIOSK_KEYS), others)
    with display() as screen, PrivateBus() as bus, SimulatedBluez(bus.address):
        checked = run(
            "kiosk", "--self-check", "--keys", str(others), "--simulated-card", str(card),
            home=tmp_path, DISPLAY=screen, **bus.environment(),
        )  # fmt: skip
    assert checked.returncode == 1, (checked.stdout, checked.stderr)
    assert json.loads(checked.stdout)["card"] is None
    assert "The card" in checked.stderr


def test_the_running_kiosk_stops_when_it_is_told_to(tmp_path: Path, pcscd: PrivatePcscd) -> None:
    """SIGTERM, as systemd sends it: status 0, nothing but log lines on stderr."""
    with display() as screen, PrivateBus() as bus, SimulatedBluez(bus.address):
        environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(tmp_path),
            "DISPLAY": screen,
            "PCSCLITE_CSOCK_NAME": str(pcscd.socket),
            **bus.environment(),
        }
        command = [str(FROZEN), "kiosk", "--home", str(tmp_path / "zerot")]
        with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as kiosk:
            assert kiosk.stderr is not None
            next(line for line in kiosk.stderr if '"on the screen"' in line)  # StopIteration: it ended before
            kiosk.terminate()
            _, errors = kiosk.communicate(timeout=PATIENCE)
    assert kiosk.returncode == 0, errors
    assert "Traceback" not in errors


def test_without_a_display_it_says_so(tmp_path: Path) -> None:
    for more in ({}, {"DISPLAY": ":4711"}):
        result = run("kiosk", home=tmp_path, **more)
        assert result.returncode == 2, (result.stdout, result.stderr)
        assert "display" in result.stderr
        assert "Traceback" not in result.stderr


@pytest.mark.parametrize("verb", ["server", "tour", "demo", "catalogue", "preview", "worker", "map"])
def test_what_stays_at_home_is_said_in_a_sentence(verb: str, tmp_path: Path) -> None:
    result = run(verb, home=tmp_path)
    assert result.returncode != 0
    assert "not part of this installation" in result.stderr
    assert "Traceback" not in result.stderr
    listed = run("--help", home=tmp_path).stdout.split("Commands:")[1].strip().splitlines()
    assert verb not in {line.split()[0] for line in listed}
