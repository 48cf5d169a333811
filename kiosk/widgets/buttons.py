"""Buttons, chips, round signs and the big doors of the home screen."""

from __future__ import annotations

from typing import Any

from kivy.clock import Clock
from kivy.metrics import dp, sp
from kivy.properties import BooleanProperty, NumericProperty, StringProperty

from kiosk import theme
from kiosk.widgets.base import FitWords, HugWords, Icon, Words, fit_step, measure
from kiosk.widgets.touch import Tile


class Labelled(Tile):
    """A tile with an icon, a text, an `amount` in larger type and a `note` after it, centred in one line.

    When one line cannot hold them the note goes under the text; when that fails too the text shrinks, then wraps:
    it is never cut. `tone` is the palette name of text and icon.
    """

    text = StringProperty("")
    icon = StringProperty("")
    amount = StringProperty("")
    note = StringProperty("")
    tone = StringProperty("primary_deep")
    tone_chosen = StringProperty("on_primary")
    step = NumericProperty(theme.TEXT_LEAD)
    step_note = NumericProperty(theme.TEXT_BODY)

    def __init__(self, **kwargs: Any) -> None:
        # One arrangement a frame, before it is drawn, however many properties change.
        self._trigger = Clock.create_trigger(self._arrange, -1)
        self._named = ""
        super().__init__(**kwargs)
        for name in ("pos", "size", "text", "icon", "amount", "note", "tone", "chosen", "step", "palette"):
            self.fbind(name, self._trigger)
        for name in ("text", "amount", "note"):
            self.fbind(name, self._name)
        self._name()
        self._trigger()

    def _name(self, *_: object) -> None:
        """A control is called what it says, unless somebody gave it a name."""
        if self.touch_label in ("", self._named):
            self._named = self.touch_label = " ".join(x for x in (self.text, self.amount, self.note) if x)

    def _arrange(self, *_: object) -> None:
        if self.width < 2 or self.height < 2:
            return
        self.clear_widgets()
        tone = self.tone_chosen if self.chosen else self.tone
        room = self.width - dp(theme.GAP) * 2
        if room < dp(theme.GAP):
            room = self.width
        line = self._line_that_fits(room)
        if line is None:
            self._stack(tone, room)
            return
        step, step_note = line
        parts: list[Any] = []
        if self.icon:
            parts.append(Icon(name=self.icon, tone=tone, step=step * 1.22, palette=self.palette))
        if self.text:
            parts.append(HugWords(text=self.text, strong=True, tone=tone, step=step, palette=self.palette))
        if self.amount:
            parts.append(HugWords(text=self.amount, strong=True, tone=tone, step=step * 1.25, palette=self.palette))
        if self.note:
            parts.append(HugWords(text=self.note, tone=tone, step=step_note, palette=self.palette))
        self._place(parts)

    def _widths(self, step: float, step_note: float) -> list[float]:
        widths: list[float] = []
        if self.icon:
            widths.append(sp(step * 1.22))
        if self.text:
            widths.append(measure(self.text, sp(step), True)[0])
        if self.amount:
            widths.append(measure(self.amount, sp(step * 1.25), True)[0])
        if self.note:
            widths.append(measure(self.note, sp(step_note), False)[0])
        return widths

    def _line_that_fits(self, room: float) -> tuple[float, float] | None:
        for shrink in (1.0, 0.9) if self.note else (1.0, 0.9, 0.8):
            step, note = self.step * shrink, self.step_note * shrink
            widths = self._widths(step, note)
            if sum(widths) + dp(theme.PADDING * 0.6) * (len(widths) - 1) <= room:
                return step, note
        return None

    def _place(self, parts: list[Any]) -> None:
        gap = dp(theme.PADDING * 0.6)
        for part in parts:
            if isinstance(part, HugWords):
                part.texture_update()
                part.size = part.texture_size
        left = self.x + self.width / 2 - (sum(part.width for part in parts) + gap * (len(parts) - 1)) / 2
        for part in parts:
            part.pos = (round(left), round(self.y + (self.height - part.height) / 2))
            left += part.width + gap
            self.add_widget(part)

    def _stack(self, tone: str, room: float) -> None:
        """Two rows: text and amount above, the note below; or the text alone, wrapped."""
        head = " ".join(x for x in (self.text, self.amount) if x)
        icon_width = sp(self.step) * 1.22 + dp(theme.PADDING * 0.6) if self.icon else 0
        if self.icon:
            sign = Icon(name=self.icon, tone=tone, step=self.step * 1.22, palette=self.palette)
            sign.pos = (self.x + dp(theme.GAP), self.y + (self.height - sign.height) / 2)
            self.add_widget(sign)
        width, left = room - icon_width, self.x + (self.width - room) / 2 + icon_width
        # With a note both lines stand together in the middle, with air above and below.
        high = self.height - dp(theme.GAP if self.note else theme.GAP_TIGHT)
        low = self.y + (self.height - high) / 2
        share = 0.58 if self.note else 1.0
        for text, strong, step, bottom, part in (
            (head, True, self.step, low + high * (1 - share), share),
            (self.note, False, self.step_note, low, 1 - share),
        ):
            if text:
                fitted = fit_step(text, width, high * part, strong, step, 18.0, 0)
                words = Words(text=text, strong=strong, tone=tone, step=fitted, halign="center", palette=self.palette)
                words.size_hint = (None, None)
                words.size = (width, high * part)
                words.text_size = (width, high * part)
                words.pos = (left, bottom)
                self.add_widget(words)


class PrimaryButton(Labelled):
    """The one thing to do next."""


class SecondaryButton(Labelled):
    """Another thing one may do."""


class KeyButton(Labelled):
    """A key of the keypad or keyboard (`types` is its character), or one choice among several."""

    types = StringProperty("")


class Chip(Labelled):
    """A small pill: refines a list; `chosen` when it is on."""


class CircleButton(Tile):
    """A round sign of the top bar: an icon, or two letters."""

    icon = StringProperty("")
    text = StringProperty("")
    tone = StringProperty("primary_deep")


class MapButton(Tile):
    """A square sign that lies on the map."""

    icon = StringProperty("")


class DoorTile(Tile):
    """One of the eight doors of the home screen: a colour, a sign, a word. A `flat` one has them side by side."""

    flat = BooleanProperty(False)

    text = StringProperty("")
    icon = StringProperty("")


__all__ = [
    "Chip",
    "CircleButton",
    "DoorTile",
    "FitWords",
    "KeyButton",
    "Labelled",
    "MapButton",
    "PrimaryButton",
    "SecondaryButton",
]
