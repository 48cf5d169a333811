"""What the shell lays over any screen: the calm idle countdown, and the detail of the freshness chip."""

from __future__ import annotations

from typing import Any

from kivy.input.motionevent import MotionEvent
from kivy.uix.floatlayout import FloatLayout

from kiosk.flow import events
from kiosk.flow.states import Shell
from kiosk.screens.base import Context
from kiosk.widgets.base import Themed


class StillThere(FloatLayout, Themed):
    """ "Vous êtes toujours là ?": covers the screen; any touch extends the session."""

    def __init__(self, context: Context, **kwargs: Any) -> None:
        super().__init__(palette=context.palette, **kwargs)
        self.context = context
        self._seconds_max = 0

    def show(self, shell: Shell) -> None:
        seconds = shell.still_there_seconds or 0
        self._seconds_max = max(self._seconds_max, seconds)
        say = self.context.say
        self.ids.title.text = say("ui_still_title")
        self.ids.text.text = say("still_there", seconds=seconds)
        self.ids.left.share = seconds / self._seconds_max if self._seconds_max else 0
        self.ids.yes.text = say("ui_still_yes")

    def stay(self) -> None:
        self.context.send(events.StillHere())

    def on_touch_down(self, touch: MotionEvent) -> bool:
        super().on_touch_down(touch)
        return True

    def on_touch_up(self, touch: MotionEvent) -> bool:
        if touch.grab_current is None and not self.ids.yes.collide_point(*touch.pos):
            self.stay()
        return True


class FreshnessNote(FloatLayout, Themed):
    """How old the content is and how many facts wait; a touch anywhere closes it."""

    def __init__(self, context: Context, **kwargs: Any) -> None:
        super().__init__(palette=context.palette, **kwargs)
        self.context = context

    def show(self, shell: Shell) -> None:
        say = self.context.say
        self.ids.title.text = say.message(shell.freshness)
        self.ids.text.text = say.message(shell.freshness_detail)
        self.ids.doubts.text = say.message(shell.doubts)
        self.ids.close.text = say("ui_close")
        self.ids.more.text = say("ui_about_title")

    def close(self) -> None:
        self.context.send(events.ToggleFreshness())

    def tell_more(self) -> None:
        self.context.send(events.OpenAbout())

    def on_touch_down(self, touch: MotionEvent) -> bool:
        super().on_touch_down(touch)
        return True

    def on_touch_up(self, touch: MotionEvent) -> bool:
        if touch.grab_current is None and not self.ids.panel.collide_point(*touch.pos):
            self.close()
        return True
