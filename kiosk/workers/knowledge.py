"""What this kiosk knows of its territory at this moment: the signed feeds, parsed once, read by every worker.

The value is replaced whole, never changed in place, so that any thread may read it without a lock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from domain.config import ConfigRefused, KioskConfig, Limits, parse_config
from domain.credits import ServerCredit
from domain.days import local_day
from domain.offers import Place
from domain.ports import Clock
from domain.purse import Circumstances
from kiosk.flow.events import ConfigArrived, OperatorInfo, PassOffer
from kiosk.workers.tally import Tally
from sync.credits import DueCredit, parse_credits, parse_due
from sync.wire import WireError

NO_BLOCKS: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Allowance:
    """`amount_cents`: what this desk may have loaded in all since `incarnation` began."""

    amount_cents: int
    incarnation: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class Known:
    """`config` is None until the first configuration arrived. `allowance` only where this desk has one."""

    config: KioskConfig | None = None
    blocked: frozenset[str] = NO_BLOCKS
    allowance: Allowance | None = None
    territory_name: str = ""
    credits: Mapping[str, ServerCredit] = field(default_factory=dict)  # signed orders by card number
    due: Mapping[str, DueCredit] = field(default_factory=dict)  # what the server owes, by card number


class Knowledge:
    """Reads the feeds' documents and answers what the workers ask."""

    def __init__(
        self,
        documents: Callable[[str], Mapping[str, Any] | None],
        tally: Tally,
        clock: Clock,
        device_number: int,
        incarnation: Callable[[], int],
        can_load: bool,
        clock_stands: Callable[[], bool] = lambda: False,
        server_key: bytes = b"",
    ) -> None:
        """`documents(feed)` gives the verified newest document. `incarnation()` is the journal's.

        `server_key` checks the orders of `credits`, 32 bytes Ed25519. `clock_stands()`: the system's clock is behind
        what certainly happened, so that no age can be told from it.
        """
        self._documents = documents
        self._tally = tally
        self._clock = clock
        self._device_number = device_number
        self._incarnation = incarnation
        self._can_load = can_load
        self._clock_stands = clock_stands
        self._server_key = server_key
        self._log = structlog.get_logger(__name__)
        self.known = Known()
        self.online = False
        self.revoked = False
        self.met_this_boot = False
        self.last_contact_ms: int | None = None

    def reload(self) -> Known:
        """Take what the feeds say now. A configuration that cannot be used leaves the one before in force."""
        before = self.known
        config, name = before.config, before.territory_name
        document = self._documents("config")
        if document is not None:
            try:
                config, unknown = parse_config(document)
                name = str(document.get("territory_name", config.programme_name))
                if unknown:
                    self._log.warning("the configuration has keys that this version does not know", keys=unknown)
            except ConfigRefused as error:
                self._log.error("the configuration is refused, the one before stays", reason=str(error))
        self.known = Known(config, self._blocked(), self._allowance(), name, self._credits(), self._due())
        return self.known

    def _blocked(self) -> frozenset[str]:
        document = self._documents("blocklist")
        if document is None:
            return self.known.blocked  # never fewer than known: a missing list unblocks nobody
        return frozenset(str(row["card_number"]) for row in document["cards"])

    def _allowance(self) -> Allowance | None:
        document = self._documents("allowance")
        if document is None or document["incarnation"] != self._incarnation():
            return None  # a restored or re-paired desk has none until it was online (design note "The card")
        return Allowance(document["amount_cents"], document["incarnation"], document["expires_at"])

    def _credits(self) -> Mapping[str, ServerCredit]:
        document = self._documents("credits")
        if document is None:
            return {}
        try:
            return parse_credits(document, self._server_key)
        except WireError as error:
            self._log.error("the credits are refused, those before stay", reason=str(error))
            return self.known.credits

    def _due(self) -> Mapping[str, DueCredit]:
        document = self._documents("credits")
        if document is None or "due" not in document:
            return {}
        try:
            return parse_due(document)
        except WireError as error:
            self._log.error("what is due to cards cannot be read", reason=str(error))
            return {}

    def allowance_left(self) -> int | None:
        """Cents that this desk may still load; None where it cannot load at all."""
        allowance = self.known.allowance
        if self.revoked or not self._can_load or allowance is None or allowance.expires_at <= self._clock.now_ms():
            return None
        return max(0, allowance.amount_cents - self._tally.loaded_in(allowance.incarnation))

    def circumstances(self) -> Circumstances:
        """For a purse operation now. Without or after its configuration the stricter limits hold."""
        config, now = self.known.config, self._clock.now_ms()
        cents, count = self._tally.unsent()
        since = None if self.last_contact_ms is None else max(0, now - self.last_contact_ms)
        if self._clock_stands() and not self.met_this_boot:
            since = None  # how long ago the server was met cannot be known: the strictest limit holds
        valid = config is not None and config.expires_at > now and not self.revoked
        return Circumstances(
            today=local_day(now),
            clock_confirmed=self.met_this_boot,
            online=self.online and valid,
            since_contact_ms=since if valid else None,
            device=self._device_number,
            site=config.site.number if config else 0,
            blocked=self.known.blocked,
            limits=config.limits if config else Limits(),
            points_per_site_day=config.points_per_site_day if config else 0,
            unsent_cents=cents,
            unsent_count=count,
            allowance_left_cents=self.allowance_left(),
        )

    def here(self) -> Place | None:
        """Where this kiosk stands."""
        config = self.known.config
        if config is None:
            return None
        site = config.site
        return Place(site.commune, "", site.latitude, site.longitude)

    def mobile_url(self) -> str:
        """Where the public pages of offers stand; '' where there are none."""
        config = self.known.config
        return config.mobile_url if config else ""

    def site_number(self) -> int:
        """0 until configured."""
        config = self.known.config
        return config.site.number if config else 0

    def place_names(self) -> tuple[str, str]:
        """(territory, site) for receipts."""
        config = self.known.config
        return (self.known.territory_name, config.site.name) if config else ("", "")

    def config_event(self) -> ConfigArrived | None:
        """What the flow needs of it."""
        config = self.known.config
        if config is None:
            return None
        site = config.site
        return ConfigArrived(
            territory=self.known.territory_name,
            place=f"{site.name} · {site.commune}" if site.commune not in site.name else site.name,
            site_number=site.number,
            reader_place=site.reader_place,
            idle_seconds=config.idle_seconds,
            operators=tuple(
                OperatorInfo(o.card_number, o.name, o.role, o.rights, o.expires_day) for o in config.operators
            ),
            blocked_cards=self.known.blocked,
            rewards=tuple(
                (reward.points, reward.texts["fr"], reward.texts.get("en", reward.texts["fr"]), reward.id)
                for reward in config.rewards
            ),
            points_per_site_day=config.points_per_site_day,
            help_phone=config.help_phone,
            may_load_cents=self.allowance_left(),
            passes=tuple(
                PassOffer(
                    line.id,
                    line.programme,
                    line.price_cents,
                    line.days,
                    line.uses,
                    tuple(config.sites.get(site, "") for site in sorted(line.sites)),
                    line.texts["fr"],
                    line.texts.get("en", line.texts["fr"]),
                )
                for line in config.passes
            ),
            may_credit=self._can_load and bool(self.known.credits) and not self.revoked,
        )
