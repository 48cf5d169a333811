"""Attract: a full-bleed scene, today's best things in turn, how to begin, where the card reader is."""

from __future__ import annotations

from typing import Any

from kivy.animation import Animation
from kivy.clock import Clock
from kivy.input.motionevent import MotionEvent

from kiosk import theme
from kiosk.flow.events import TouchAnywhere
from kiosk.flow.states import AttractState, Shell
from kiosk.screens.base import Context, Screen
from kiosk.screens.parts import first_upper

# "Touch the screen" in the six languages of the territory's visitors, whatever the session's language.
INVITATIONS = (
    ("Touchez l'écran", "Touchez"),
    ("Touch the screen", "Touch"),
    ("Bildschirm berühren", "Berühren"),
    ("Raak het scherm aan", "Tik"),
    ("Tocca lo schermo", "Tocca"),
    ("Toque la pantalla", "Toque"),
)


class AttractScreen(Screen):
    """The only screen that changes by itself; any touch anywhere begins."""

    personal = False

    def __init__(self, context: Context, **kwargs: Any) -> None:
        super().__init__(context, **kwargs)
        self._scene = 0
        self._word = 0
        self._events: list[Any] = []
        self.fbind("size", self._redraw)

    def on_parent(self, widget: Any, parent: Any) -> None:
        super().on_parent(widget, parent)
        for event in self._events:
            event.cancel()
        self._events = []
        if parent is not None:
            self._events = [
                Clock.schedule_interval(self._next_scene, theme.ATTRACT_SCENE_SECONDS),
                Clock.schedule_interval(self._next_word, theme.ATTRACT_WORD_SECONDS),
            ]

    def on_touch_up(self, touch: MotionEvent) -> bool:
        if not self.collide_point(*touch.pos):
            return False
        if not touch.is_mouse_scrolling:
            self.dispatch_touch(TouchAnywhere())
        return True

    def _next_scene(self, _elapsed: float) -> None:
        state: AttractState | None = self.state
        if state is None or len(state.highlights) < 2:
            return
        self._scene = (self._scene + 1) % len(state.highlights)
        front, back = self.ids.front, self.ids.back
        back.source, back.texture = front.source, front.texture
        Animation.cancel_all(front)
        front.tint = [1, 1, 1, 0]
        self._redraw()
        Animation(tint=[1, 1, 1, 1], duration=theme.ATTRACT_FADE_SECONDS, transition="out_quad").start(front)

    def _next_word(self, _elapsed: float) -> None:
        self._word = (self._word + 1) % len(INVITATIONS)
        self._invite()

    def _invite(self) -> None:
        button = self.ids.begin
        button.text = INVITATIONS[self._word][0]
        button.note = " · ".join(short for i, (_long, short) in enumerate(INVITATIONS) if i != self._word)
        button.touch_label = self.t("touch_the_screen")

    def draw_shell(self, shell: Shell) -> None:
        self.ids.territory.text = shell.territory
        self.ids.hint.text = self.t(f"ui_or_put_card_{'right' if shell.reader_place == 'right' else 'below'}")
        self.ids.arrow.name = "arrow_right" if shell.reader_place == "right" else "arrow_down"

    def draw(self, state: AttractState) -> None:
        self._scene = self._scene % max(len(state.highlights), 1)
        self._invite()
        self._redraw()

    def _redraw(self, *_: object) -> None:
        state: AttractState | None = self.state
        if state is None or self.width <= 100:
            return
        ids = self.ids
        card = state.highlights[self._scene] if state.highlights else None
        key = state.scene if self._scene == 0 or card is None else card.picture
        ids.front.source = self.picture(key, self.width, self.height)
        if card is None:
            ids.when.text = shell_place(self.shell)
            ids.name.text = self.t("ui_welcome" if state.ready else "ui_preparing")
            ids.price.text = self.t("ui_around_here") if state.ready else self.t("no_content_next")
            ids.also.text = ""
            return
        ids.when.text = first_upper(self.card_facts(card))
        ids.name.text = card.name
        ids.price.text = self.m(card.price)
        others = [other.name for i, other in enumerate(state.highlights) if i != self._scene]
        ids.also.text = self.t("ui_also_today", names=" · ".join(others)) if others else ""


def shell_place(shell: Shell | None) -> str:
    return shell.place if shell else ""
