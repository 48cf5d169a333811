"""Which screen draws which state."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from kiosk.flow import states
from kiosk.screens.about import AboutScreen
from kiosk.screens.attract import AttractScreen
from kiosk.screens.base import Screen
from kiosk.screens.buy import BuyScreen
from kiosk.screens.charge import ChargeScreen
from kiosk.screens.choices import ChoicesScreen
from kiosk.screens.confirm import ConfirmScreen
from kiosk.screens.coupon import CouponScreen
from kiosk.screens.desk_home import DeskHomeScreen
from kiosk.screens.done import DoneScreen
from kiosk.screens.help import HelpScreen
from kiosk.screens.home import HomeScreen
from kiosk.screens.language import LanguageScreen
from kiosk.screens.load import LoadScreen
from kiosk.screens.load_done import LoadDoneScreen
from kiosk.screens.map import MapScreen
from kiosk.screens.my_card import MyCardScreen
from kiosk.screens.my_day import MyDayScreen
from kiosk.screens.notice import NoticeScreen
from kiosk.screens.offer import OfferScreen
from kiosk.screens.paid import PaidScreen
from kiosk.screens.pairing import PairingScreen
from kiosk.screens.pin import PinScreen
from kiosk.screens.present_card import PresentCardScreen
from kiosk.screens.results import ResultsScreen
from kiosk.screens.review import ReviewScreen
from kiosk.screens.search import SearchScreen
from kiosk.screens.take_away import TakeAwayScreen
from kiosk.screens.wifi import WifiScreen
from kiosk.screens.working import WorkingScreen

SCREENS: Mapping[type, type[Screen]] = MappingProxyType(
    {
        states.AttractState: AttractScreen,
        states.HomeState: HomeScreen,
        states.ResultsState: ResultsScreen,
        states.SearchState: SearchScreen,
        states.OfferState: OfferScreen,
        states.TakeAwayState: TakeAwayScreen,
        states.CouponState: CouponScreen,
        states.WifiState: WifiScreen,
        states.BuyState: BuyScreen,
        states.ReviewState: ReviewScreen,
        states.PresentCardState: PresentCardScreen,
        states.WorkingState: WorkingScreen,
        states.PaidState: PaidScreen,
        states.NoticeState: NoticeScreen,
        states.MyCardState: MyCardScreen,
        states.PinState: PinScreen,
        states.DeskHomeState: DeskHomeScreen,
        states.LoadState: LoadScreen,
        states.LoadDoneState: LoadDoneScreen,
        states.MyDayState: MyDayScreen,
        states.PairingState: PairingScreen,
        states.AboutState: AboutScreen,
        states.HelpState: HelpScreen,
        states.LanguageState: LanguageScreen,
        states.ChoicesState: ChoicesScreen,
        states.ConfirmState: ConfirmScreen,
        states.DoneState: DoneScreen,
        states.ChargeState: ChargeScreen,
        states.MapState: MapScreen,
    }
)
