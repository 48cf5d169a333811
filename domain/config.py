"""Configuration types: what the server tells a kiosk (the `config` feed of docs/sync-protocol.md).

`parse_config` is strict about what it knows and names what it does not: an unknown key is reported, never guessed, and
does not stop the kiosk. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.beacons import BeaconId, EddystoneId, IBeaconId, RegisteredBeacon

CONFIG_VERSION = 1


class ConfigRefused(ValueError):
    """The document cannot be used; the message is one clear English sentence."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of stored value; cents and counts. Defaults are those of the design note "The card"."""

    purse_limit_cents: int = 15_000
    monthly_load_limit_cents: int = 15_000
    offline_debit_limit_cents: int = 6_000
    offline_sum_limit_cents: int = 12_000
    offline_count_limit: int = 10
    kiosk_exposure_limit_cents: int = 150_000
    kiosk_exposure_limit_count: int = 500


@dataclass(frozen=True, slots=True)
class Site:
    """Where this kiosk stands. ppi and distance decide how large things are drawn."""

    number: int
    name: str
    commune: str
    latitude: float
    longitude: float
    ppi: int = 97
    reader_place: str = "below"


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody who may open the desk with their own card and PIN. `pin_hash` is scrypt(N=2^15, r=8, p=1), hex."""

    card_number: str
    name: str
    role: str
    rights: tuple[str, ...]
    expires_day: int
    pin_salt: str = field(repr=False)
    pin_hash: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RewardLine:
    id: str
    points: int
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PassLine:
    """A pass on sale: `days` calendar days from the sale on, `uses` entries (255: as many as one likes).

    `payee_site` is paid by the purse; `sites` open to it, none named means all; `once_a_day` counts them together.
    """

    id: str
    programme: int
    price_cents: int
    days: int
    uses: int
    payee_site: int
    sites: frozenset[int]
    once_a_day: bool
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class KioskConfig:
    """One signed configuration. Times in ms since 1970 UTC."""

    territory: str
    device: str
    issued_at: int
    expires_at: int
    site: Site
    language: str
    limits: Limits
    programme_number: int
    programme_name: str
    points_per_site_day: int
    idle_seconds: int
    operators: tuple[Operator, ...]
    sites: Mapping[int, str]
    beacons: tuple[RegisteredBeacon, ...]
    rewards: tuple[RewardLine, ...]
    mobile_url: str
    help_phone: str = ""
    award_on_tap: bool = False  # the points of a visit without a purchase, at a plain tap
    passes: tuple[PassLine, ...] = ()


PASSES_MAX = 50
REWARDS_MAX = 200

_TOP_KEYS = {
    "version",
    "territory",
    "territory_name",
    "device",
    "issued_at",
    "expires_at",
    "site",
    "language",
    "limits",
    "programme",
    "idle_seconds",
    "operators",
    "sites",
    "beacons",
    "rewards",
    "passes",
    "mobile_url",
    "help_phone",
}


def parse_config(document: Mapping[str, Any]) -> tuple[KioskConfig, tuple[str, ...]]:
    """The configuration and the names of keys that this version does not know. Raises ConfigRefused."""
    if document.get("version") != CONFIG_VERSION:
        raise ConfigRefused(
            f"The configuration has version {document.get('version')!r}, this kiosk reads {CONFIG_VERSION}."
        )
    unknown = [key for key in document if key not in _TOP_KEYS]
    try:
        limits_document = dict(document["limits"])
        unknown += [f"limits.{key}" for key in limits_document if key not in Limits.__dataclass_fields__]
        site = document["site"]
        programme = document["programme"]
        config = KioskConfig(
            territory=_text(document, "territory"),
            device=_text(document, "device"),
            issued_at=_whole(document, "issued_at"),
            expires_at=_whole(document, "expires_at"),
            site=Site(
                number=_whole(site, "number", high=0xFFFF),
                name=_text(site, "name"),
                commune=_text(site, "commune"),
                latitude=float(site["latitude"]),
                longitude=float(site["longitude"]),
                ppi=_whole(site, "ppi", low=60, high=600) if "ppi" in site else 97,
                reader_place=site.get("reader_place", "below"),
            ),
            language=_text(document, "language"),
            limits=Limits(
                **{key: _whole(limits_document, key) for key in limits_document if key in Limits.__dataclass_fields__}
            ),
            programme_number=_whole(programme, "number", high=0xFFFF),
            programme_name=_text(programme, "name"),
            points_per_site_day=_whole(programme, "points_per_site_day", high=10_000),
            idle_seconds=_whole(document, "idle_seconds", low=10, high=3600),
            operators=tuple(_operator(row) for row in document["operators"]),
            sites={_whole(row, "number", high=0xFFFF): _text(row, "name") for row in document["sites"]},
            beacons=tuple(_beacon(row) for row in document["beacons"]),
            rewards=tuple(
                RewardLine(_text(row, "id"), _whole(row, "points", low=1, high=1_000_000), _texts(row))
                for row in document["rewards"][:REWARDS_MAX]
            ),
            mobile_url=str(document.get("mobile_url", "")),
            help_phone=str(document.get("help_phone", "")),
            award_on_tap=_flag(programme, "award_on_tap"),
            passes=tuple(parse_pass(row) for row in document.get("passes", [])[:PASSES_MAX]),
        )
    except ConfigRefused:
        raise
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigRefused(f"The configuration lacks or misspells {error}.") from error
    return config, tuple(unknown)


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row[key]
    if not isinstance(value, str) or not value or len(value) > 500:
        raise ConfigRefused(f"The configuration's {key} is not a short text.")
    return value


def _whole(row: Mapping[str, Any], key: str, low: int = 0, high: int = (1 << 53) - 1) -> int:
    value = row[key]
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ConfigRefused(f"The configuration's {key} is not a whole number between {low} and {high}.")
    return value


def _flag(row: Mapping[str, Any], key: str) -> bool:
    value = row.get(key, False)
    if not isinstance(value, bool):
        raise ConfigRefused(f"The configuration's {key} is neither true nor false.")
    return value


def _texts(row: Mapping[str, Any]) -> Mapping[str, str]:
    """Names by language; French is always there."""
    texts = {str(language): _text(row["texts"], language) for language in row["texts"]}
    if "fr" not in texts:
        raise ConfigRefused("The configuration names something without a French text.")
    return texts


def parse_pass(row: Mapping[str, Any]) -> PassLine:
    """One row of `passes`. Raises ConfigRefused, and KeyError or TypeError for what is not there."""
    return PassLine(
        id=_text(row, "id"),
        programme=_whole(row, "programme", low=1, high=0xFFFF),
        price_cents=_whole(row, "price_cents", low=1, high=15_000),
        days=_whole(row, "days", low=1, high=400),
        uses=_whole(row, "uses", low=1, high=0xFF),
        payee_site=_whole(row, "payee_site", low=1, high=0xFFFF),
        sites=frozenset(_site_number(number) for number in row.get("sites", [])),
        once_a_day=_flag(row, "once_a_day"),
        texts=_texts(row),
    )


def _site_number(value: object) -> int:
    return _whole({"site": value}, "site", low=1, high=0xFFFF)


def _operator(row: Mapping[str, Any]) -> Operator:
    return Operator(
        card_number=_text(row, "card_number"),
        name=_text(row, "name"),
        role=_text(row, "role"),
        rights=tuple(str(right) for right in row["rights"]),
        expires_day=_whole(row, "expires_day", high=0xFFFF),
        pin_salt=_text(row, "pin_salt"),
        pin_hash=_text(row, "pin_hash"),
    )


def _beacon(row: Mapping[str, Any]) -> RegisteredBeacon:
    beacon: BeaconId
    if row["type"] == "ibeacon":
        beacon = IBeaconId(
            _text(row, "uuid").lower(), _whole(row, "major", high=0xFFFF), _whole(row, "minor", high=0xFFFF)
        )
    elif row["type"] == "eddystone_uid":
        beacon = EddystoneId(_text(row, "namespace").lower(), _text(row, "instance").lower())
    else:
        raise ConfigRefused(f"The configuration names a beacon of unknown type {row['type']!r}.")
    return RegisteredBeacon(_text(row, "name"), beacon, _whole(row, "site_number", high=0xFFFF))
