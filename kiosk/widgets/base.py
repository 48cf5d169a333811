"""Ground of the design system: the palette that widgets inherit, text that never overflows, surfaces, fonts.

All of it lives on Kivy's main thread.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kivy.core.text import Label as CoreLabel
from kivy.core.text import LabelBase
from kivy.metrics import sp
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


class TextBase(Label, Themed):
    """What every text has: `step` is a size token (sp), `tone` a palette name."""

    if TYPE_CHECKING:
        text: str
    step = NumericProperty(theme.TEXT_BODY)
    tone = StringProperty("ink")
    strong = BooleanProperty(False)
    lines_max = NumericProperty(0)


class Words(TextBase):
    """Text that wraps in its width and is as tall as it needs; an empty one takes no height."""


class HugWords(TextBase):
    """One line of text, as wide as it is."""


class FitWords(TextBase):
    """Text in a box that somebody else sized: takes the largest step that fits, from `step` down to `step_min`.

    What is still too long is cut between two words and ends with "…"; `whole` keeps it all.
    """

    step_min = NumericProperty(theme.TEXT_TINY)
    fitted = NumericProperty(theme.TEXT_BODY)

    def __init__(self, **kwargs: Any) -> None:
        self.whole = ""
        self._cut = ""
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
        whole = self._take()
        self.fitted = fit_step(whole, width, height, self.strong, self.step, self.step_min, self.lines_max)
        self._put(width, height)

    def _take(self) -> str:
        """The whole text: what was given, not what was cut from it."""
        if self.text != self._cut:
            self.whole = self.text
        return self.whole

    def _put(self, width: float, height: float) -> None:
        """Show as much as the box holds at the fitted step."""
        rows = max(int(height / line_height(self.fitted, self.strong) + 0.05), 1)
        self._cut = elide(self.whole, width, sp(self.fitted), self.strong, rows)
        if self.text != self._cut:
            self.text = self._cut


class FillWords(FitWords):
    """As much of a text as the box holds at `step`, from `lines_min` lines on; in less room, nothing."""

    lines_min = NumericProperty(2)

    def _fit(self, *_: object) -> None:
        self._take()
        self.fitted = self.step
        self._put(self.width - self.padding[0] - self.padding[2], self.height - self.padding[1] - self.padding[3])

    def _put(self, width: float, height: float) -> None:
        rows = int(height / line_height(self.fitted, self.strong))
        needed = count_lines(self.whole, width, sp(self.fitted), self.strong) if width > 1 else None
        if needed is None or rows < min(self.lines_min, needed):
            self._cut = ""
            if self.text:
                self.text = ""
            return
        super()._put(width, rows * line_height(self.fitted, self.strong))


class Paragraph(FitWords):
    """A text of at most `lines_max` lines at `step`; a longer one takes smaller type in the same height."""

    def _fit(self, *_: object) -> None:
        width = self.width - self.padding[0] - self.padding[2]
        if width <= 1:
            return
        whole = self._take()
        if not whole:
            self.height = 0
            return
        tall = (self.lines_max or 6) * line_height(self.step, self.strong)
        self.fitted = fit_step(whole, width, tall + 1, self.strong, self.step, self.step_min, 0)
        self._put(width, tall + 1)
        lines = count_lines(self._cut, width, sp(self.fitted), self.strong) or 1
        self.height = min(lines * line_height(self.fitted, self.strong), tall) + sp(2)


def line_height(step: float, bold: bool) -> float:
    """Pixels from one line to the next at a text step."""
    return measure("Ég", sp(step), bold)[1] * 1.02


@lru_cache(maxsize=1024)
def fit_step(text: str, width: float, height: float, bold: bool, step: float, step_min: float, lines_max: int) -> float:
    """The largest text step (sp) at most `step` with which `text` wraps inside the box (pixels)."""
    for candidate in (step, *(size for size in theme.TEXT_STEPS if step_min <= size < step)):
        size_px = sp(candidate)
        lines = count_lines(text, width, size_px, bold)
        if (
            lines is not None
            and lines * line_height(candidate, bold) <= height
            and (not lines_max or lines <= lines_max)
        ):
            return candidate
    return step_min


def count_lines(text: str, width: float, size_px: float, bold: bool) -> int | None:
    """How many lines `text` takes in `width` pixels; None when one word alone is too wide."""
    total = 0
    width -= 2  # Kivy wraps a little earlier than the sum of the words
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


@lru_cache(maxsize=512)
def elide(text: str, width: float, size_px: float, bold: bool, rows: int) -> str:
    """`text`, or as many of its first words as wrap in `rows` lines of `width` pixels, with '…' after them."""

    def fits(candidate: str) -> bool:
        lines = count_lines(candidate, width, size_px, bold)
        return lines is not None and lines <= rows

    if fits(text):
        return text
    words = text.split(" ")
    low, high = 0, len(words) - 1
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(" ".join(words[:middle]).rstrip(",;:. ") + "…") else (low, middle - 1)
    return " ".join(words[:low]).rstrip(",;:. ") + "…" if low else text


class Icon(Label, Themed):
    """One drawn sign of the icon font, named as in `icons.GLYPHS`."""

    name = StringProperty("help")
    tone = StringProperty("primary_deep")
    step = NumericProperty(theme.ICON)


class Stack(BoxLayout, Themed):
    """A box layout; `hug` makes it as tall as its content, and of no height while its opacity is 0."""

    hug = BooleanProperty(False)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for name in ("hug", "minimum_height", "opacity"):
            self.fbind(name, self._hug)
        self._hug()

    def _hug(self, *_: object) -> None:
        if self.hug:
            self.size_hint_y = None
            self.height = self.minimum_height if self.opacity else 0


class Column(Stack):
    """Widgets under each other."""


class Row(Stack):
    """Widgets side by side."""


class Space(Widget):
    """Nothing, as large as is left."""


class Rule(Themed):
    """A thin line between two rows."""


class Surface(Themed):
    """A rounded rectangle behind its children's text, with a soft shadow when `lifted`."""

    fill = StringProperty("card")
    radius = NumericProperty(theme.RADIUS_CARD)
    lifted = BooleanProperty(True)
    corner = NumericProperty(1)  # px, from `radius`


class Panel(Stack, Surface):
    """A surface that lays its children out under each other."""
