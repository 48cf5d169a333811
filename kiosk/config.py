"""What a kiosk process is told by its command line and environment: data, no drivers.

Everything that the territory decides comes from the server's signed configuration (`domain.config`), not from here.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kiosk.theme import density

DEFAULT_HOME = Path("/var/lib/zerot")
KNOWN = {
    "ZEROT_HOME",
    "ZEROT_PPI",
    "ZEROT_SCREEN",
    "ZEROT_READER",
    "ZEROT_DESK_KEYS",
    "ZEROT_MODULE_SLOT",
    "ZEROT_MODULE_SECRET",
    "ZEROT_TPM",
    "ZEROT_LIFE",
}
# What a full-screen kiosk is taken for when neither an X server nor ZEROT_SCREEN tells: the smallest reference device.
USUAL_SCREEN = (1280, 800)


class SettingsRefused(Exception):
    """A setting cannot be used; the message is one clear sentence."""


@dataclass(frozen=True, slots=True)
class Settings:
    """`window` None = full screen of `screen` pixels. `reader`: part of the card reader's name, "" takes the first.

    A desk's load key is in a file sealed to it (`desk_keys`), or in a module: `module_slot` is part of the slot's name,
    `module_secret` the file with what unlocks it. `tpm` is "auto", "off", or how tpm2-tools reach one; `life_file` is
    where the life of the journal is noted outside its image when there is no TPM.
    """

    home: Path
    window: tuple[int, int] | None
    ppi: int
    desk_keys: Path | None
    screen: tuple[int, int] = USUAL_SCREEN
    tpm: str = "off"
    life_file: Path | None = None
    reader: str = ""
    module_slot: str = ""
    module_secret: Path | None = None

    @property
    def kiosk_home(self) -> Path:
        return self.home / "kiosk"

    @property
    def identity(self) -> Path:
        return self.kiosk_home / "identity"

    @property
    def journal(self) -> Path:
        return self.kiosk_home / "journal"

    @property
    def state(self) -> Path:
        return self.kiosk_home / "state.db"

    @property
    def content(self) -> Path:
        return self.kiosk_home / "content"

    @property
    def life(self) -> Path:
        """Best on another partition: ZEROT_LIFE."""
        return self.life_file or self.home / "life.json"

    @property
    def kivy_home(self) -> Path:
        return self.home / "kivy"


def read_settings(
    environment: Mapping[str, str], *, window: tuple[int, int] | None = None, home: Path | None = None
) -> tuple[Settings, tuple[str, ...]]:
    """Settings, and the names of `ZEROT_…` variables that nobody knows. Raises SettingsRefused."""
    unknown = tuple(sorted(name for name in environment if name.startswith("ZEROT_") and name not in KNOWN))
    ppi_text = environment.get("ZEROT_PPI", "97")
    if not ppi_text.isascii() or not ppi_text.isdigit() or not 60 <= int(ppi_text) <= 600:
        raise SettingsRefused(f"ZEROT_PPI is the screen's pixels per inch, 60 to 600, not {ppi_text!r}.")
    desk = environment.get("ZEROT_DESK_KEYS")
    slot, secret = environment.get("ZEROT_MODULE_SLOT", ""), environment.get("ZEROT_MODULE_SECRET")
    if bool(slot) != bool(secret):
        raise SettingsRefused("A key module needs both ZEROT_MODULE_SLOT and ZEROT_MODULE_SECRET.")
    if slot and desk:
        raise SettingsRefused("A desk has a key module or ZEROT_DESK_KEYS, not both.")
    screen = environment.get("ZEROT_SCREEN")
    chosen = home if home is not None else Path(environment.get("ZEROT_HOME", str(DEFAULT_HOME)))
    settings = Settings(
        home=chosen,
        window=window,
        ppi=int(ppi_text),
        desk_keys=Path(desk) if desk else None,
        screen=parse_size(screen) if screen else window or USUAL_SCREEN,
        reader=environment.get("ZEROT_READER", ""),
        tpm=environment.get("ZEROT_TPM", "auto"),
        life_file=Path(environment["ZEROT_LIFE"]) if environment.get("ZEROT_LIFE") else None,
        module_slot=slot,
        module_secret=Path(secret) if secret else None,
    )
    return settings, unknown


def make_home(settings: Settings) -> None:
    """Create the folders, readable by their owner alone. Raises SettingsRefused."""
    try:
        for folder in (settings.home, settings.kiosk_home, settings.content, settings.kivy_home):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = settings.kiosk_home / ".writable"
        probe.write_text("", encoding="ascii")
        probe.unlink()
    except OSError as error:
        raise SettingsRefused(f"{settings.home} cannot be written: {error.strerror}. Set ZEROT_HOME.") from error


def prepare_kivy(settings: Settings) -> None:
    """What Kivy reads from the environment, set before it is imported (Kivy writes ~/.kivy and parses argv else)."""
    os.environ["KIVY_HOME"] = str(settings.kivy_home)
    os.environ["KIVY_NO_ARGS"] = "1"
    os.environ["KIVY_LOG_MODE"] = "PYTHON"
    os.environ.setdefault("KCFG_KIVY_LOG_LEVEL", "warning")
    os.environ["KIVY_METRICS_DENSITY"] = f"{density(settings.ppi, *(settings.window or settings.screen)):.5f}"


def parse_size(text: str) -> tuple[int, int]:
    """'1280x800' → (1280, 800). Raises SettingsRefused."""
    width, _, height = text.lower().partition("x")
    if not (width.isdigit() and height.isdigit() and 320 <= int(width) <= 7680 and 320 <= int(height) <= 7680):
        raise SettingsRefused(f"A size is written like 1280x800, not {text!r}.")
    return int(width), int(height)
