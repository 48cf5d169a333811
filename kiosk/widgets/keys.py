"""Keys for fingers: the keypad of amounts and PINs, and the AZERTY or QWERTY keyboard of the search."""

from __future__ import annotations

from typing import Any

from kivy.clock import Clock
from kivy.metrics import dp
from kivy.properties import BooleanProperty, ObjectProperty, StringProperty
from kivy.uix.gridlayout import GridLayout

from kiosk import theme
from kiosk.widgets.base import Column, Row, Themed
from kiosk.widgets.buttons import KeyButton

BACKSPACE = "\b"
KEYPAD_DIGITS = "123456789"
ROWS = {
    "azerty": ("azertyuiop", "qsdfghjklm", "wxcvbn'-éè"),
    "qwerty": ("qwertyuiop", "asdfghjkl'", "zxcvbnm-éè"),
}
DIGIT_ROW = "1234567890"
KEYBOARD_WIDE = 1190.0  # dp: ten targets of 12 mm and their gaps
KEY_COMFORT = 118.0  # dp: 19 mm, a key that nobody misses


class Keypad(GridLayout, Themed):
    """Ten digits, backspace, and at the lower left `corner` (',' for amounts, '' for nothing). Fires `on_key`."""

    corner = StringProperty("")
    labels: dict[str, str] = ObjectProperty({}, rebind=False)  # spoken names of BACKSPACE and ','

    __events__ = ("on_key",)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.fbind("corner", self._build)
        self.fbind("labels", self._build)
        self._build()

    def on_key(self, key: str) -> None:
        """`key` is a digit, the corner's character or BACKSPACE."""

    def _build(self, *_: object) -> None:
        self.clear_widgets()
        for key in (*KEYPAD_DIGITS, self.corner, "0", BACKSPACE):
            button = KeyButton(palette=self.palette)
            if key == BACKSPACE:
                button.icon, button.touch_label = "backspace_outline", self.labels.get(BACKSPACE, "⌫")
            elif key:
                button.text, button.touch_label, button.types = key, self.labels.get(key, key), key
            else:
                button.disabled, button.opacity = True, 0
            button.bind(on_tap=lambda _b, key=key: self.dispatch("on_key", key))
            self.add_widget(button)


class Keyboard(Column):
    """Letters sized for fingers, digits above, space below. Fires `on_key` with one character or BACKSPACE."""

    layout_name = StringProperty("azerty")
    digits = BooleanProperty(True)
    capitals = BooleanProperty(False)
    extra = StringProperty("")  # further characters in the last row, such as ":/."
    labels: dict[str, str] = ObjectProperty({}, rebind=False)

    __events__ = ("on_key",)

    def __init__(self, **kwargs: Any) -> None:
        # Built once before the frame that shows it, however many of its properties the screen sets.
        self._trigger = Clock.create_trigger(self._build, -1)
        super().__init__(**kwargs)
        for name in ("layout_name", "digits", "labels", "extra", "capitals"):
            self.fbind(name, self._trigger)
        self._trigger()

    def on_key(self, key: str) -> None:
        """A finger typed `key`."""

    def _build(self, *_: object) -> None:
        self.clear_widgets()
        rows = ((DIGIT_ROW,) if self.digits else ()) + ROWS[self.layout_name]
        for keys in rows:
            row = Row(spacing=self.spacing)
            for key in keys:
                row.add_widget(self._key(key.upper() if self.capitals else key))
            self.add_widget(row)
        row = Row(spacing=self.spacing)
        for key in self.extra:
            row.add_widget(self._key(key))
        space = self._key(" ")
        space.icon, space.text = "keyboard_space", ""
        space.size_hint_x = 10 - 2 - len(self.extra)
        row.add_widget(space)
        erase = self._key(BACKSPACE)
        erase.icon, erase.text, erase.size_hint_x = "backspace_outline", "", 2
        row.add_widget(erase)
        self.add_widget(row)

    def _key(self, key: str) -> KeyButton:
        button = KeyButton(text=key, touch_label=self.labels.get(key, key), step=theme.TEXT_LEAD, palette=self.palette)
        button.types = key
        button.radius = 22
        button.role = "key"
        button.lifted = False
        button.bind(on_tap=lambda _b: self.dispatch("on_key", key))
        return button


def keyboard_height(width: float, height: float, rows: int) -> float:
    """A comfortable height (pixels) of `rows` rows of keys in a window of `width` by `height` pixels."""
    least = dp(rows * theme.TARGET + (rows - 1) * theme.GAP_SMALL)
    most = dp(rows * (KEY_COMFORT + theme.GAP_SMALL))
    return float(max(least, min(width * 0.09 * rows, height * 0.42, most)))
