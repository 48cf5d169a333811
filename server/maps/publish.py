"""`zerot map publish`: a map becomes a blob of the next content version, its ways a network in the server's home."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from hashlib import file_digest
from pathlib import Path

from server.api.runtime import runtime
from server.commands import only_territory, publish_content
from server.home import ServerHome
from server.maps.features import ExtractUnreadable
from server.maps.models import TerritoryMap
from server.maps.travel import ways_path
from server.maps.ways import read_network, write_network
from sync.content.mbtiles import MapFailed, MapFile, MapTiles, open_mbtiles
from sync.content.picture_size import picture_size
from sync.protocol import BLOB_BYTES_MAX

TRIED_TILES = 64
SIDE_MAX = 1024
MIB = 1 << 20


def publish_map(file: Path, ways: Path | None, territory: str) -> str:
    """The line to print. Raises ValueError (one sentence) for what a person can put right, OSError."""
    slug = only_territory(territory)
    home = runtime().home
    about = check_map(file)
    ways_sha256 = keep_ways(ways, home) if ways is not None else None
    digest, size = _adopt(file, home)
    row = TerritoryMap.objects.filter(territory=slug).first() or TerritoryMap(territory=slug)
    row.sha256, row.size_bytes = digest, size
    row.name, row.attribution = about.name, about.attribution
    if ways_sha256 is not None:
        row.ways_sha256 = ways_sha256
    row.save()
    published = json.loads(publish_content(slug))
    return json.dumps({**published, "map_bytes": size, "ways": bool(row.ways_sha256)})


def withdraw_map(territory: str) -> str:
    """Kiosks lose the map with the next version. Raises ValueError when there is none."""
    slug = only_territory(territory)
    deleted, _ = TerritoryMap.objects.filter(territory=slug).delete()
    if not deleted:
        raise ValueError(f"The territory {slug!r} has no map.")
    return publish_content(slug)


def check_map(file: Path) -> MapFile:
    """What the map says of itself. Raises ValueError for what no kiosk would show."""
    if not file.is_file():
        raise ValueError(f"There is no file {file}.")
    size = file.stat().st_size
    if size > BLOB_BYTES_MAX:
        raise ValueError(
            f"The map has {size // MIB} MiB and kiosks take {BLOB_BYTES_MAX // MIB}: draw fewer zooms or less ground."
        )
    try:
        tiles = open_mbtiles(file)
    except MapFailed as error:
        raise ValueError(f"{file.name} is no map that a kiosk can show: {error}.") from error
    try:
        _try_tiles(tiles, file.name)
        return tiles.about
    finally:
        tiles.close()


def _try_tiles(tiles: MapTiles, name: str) -> None:
    """A few tiles from all over: vector tiles and pictures of another kind are found here, not on a kiosk."""
    for key in tiles.some_keys(TRIED_TILES):
        data = tiles.tile(*key)
        size = None if data is None else picture_size(data)
        if size is None or not 0 < max(size) <= SIDE_MAX:
            raise ValueError(f"{name} holds tiles that are no PNG, JPEG or WebP of at most {SIDE_MAX} pixels.")


def keep_ways(extract: Path, home: ServerHome) -> str:
    """Read the extract's network into the server's home; its hash. Raises ValueError, OSError."""
    try:
        network = read_network(extract)
    except ExtractUnreadable as error:
        raise ValueError(str(error)) from error
    folder = home.root / "maps"
    folder.mkdir(mode=0o700, exist_ok=True)
    building = folder / ".building.ways"
    digest = write_network(network, building)
    building.replace(ways_path(home, digest))
    return digest


def _adopt(file: Path, home: ServerHome) -> tuple[str, int]:
    """Copy the file among the blobs, under the hash of what was copied."""
    handle, name = tempfile.mkstemp(dir=home.blobs, prefix=".map.")
    aside = Path(name)
    try:
        with os.fdopen(handle, "wb") as copy, file.open("rb") as source:
            shutil.copyfileobj(source, copy, MIB)
            copy.flush()
            os.fsync(copy.fileno())
        with aside.open("rb") as copied:
            digest = file_digest(copied, "sha256").hexdigest()
        size = aside.stat().st_size
        aside.replace(home.blob(digest))
    finally:
        aside.unlink(missing_ok=True)
    return digest, size
