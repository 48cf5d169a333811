"""Find what a finger could touch, by its spoken name: used by the tour, the screen tests and explore-by-touch."""

from __future__ import annotations

from collections.abc import Iterator

from kivy.uix.widget import Widget

from kiosk.widgets.touch import Touchable


def touchables(root: Widget) -> Iterator[Touchable]:
    """Enabled, visible controls under `root`, in drawing order (the topmost last)."""
    if root.opacity < 0.5:
        return
    for child in reversed(root.children):
        if isinstance(child, Touchable) and child.opacity >= 0.5 and not child.disabled and child.width > 1:
            yield child
        yield from touchables(child)


def find_touchable(root: Widget, label: str) -> Touchable | None:
    """The topmost control named `label`; an exact name or typed character first, else a name that begins so."""
    begins = None
    exact = None
    for control in touchables(root):
        if label in (control.touch_label, getattr(control, "types", None)):
            exact = control
        elif control.touch_label.startswith(label):
            begins = begins or control
    return exact or begins


def find_by_label(root: Widget, label: str) -> tuple[float, float] | None:
    """Window coordinates of the centre of the enabled, visible control named `label`; None when there is none."""
    control = find_touchable(root, label)
    if control is None:
        return None
    x, y = control.to_window(*control.center)
    return float(x), float(y)


def labels(root: Widget) -> list[str]:
    """All names that can be touched now, in drawing order."""
    return [control.touch_label for control in touchables(root)]
