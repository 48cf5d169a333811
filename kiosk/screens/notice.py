"""Notice: one clear answer when something did not go as wished. The money line always comes first."""

from __future__ import annotations

from kiosk.flow import events
from kiosk.flow.states import NoticeState, Tone
from kiosk.screens.base import Page
from kiosk.screens.parts import action_button

SIGNS = {
    Tone.CALM: ("information_outline", "primary"),
    Tone.BAD: ("close", "bad"),
    Tone.DOUBT: ("timer_sand", "accent"),
    Tone.GOOD: ("check", "good"),
}


class NoticeScreen(Page):
    """Binds `NoticeState`."""

    def draw(self, state: NoticeState) -> None:
        ids = self.ids
        ids.sign.icon, ids.sign.tone = SIGNS[state.tone]
        ids.money.text = self.m(state.money)
        ids.title.text = self.m(state.title)
        ids.next.text = self.m(state.next)
        ids.actions.clear_widgets()
        for action in state.actions:
            text = self.t(f"action_{action.id}")
            ids.actions.add_widget(action_button(self, text, events.NoticeAction(action.id), primary=action.primary))
