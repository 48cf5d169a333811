"""The bar that is always there: where you are, the time, how fresh the content is, language, access, help."""

from __future__ import annotations

from kivy.lang import Builder
from kivy.properties import BooleanProperty, StringProperty

from kiosk import theme
from kiosk.widgets.base import Row
from kiosk.widgets.buttons import CircleButton
from kiosk.widgets.touch import Tile


class FreshnessChip(Tile):
    """Honest about the line: up to date, or offline and for how long. Touched, it says more."""

    text = StringProperty("")
    offline = BooleanProperty(False)


class TopBar(Row):
    """Visitor's bar on paper; `desk` turns it into the partner's dark bar."""

    title = StringProperty("")
    note = StringProperty("")
    back_label = StringProperty("")
    freshness = StringProperty("")
    freshness_label = StringProperty("")
    offline = BooleanProperty(False)
    language = StringProperty("FR")
    language_label = StringProperty("")
    access_label = StringProperty("")
    help_label = StringProperty("")
    with_back = BooleanProperty(False)
    with_tools = BooleanProperty(True)
    desk = BooleanProperty(False)
    extra = StringProperty("")
    extra_label = StringProperty("")

    __events__ = ("on_back", "on_freshness", "on_language", "on_access", "on_help", "on_extra")

    def on_back(self) -> None:
        """The visitor wants the screen before."""

    def on_freshness(self) -> None:
        """The visitor wants to know how old the content is."""

    def on_language(self) -> None:
        """Next language."""

    def on_access(self) -> None:
        """Reading and hearing aids."""

    def on_help(self) -> None:
        """Help."""

    def on_extra(self) -> None:
        """The desk's own chip, to close the session."""


__all__ = ["CircleButton", "FreshnessChip", "TopBar"]

Builder.load_string(
    """
#:import theme kiosk.theme
#:import rgba kiosk.theme.rgba

<FreshnessChip>:
    fill: 'warn_pale' if self.offline else 'chip'
    radius: theme.CHIP_HEIGHT / 2
    size_hint: None, None
    height: dp(theme.CHIP_HEIGHT)
    width: words.width + sign.width + dp(theme.PADDING * 2) + dp(14)
    Icon:
        id: sign
        palette: root.palette
        name: 'wifi_off' if root.offline else 'wifi'
        tone: 'ink' if root.offline else 'on_chip'
        step: 36
        x: root.x + dp(theme.PADDING)
        center_y: root.center_y
    HugWords:
        id: words
        palette: root.palette
        text: root.text
        step: theme.TEXT_SMALL
        tone: 'ink' if root.offline else 'on_chip'
        x: sign.right + dp(14)
        center_y: root.center_y

<TopBar>:
    size_hint_y: None
    height: dp(theme.BAR_HEIGHT)
    padding: dp(theme.MARGIN), 0
    spacing: dp(theme.GAP_SMALL + 4)
    canvas.before:
        Color:
            rgba: rgba(self.palette.bar_desk, 1 if self.desk else 0)
        Rectangle:
            pos: self.pos
            size: self.size
    CircleButton:
        icon: 'chevron_left'
        touch_label: root.back_label
        on_tap: root.dispatch('on_back')
        pos_hint: {'center_y': 0.5}
        width: dp(theme.CIRCLE) if root.with_back else 0
        opacity: 1 if root.with_back else 0
        disabled: not root.with_back
        colour: '#4E4377' if root.desk else ''
        tone: 'white' if root.desk else 'primary_deep'
    FitWords:
        id: where
        text: root.title
        strong: True
        step: theme.TEXT_BODY
        step_min: 22
        lines_max: 2
        tone: 'white' if root.desk else 'ink'
        size_hint_x: None
        width: min(self.one_line, max(root.where_room, 1))
    HugWords:
        text: root.note if self.fits else ''
        step: theme.TEXT_BODY - 1
        tone: 'white' if root.desk else 'muted'
        pos_hint: {'center_y': 0.5}
        fits: root.note_fits
    Space:
    FreshnessChip:
        text: root.freshness
        touch_label: root.freshness_label
        offline: root.offline
        on_tap: root.dispatch('on_freshness')
        pos_hint: {'center_y': 0.5}
        opacity: 1 if root.freshness else 0
        disabled: not root.freshness
    Chip:
        text: root.extra
        touch_label: root.extra_label
        size_hint_x: None
        width: root.extra_width
        on_tap: root.dispatch('on_extra')
        pos_hint: {'center_y': 0.5}
        opacity: 1 if root.extra else 0
        disabled: not root.extra
        colour: '#4E4377'
        tone: 'white'
    CircleButton:
        text: root.language
        touch_label: root.language_label
        on_tap: root.dispatch('on_language')
        pos_hint: {'center_y': 0.5}
        opacity: 1 if root.with_tools else 0
        disabled: not root.with_tools
        width: dp(theme.CIRCLE) if root.with_tools else 0
    CircleButton:
        icon: 'human'
        touch_label: root.access_label
        on_tap: root.dispatch('on_access')
        pos_hint: {'center_y': 0.5}
        opacity: 1 if root.with_tools else 0
        disabled: not root.with_tools
        width: dp(theme.CIRCLE) if root.with_tools else 0
    CircleButton:
        icon: 'help_circle_outline'
        touch_label: root.help_label
        on_tap: root.dispatch('on_help')
        pos_hint: {'center_y': 0.5}
        opacity: 1 if root.with_tools else 0
        disabled: not root.with_tools
        width: dp(theme.CIRCLE) if root.with_tools else 0
"""
)
