"""Tiles as textures: made from decoded pixels, cut into parts, the most recently used ones kept. Main thread only."""

from __future__ import annotations

from collections import OrderedDict

from kivy.graphics.texture import Texture

from kiosk.tile_pictures import DecodedTile, TileKey

# A screen of 1080 × 1920 shows 54 tiles; with what lies around and above, twice that. 160 × 256 KiB = 40 MiB at most.
TEXTURES_MAX = 160


class TileTextures:
    """What has come so far. A tile that the map does not have is known too: None, so that nobody asks again."""

    def __init__(self) -> None:
        self._kept: OrderedDict[TileKey, Texture | None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, key: TileKey) -> bool:
        return key in self._kept

    def get(self, key: TileKey) -> Texture | None:
        """None when it is missing, or not there yet."""
        texture = self._kept.get(key)
        if texture is not None:
            self._kept.move_to_end(key)
        return texture

    def put(self, key: TileKey, picture: DecodedTile | None) -> None:
        self._kept[key] = make_texture(picture) if picture else None
        self._kept.move_to_end(key)
        while len(self._kept) > TEXTURES_MAX:
            self._kept.popitem(last=False)

    def clear(self) -> None:
        self._kept.clear()


def make_texture(picture: DecodedTile) -> Texture:
    """The picture on the graphics side; its first row is the top one."""
    channels = len(picture.format)
    pixels = picture.pixels
    if picture.row_bytes != picture.width * channels:  # rows padded by the decoder
        used, step = picture.width * channels, picture.row_bytes
        pixels = b"".join(pixels[row * step : row * step + used] for row in range(picture.height))
    texture = Texture.create(size=(picture.width, picture.height), colorfmt=picture.format)
    texture.blit_buffer(pixels, colorfmt=picture.format, bufferfmt="ubyte")
    texture.wrap = "clamp_to_edge"
    return texture


def part_coords(texture: Texture, parts: int, column: int, row: int) -> tuple[float, ...]:
    """Texture coordinates of one square of `parts` × `parts`, counted from the top left; rows run downwards."""
    u, v = texture.uvsize[0] / parts, texture.uvsize[1] / parts
    left, top = texture.uvpos[0] + column * u, texture.uvpos[1] + row * v
    return (left, top + v, left + u, top + v, left + u, top, left, top)
