"""Cards that show: an offer, a row of a list, a fact with its sign, a sentence that says what happened."""

from __future__ import annotations

from typing import Any

from kivy.lang import Builder
from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty, StringProperty

from kiosk import theme
from kiosk.widgets.base import Panel, Row, Themed
from kiosk.widgets.touch import Tile


class OfferCard(Tile):
    """An offer as a card: picture cropped to fill, badge, name, one line of facts, price."""

    title = StringProperty("")
    facts = StringProperty("")
    price = StringProperty("")
    badge = StringProperty("")
    texture = ObjectProperty(None, allownone=True)
    source = StringProperty("")
    foot_height = NumericProperty(140.0)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for name in ("title", "facts", "price"):
            self.fbind(name, self._name)
        self._name()

    def _name(self, *_: object) -> None:
        self.touch_label = self.title


class FactLine(Row):
    """A sign, a strong text and a quieter one under it."""

    icon = StringProperty("clock_outline")
    text = StringProperty("")
    note = StringProperty("")


class ListRow(Row):
    """One line of a list: text, quiet note, value at the right in its own tone."""

    text = StringProperty("")
    note = StringProperty("")
    value = StringProperty("")
    value_tone = StringProperty("ink")
    icon = StringProperty("")
    last = BooleanProperty(False)


class NoticePanel(Panel):
    """What happened, money first: a sign, the first sentence in large type, the rest under it."""

    icon = StringProperty("information_outline")
    tone = StringProperty("primary_deep")
    title = StringProperty("")
    text = StringProperty("")


class ProgressBar(Themed):
    """How far, 0 to 1."""

    share = NumericProperty(0.0)
    name = StringProperty("")


Builder.load_string(
    """
#:import theme kiosk.theme
#:import rgba kiosk.theme.rgba

<OfferCard>:
    radius: theme.RADIUS_CARD
    lifted: True
    foot_height: dp(134)
    RoundedPicture:
        source: root.source
        texture: root.texture
        corners: [theme.RADIUS_CARD, theme.RADIUS_CARD, 0, 0]
        tint: [0.86, 0.84, 0.9, 1] if root.pressed else [1, 1, 1, 1]
        x: root.x
        y: root.y + root.foot_height
        size: root.width, max(root.height - root.foot_height, 1)
    BadgePill:
        text: root.badge
        opacity: 1 if root.badge else 0
        palette: root.palette
        x: root.x + dp(20)
        top: root.top - dp(20)
    FitWords:
        text: root.title
        palette: root.palette
        strong: True
        step: theme.TEXT_STRONG
        lines_max: 2
        size_hint: None, None
        size: root.width - dp(theme.PADDING * 2), root.foot_height * 0.46
        pos: root.x + dp(theme.PADDING), root.y + root.foot_height * 0.47
    FitWords:
        text: root.facts
        palette: root.palette
        tone: 'muted'
        step: theme.TEXT_SMALL + 1
        step_min: 18
        size_hint: None, None
        size: root.width - dp(theme.PADDING * 2.6) - price.width, root.foot_height * 0.36
        pos: root.x + dp(theme.PADDING), root.y + root.foot_height * 0.1
    HugWords:
        id: price
        text: root.price
        palette: root.palette
        strong: True
        tone: 'accent'
        step: theme.TEXT_BODY - 3
        right: root.right - dp(theme.PADDING)
        center_y: root.y + root.foot_height * 0.28

<BadgePill>:
    step: 25
    padding: dp(28), dp(15), dp(28), dp(15)
    canvas.before:
        Color:
            rgba: rgba(self.palette.ground, 1)
        SmoothRoundedRectangle:
            pos: self.pos
            size: self.size
            radius: [self.height / 2]

<FactLine>:
    hug: True
    spacing: dp(24)
    Icon:
        name: root.icon
        tone: 'primary'
        step: theme.ICON
        pos_hint: {'center_y': 0.5}
    Column:
        hug: True
        spacing: dp(2)
        pos_hint: {'center_y': 0.5}
        Words:
            text: root.text
            strong: True
            step: theme.TEXT_BODY
        Words:
            text: root.note
            tone: 'muted'
            step: theme.TEXT_SMALL + 1
            height: self.texture_size[1] if self.text else 0

<ListRow>:
    size_hint_y: None
    height: dp(100)
    spacing: dp(theme.GAP_SMALL)
    canvas.after:
        Color:
            rgba: rgba(self.palette.rule, 0 if self.last else 1)
        Rectangle:
            pos: self.pos
            size: self.width, dp(theme.RULE)
    Icon:
        name: root.icon or 'check'
        tone: 'primary'
        step: theme.ICON if root.icon else 0.01
        opacity: 1 if root.icon else 0
        width: sp(theme.ICON) if root.icon else 0
        pos_hint: {'center_y': 0.5}
    FitWords:
        text: root.text
        step: theme.TEXT_BODY
        size_hint_x: 1
    HugWords:
        text: root.note
        tone: 'muted'
        step: theme.TEXT_SMALL
        pos_hint: {'center_y': 0.5}
    HugWords:
        text: root.value
        tone: root.value_tone
        strong: True
        step: theme.TEXT_BODY
        pos_hint: {'center_y': 0.5}

<NoticePanel>:
    hug: True
    padding: dp(theme.PADDING * 1.3)
    spacing: dp(theme.GAP_TIGHT)
    lifted: False
    fill: 'bad_pale'
    Row:
        hug: True
        spacing: dp(theme.GAP)
        Icon:
            name: root.icon
            tone: root.tone
            step: theme.ICON_LARGE
            pos_hint: {'center_y': 0.5}
        Column:
            hug: True
            spacing: dp(theme.GAP_TIGHT)
            pos_hint: {'center_y': 0.5}
            Words:
                text: root.title
                strong: True
                step: theme.TEXT_STRONG + 2
            Words:
                text: root.text
                step: theme.TEXT_BODY
                height: self.texture_size[1] if self.text else 0

<ProgressBar>:
    size_hint_y: None
    height: dp(30)
    canvas:
        Color:
            rgba: rgba(self.palette.chip)
        SmoothRoundedRectangle:
            pos: self.pos
            size: self.size
            radius: [self.height / 2]
        Color:
            rgba: rgba(self.palette.sun, 1 if self.share > 0 else 0)
        SmoothRoundedRectangle:
            pos: self.pos
            size: max(self.width * min(max(self.share, 0), 1), self.height), self.height
            radius: [self.height / 2]
""".replace("<BadgePill>", "<BadgePill@HugWords>")
)
