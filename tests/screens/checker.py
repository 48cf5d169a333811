"""Measures a drawn screen: cut text, targets too small or too close, controls without a name, things off the screen."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product
from typing import Any

TARGET_MM = 12.0
PRIMARY_MM = 15.0
GAP_MM = 3.0
KEY_MM, KEY_GAP_MM = 8.7, 1.4  # of the letter keys of a small portrait tablet, which must stand ten in a row
TOLERANCE_PX = 1.5
OVERLAP_PX = 6.0  # line boxes of two texts may touch; their letters may not


def visible(root: Any) -> Iterator[Any]:
    """Every widget that is drawn."""
    if root.opacity < 0.5:
        return
    yield root
    for child in root.children:
        yield from visible(child)


def box(widget: Any) -> tuple[float, float, float, float]:
    left, bottom = widget.to_window(widget.x, widget.y)
    return left, bottom, left + widget.width, bottom + widget.height


def longest_word_width(label: Any) -> float:
    from kiosk.widgets.base import measure

    words = label.text.replace("\n", " ").split(" ")
    return float(max(measure(word, label.font_size, label.bold, label.font_name)[0] for word in words))


def text_faults(root: Any, size: tuple[int, int]) -> list[str]:
    """Texts larger than their box, broken inside a word, or outside the window."""
    from kivy.uix.label import Label

    faults = []
    for label in visible(root):
        if not isinstance(label, Label) or not label.text.strip():
            continue
        wide, tall = label.texture_size
        if tall > label.height + TOLERANCE_PX or (label.text_size[0] is None and wide > label.width + TOLERANCE_PX):
            faults.append(f"cut: {label.text!r} {label.texture_size} in {tuple(label.size)}")
        room = label.width - label.padding[0] - label.padding[2]
        if label.text_size[0] is not None and longest_word_width(label) > room + TOLERANCE_PX:
            faults.append(f"word broken: {label.text!r} in {room:.0f} px")
        left, bottom, right, top = box(label)
        if left < -1 or bottom < -1 or right > size[0] + 1 or top > size[1] + 1:
            faults.append(f"off the screen: {label.text!r} at {box(label)}")
    return faults


def overlap_faults(root: Any) -> list[str]:
    """Texts that lie on those of the top bar: a column that holds too much pushes its first line up there."""
    from kivy.uix.label import Label

    from kiosk.widgets.top_bar import TopBar

    def texts(widget: Any) -> list[Any]:
        return [label for label in visible(widget) if isinstance(label, Label) and label.text.strip()]

    above = [label for bar in visible(root) if isinstance(bar, TopBar) for label in texts(bar)]
    below = [label for label in texts(root) if label not in above]
    faults = []
    for one, other in product(below, above):
        a, b = ink(one), ink(other)
        wide, tall = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
        if wide > OVERLAP_PX and tall > OVERLAP_PX:
            faults.append(f"one on the other: {one.text!r} and {other.text!r}")
    return faults


def ink(label: Any) -> tuple[float, float, float, float]:
    """Where a label's text may be: its texture, aligned in its box."""
    left, bottom, right, top = box(label)
    wide, tall = min(label.texture_size[0], right - left), min(label.texture_size[1], top - bottom)
    if label.text_size[0] is None:
        middle = (left + right) / 2
        left, right = middle - wide / 2, middle + wide / 2
    spare = top - bottom - tall
    below = {"bottom": 0.0, "top": spare}.get(label.valign, spare / 2)
    return left, bottom + below, right, bottom + below + tall


def target_faults(root: Any, size: tuple[int, int], ppi: float) -> list[str]:
    """Controls that a finger would miss, that nobody named, or that leave the window."""
    from kiosk.widgets.find import touchables

    mm = 25.4 / ppi
    faults = []
    controls = list(touchables(root))
    for control in controls:
        least = PRIMARY_MM if control.primary else KEY_MM if control.role == "key" else TARGET_MM
        if min(control.size) * mm < least - 0.1:
            faults.append(f"small: {control.touch_label!r} {control.width * mm:.1f} × {control.height * mm:.1f} mm")
        if not control.touch_label.strip():
            faults.append(f"no name: {control}")
        left, bottom, right, top = box(control)
        if left < -1 or bottom < -1 or right > size[0] + 1 or top > size[1] + 1:
            faults.append(f"off the screen: {control.touch_label!r}")
    for one, other in combinations(controls, 2):
        least = KEY_GAP_MM if one.role == other.role == "key" else GAP_MM
        if gap_px(box(one), box(other)) * mm < least - 0.15:
            faults.append(f"too close: {one.touch_label!r} and {other.touch_label!r}")
    return faults


def gap_px(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """Distance between two rectangles, 0 when they touch or overlap."""
    across = max(other[0] - one[2], one[0] - other[2], 0.0)
    along = max(other[1] - one[3], one[1] - other[3], 0.0)
    return float((across**2 + along**2) ** 0.5)


def name_faults(root: Any) -> list[str]:
    """Two controls of one name cannot be told apart by ear."""
    from kiosk.widgets.find import labels

    names = labels(root)
    return [f"name twice: {name!r}" for name in sorted(set(names)) if names.count(name) > 1]
