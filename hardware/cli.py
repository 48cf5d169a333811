"""Command lines of the devices: `zerot card …`."""

from __future__ import annotations

from hardware.card.cli import card

__all__ = ["card"]
