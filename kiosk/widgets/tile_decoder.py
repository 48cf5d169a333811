"""Decoding a tile with Kivy's SDL2 loader: no window, no texture, callable on the map's own thread."""

from __future__ import annotations

from kiosk.tile_pictures import DecodedTile


def decode_tile(data: bytes) -> DecodedTile | None:
    """The picture's pixels; None when it is damaged. Ask `picture_size` first: this unpacks whatever it is given."""
    from kivy.core.image import _img_sdl2  # at the first tile: by then the window is there

    _img_sdl2.init()
    found = _img_sdl2.load_from_memory(data)
    if not found:
        return None
    width, height, kind, pixels, row_bytes = found
    if kind not in ("rgb", "rgba") or not pixels:
        return None
    return DecodedTile(width, height, kind, bytes(pixels), row_bytes or width * len(kind))
