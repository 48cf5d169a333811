"""The bar that is always there: where you are, the time, how fresh the content is, language, access, help."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kivy.metrics import dp, sp
from kivy.properties import BooleanProperty, ObjectProperty, StringProperty

from kiosk import theme
from kiosk.widgets.base import FitWords, HugWords, Row, Space, measure
from kiosk.widgets.buttons import CircleButton
from kiosk.widgets.touch import Tile


@dataclass(frozen=True, slots=True)
class BarAction:
    """A control of the bar: its spoken name and what to do when touched."""

    label: str
    tap: Callable[[], None]


@dataclass(frozen=True, slots=True)
class BarContent:
    """What one bar shows, already in the visitor's language. Actions that are None are not drawn.

    `freshness` is the long wording, `freshness_short` the one for narrow screens. `pills` are texts of the desk's bar.
    """

    title: str
    note: str = ""
    freshness: str = ""
    freshness_short: str = ""
    offline: bool = False
    language_code: str = "FR"
    desk: bool = False
    pills: tuple[str, ...] = ()
    back: BarAction | None = None
    status: BarAction | None = None
    language: BarAction | None = None
    access: BarAction | None = None
    help: BarAction | None = None
    leave: BarAction | None = None


class FreshnessChip(Tile):
    """Honest about the line: up to date, or offline and for how long. Touched, it says more."""

    text = StringProperty("")
    offline = BooleanProperty(False)

    @staticmethod
    def width_for(text: str) -> float:
        """Pixels that the chip takes with `text`."""
        return float(measure(text, sp(theme.TEXT_SMALL), False)[0] + sp(38) + dp(theme.PADDING * 2 + 14))


class Pill(HugWords):
    """A text on a rounded ground that cannot be touched."""


class TopBar(Row):
    """Draws a `BarContent`. Only what exists takes room; the long freshness wording only where it fits."""

    content: BarContent | None = ObjectProperty(None, allownone=True, rebind=False)
    desk = BooleanProperty(False)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.fbind("content", self._build)
        self.fbind("width", self._build)

    def _build(self, *_: object) -> None:
        self.clear_widgets()
        content = self.content
        if content is None or self.width <= 100:
            return
        self.desk = content.desk
        gap = self.spacing
        room = self.width - 2 * dp(theme.MARGIN)
        tools = self._tools(content)
        room -= sum(tool.width + gap for tool in tools)
        if content.back:
            self.add_widget(self._circle(content.back, icon="chevron_left"))
            room -= dp(theme.CIRCLE) + gap
        chips = self._chips(content, room)
        room -= sum(chip.width + gap for chip in chips)
        self._where(content, room)
        self.add_widget(Space())
        for widget in (*chips, *tools):
            self.add_widget(widget)

    def _circle(self, action: BarAction, **looks: str) -> CircleButton:
        circle = CircleButton(touch_label=action.label, pos_hint={"center_y": 0.5}, palette=self.palette, **looks)
        if self.desk:
            circle.colour, circle.tone = theme.mix(self.palette.bar_desk, "#FFFFFF", 0.16), "white"
        circle.bind(on_tap=lambda *_: action.tap())
        return circle

    def _tools(self, content: BarContent) -> list[CircleButton]:
        tools = []
        if content.language:
            tools.append(self._circle(content.language, text=content.language_code))
        if content.access:
            tools.append(self._circle(content.access, icon="human"))
        if content.help:
            tools.append(self._circle(content.help, icon="help_circle_outline"))
        if content.leave:
            tools.append(self._circle(content.leave, icon="logout"))
        return tools

    def _chips(self, content: BarContent, room: float) -> list[Any]:
        chips: list[Any] = []
        if content.freshness and content.status:
            long_width = FreshnessChip.width_for(content.freshness)
            need = min(measure(content.title, sp(theme.TEXT_BODY), True)[0], room * 0.4) if content.title else 0
            text = content.freshness if long_width + need + self.spacing <= room else content.freshness_short
            chip = FreshnessChip(
                text=text or content.freshness,
                offline=content.offline,
                touch_label=content.status.label,
                pos_hint={"center_y": 0.5},
                palette=self.palette,
            )
            chip.width = FreshnessChip.width_for(chip.text)
            status = content.status
            chip.bind(on_tap=lambda *_: status.tap())
            chips.append(chip)
        left = room - sum(chip.width + self.spacing for chip in chips)
        need = min(measure(content.title, sp(theme.TEXT_BODY), True)[0], room * 0.4)
        for text in content.pills:
            pill = Pill(text=text, palette=self.palette, pos_hint={"center_y": 0.5})
            pill.texture_update()
            if pill.texture_size[0] + self.spacing + need <= left:
                left -= pill.texture_size[0] + self.spacing
                pill.width = pill.texture_size[0]
                chips.append(pill)
        return chips

    def _where(self, content: BarContent, room: float) -> None:
        tone = "white" if content.desk else "ink"
        wide = measure(content.title, sp(theme.TEXT_BODY), True)[0] + dp(4)
        note_wide = measure(content.note, sp(theme.TEXT_BODY), False)[0] + self.spacing if content.note else 0
        title = FitWords(
            text=content.title,
            strong=True,
            tone=tone,
            step=theme.TEXT_BODY,
            step_min=18,
            size_hint=(None, None),
            size=(max(min(wide, room), 10), dp(theme.CIRCLE)),
            pos_hint={"center_y": 0.5},
            palette=self.palette,
        )
        self.add_widget(title)
        if content.note and wide + note_wide + self.spacing <= room:
            self.add_widget(
                HugWords(
                    text=content.note,
                    tone="white" if content.desk else "muted",
                    step=theme.TEXT_BODY,
                    pos_hint={"center_y": 0.5},
                    palette=self.palette,
                )
            )
