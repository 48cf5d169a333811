"""Draws tiles with Mapnik. Run by the system's Python, which has Debian's python3-mapnik; imports nothing of ours.

Standard input: one JSON object {"style": Mapnik XML, "fonts": [files], "out": SQLite file, "side": tiles of a block,
"format": Mapnik's name of the encoding, "blocks": [[zoom, left, top, right, bottom], …]}; numbers are XYZ, inclusive.
Standard output: "READY" once the style was understood, then "DONE n" after each block of n tiles. Tiles that are equal
are kept once.
"""

import hashlib
import json
import sqlite3
import sys

TILE_PX = 256
HALF_WORLD_M = 20037508.342789244


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    job = json.load(sys.stdin)
    import mapnik  # type: ignore[import-not-found]

    mapnik.logger.set_severity(mapnik.severity_type.Error)
    for path in job["fonts"]:
        mapnik.FontEngine.register_font(path)
    canvas = mapnik.Map(TILE_PX, TILE_PX)
    mapnik.load_map_from_string(canvas, job["style"].encode("utf-8"), True)
    say("READY")
    connection = sqlite3.connect(job["out"], isolation_level=None)
    connection.execute("PRAGMA synchronous=OFF")
    known: dict[bytes, int] = {}
    for zoom, left, top, right, bottom in job["blocks"]:
        columns, rows = right - left + 1, bottom - top + 1
        side = 2 * HALF_WORLD_M / (1 << zoom)
        box = mapnik.Box2d(
            left * side - HALF_WORLD_M,
            HALF_WORLD_M - (bottom + 1) * side,
            (right + 1) * side - HALF_WORLD_M,
            HALF_WORLD_M - top * side,
        )
        canvas.resize(columns * TILE_PX, rows * TILE_PX)
        canvas.zoom_to_box(box)
        picture = mapnik.Image(columns * TILE_PX, rows * TILE_PX)
        mapnik.render(canvas, picture)
        connection.execute("BEGIN")
        for column in range(columns):
            for row in range(rows):
                view = picture.view(column * TILE_PX, row * TILE_PX, TILE_PX, TILE_PX)
                data = view.tostring(job["format"])
                digest = hashlib.sha256(data).digest()
                key = known.get(digest)
                if key is None:
                    key = known[digest] = len(known) + 1
                    connection.execute("INSERT INTO images VALUES (?, ?)", (key, sqlite3.Binary(data)))
                place = (zoom, left + column, (1 << zoom) - 1 - (top + row), key)
                connection.execute("INSERT OR REPLACE INTO map VALUES (?, ?, ?, ?)", place)
        connection.execute("COMMIT")
        say(f"DONE {columns * rows}")
    connection.close()


if __name__ == "__main__":
    main()
