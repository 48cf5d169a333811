"""What a finger can press: feedback at touch-down, action at touch-up inside, a spoken name for everything."""

from __future__ import annotations

from typing import Any

from kivy.input.motionevent import MotionEvent
from kivy.properties import BooleanProperty, NumericProperty, StringProperty

from kiosk import theme
from kiosk.widgets.base import Themed


class Touchable(Themed):
    """Base of all controls. `touch_label` is its name: spoken, and what the tour finds it by.

    Fires `on_tap` when a finger that came down inside goes up inside. `disabled` controls neither react nor are found.
    """

    touch_label = StringProperty("")
    role = StringProperty("button")
    pressed = BooleanProperty(False)
    chosen = BooleanProperty(False)
    primary = BooleanProperty(False)

    __events__ = ("on_tap",)

    def on_tap(self) -> None:
        """Default handler: nothing; screens bind theirs."""

    def on_touch_down(self, touch: MotionEvent) -> bool:
        if self.disabled or self.opacity < 0.5 or not self.collide_point(*touch.pos):
            return False
        if touch.is_mouse_scrolling or self.pressed:
            return True
        touch.grab(self)
        self.pressed = True
        return True

    def on_touch_move(self, touch: MotionEvent) -> bool:
        if touch.grab_current is not self:
            return False
        self.pressed = bool(self.collide_point(*touch.pos))
        return True

    def on_touch_up(self, touch: MotionEvent) -> bool:
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        inside = bool(self.collide_point(*touch.pos)) and not self.disabled
        self.pressed = False
        if inside:
            self.dispatch("on_tap")
        return True

    def on_disabled(self, *_: Any) -> None:
        self.pressed = False


class Tile(Touchable):
    """A touchable rounded surface. `fill` and `line` are palette names; '' means none."""

    fill = StringProperty("card")
    fill_chosen = StringProperty("primary")
    line = StringProperty("")
    colour = StringProperty("")  # a literal token colour, before `fill`
    radius = NumericProperty(theme.RADIUS_BUTTON)
    lifted = BooleanProperty(False)
    corner = NumericProperty(1)  # px, from `radius`
    inset = NumericProperty(0)  # px, width of the line

    def shown_fill(self, pressed: bool, chosen: bool, fill: str, colour: str, disabled: bool) -> str:
        """The colour to paint: towards ink while pressed, so that the finger has its answer in the next frame."""
        base: str = colour or getattr(self.palette, self.fill_chosen if chosen else fill)
        if disabled:
            return self.palette.chip
        return theme.mix(base, self.palette.ink if base != self.palette.ink else "#FFFFFF", 0.22) if pressed else base
