"""Design tokens: every colour, size, font and duration the kiosk draws with has its name here, and nowhere else.

Colours are "#RRGGBB" texts (`rgba` turns them into what Kivy wants). Lengths are dp (1/160 inch once the bootstrap has
set KIVY_METRICS_DENSITY to ppi/160), text sizes are sp. Durations are seconds. Source: design note "Screens".
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

MM_PER_INCH = 25.4
DP_PER_INCH = 160.0
# The layouts are drawn for a short side of 1 320 dp (15.6 inches, 800 lines). A smaller screen is held nearer the eyes:
# everything shrinks with it, down to this share; targets are sized so that they are still 12 and 15 mm then.
SHORT_SIDE = 1320.0
COMPACT_SHARE = 0.78
COMPACT_BELOW = 1200.0  # dp of short side: a small tablet

# Text steps (sp). `AMOUNT` and `HERO` stand above the scale: one figure or one headline alone on the screen.
TEXT_TINY = 22.0
TEXT_SMALL = 28.0
TEXT_BODY = 33.0
TEXT_STRONG = 36.0
TEXT_LEAD = 44.0
TEXT_HEADING = 52.0
TEXT_TITLE = 72.0
TEXT_TITLE_COMPACT = 56.0
TEXT_HERO = 110.0
TEXT_AMOUNT = 140.0
# Steps tried in turn when a text must fit a box.
TEXT_STEPS = (140.0, 110.0, 92.0, 72.0, 60.0, 52.0, 44.0, 36.0, 33.0, 28.0, 25.0, 22.0, 18.0)

# Lengths (dp).
MARGIN = 46.0
MARGIN_WIDE = 66.0
GAP = 27.0
GAP_SMALL = 24.3  # 3 mm on the smallest screen: the least distance between two targets
GAP_TIGHT = 10.0
RADIUS_CARD = 30.0
RADIUS_BUTTON = 38.0
RADIUS_TILE = 36.0
RADIUS_PANEL = 56.0
BAR_HEIGHT = 120.0
BAR_CLEARANCE = 14.0  # with what the bar leaves under its circles, 3 mm to the next target
CIRCLE = 98.0
CHIP_HEIGHT = 97.5
TARGET = 97.5  # 12 mm on the smallest screen
TARGET_PRIMARY = 121.5  # 15 mm on the smallest screen
BUTTON_HEIGHT = 120.0
PRIMARY_HEIGHT = 138.0
PORTRAIT_PRIMARY_HEIGHT = 160.0
OUTLINE = 1.6
RULE = 1.6
PADDING = 30.0
ICON = 50.0
ICON_LARGE = 68.0
SHADOW_REACH = 40.0
SHADOW_DROP = 9.0
TEXT_COLUMN_MAX = 1300.0  # a line of text longer than this is tiring to read

# Durations (seconds). Calm: 180 to 240 ms, nothing flashes.
FADE_SECONDS = 0.2
SLIDE_SECONDS = 0.22
READER_PERIOD_SECONDS = 2.6
ATTRACT_SCENE_SECONDS = 7.0
ATTRACT_FADE_SECONDS = 0.9
ATTRACT_WORD_SECONDS = 2.4

# The map: its paper (where there is no tile) and the colour of each kind of offer; white stands on all of them at 7:1.
MAP_PAPER = "#F1ECDD"
CATEGORY_COLOURS = MappingProxyType(
    {
        "outings": "#5B4AA6",
        "walks": "#46521F",
        "wine": "#7A2340",
        "food": "#8A3B0C",
        "deals": "#9B2226",
        "stay": "#1F5560",
        "events": "#46378B",
        "services": "#4A4456",
    }
)

FONT = "Roboto"
FONT_ICONS = "Icons"


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one theme. `on_…` is what is written over the colour of that name."""

    name: str
    ground: str
    ground_desk: str
    card: str
    ink: str
    muted: str
    primary: str
    primary_deep: str
    primary_pale: str
    on_primary: str
    on_primary_muted: str
    accent: str
    good: str
    bad: str
    bad_pale: str
    good_pale: str
    warn_pale: str
    sun: str
    sun_pale: str
    on_sun: str
    chip: str
    on_chip: str
    rule: str
    shadow: str
    bar_desk: str
    bar_technician: str
    white: str
    night: str
    doors: tuple[str, ...]


LIGHT = Palette(
    name="light",
    ground="#FBF7F0",
    ground_desk="#F3EEE6",
    card="#FFFFFF",
    ink="#261F33",
    muted="#554C61",
    primary="#46378B",
    primary_deep="#32265F",
    primary_pale="#F0EAF9",
    on_primary="#FFFFFF",
    on_primary_muted="#EDE8FA",
    accent="#8A3B0C",
    good="#46521F",
    bad="#9B2226",
    bad_pale="#FCEBE7",
    good_pale="#EEF1DC",
    warn_pale="#F8E3CB",
    sun="#F2C14E",
    sun_pale="#F7D98C",
    on_sun="#261F33",
    chip="#EFE8DA",
    on_chip="#261F33",
    rule="#E8E1D6",
    shadow="#261F33",
    bar_desk="#32265F",
    bar_technician="#261F33",
    white="#FFFFFF",
    night="#251B45",
    doors=("#46378B", "#5B4AA6", "#46521F", "#7A2340", "#8A3B0C", "#A03022", "#245B6B", "#32265F"),
)

DARK = Palette(
    name="dark",
    ground="#1B1726",
    ground_desk="#15121E",
    card="#2A2438",
    ink="#FBF7F0",
    muted="#D3CBDD",
    primary="#CFC4FF",
    primary_deep="#E4DEFF",
    primary_pale="#352C4C",
    on_primary="#1B1726",
    on_primary_muted="#2A2438",
    accent="#FFD38A",
    good="#CBDD92",
    bad="#FFB4AB",
    bad_pale="#43232B",
    good_pale="#2E3620",
    warn_pale="#46331C",
    sun="#F2C14E",
    sun_pale="#F7D98C",
    on_sun="#261F33",
    chip="#352E45",
    on_chip="#FBF7F0",
    rule="#40384F",
    shadow="#000000",
    bar_desk="#32265F",
    bar_technician="#000000",
    white="#FFFFFF",
    night="#251B45",
    doors=("#46378B", "#5B4AA6", "#46521F", "#7A2340", "#8A3B0C", "#A03022", "#245B6B", "#32265F"),
)

# What is written on what: the checker measures each pair in both themes (at least 7:1).
TEXT_PAIRS = (
    ("ink", "ground"),
    ("ink", "ground_desk"),
    ("ink", "card"),
    ("ink", "primary_pale"),
    ("ink", "bad_pale"),
    ("ink", "good_pale"),
    ("muted", "ground"),
    ("muted", "card"),
    ("muted", "ground_desk"),
    ("primary", "card"),
    ("primary_deep", "card"),
    ("primary_deep", "ground"),
    ("primary_deep", "chip"),
    ("on_primary", "primary"),
    ("on_primary_muted", "primary"),
    ("accent", "card"),
    ("accent", "ground"),
    ("good", "card"),
    ("bad", "card"),
    ("bad", "ground"),
    ("on_sun", "sun"),
    ("on_chip", "chip"),
    ("ink", "warn_pale"),
    ("white", "bar_desk"),
    ("white", "bar_technician"),
    ("white", "night"),
)


def density(ppi: float, width_px: int, height_px: int) -> float:
    """What KIVY_METRICS_DENSITY must be for a screen of this resolution and size in pixels."""
    true_density = ppi / DP_PER_INCH
    short_side = min(width_px, height_px) / true_density
    return true_density * min(max(short_side / SHORT_SIDE, COMPACT_SHARE), 1.0)


def rgba(colour: str, alpha: float = 1.0) -> tuple[float, float, float, float]:
    """'#RRGGBB' → Kivy's four numbers from 0 to 1."""
    return (int(colour[1:3], 16) / 255, int(colour[3:5], 16) / 255, int(colour[5:7], 16) / 255, alpha)


def mix(colour: str, other: str, share: float) -> str:
    """`colour` with `share` (0 to 1) of `other` in it."""
    pairs = ((int(colour[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in pairs)


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2 definition."""
    channels = []
    for value in rgba(colour)[:3]:
        channels.append(value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4)
    return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.2)."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)
