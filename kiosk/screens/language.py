"""Language: each in its own words."""

from __future__ import annotations

from kiosk.flow import events
from kiosk.flow.states import LanguageState
from kiosk.i18n import LANGUAGE_NAMES
from kiosk.screens.base import Page
from kiosk.widgets.buttons import KeyButton


class LanguageScreen(Page):
    """Binds `LanguageState`."""

    personal = False
    title_id = "ui_language"

    def draw(self, state: LanguageState) -> None:
        self.ids.title.text = self.t("ui_language_title")
        box = self.ids.choices
        box.clear_widgets()
        for language in state.languages:
            button = KeyButton(
                text=LANGUAGE_NAMES.get(language, language.upper()),
                chosen=self.shell is not None and language == self.shell.language,
                tone="primary_deep",
                role="radio",
                palette=self.palette,
            )
            button.bind(on_tap=lambda _b, language=language: self.dispatch_touch(events.ChooseLanguage(language)))
            box.add_widget(button)
