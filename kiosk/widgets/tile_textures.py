"""Tiles as textures: made from decoded pixels, cut into parts, the most recently used ones kept. Main thread only."""

from __future__ import annotations

from collections import OrderedDict

from kivy.graphics import InstructionGroup, Rectangle
from kivy.graphics.texture import Texture

from kiosk.tile_pictures import ANCESTORS, DecodedTile, TileKey

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

    def draw(self, layer: InstructionGroup, key: TileKey, x: float, y: float, px: int) -> bool:
        """The tile, else a part of a coarser one, else what there is of the four finer ones, else paper.

        `x`, `y`: its lower left corner, `px` its side. True when the whole square is painted.
        """
        for step in range(ANCESTORS + 1):
            own = (key[0] - step, key[1] >> step, key[2] >> step)
            texture = self.get(own)
            if texture is None:
                continue
            parts, column, row = 1 << step, key[1] - (own[1] << step), key[2] - (own[2] << step)
            coords = part_coords(texture, parts, column, row)
            # Pixel for pixel needs no blending between them, which software graphics do one by one.
            texture.mag_filter = texture.min_filter = "nearest" if texture.width == px * parts else "linear"
            layer.add(Rectangle(texture=texture, tex_coords=coords, pos=(x, y), size=(px, px)))
            return True
        for column in (0, 1):
            for row in (0, 1):
                texture = self.get((key[0] + 1, key[1] * 2 + column, key[2] * 2 + row))
                if texture is not None:
                    place = (x + column * px / 2, y + (1 - row) * px / 2)
                    texture.mag_filter = texture.min_filter = "linear"
                    coords = part_coords(texture, 1, 0, 0)
                    layer.add(Rectangle(texture=texture, tex_coords=coords, pos=place, size=(px / 2, px / 2)))
        return False


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
