"""What all screens share: their context, the top bar from the shell, forwarding of touches.

A screen draws one frozen state and forwards touches by meaning; it decides nothing and knows no worker.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty

from kiosk import i18n, theme
from kiosk.flow import events
from kiosk.flow.messages import M, Message
from kiosk.flow.states import Line, OfferCard, ScreenState, Shell
from kiosk.i18n import Translator
from kiosk.theme import Palette
from kiosk.tile_pictures import NO_TILES, TileSource
from kiosk.widgets.base import Column
from kiosk.widgets.top_bar import BarAction, BarContent


class Pictures(Protocol):
    """Where picture keys become files. Called on the UI thread: must answer at once, from memory or a lookup."""

    def path(self, key: str, size: tuple[int, int]) -> str:
        """A file to draw `key` at `size` pixels; a drawn scene when there is no photo. Never ''."""


@dataclass(frozen=True, slots=True)
class Context:
    """Passed to every screen by the view."""

    say: Translator
    send: Callable[[events.Touch], None]
    pictures: Pictures
    palette: Palette = theme.LIGHT
    tiles: TileSource = NO_TILES


FRESHNESS_SHORT = {
    M.FRESH: "ui_fresh_short",
    M.OFFLINE_FOR_MINUTES: "ui_offline_minutes_short",
    M.OFFLINE_FOR_HOURS: "ui_offline_hours_short",
    M.OFFLINE_FOR_DAYS: "ui_offline_days_short",
}


class Screen(Column):
    """One full screen. Subclasses set `draw`; `show` is called by the view each time the state changed.

    The view keeps screens and shows them again; `personal` ones are forgotten when the visitor leaves.
    """

    personal: ClassVar[bool] = True
    portrait = BooleanProperty(False)
    compact = BooleanProperty(False)  # a small tablet: fewer things, so that they stay large
    at_desk = BooleanProperty(False)  # a partner works here: the desk's ground
    bare = NumericProperty(0)  # pixels at the lower edge that the screen covers itself: painted once, not twice
    context: Context = ObjectProperty(None, rebind=False)

    def __init__(self, context: Context, **kwargs: Any) -> None:
        super().__init__(context=context, palette=context.palette, spacing=0, **kwargs)
        self.state: Any = None
        self.shell: Shell | None = None

    def t(self, message_id: str, **args: Any) -> str:
        """A text of the screen itself."""
        return self.context.say(message_id, **args)

    def m(self, message: Message | None) -> str:
        """A text that the flow named."""
        return self.context.say.message(message)

    def money(self, cents: int, short: bool = False) -> str:
        return self.context.say.money(cents, short=short)

    def number(self, value: int) -> str:
        return self.context.say.number(value)

    def dispatch_touch(self, touch: events.Touch) -> None:
        """Forward what the finger meant."""
        self.context.send(touch)

    def picture(self, key: str, width: float, height: float) -> str:
        """The file that shows picture `key` in a box of pixels."""
        return self.context.pictures.path(key, (max(int(width), 1), max(int(height), 1)))

    def show(self, state: ScreenState, shell: Shell) -> None:
        """Draw `state`; the same value twice costs nothing."""
        changed, shell_changed = state != self.state, shell != self.shell
        self.state, self.shell = state, shell
        if changed or shell_changed:
            self.draw_shell(shell)
        if changed:
            self.draw(state)

    def entered(self) -> None:
        """The screen is on the window: what moves may move."""

    def left(self) -> None:
        """The screen is off the window: nothing may run for it."""

    def draw_shell(self, shell: Shell) -> None:
        """Draw what comes from the shell."""

    def draw(self, state: Any) -> None:
        """Draw what comes from the state."""
        raise NotImplementedError

    def card_facts(self, card: OfferCard) -> str:
        """The one line under an offer's name."""
        return " · ".join(x for x in (self.m(card.when), self.m(card.where)) if x)


class Page(Screen):
    """A screen with the top bar. One whose layout depends on the orientation sets `redraw_on_turn`."""

    redraw_on_turn: ClassVar[bool] = False

    desk: ClassVar[bool] = False
    title_id: ClassVar[str] = ""  # what the bar says instead of the place

    def __init__(self, context: Context, **kwargs: Any) -> None:
        super().__init__(context, **kwargs)
        if self.redraw_on_turn:
            self.fbind("portrait", self._redraw)

    def _redraw(self, *_: object) -> None:
        if self.state is not None:
            self.draw(self.state)

    def bar_title(self, shell: Shell) -> str:
        return self.t(self.title_id) if self.title_id else shell.place

    def bar_pills(self, shell: Shell) -> tuple[str, ...]:
        if shell.desk_closes_seconds is not None:
            return (self.t("ui_closes_in", clock=i18n.format_countdown(shell.desk_closes_seconds)),)
        return ()

    def draw_shell(self, shell: Shell) -> None:
        send = self.dispatch_touch
        short = FRESHNESS_SHORT.get(M(shell.freshness.id))
        short_args = {k: v for k, v in dict(shell.freshness.args).items() if k in ("minutes", "hours", "days")}
        bar = self.ids.bar
        back = BarAction(self.t("ui_back"), lambda: send(events.GoBack())) if shell.can_go_back else None
        self.at_desk = self.desk or bool(shell.operator)
        if self.at_desk:
            bar.content = BarContent(
                title=self.bar_title(shell),
                note=" · ".join(x for x in (shell.place.split(" · ")[0], shell.operator) if x),
                desk=True,
                pills=self.bar_pills(shell),
                back=back,
                leave=BarAction(self.t("ui_leave_desk"), lambda: send(events.CloseDesk())) if shell.operator else None,
            )
            return
        bar.content = BarContent(
            title=self.bar_title(shell),
            note=i18n.format_clock(shell.minute_of_day),
            freshness=self.m(shell.freshness),
            freshness_short=self.t(short, **short_args) if short else "",
            offline=shell.line is Line.OFFLINE,
            language_code=shell.language.upper(),
            back=back,
            status=BarAction(self.t("ui_status"), lambda: send(events.ToggleFreshness())),
            language=BarAction(self.t("ui_language"), lambda: send(events.OpenLanguages())),
            help=BarAction(self.t("ui_help"), lambda: send(events.OpenHelp())),
        )
