"""Where shipped files are: beside the packages in a checkout, inside the bundle when frozen."""

from __future__ import annotations

import sys
from pathlib import Path


def root() -> Path:
    """The folder that holds `assets`."""
    bundle = getattr(sys, "_MEIPASS", None)
    return Path(bundle) if bundle else Path(__file__).resolve().parent.parent


def asset(*parts: str) -> Path:
    """A shipped file; the caller opens it."""
    return root().joinpath("assets", *parts)
