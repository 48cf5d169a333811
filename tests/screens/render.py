"""Draw any state in a real Kivy window and read its pixels back. Needs DISPLAY (the fixture starts Xvfb)."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from kiosk import theme

ROOT = Path(__file__).resolve().parents[2]
FRAMES_TO_SETTLE = 6
FRAMES_FOR_A_MAP = 60


def prepare_environment(ppi: float = 97.0, size: tuple[int, int] = (1280, 800)) -> None:
    """What the bootstrap sets before Kivy is imported."""
    os.environ.setdefault("KIVY_HOME", tempfile.mkdtemp(prefix="zerot-kivy-"))
    os.environ["KIVY_NO_ARGS"] = "1"
    os.environ["KIVY_LOG_MODE"] = "PYTHON"  # leaves stderr and the root logger alone
    os.environ["KIVY_METRICS_DENSITY"] = f"{theme.density(ppi, *size):.5f}"
    os.environ.setdefault("LIBGL_ALWAYS_SOFTWARE", "1")


def start_xvfb() -> subprocess.Popen[bytes] | None:
    """An X server of our own when there is no display; sets DISPLAY. The caller ends the process."""
    if os.environ.get("DISPLAY"):
        return None
    read_end, write_end = os.pipe()
    process = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write_end), "-screen", "0", "1920x1920x24", "-nolisten", "tcp"],
        pass_fds=(write_end,),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(write_end)
    with os.fdopen(read_end) as stream:
        number = stream.readline().strip()
    if not number:
        process.wait(timeout=5)
        raise RuntimeError("Xvfb did not start")
    os.environ["DISPLAY"] = f":{number}"
    return process


class FolderPictures:
    """Picture keys from assets/illustrations; a key that has no file gets the lavender scene."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, key: str, size: tuple[int, int]) -> str:
        found = self.folder / f"{key.partition(':')[2]}.png"
        return str(found if found.exists() else self.folder / "lavender.png")


@dataclass
class Stage:
    """One window, one view at a time."""

    sent: list[Any] = field(default_factory=list)
    view: Any = None
    translations: Any = None
    _map: Any = None

    def open(self) -> None:
        from kivy.config import Config

        Config.set("graphics", "multisamples", "0")
        Config.set("graphics", "width", "1280")
        Config.set("graphics", "height", "800")
        Config.set("graphics", "borderless", "1")
        Config.set("input", "mouse", "mouse,disable_multitouch")
        from kivy.base import runTouchApp
        from kivy.core.window import Window
        from kivy.uix.floatlayout import FloatLayout

        self.window = Window
        self.root = FloatLayout()
        runTouchApp(self.root, embedded=True)

    def show(self, state: Any, shell: Any, size: tuple[int, int], adapt: Callable[[Any], None] | None = None) -> Any:
        """A fresh view with `state`, laid out at `size`."""
        from kiosk.i18n import read_translations
        from kiosk.screens.view import KioskView

        if self.translations is None:
            self.translations = read_translations(ROOT / "assets" / "translations")
        if tuple(self.window.system_size) != size:
            self.window.size = size
            for _ in range(40):
                self.frames(1)
                if tuple(self.window.size) == size and tuple(self.root.size) == size:
                    break
        self.root.clear_widgets()
        self.sent.clear()
        self.view = KioskView(
            self.translations,
            self.sent.append,
            FolderPictures(ROOT / "assets" / "illustrations"),
            size_hint=(None, None),
            size=size,
            tiles=self.tiles(),
        )
        self.root.add_widget(self.view)
        self.view.show(shell, state)
        self.frames(FRAMES_TO_SETTLE)
        tiles = self.view.screen.ids.get("map")
        for _ in range(FRAMES_FOR_A_MAP):
            if tiles is None or tiles.complete:
                break
            self.frames(1)
        return self.view

    def tiles(self) -> Any:
        """The demo territory's map."""
        from kiosk.widgets.tile_decoder import decode_tile
        from sync.content.mbtiles import open_mbtiles
        from tests.fixtures.maps import FileTiles

        if self._map is None:
            self._map = open_mbtiles(ROOT / "assets" / "map" / "pays-du-bon-coin.mbtiles")
        return FileTiles(self._map, decode_tile)

    def frames(self, count: int) -> None:
        from kivy.base import EventLoop

        for _ in range(count):
            EventLoop.idle()

    def pixels(self) -> tuple[bytes, tuple[int, int]]:
        """RGB bytes of the window as drawn now, bottom row first, and its size."""
        from kivy.graphics.opengl import GL_RGB, GL_UNSIGNED_BYTE, glPixelStorei, glReadPixels

        # Rows without padding whatever the width (GL_PACK_ALIGNMENT = 0x0D05).
        glPixelStorei(0x0D05, 1)
        self.window.dispatch("on_draw")
        width, height = self.window.system_size
        return bytes(glReadPixels(0, 0, width, height, GL_RGB, GL_UNSIGNED_BYTE)), (width, height)

    def colours(self) -> int:
        """How many different colours a sparse grid of pixels has (1 = nothing was drawn)."""
        pixels, _size = self.pixels()
        return len({pixels[i : i + 3] for i in range(0, len(pixels), 3 * 61)})

    def save(self, path: Path) -> int:
        """Write the window as PNG; the number of different colours in it."""
        from PIL import Image

        pixels, size = self.pixels()
        image = Image.frombytes("RGB", size, pixels).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
        path.parent.mkdir(parents=True, exist_ok=True)
        image.save(path)
        colours = image.getcolors(maxcolors=1 << 24)
        return len(colours or ())

    def tap(self, label: str) -> None:
        """A finger on the control of that name, down and up."""
        from kivy.tests.common import UnitTestTouch

        from kiosk.widgets.find import find_by_label, labels

        found = find_by_label(self.root, label)
        if found is None:
            raise AssertionError(f"no control named {label!r}; there are {labels(self.root)}")
        touch = UnitTestTouch(*found)
        touch.touch_down()
        self.frames(1)
        touch.touch_up()
        self.frames(1)


def in_language(shell: Any, language: str) -> Any:
    return replace(shell, language=language)
