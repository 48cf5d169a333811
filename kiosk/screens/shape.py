"""How much fits: pure arithmetic on the window's size, shared by the screens and the flow's `ScreenShape`."""

from __future__ import annotations

from dataclasses import dataclass

from kivy.metrics import dp

from kiosk import theme
from kiosk.flow.events import ScreenShape

CARD_WIDTH_MIN = 560.0  # dp: below this a name wraps twice
CARD_HEIGHT_MIN = 350.0  # dp: picture of at least 185 and two lines of text
RESULTS_CHROME = (
    theme.BAR_HEIGHT + theme.BAR_CLEARANCE + 2 * (theme.CHIP_HEIGHT + theme.GAP) + theme.TARGET_PRIMARY + 2 * theme.GAP
)
CHIP_LINE = theme.CHIP_HEIGHT + theme.GAP_SMALL  # in portrait the chips take a second line


@dataclass(frozen=True, slots=True)
class Grid:
    """Columns and rows of a page of cards."""

    columns: int
    rows: int

    @property
    def cards(self) -> int:
        return self.columns * self.rows


def results_grid(width_px: float, height_px: float) -> Grid:
    """The grid of cards on a results page of this size, at the current density."""
    width = width_px / dp(1) - 2 * theme.MARGIN
    height = height_px / dp(1) - RESULTS_CHROME - (CHIP_LINE if height_px > width_px else 0)
    columns = max(1, min(4, int((width + theme.GAP) // (CARD_WIDTH_MIN + theme.GAP))))
    rows = max(1, min(4, int((height + theme.GAP) // (CARD_HEIGHT_MIN + theme.GAP))))
    return Grid(columns, rows)


def search_grid(width_px: float, height_px: float) -> Grid:
    """The grid of cards above the keyboard."""
    width = width_px / dp(1) - 2 * theme.MARGIN
    columns = max(1, min(4, int((width + theme.GAP) // (CARD_WIDTH_MIN + theme.GAP))))
    return Grid(columns, 2 if height_px > width_px else 1)


def screen_shape(width_px: float, height_px: float) -> ScreenShape:
    """What the flow needs to know of the window."""
    return ScreenShape(
        results_per_page=results_grid(width_px, height_px).cards,
        search_per_page=search_grid(width_px, height_px).cards,
    )
