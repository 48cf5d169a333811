"""The map thread: one read-only connection to the map on show, tiles decoded here and handed to the widget.

The widget says which tiles it wants, most wanted first; a newer wish replaces the older one, so that a fast finger
never waits for where it was. Decoded tiles wait in a small outbox until the widget takes them; it keeps what it shows.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

from domain.maps import Spot
from kiosk.flow import events as ev
from kiosk.flow.effects import OpenMap
from kiosk.flow.states import MapInfo
from kiosk.tile_pictures import DecodedTile, Tile, TileKey
from sync.content.mbtiles import MapFailed, MapTiles, open_mbtiles
from sync.content.picture_size import picture_size

WANTED_MAX: Final = 256
OUTBOX_MAX: Final = 64
SIDE_MAX: Final = 1024  # pixels: maps have 256 or 512


def _nobody() -> None:
    """Nobody listens yet."""


class MapWorker:
    """Implements `kiosk.tile_pictures.TileSource`: `want`, `take` and `listen` are called on the UI thread."""

    def __init__(
        self,
        path: Callable[[], Path | None],
        here: Callable[[], Spot | None],
        decode: Callable[[bytes], DecodedTile | None],
        post: Callable[[ev.Event], None],
    ) -> None:
        """`path()` is the map of the content on show, None without one. `decode` is called on this thread alone."""
        self._path, self._here, self._decode, self._post = path, here, decode, post
        self._listener: Callable[[], object] = _nobody
        self._condition = threading.Condition()
        self._wanted: deque[TileKey] = deque()
        self._questions: deque[OpenMap] = deque(maxlen=8)
        self._outbox: deque[Tile] = deque()
        self._reopen = True
        self._stopped = False
        self._generation = 0
        self._tiles: MapTiles | None = None
        self._thread = threading.Thread(target=self._run, name="map", daemon=True)
        self._log = structlog.get_logger(__name__)

    # --- from any thread -------------------------------------------------------------------------------------------

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        with self._condition:
            self._stopped = True
            self._condition.notify()
        if self._thread.is_alive():
            self._thread.join()

    def reopen(self) -> None:
        """The content changed: what was wanted of the old map is wanted no more."""
        with self._condition:
            self._reopen = True
            self._wanted.clear()
            self._outbox.clear()
            self._condition.notify()

    def ask(self, question: OpenMap) -> None:
        with self._condition:
            self._questions.append(question)
            self._condition.notify()

    def want(self, keys: tuple[TileKey, ...]) -> None:
        """These tiles, in this order, instead of whatever was wanted before."""
        with self._condition:
            self._wanted = deque(keys[:WANTED_MAX])
            self._condition.notify()

    def take(self, most: int) -> tuple[Tile, ...]:
        """Tiles that are ready."""
        with self._condition:
            taken = tuple(self._outbox.popleft() for _ in range(min(most, len(self._outbox))))
            self._condition.notify()
        return taken

    def listen(self, ready: Callable[[], object]) -> None:
        """`ready` is called on this worker's thread when tiles can be taken: it must return at once."""
        self._listener = ready

    # --- the thread ------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(self._has_work)
                if self._stopped:
                    break
                reopen, self._reopen = self._reopen, False
                question = None if reopen or not self._questions else self._questions.popleft()
                key = None if reopen or question or not self._wanted else self._wanted.popleft()
                generation = self._generation
            try:
                if reopen:
                    self._open()
                elif question is not None:
                    self._post(ev.MapArrived(question.session, question.query_id, self._info()))
                elif key is not None:
                    self._deliver(generation, key)
            except Exception:  # noqa: BLE001 the one supervisor of this thread; a map must not end a kiosk
                self._log.exception("a map job failed")
        if self._tiles is not None:
            self._tiles.close()

    def _has_work(self) -> bool:
        room = len(self._outbox) < OUTBOX_MAX
        return self._stopped or self._reopen or bool(self._questions) or (bool(self._wanted) and room)

    def _open(self) -> None:
        if self._tiles is not None:
            self._tiles.close()
            self._tiles = None
        path = self._path()
        if path is not None:
            try:
                self._tiles = open_mbtiles(path)
            except MapFailed as error:
                self._log.error("the map cannot be shown", reason=str(error))
        with self._condition:
            self._generation += 1
            self._outbox.clear()
        self._post(ev.MapNews(self._tiles.about.bounds if self._tiles is not None else None))

    def _info(self) -> MapInfo | None:
        if self._tiles is None:
            return None
        about = self._tiles.about
        return MapInfo(self._generation, about.zoom_min, about.zoom_max, about.bounds, about.attribution, self._here())

    def _deliver(self, generation: int, key: TileKey) -> None:
        data = self._tiles.tile(*key) if self._tiles is not None else None
        picture = None
        if data is not None:
            size = picture_size(data)
            if size is not None and max(size) <= SIDE_MAX:  # before decoding: a bomb is small until it is unpacked
                picture = self._decode(data)
        with self._condition:
            if generation != self._generation or self._reopen:
                return
            self._outbox.append(Tile(generation, key, picture))
        self._listener()
