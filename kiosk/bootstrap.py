"""The one place that names concrete adapters: real reader, real radio, real network, the window."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from hardware.beacon.bleak_scanner import BleakBeaconScanner
from hardware.card.module_vault import ModuleVault
from hardware.card.pcsc import PcscReader
from hardware.card.system import SystemChance
from hardware.tpm import Tpm, TpmTrouble, find_tpm
from kiosk import resources
from kiosk.config import Settings
from kiosk.desk_vault import DeskVault, read_module_secret, sealed_file
from kiosk.device_keys import DeviceKeys
from kiosk.i18n import read_translations
from kiosk.running import Devices
from kiosk.services import Services
from kiosk.store.life import LifeFile
from kiosk.tile_pictures import DecodedTile
from kiosk.tpm_life import TpmLife
from kiosk.workers.clock import DeviceClock
from sync.http import Bounds, Fetcher
from sync.keys import DeviceIdentity, KeyTrouble

if TYPE_CHECKING:
    from kivy.uix.widget import Widget

    from kiosk.app import KioskApp


# Somebody stands there with the card: a line that takes longer for one small request is no line for a card session.
CARD_BOUNDS = Bounds(connect_seconds=2.0, read_seconds=4.0, total_seconds=6.0)


def software_version() -> str:
    """As the server shows it."""
    try:
        return version("zerot-kiosk")
    except PackageNotFoundError:  # a frozen kiosk carries no package metadata
        return "0.1.0"


def desk_vault(settings: Settings, chance: SystemChance) -> DeskVault | None:
    """Key 2 of a desk: in the module of its second slot, else in a file sealed to it. Raises KeyFileError."""
    if settings.module_slot and settings.module_secret is not None:
        vault = ModuleVault(PcscReader(settings.module_slot), read_module_secret(settings.module_secret))
        return lambda _pairing, _identity: vault
    return sealed_file(settings.desk_keys, chance) if settings.desk_keys is not None else None


def real_devices(settings: Settings, clock: DeviceClock, chance: SystemChance) -> Devices:
    """PC/SC reader, bleak radio, the desk's key module or key file where there is one. Raises KeyFileError."""
    return Devices(
        reader=PcscReader(settings.reader, avoid=settings.module_slot),
        load_vault=desk_vault(settings, chance),
        scanner=BleakBeaconScanner(clock, chance),
    )


def open_tpm(settings: Settings) -> Tpm | None:
    """This machine's TPM, None where there is none or it is not to be used. Raises KeyTrouble when it does not work."""
    tcti = find_tpm() if settings.tpm == "auto" else settings.tpm
    if tcti is None or tcti == "off":
        return None
    try:
        return Tpm(tcti)
    except TpmTrouble as error:
        raise KeyTrouble(f"{error}. ZEROT_TPM=off does without a TPM") from error


def device_keys(settings: Settings) -> DeviceKeys:
    """Where this kiosk's keys are. Raises KeyTrouble."""
    return DeviceKeys(settings.identity, open_tpm(settings))


def device_signer(settings: Settings) -> DeviceIdentity:
    """The keys of this kiosk. Raises KeyTrouble: unreadable, or this kiosk was never paired."""
    identity = device_keys(settings).read()
    if identity is None:
        raise KeyTrouble(f"{settings.identity} holds no key: this kiosk was never paired")
    return identity


def build_services(settings: Settings, devices: Devices, clock: DeviceClock, chance: SystemChance) -> Services:
    """Everything behind the window."""
    software = software_version()
    tpm = open_tpm(settings)
    return Services(
        settings,
        devices,
        keys=DeviceKeys(settings.identity, tpm),
        life=TpmLife(tpm) if tpm is not None else LifeFile(settings.life),
        transport=lambda: Fetcher(user_agent=f"zerot-kiosk/{software}"),
        card_transport=lambda: Fetcher(CARD_BOUNDS, user_agent=f"zerot-kiosk/{software}"),
        clock=clock,
        chance=chance,
        translations=read_translations(resources.asset("translations")),
        illustrations=resources.asset("illustrations"),
        software=software,
        decode=_decode_tile,
    )


def _decode_tile(data: bytes) -> DecodedTile | None:
    """Kivy's decoder, imported at the first tile: by then its environment is set."""
    from kiosk.widgets.tile_decoder import decode_tile

    return decode_tile(data)


def build_app(
    settings: Settings,
    services: Services,
    *,
    language: str = "fr",
    decorate: Callable[[Widget], Widget] | None = None,
) -> KioskApp:
    """The window over the services; Kivy is imported here, after its environment was set."""
    from kiosk.app import KioskApp

    return KioskApp(
        queue=services.queue,
        clock=services.clock,
        translations=read_translations(resources.asset("translations")),
        pictures=services,
        tiles=services,
        carry_out=services.carry_out,
        started=services.start,
        paired=services.paired,
        language=language,
        window=settings.window,
        decorate=decorate,
    )
