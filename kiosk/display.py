"""How large the display is, asked before the window is made. No Kivy.

SDL leaves the size of a full-screen window to the window manager. A kiosk's X server has none (`packaging/session`):
the window stayed as small as it began while everything in it was laid out for the display. So it begins that large.
"""

from __future__ import annotations

import ctypes
import os

X11_LIBRARY = "libX11.so.6"  # the one that SDL opens itself


def x11_size() -> tuple[int, int] | None:
    """Width and height in pixels of the X server's screen as it is turned now; None where there is no X server."""
    if not os.environ.get("DISPLAY"):
        return None
    try:
        x11 = ctypes.CDLL(X11_LIBRARY)
    except OSError:
        return None
    x11.XOpenDisplay.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(x11.XOpenDisplay(None))
    if not connection:
        return None
    try:
        screen = x11.XDefaultScreen(connection)
        return x11.XDisplayWidth(connection, screen), x11.XDisplayHeight(connection, screen)
    finally:
        x11.XCloseDisplay(connection)


def begin_at(size: tuple[int, int]) -> None:
    """Kivy's window will be made without a frame at the upper left corner, `size` pixels; before Kivy is imported."""
    os.environ.update(
        KCFG_GRAPHICS_WIDTH=str(size[0]),
        KCFG_GRAPHICS_HEIGHT=str(size[1]),
        KCFG_GRAPHICS_BORDERLESS="1",
        KCFG_GRAPHICS_POSITION="custom",
        KCFG_GRAPHICS_LEFT="0",
        KCFG_GRAPHICS_TOP="0",
    )
