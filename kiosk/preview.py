"""`zerot preview`: an offer as this kiosk would show it, into a PNG. The curator's pages call it as a child process.

Standard input is one JSON document, version 1: `offer` (as `sync.content.codec` writes it), `now_ms`, `language`,
`size` ("1280x800"), `site` (name, commune, latitude, longitude), `territory`, `screen` ("offer" or "card": the results
page with this card). Everything after that is the kiosk's own code: `workers.offer_view`, `flow.states`, `screens`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from domain.days import local_time
from domain.offers import Offer, Place
from kiosk import resources
from kiosk.config import SettingsRefused, parse_size

if TYPE_CHECKING:
    from kiosk.flow.states import ScreenState, Shell

DOCUMENT_BYTES_MAX = 1 << 20
PPI = 97
FRAMES = 8
COLOURS_MIN = 8
XVFB_SECONDS = 10


class PreviewRefused(click.ClickException):
    """One sentence on stderr, exit status 2."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be drawn."""

    offer: Offer
    now_ms: int
    language: str
    size: tuple[int, int]
    here: Place
    site_name: str
    territory: str
    screen: str


class StoredPictures:
    """`kiosk.screens.base.Pictures` over the folder of a picture store (KEY.large, KEY.small) and the drawn scenes."""

    def __init__(self, folder: Path | None, illustrations: Path) -> None:
        self._folder, self._illustrations = folder, illustrations

    def path(self, key: str, size: tuple[int, int]) -> str:
        from kiosk.workers.pictures import PictureFiles

        return PictureFiles(self._illustrations, self._blob).path(key, size)

    def _blob(self, name: str) -> Path | None:
        path = self._folder / name if self._folder is not None else None
        return path if path is not None and path.is_file() else None


def parse_request(text: str) -> Request:
    """Raises PreviewRefused."""
    from sync.content.codec import offer_from_json

    try:
        document: Mapping[str, Any] = json.loads(text)
        if document["version"] != 1:
            raise ValueError(f"version {document['version']!r} is not known")
        site = document["site"]
        return Request(
            offer=offer_from_json(document["offer"]),
            now_ms=int(document["now_ms"]),
            language=document["language"] if document["language"] in ("fr", "en") else "fr",
            size=parse_size(document["size"]),
            here=Place(site["commune"], "", site["latitude"], site["longitude"]),
            site_name=str(site["name"]),
            territory=str(document["territory"]),
            screen="card" if document.get("screen") == "card" else "offer",
        )
    except (ValueError, KeyError, TypeError, AttributeError, SettingsRefused) as error:
        raise PreviewRefused(f"The document on standard input cannot be used: {error}.") from error


def build_screen(request: Request) -> tuple[Shell, ScreenState]:
    """The shell and the state that a kiosk at that place and time would show. Pure."""
    from kiosk.flow.messages import M, message
    from kiosk.flow.states import Chip, Line, OfferState, ResultsState, Shell
    from kiosk.workers.offer_view import offer_card, offer_detail

    now = local_time(request.now_ms)
    minute = now.hour * 60 + now.minute
    shell = Shell(
        place=" · ".join(part for part in (request.site_name, request.here.commune) if part),
        territory=request.territory,
        minute_of_day=minute,
        language=request.language,
        line=Line.ONLINE,
        freshness=message(M.FRESH, time_minutes_of_day=minute),
        freshness_detail=message(M.FRESHNESS_DETAIL, content_day=now.date().isoformat(), waiting=0),
        can_go_back=True,
    )
    if request.screen == "card":
        card = offer_card(request.offer, now, request.here, request.language)
        chips = tuple(Chip(name, False) for name in ("open_now", "free", "children"))
        door = request.offer.category.value
        return shell, ResultsState(door, chips, "near", (card,), 1, 0, 1, loading=False, query_id=0)
    detail = offer_detail(
        request.offer,
        now,
        request.here,
        request.language,
        lambda offer, _day, _start: offer.booking.quota_per_slot if offer.booking else 0,
        (),
    )
    return shell, OfferState(detail, 0)


@contextmanager
def a_display() -> Iterator[None]:
    """The display that there is, else an X server of our own that ends with the block. Raises PreviewRefused."""
    if os.environ.get("DISPLAY"):
        yield
        return
    program = shutil.which("Xvfb")
    if program is None:
        raise PreviewRefused("There is no display and Xvfb is not installed (apt-get install xvfb).")
    read_end, write_end = os.pipe()
    process = subprocess.Popen(
        [program, "-displayfd", str(write_end), "-screen", "0", "1920x1920x24", "-nolisten", "tcp"],
        pass_fds=(write_end,),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(write_end)
    try:
        with os.fdopen(read_end) as stream:
            number = stream.readline().strip()  # ends at the first line, or when Xvfb ends
        if not number:
            raise PreviewRefused("Xvfb did not start.")
        os.environ["DISPLAY"] = f":{number}"
        yield
    finally:
        process.terminate()
        process.wait(timeout=XVFB_SECONDS)


def draw(request: Request, pictures: StoredPictures, out: Path) -> None:
    """Opens a window of the size asked, draws the screen and writes it. Raises PreviewRefused."""
    os.environ.setdefault("LIBGL_ALWAYS_SOFTWARE", "1")
    os.environ["KIVY_WINDOW"] = "sdl2"
    os.environ["SDL_VIDEODRIVER"] = "x11"
    from kivy.config import Config

    width, height = request.size
    Config.set("graphics", "multisamples", "0")
    Config.set("graphics", "width", str(width))
    Config.set("graphics", "height", str(height))
    Config.set("graphics", "borderless", "1")
    from kivy.base import EventLoop, runTouchApp
    from kivy.core.window import Window
    from kivy.uix.floatlayout import FloatLayout

    from kiosk.i18n import read_translations
    from kiosk.screens.view import KioskView
    from kiosk.tour.driver import save_window

    if Window is None:
        raise PreviewRefused("No window can be opened on this display.")
    root = FloatLayout()
    runTouchApp(root, embedded=True)
    view = KioskView(
        read_translations(resources.asset("translations")), lambda _touch: None, pictures, size_hint=(1, 1)
    )
    root.add_widget(view)
    for _ in range(FRAMES):
        EventLoop.idle()
    view.show(*build_screen(request))
    for _ in range(FRAMES):
        EventLoop.idle()
    if save_window(out) < COLOURS_MIN:
        raise PreviewRefused("Nothing was drawn.")


@click.command("preview")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="PNG to write.")
@click.option(
    "--pictures",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of photos: KEY.large, KEY.small.",
)
def preview(out: Path, pictures: Path | None) -> None:
    """Draw the offer whose JSON comes on standard input as the kiosk shows it, without a kiosk."""
    request = parse_request(sys.stdin.read(DOCUMENT_BYTES_MAX))
    from kiosk.config import Settings, prepare_kivy

    with tempfile.TemporaryDirectory(prefix="zerot-preview-") as home, a_display():
        prepare_kivy(Settings(Path(home), request.size, PPI, None, request.size))
        draw(request, StoredPictures(pictures, resources.asset("illustrations")), out)
