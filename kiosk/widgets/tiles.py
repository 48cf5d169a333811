"""A map of raster tiles that a finger drags: tiles from a `TileSource`, marks and the kiosk's own place on top.

All on Kivy's main thread. While a finger drags, one translation changes and nothing else: tiles are placed again only
when another column or row comes into view. What is not there yet is drawn from a coarser or finer tile; where there is
nothing at all, the paper shows. Another zoom is glided to: what is there grows or shrinks while what is needed comes.
Numbers stay small (float32 on the graphics side): everything is placed relative to an
anchor near the middle of the screen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kivy.clock import Clock
from kivy.graphics import Color, InstructionGroup, PopMatrix, PushMatrix, Rectangle, Scale, Translate
from kivy.graphics.scissor_instructions import ScissorPop, ScissorPush
from kivy.input.motionevent import MotionEvent
from kivy.metrics import dp

from domain.maps import TILE_PX, WORLD, Mark, Spot
from kiosk import theme
from kiosk.flow.states import MapInfo
from kiosk.theme import rgba
from kiosk.tile_pictures import NO_TILES, TileSource
from kiosk.widgets.base import Themed
from kiosk.widgets.marks import MarkLook, draw_here, draw_mark
from kiosk.widgets.tile_textures import TileTextures
from kiosk.widgets.tile_view import GLIDE_ZOOMS_MAX, Glide, TileView, held

# Handing 196 kB to the graphics takes 0.3 ms in software: four keep a frame within its 16 ms.
TEXTURES_A_FRAME = 4
GLIDE_FRAME_SECONDS = 0.05  # a frame that took longer (tiles came) does not make the picture jump
DRAG_STARTS_DP = 16.0  # 2.5 mm: a finger that means to tap moves less
HIT_DP = 60.0  # 7 mm around a mark: a target of 14 mm
# At 97 ppi a tile is shown as it is; a denser screen is held nearer, its letters would become too small.
DENSITY_AS_DRAWN = 0.606
LOOK_AROUND_PX = 80  # marks that stick into the picture from outside


def shown_tile_px() -> int:
    """Pixels of this screen that a tile's side takes: whole, so that tiles meet without a seam."""
    return int(TILE_PX * min(max(float(dp(1)) / DENSITY_AS_DRAWN, 1.0), 2.0) + 0.5)


class TileMap(Themed):
    """`show` gives it what to draw. `moved`, `chose` and `left` are called when a finger dragged it, touched a mark, or
    touched the ground."""

    def __init__(self, **kwargs: Any) -> None:
        self.source: TileSource = NO_TILES
        self.moved: Callable[[Spot], None] = lambda spot: None
        self.chose: Callable[[Mark], None] = lambda mark: None
        self.left: Callable[[], None] = lambda: None
        self._textures = TileTextures()
        self._info: MapInfo | None = None
        self._zoom = 0
        self._middle = (0.0, 0.0)  # world pixels at this zoom, y down: where the map is, or glides to
        self._wanted_middle = (0.0, 0.0)  # before the edges of the map were looked at: the size may change
        self._glide: Glide | None = None
        self._glided = 0.0  # seconds
        self._drawn = (0, (0.0, 0.0), 1.0)  # zoom of the tiles on show, the middle at it, how much they are enlarged
        self._anchor = (0, 0)
        self._range: tuple[int, int, int, int] | None = None
        self._marks: tuple[Mark, ...] = ()
        self._chosen: tuple[str, ...] = ()
        self._shown: tuple[Any, ...] = ()
        self._drag: MotionEvent | None = None
        self._dragging = False
        self._tile_px = shown_tile_px()
        super().__init__(**kwargs)
        self._ready = Clock.create_trigger(self._take)
        self._layout = Clock.create_trigger(self._resized, -1)
        self._next = Clock.create_trigger(self._go_on)
        with self.canvas:
            self._paper_colour = Color(*rgba(theme.MAP_PAPER))
            self._paper = Rectangle()
            self._scissor = ScissorPush()
            PushMatrix()
            self._shift = Translate(0, 0)
            PushMatrix()
            self._grown = Scale(1.0)
            self._tiles_layer = InstructionGroup()
            self.canvas.add(self._tiles_layer)
            PopMatrix()
            self._marks_layer = InstructionGroup()
            self.canvas.add(self._marks_layer)
            PopMatrix()
            ScissorPop()
        self.fbind("pos", self._layout)
        self.fbind("size", self._layout)

    # --- what is shown ---------------------------------------------------------------------------------------------

    def listen(self, source: TileSource) -> None:
        """Take tiles from `source` from now on."""
        self.source = source
        source.listen(self._ready)

    def show(self, info: MapInfo | None, centre: Spot | None, zoom: int, marks: tuple[Mark, ...], chosen: str) -> None:
        """Draw this. A finger that is dragging keeps the map where it holds it."""
        wanted = (info, centre, zoom, marks, chosen)
        if wanted == self._shown:
            return
        self._shown = wanted
        if info is None or centre is None:
            self._info = None
            self._clear()
            return
        fresh = self._info is None or info.generation != self._info.generation
        if fresh:
            self._textures.clear()
        before, before_zoom = self.centre, self._zoom
        self._info, self._marks, self._chosen = info, marks, (chosen,) if chosen else ()
        if zoom != self._zoom or not self._dragging:
            side = self._tile_px * (1 << zoom)
            self._wanted_middle = (centre.x * side, centre.y * side)
            self._middle, self._zoom = self._held(*self._wanted_middle, zoom), zoom
        if not fresh and 0 < abs(self._zoom - before_zoom) <= GLIDE_ZOOMS_MAX:
            self._glide, self._glided = Glide(before, before_zoom, self.centre, self._zoom), 0.0
            self._ask()
            self._go_on(0.0)
        elif self._glide is None:
            self._place()
        elif self._glide.end != self.centre:
            self._arrive()

    @property
    def centre(self) -> Spot:
        """Where the middle of the widget is."""
        side = self._tile_px * (1 << self._zoom)
        return Spot(self._middle[0] / side, self._middle[1] / side)

    @property
    def complete(self) -> bool:
        """Whether the map stands and every tile in view has come, or is known to be missing."""
        finest = self._info.zoom_max if self._info else 0
        step = max(self._zoom - finest, 0)
        keys = self._view().tiles() if self._range is not None else []
        return self._glide is None and all((zoom - step, x >> step, y >> step) in self._textures for zoom, x, y in keys)

    def forget(self) -> None:
        """Give the textures back: the screen is left for long."""
        self._glide = None
        self._textures.clear()

    def _held(self, x: float, y: float, zoom: int) -> tuple[float, float]:
        bounds = self._info.bounds if self._info else WORLD
        return held(bounds, zoom, (x, y), (self.width, self.height), self._tile_px)

    # --- placing ---------------------------------------------------------------------------------------------------

    def _resized(self, *_: object) -> None:
        self._lay_paper(covered=False)
        left, bottom = self.to_window(*self.pos)
        self._scissor.x, self._scissor.y = int(left), int(bottom)
        self._scissor.width, self._scissor.height = int(self.width), int(self.height)
        if self._info is not None:
            self._middle = self._held(*self._wanted_middle, self._zoom)
            self._arrive()

    def _lay_paper(self, *, covered: bool) -> None:
        """Software graphics pay for every pixel of every layer: under tiles there is no paper."""
        self._paper.pos, self._paper.size = self.pos, (0, 0) if covered else self.size

    def _clear(self) -> None:
        self._lay_paper(covered=False)
        self._tiles_layer.clear()
        self._marks_layer.clear()
        self._range = self._glide = None

    def _view(self) -> TileView:
        """Where the map is, or glides to."""
        return TileView(self._zoom, self._middle, self.width, self.height, self._tile_px)

    def _drawn_view(self) -> TileView:
        return TileView(self._drawn[0], self._drawn[1], self.width, self.height, self._tile_px)

    def _go_on(self, seconds: float) -> None:
        """One frame of a glide."""
        if self._glide is None:
            return
        self._glided += min(seconds, GLIDE_FRAME_SECONDS)
        if self._glided >= theme.SLIDE_SECONDS:
            self._arrive()
            return
        zoom = self._glide.zoom
        spot, grown = self._glide.at(self._glided / theme.SLIDE_SECONDS)
        side = self._tile_px * (1 << zoom)
        other = zoom != self._drawn[0]
        self._drawn = (zoom, (spot.x * side, spot.y * side), grown)
        if other:
            self._anchor, self._range = (round(spot.x * side), round(spot.y * side)), None
        self._slide()
        self._draw_marks()
        self._next()

    def _arrive(self) -> None:
        """A glide is over, or there is none: the map stands where it is."""
        self._glide = None
        self._place()

    def _place(self) -> None:
        """Everything anew around an anchor in the middle."""
        self._drawn = (self._zoom, self._middle, 1.0)
        self._anchor = (round(self._middle[0]), round(self._middle[1]))
        self._range = None
        self._slide()

    def _slide(self) -> None:
        """The middle moved: shift the picture, and look whether other tiles are in view now."""
        _, middle, grown = self._drawn
        self._grown.x = self._grown.y = grown
        self._shift.x = round(self.center_x - (middle[0] - self._anchor[0]) * grown)
        self._shift.y = round(self.center_y + (middle[1] - self._anchor[1]) * grown)
        seen = self._drawn_view().range
        if seen != self._range and self.width > 1 and self._info is not None:
            self._range = seen
            self._draw_tiles()
            self._draw_marks()
            self._ask()

    def _ask(self) -> None:
        """Say which tiles are wanted where the map is going."""
        if self._info is not None:
            self.source.want(self._view().wanted(self._textures, self._info))

    def _take(self, *_: object) -> None:
        """On the UI thread, in a frame after tiles became ready."""
        tiles = self.source.take(TEXTURES_A_FRAME)
        for tile in tiles:
            if self._info is None or tile.generation != self._info.generation:
                continue
            self._textures.put(tile.key, tile.picture)
        if tiles and self._info is not None:
            self._draw_tiles()
            if any(tile.picture is None for tile in tiles):
                self._ask()  # its stand-in
        if len(tiles) == TEXTURES_A_FRAME:
            self._ready()

    # --- drawing ---------------------------------------------------------------------------------------------------

    def _draw_tiles(self) -> None:
        layer = self._tiles_layer
        layer.clear()
        layer.add(Color(1, 1, 1, 1))
        if self._range is None:
            self._lay_paper(covered=False)
            return
        view, px = self._drawn_view(), self._tile_px
        covered = view.fills()
        for key in view.tiles():
            x, y = key[1] * px - self._anchor[0], self._anchor[1] - (key[2] + 1) * px
            covered = self._textures.draw(layer, key, x, y, px) and covered
        self._lay_paper(covered=covered)

    def _draw_marks(self) -> None:
        layer = self._marks_layer
        layer.clear()
        chosen: list[tuple[Mark, float, float]] = []
        if self._info is not None and self._info.here is not None:
            draw_here(layer, *self._local(self._info.here), self.palette)
        for mark in self._visible_marks():
            x, y = self._local(mark.spot)
            if self._chosen and self._chosen[0] in mark.ids:
                chosen.append((mark, x, y))
                continue
            draw_mark(layer, MarkLook(mark.category, mark.count, False), x, y, self.palette)
        for mark, x, y in chosen:  # on top of its neighbours
            draw_mark(layer, MarkLook(mark.category, mark.count, True), x, y, self.palette)

    def _visible_marks(self) -> list[Mark]:
        """From north to south, so that a pin stands before the one behind it."""
        if self._range is None:
            return []
        count = 1 << self._drawn[0]
        slack = LOOK_AROUND_PX / self._tile_px
        left, right, top, bottom = self._range
        low_x, high_x = (left - slack) / count, (right + 1 + slack) / count
        low_y, high_y = (top - slack) / count, (bottom + 1 + slack) / count
        found = [m for m in self._marks if low_x <= m.spot.x <= high_x and low_y <= m.spot.y <= high_y]
        return sorted(found, key=lambda mark: mark.spot.y)

    def _local(self, spot: Spot) -> tuple[float, float]:
        """Pixels from the anchor, as large as the tiles are drawn; marks themselves stay as they are."""
        zoom, _, grown = self._drawn
        side = self._tile_px * (1 << zoom)
        return round((spot.x * side - self._anchor[0]) * grown), round((self._anchor[1] - spot.y * side) * grown)

    # --- fingers ---------------------------------------------------------------------------------------------------

    def on_touch_down(self, touch: MotionEvent) -> bool:
        if self._drag is not None or self._info is None or not self.collide_point(*touch.pos):
            return False
        if touch.is_mouse_scrolling:
            return True
        if self._glide is not None:
            self._arrive()
        touch.grab(self)
        self._drag, self._dragging = touch, False
        return True

    def on_touch_move(self, touch: MotionEvent) -> bool:
        if touch.grab_current is not self or self._info is None:
            return False
        if not self._dragging:
            far = max(abs(touch.x - touch.ox), abs(touch.y - touch.oy)) > dp(DRAG_STARTS_DP)
            if not far:
                return True
            self._dragging = True
        self._middle = self._held(self._middle[0] - touch.dx, self._middle[1] + touch.dy, self._zoom)
        self._wanted_middle = self._middle
        self._drawn = (self._zoom, self._middle, 1.0)
        self._slide()
        return True

    def on_touch_up(self, touch: MotionEvent) -> bool:
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        dragged, self._drag, self._dragging = self._dragging, None, False
        if self._info is None:
            return True
        if dragged:
            self.moved(self.centre)
            return True
        mark = self.mark_at(*touch.pos)
        if mark is not None:
            self.chose(mark)
        else:
            self.left()
        return True

    def mark_at(self, x: float, y: float) -> Mark | None:
        """The mark whose body is nearest to a point of the window, within reach of a finger."""
        nearest, least = None, dp(HIT_DP)
        for mark in self._visible_marks():
            place = self.place_of(mark)
            distance = ((place[0] - x) ** 2 + (place[1] - y) ** 2) ** 0.5
            if distance <= least:
                nearest, least = mark, distance
        return nearest

    def place_of(self, mark: Mark) -> tuple[float, float]:
        """Window coordinates of the middle of a mark's body."""
        x, y = self._local(mark.spot)
        return x + self._shift.x, y + self._shift.y + MarkLook(mark.category, mark.count, False).body_up
