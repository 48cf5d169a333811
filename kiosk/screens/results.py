"""Results: a page of picture cards, chips to refine, an honest count, a way on when nothing matches."""

from __future__ import annotations

from typing import Any

from kivy.metrics import dp

from kiosk import theme
from kiosk.flow import events
from kiosk.flow.states import ResultsState, Shell
from kiosk.screens.base import Context, Page
from kiosk.screens.parts import chip, draw_grid, draw_pager
from kiosk.screens.shape import results_grid

SORTS = ("near", "soon", "loved")


class ResultsScreen(Page):
    """Binds `ResultsState`."""

    redraw_on_turn = True

    def bar_title(self, shell: Shell) -> str:
        return self.t(f"door_{self.state.door}") if self.state else shell.place

    def __init__(self, context: Context, **kwargs: Any) -> None:
        super().__init__(context, **kwargs)
        # Strong references: one of the two is always out of the tree, where Kivy's `ids` would lose it.
        self._empty, self._grid = self.ids.empty.__self__, self.ids.grid.__self__

    def _swap(self, empty: bool) -> None:
        """Either the cards or the advice stands between the chips and the pager."""
        shown, hidden = (self._empty, self._grid) if empty else (self._grid, self._empty)
        body = self.ids.body
        if hidden.parent is not None:
            body.remove_widget(hidden)
        if shown.parent is None:
            body.add_widget(shown, index=1)

    def draw(self, state: ResultsState) -> None:
        ids = self.ids
        ids.chips.clear_widgets()
        for one in state.chips:
            if one.count == 0 and not one.on:
                continue  # it would lead to an empty page
            label = self.t(f"chip_{one.id}")
            text = label if one.on or one.count is None else f"{label} · {one.count}"
            widget = chip(self, text, events.ToggleChip(one.id), chosen=one.on)
            widget.touch_label = label
            ids.chips.add_widget(widget)
        ids.sorts.clear_widgets()
        for sort in SORTS if state.total > 1 else ():
            ids.sorts.add_widget(
                chip(self, self.t(f"sort_{sort}"), events.SortBy(sort), chosen=sort == state.sort, fill="card")
            )
        ids.count.text = self.t("ui_loading") if state.loading else self.t("results_count", count=state.total)
        empty = not state.loading and not state.cards
        ids.empty_title.text = self.t("ui_empty_title") if empty else ""
        ids.empty_next.text = self.t("ui_empty_next") if empty else ""
        self._swap(empty)
        draw_grid(self, self._grid, state.cards, results_grid(self.width, self.height))
        draw_pager(self, ids.pager, state.page, state.pages)
        ids.body.padding = (
            dp(theme.MARGIN),
            dp(theme.BAR_CLEARANCE),
            dp(theme.MARGIN),
            dp(theme.MARGIN if state.pages <= 1 else theme.GAP),
        )
