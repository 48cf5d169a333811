"""Ground of the design system: the palette that widgets inherit, text that never overflows, surfaces, fonts.

All of it lives on Kivy's main thread.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from kivy.core.text import Label as CoreLabel
from kivy.core.text import LabelBase
from kivy.graphics.texture import Texture
from kivy.lang import Builder
from kivy.metrics import dp, sp
from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.label import Label
from kivy.uix.widget import Widget

from kiosk import theme
from kiosk.theme import Palette

ICON_PACKAGE = "fonticon_mdi7"
ICON_FONT_FILE = "fonts/materialdesignicons-webfont.ttf"


def icon_font_path() -> Path:
    """The icon font inside its package, found without importing its seven thousand names."""
    spec = find_spec(ICON_PACKAGE)
    if spec is None or spec.submodule_search_locations is None:
        raise FileNotFoundError(f"package {ICON_PACKAGE} is not installed")
    return Path(next(iter(spec.submodule_search_locations))) / ICON_FONT_FILE


def register_fonts() -> None:
    """Make the icon font known to Kivy under its token; once, before the first widget."""
    LabelBase.register(theme.FONT_ICONS, str(icon_font_path()))


@lru_cache(maxsize=512)
def measure(text: str, size_px: float, bold: bool, font: str = theme.FONT) -> tuple[int, int]:
    """Width and height in pixels of one line of text, without drawing it."""
    label = CoreLabel(font_name=font, font_size=size_px, bold=bold)
    width, height = label.get_extents(text)
    return int(width), int(height)


class Themed(Widget):
    """A widget with a palette, taken from the nearest themed ancestor when it enters the tree."""

    palette: Palette = ObjectProperty(theme.LIGHT, rebind=False)

    def on_parent(self, _widget: Widget, parent: Widget | None) -> None:
        while parent is not None and parent is not parent.parent:
            if isinstance(parent, Themed):
                if parent.palette is not self.palette:
                    self.palette = parent.palette
                return
            parent = parent.parent

    def on_palette(self, _widget: Widget, palette: Palette) -> None:
        for widget in self.walk(restrict=True):
            if widget is not self and isinstance(widget, Themed):
                widget.palette = palette


class Words(Label, Themed):
    """Text that wraps in its width and is as tall as it needs. `step` is a size token (sp), `tone` a palette name."""

    step = NumericProperty(theme.TEXT_BODY)
    tone = StringProperty("ink")
    strong = BooleanProperty(False)
    lines_max = NumericProperty(0)


class HugWords(Words):
    """One line of text, as wide as it is."""


class FitWords(Words):
    """Text in a box that somebody else sized: takes the largest step that fits, from `step` down to `step_min`."""

    step_min = NumericProperty(theme.TEXT_TINY)
    fitted = NumericProperty(theme.TEXT_BODY)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.fbind("size", self._fit)
        self.fbind("text", self._fit)
        self.fbind("step", self._fit)
        self.fbind("padding", self._fit)
        self._fit()

    def _fit(self, *_: object) -> None:
        left, top, right, bottom = self.padding
        width, height = self.width - left - right, self.height - top - bottom
        if width <= 1 or height <= 1:
            return
        self.fitted = fit_step(self.text, width, height, self.strong, self.step, self.step_min, self.lines_max)


@lru_cache(maxsize=1024)
def fit_step(text: str, width: float, height: float, bold: bool, step: float, step_min: float, lines_max: int) -> float:
    """The largest text step (sp) at most `step` with which `text` wraps inside the box (pixels)."""
    for candidate in (step, *(size for size in theme.TEXT_STEPS if step_min <= size < step)):
        size_px = sp(candidate)
        line_height = measure("Ég", size_px, bold)[1] * 1.02
        lines = count_lines(text, width, size_px, bold)
        if lines is not None and lines * line_height <= height and (not lines_max or lines <= lines_max):
            return candidate
    return step_min


def count_lines(text: str, width: float, size_px: float, bold: bool) -> int | None:
    """How many lines `text` takes in `width` pixels; None when one word alone is too wide."""
    total = 0
    space = measure("a a", size_px, bold)[0] - measure("aa", size_px, bold)[0]
    for paragraph in text.split("\n"):
        total += 1
        used = 0.0
        for word in paragraph.split(" "):
            wide = measure(word, size_px, bold)[0] if word else 0
            if wide > width:
                return None
            if used and used + space + wide > width:
                total += 1
                used = wide
            else:
                used += (space if used else 0) + wide
    return total


class Icon(Label, Themed):
    """One drawn sign of the icon font, named as in `icons.GLYPHS`."""

    name = StringProperty("help")
    tone = StringProperty("primary_deep")
    step = NumericProperty(theme.ICON)


class Column(BoxLayout, Themed):
    """Widgets under each other; `hug` makes it as tall as its content."""

    hug = BooleanProperty(False)


class Row(BoxLayout, Themed):
    """Widgets side by side; `hug` makes it as tall as its tallest."""

    hug = BooleanProperty(False)


class Space(Widget):
    """Nothing, as large as is left."""


class Rule(Themed):
    """A thin line between two rows."""


class Surface(Themed):
    """A rounded rectangle behind its children's text, with a soft shadow when `lifted`."""

    fill = StringProperty("card")
    radius = NumericProperty(theme.RADIUS_CARD)
    lifted = BooleanProperty(True)


class Panel(BoxLayout, Surface):
    """A surface that lays its children out. `hug` makes it as tall as its content."""

    hug = BooleanProperty(False)


@lru_cache(maxsize=4)
def shadow_texture(radius: int, reach: int) -> Texture:
    """A soft rounded shadow for nine-patch drawing: white with alpha, corners `radius + reach` px, one px between."""
    corner = radius + reach
    side = 2 * corner + 1
    row_bytes = bytearray()
    half = corner - reach + 0.5
    for y in range(side):
        for x in range(side):
            dx = max(abs(x - corner) - (half - radius), 0.0)
            dy = max(abs(y - corner) - (half - radius), 0.0)
            outside = (dx * dx + dy * dy) ** 0.5 - radius
            share = min(max(0.5 - outside / (2.0 * reach), 0.0), 1.0)
            smooth = share * share * (3.0 - 2.0 * share)
            row_bytes += bytes((255, 255, 255, round(255 * smooth)))
    texture = Texture.create(size=(side, side), colorfmt="rgba")
    texture.blit_buffer(bytes(row_bytes), colorfmt="rgba", bufferfmt="ubyte")
    return texture


def card_shadow() -> Texture:
    """The one shadow of cards and panels."""
    return shadow_texture(24, 24)


SHADOW_BORDER_PX = 48

Builder.load_string(
    """
#:import theme kiosk.theme
#:import rgba kiosk.theme.rgba
#:import card_shadow kiosk.widgets.base.card_shadow
#:import glyph kiosk.widgets.icons.glyph
#:import BORDER kiosk.widgets.base.SHADOW_BORDER_PX

<Words>:
    font_name: theme.FONT
    font_size: sp(self.step)
    bold: self.strong
    color: rgba(getattr(self.palette, self.tone))
    text_size: self.width, None
    size_hint_y: None
    height: self.texture_size[1]
    halign: 'left'
    valign: 'middle'

<HugWords>:
    text_size: None, None
    size_hint: None, None
    size: self.texture_size

<FitWords>:
    size_hint_y: 1
    height: 100
    text_size: self.size
    font_size: sp(self.fitted)

<Icon>:
    font_name: theme.FONT_ICONS
    text: glyph(self.name)
    font_size: sp(self.step)
    color: rgba(getattr(self.palette, self.tone))
    size_hint: None, None
    size: sp(self.step), sp(self.step)
    text_size: None, None

<Column>:
    orientation: 'vertical'
    spacing: dp(theme.GAP_SMALL)
    size_hint_y: None if self.hug else 1
    height: self.minimum_height if self.hug else 100

<Row>:
    orientation: 'horizontal'
    spacing: dp(theme.GAP_SMALL)
    size_hint_y: None if self.hug else 1
    height: self.minimum_height if self.hug else 100

<Rule>:
    size_hint_y: None
    height: dp(theme.RULE)
    canvas:
        Color:
            rgba: rgba(self.palette.rule)
        Rectangle:
            pos: self.pos
            size: self.size

<Surface>:
    canvas.before:
        Color:
            rgba: rgba(self.palette.shadow, 0.13 if self.lifted else 0)
        BorderImage:
            texture: card_shadow()
            border: BORDER, BORDER, BORDER, BORDER
            display_border: [dp(theme.RADIUS_CARD + theme.SHADOW_REACH * 0.8)] * 4
            pos: self.x - dp(theme.SHADOW_REACH * 0.6), self.y - dp(theme.SHADOW_REACH * 0.6 + theme.SHADOW_DROP)
            size: self.width + dp(theme.SHADOW_REACH * 1.2), self.height + dp(theme.SHADOW_REACH * 1.2)
        Color:
            rgba: rgba(getattr(self.palette, self.fill))
        SmoothRoundedRectangle:
            pos: self.pos
            size: self.size
            radius: [dp(self.radius)]

<Panel>:
    orientation: 'vertical'
    padding: dp(theme.PADDING)
    spacing: dp(theme.GAP_SMALL)
    size_hint_y: None if self.hug else 1
    height: self.minimum_height if self.hug else 100
"""
)


def scaled(value: float) -> float:
    """A length token in pixels."""
    return float(dp(value))
