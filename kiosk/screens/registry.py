"""Which screen draws which state."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from kiosk.flow import states
from kiosk.screens.attract import AttractScreen
from kiosk.screens.base import Screen
from kiosk.screens.home import HomeScreen
from kiosk.screens.offer import OfferScreen

SCREENS: Mapping[type, type[Screen]] = MappingProxyType(
    {
        states.AttractState: AttractScreen,
        states.HomeState: HomeScreen,
        states.OfferState: OfferScreen,
    }
)
