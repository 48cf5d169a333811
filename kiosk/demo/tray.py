"""The demo's tray: what lies on the table beside the kiosk. Kivy's main thread; never on a real kiosk.

A reader to lay cards on, the people's cards, the network plug, the clock, beacons that walk past, the way to the back
office. Lengths are pixels (the tray is 320 wide whatever the kiosk's density); colours are the design system's.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from kivy.animation import Animation
from kivy.clock import Clock
from kivy.graphics import Color, Rectangle
from kivy.lang import Builder
from kivy.properties import NumericProperty
from kivy.uix.floatlayout import FloatLayout
from kivy.uix.scatter import Scatter
from kivy.uix.widget import Widget

from domain.days import local_day
from kiosk import i18n, theme
from kiosk.demo.hardware import TRAY
from kiosk.demo.props import BANK, PULLED, TRAY_SIZE, Installer, Props, Walker
from kiosk.demo.territory import HOTELIER_PIN, TECHNICIAN_PIN
from kiosk.demo.tray_widgets import LOOKS, CardSlot, TrayCard, near
from kiosk.flow.model import Kiosk, shell
from kiosk.i18n import Translator
from kiosk.theme import LIGHT, rgba
from kiosk.widgets.base import Themed

REFRESH_SECONDS = 0.25
SCALE_MIN = 0.1  # a window that is being opened may have no size yet
LYING_SCALE = 1.2  # a card on the reader is the thing to look at
WALK_SECONDS = 8.0
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS


class Tray(FloatLayout, Themed):
    """Everything beside the kiosk. `kiosk()` is the conversation's state."""

    others = NumericProperty(0.0)

    def __init__(
        self, props: Props, installer: Installer, say: Translator, kiosk: Callable[[], Kiosk], **kwargs: Any
    ) -> None:
        rules = str(Path(__file__).with_name("tray.kv"))
        if rules not in Builder.files:
            Builder.load_file(rules, encoding="utf-8")
        self._props, self._installer, self._say, self._kiosk = props, installer, say, kiosk
        self._walks: dict[Walker, Any] = {}
        self._lying = ""
        super().__init__(**kwargs)
        # `ids` are weak: what is taken out of the tree is kept here.
        self._box, self._grid, self._cards = (self.ids[name].__self__ for name in ("box", "grid", "cards"))
        self.cards: dict[str, TrayCard] = {}
        self.slots: dict[str, CardSlot] = {}
        self._lay_cards()
        self._say_fixed_texts()
        settle = Clock.create_trigger(self._settle, 0)
        for name in ("pos", "size"):
            self.fbind(name, settle)
            self.ids.reader.fbind(name, settle)
            for slot in self.slots.values():
                slot.fbind(name, settle)
        Clock.schedule_interval(self.refresh, REFRESH_SECONDS)
        self.refresh()

    # --- cards -----------------------------------------------------------------------------------------------------

    def _lay_cards(self) -> None:
        notes = {card.key: f"{card.number[:4]} {card.number[4:]}" for card in TRAY}
        notes["hotelier"] = self._say("demo_note_pin", pin=HOTELIER_PIN)
        notes["technician"] = self._say("demo_note_pin", pin=TECHNICIAN_PIN)
        for key in ("blocked", PULLED, BANK):
            notes[key] = self._say(f"demo_note_{key}")
        for key, look in LOOKS.items():
            title = self._say(f"demo_card_{key}")
            slot = CardSlot()
            self.slots[key] = slot
            self._grid.add_widget(slot)
            card = TrayCard(
                key=key,
                title=title,
                note=notes[key],
                icon=look.icon,
                tone=look.tone,
                first=look.first,
                last=look.last,
                touch_label=title,
                size_hint=(None, None),
            )
            card.bind(on_tap=self._tapped, on_dropped=self._dropped)
            self.cards[key] = card
            self._cards.add_widget(card)

    def _tapped(self, card: TrayCard) -> None:
        if self._lying == card.key:
            self._props.take_off()
        else:
            self._props.put_on(card.key)
        self._look()

    def _dropped(self, card: TrayCard) -> None:
        over = self.ids.reader.collide_point(*card.center)
        if over and self._lying != card.key:
            self._props.put_on(card.key)
        elif not over and self._lying == card.key:
            self._props.take_off()
        self._look()

    def _look(self) -> None:
        """Draw who lies on the reader, and send everybody else home."""
        self._lying = self._props.lying
        reader = self.ids.reader
        reader.lit = bool(self._lying)
        reader.text = self._say("demo_reader_taken" if self._lying else "demo_reader")
        self._settle(moving=True)

    def _place(self, key: str) -> tuple[tuple[float, float], tuple[float, float]]:
        """(position, size) of a card at rest."""
        slot = self.slots[key]
        if key != self._lying:
            return (slot.x, slot.y), (slot.width, slot.height)
        reader, width, height = self.ids.reader, slot.width * LYING_SCALE, slot.height * LYING_SCALE
        return (reader.center_x - width / 2, reader.y + reader.height * 0.45 - height / 2), (width, height)

    def _settle(self, *_: Any, moving: bool = False) -> None:
        for key, card in self.cards.items():
            pos, size = self._place(key)
            if card.held:
                continue
            # First: a card that has only just left for the reader is still near its place.
            Animation.cancel_all(card, "pos", "size")
            if near(card.pos, pos) and near(card.size, size):
                continue
            if moving:
                self._bring_forward(card)
                Animation(pos=pos, size=size, d=theme.SLIDE_SECONDS, t="out_quad").start(card)
            else:
                card.pos, card.size = pos, size

    def _bring_forward(self, card: TrayCard) -> None:
        box = self._cards
        if box.children[0] is not card:
            box.remove_widget(card)
            box.add_widget(card)

    # --- the rest ----------------------------------------------------------------------------------------------------

    def switch_network(self) -> None:
        self._props.switch_network(not self._props.network_on)
        self.refresh()

    def move_clock(self, milliseconds: int) -> None:
        self._props.move_clock(milliseconds)
        self.refresh()

    def walk(self, who: Walker) -> None:
        """Somebody passes with a beacon; touched again, they are gone at once."""
        ending = self._walks.pop(who, None)
        if ending is not None:
            ending.cancel()
            self._props.leave(who)
        else:
            self._props.come(who)
            self._walks[who] = Clock.schedule_once(lambda _elapsed: self._walked(who), WALK_SECONDS)
        self.refresh()

    def _walked(self, who: Walker) -> None:
        self._walks.pop(who, None)
        self._props.leave(who)
        self.refresh()

    def install(self) -> None:
        self._installer.start()
        self.refresh()

    def _say_fixed_texts(self) -> None:
        ids, say, office = self.ids, self._say, self._props.office
        ids.title.text = say("demo_title")
        ids.network.text = say("demo_network")
        ids.minutes.text, ids.hour.text = say("demo_clock_minutes"), say("demo_clock_hour")
        ids.day.text = say("demo_clock_day")
        ids.beacons.text = say("demo_beacons")
        ids.own.text, ids.stranger.text = say("demo_beacon_own"), say("demo_beacon_stranger")
        ids.office.text = say("demo_office")
        ids.office_address.text = office.address.removeprefix("http://")
        ids.office_entry.text = say("demo_office_entry", user=office.user, password=office.password)
        ids.install_title.text, ids.install_text.text = say("demo_install_title"), say("demo_install_text")

    def refresh(self, *_: Any) -> None:
        """Four times a second: what the kiosk says of itself, and what the hands did meanwhile."""
        ids, say, kiosk, props = self.ids, self._say, self._kiosk(), self._props
        ids.territory.text = kiosk.config.territory if kiosk.config else ""
        if props.lying != self._lying:
            self._look()
        elif not self._lying:
            ids.reader.text = say("demo_reader")
        on = props.network_on
        waiting = kiosk.line.facts_waiting if kiosk.line else 0
        ids.plug.on = on
        ids.plug.touch_label = say("demo_network_cut" if on else "demo_network_plug")
        ids.network_sign.name = "wifi" if on else "wifi_off"
        ids.network_note.text = say("demo_network_on" if on else "demo_network_off", waiting=waiting)
        day = i18n.format_day(local_day(kiosk.now_ms).isoformat(), say.language)
        ids.clock.text = f"{day[:1].upper()}{day[1:]}"
        ids.clock_time.text = i18n.format_clock(shell(kiosk).minute_of_day)
        ids.beacon_counts.text = say("demo_beacons_count", kept=kiosk.beacons_kept, dropped=kiosk.beacons_dropped)
        for who, button in ((Walker.OWN, ids.own), (Walker.STRANGER, ids.stranger)):
            button.chosen = who in self._walks
        self._refresh_installation(kiosk.paired)
        trouble = props.trouble or self._installer.trouble
        ids.trouble.text = say("demo_trouble", reason=trouble) if trouble else ""

    def _refresh_installation(self, paired: bool) -> None:
        ids, installer = self.ids, self._installer
        # In or out of the tree: what draws with a shader of its own would shine through an opacity of 0.
        for widget, shown in ((self._box, not paired), (self._grid, paired)):
            if shown and widget.parent is None:
                ids.people.add_widget(widget)
            elif not shown and widget.parent is not None:
                ids.people.remove_widget(widget)
        if paired and self._cards.parent is None:
            self.add_widget(self._cards)
        elif not paired and self._cards.parent is not None:
            self.remove_widget(self._cards)
        ids.install_address.text = installer.address
        code = installer.code
        ids.install_code.text = "-".join(code[at : at + 4] for at in range(0, len(code), 4))
        ids.install.text = self._say("demo_installing" if installer.running else "demo_install")
        ids.install.disabled = paired or installer.running


class DemoTable(FloatLayout, Themed):
    """The root of the demo's window: the kiosk at its own size on the left, the tray on its right.

    A window too small for both (a laptop's screen) shows all of it smaller; nothing is ever drawn larger.
    """

    def __init__(
        self,
        view: Widget,
        size: tuple[int, int],
        props: Props,
        installer: Installer,
        say: Translator,
        kiosk: Callable[[], Kiosk],
    ) -> None:
        super().__init__()
        view.size_hint, view.size, view.pos = (None, None), size, (0, 0)
        height = max(size[1], TRAY_SIZE[1])
        self.view = view
        self.tray = Tray(
            props, installer, say, kiosk, size_hint=(None, None), size=(TRAY_SIZE[0], height), pos=(size[0], 0)
        )
        self.plane = Scatter(
            size_hint=(None, None),
            size=(size[0] + TRAY_SIZE[0], height),
            do_rotation=False,
            do_scale=False,
            do_translation=False,
            auto_bring_to_front=False,
        )
        self.plane.add_widget(view)
        self.plane.add_widget(self.tray)
        with self.canvas.before:
            Color(*rgba(LIGHT.night))
            self._ground = Rectangle()
        with self.plane.canvas.before:
            Color(*rgba(LIGHT.ground))
            Rectangle(size=size)
        self.add_widget(self.plane)
        self.fbind("size", self._fit)
        self._fit()

    def _fit(self, *_: Any) -> None:
        plane = self.plane
        plane.scale = max(min(self.width / plane.width, self.height / plane.height, 1.0), SCALE_MIN)
        self._ground.size = self.size
        plane.center = (self.width / 2, self.height / 2)
