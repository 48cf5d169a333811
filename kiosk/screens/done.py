"""Done: what happened, what is left, and a code to keep where there is one."""

from __future__ import annotations

from kiosk.flow import events
from kiosk.flow.states import DoneState, Shell
from kiosk.screens.base import Page
from kiosk.screens.parts import first_upper


class DoneScreen(Page):
    """Binds `DoneState`."""

    def bar_title(self, shell: Shell) -> str:
        return self.t(f"ui_choices_{self.state.purpose}") if self.state else shell.place

    def draw(self, state: DoneState) -> None:
        ids = self.ids
        ids.title.text = self.m(state.title)
        ids.text.text = first_upper(self.m(state.text))
        ids.lines.text = "\n".join(first_upper(self.m(line)) for line in state.lines)
        with_code = bool(state.code)
        ids.panel.opacity = 1 if with_code else 0
        ids.panel.size_hint = (1, 1) if with_code else (0.0001, 0.0001)
        ids.code.data = state.code
        ids.code_name.text = self.t(f"ui_code_{state.code_name}") if with_code else ""
        ids.short.text = self.t("ui_ticket_code", code=state.code_short) if state.code_short else ""
        ids.photo.text = self.t(f"ui_code_{state.code_name}_text") if with_code else ""
        ids.done.text = self.t("ui_finish")

    def finish(self) -> None:
        self.dispatch_touch(events.Confirm())
