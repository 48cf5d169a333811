"""A paired kiosk at work: journal, state, content, and the workers around them. No Kivy.

Built once a pairing exists; `start` and `stop` bracket its life. `carry_out` takes effects on the UI thread and returns
at once: everything that waits is handed to a worker's own queue.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from shutil import disk_usage
from typing import Any

import structlog

from domain.canonical import JsonObject
from domain.cards import CardReading
from domain.days import local_time
from domain.facts import Fact, FactKind
from domain.maps import Spot
from domain.ports import Chance, Clock, Uuid7Ids
from hardware.beacon.port import BeaconScanner
from hardware.card.keys import KeyFileError, KeyName, KeyVault, LocalVault
from hardware.card.port import CardReader
from kiosk.config import Settings
from kiosk.desk_vault import DeskVault
from kiosk.device_keys import DeviceKeys
from kiosk.flow import effects as ef
from kiosk.flow import events as ev
from kiosk.hands import Hands
from kiosk.i18n import Translations
from kiosk.jobs import Jobs
from kiosk.opening import open_store
from kiosk.store.catalogue import Catalogue, open_catalogue
from kiosk.store.content import ContentStore
from kiosk.store.journal import Draft, JournalTrouble
from kiosk.store.journal_rescue import flag_damage
from kiosk.store.life import LifePlace
from kiosk.store.showing import open_on_show
from kiosk.tile_pictures import Decoder, no_pictures
from kiosk.workers import device_facts
from kiosk.workers.bundles import INBOX, Inbox, take_bundle
from kiosk.workers.card import CardWorker, SplitVault
from kiosk.workers.catalogue import CatalogueWorker
from kiosk.workers.clock import DeviceClock
from kiosk.workers.coupons import CouponBook
from kiosk.workers.desk import DeskJobs
from kiosk.workers.housekeeping import Housekeeping, keep_life
from kiosk.workers.key_roll import KeyRoll, key_refused
from kiosk.workers.knowledge import Knowledge
from kiosk.workers.map import MapWorker
from kiosk.workers.offer_view import spot_of
from kiosk.workers.pictures import PictureFiles
from kiosk.workers.places import Places
from kiosk.workers.purchases import OpenPurchases
from kiosk.workers.purse import Purse
from kiosk.workers.purse_ports import Line, Surroundings
from kiosk.workers.radio import PresenceClosed, PresenceNews, RadioStatus, RadioWorker
from kiosk.workers.relay import CreditCarrier, Relay
from kiosk.workers.site_key import SiteKey, kiosk_ring
from kiosk.workers.status import Status
from kiosk.workers.sync import SyncWorker
from kiosk.workers.tally import Tally
from kiosk.workers.texts import DevicePrinter
from kiosk.workers.till import Till
from kiosk.workers.travel import Travel, read_travel
from sync.client import DeviceClient
from sync.engine import Engine, SyncReport
from sync.feeds import Recipient
from sync.keys import DeviceIdentity
from sync.messages_cards import RELAY_CONTEXT
from sync.pairing import Pairing
from sync.ports import Progress
from sync.protocol import TRAVEL_KEY
from sync.sealing import UID_CONTEXT, seal
from sync.transport import Transport
from sync.wire import encode_binary

BUILD_MS = 1_795_219_200_000  # 2026-11-21: no kiosk with this software runs before it was written
HEALTH_EVERY_MS = 6 * 3_600_000
# How long a card is held there while the line is tried: the pass begins after 0.2 s and takes 0.1 s on a good line.
REACH_SECONDS = 1.2


@dataclass(frozen=True, slots=True)
class Devices:
    """The kiosk's hardware. `load_vault` opens a desk's key 2; `scanner` None where there is no radio."""

    reader: CardReader
    load_vault: DeskVault | None
    scanner: BeaconScanner | None
    presence_gap_ms: int | None = None


class Running:
    """See the module. Built on any thread; `carry_out` on the UI thread."""

    def __init__(
        self,
        settings: Settings,
        pairing: Pairing,
        identity: DeviceIdentity,
        devices: Devices,
        *,
        keys: DeviceKeys,
        life: LifePlace,
        revoked: Callable[[], None],
        transport: Transport,
        card_transport: Transport,
        clock: DeviceClock,
        chance: Chance,
        post: Callable[[ev.Event], None],
        translations: Translations,
        illustrations: Path,
        software: str,
        decode: Decoder = no_pictures,
    ) -> None:
        """Opens journal and state. Raises JournalTrouble, StateTrouble, KeyFileError: the kiosk cannot sell then.

        `revoked` is called on the sync thread, once the server signed that this kiosk is no more.
        """
        self._settings, self._pairing, self._clock, self._post = settings, pairing, clock, post
        self._revoked = revoked
        self._software = software
        self._log = structlog.get_logger(__name__)
        self._jobs = Jobs(post)
        self._cancel = threading.Event()
        self._words = {"reader": "no_reader", "radio": "off"}
        self._radio_counts = (0, 0)
        self._health_at_ms: int | None = None
        self._shown_version = -1
        self._pass_over = threading.Event()
        self._content_percent: Callable[[int], None] = lambda percent: None
        self._load_vault = self._open_desk(devices, identity)
        store = open_store(settings, pairing, life, clock, chance)
        self.state, self.journal, self._life = store.state, store.journal, store.life
        acknowledged = self.state.acknowledged()
        self.till = Till(self.journal, clock)
        self._housekeeping = Housekeeping(
            settings.journal, self.journal, self.state, identity.sign, identity.public_der
        )
        self._inbox = Inbox(
            settings.kiosk_home / INBOX,
            lambda path: take_bundle(path, pairing, identity, self.journal, self.state, self.content),
        )
        self.tally = Tally(self.journal.purse_facts())
        if acknowledged is not None:
            self.tally.acknowledge(acknowledged.incarnation, acknowledged.sequence)
        self.content = ContentStore(settings.content, pairing.server_key, check_catalogue_file)
        self._raise_floor()
        self.knowledge = Knowledge(
            self._document,
            self.tally,
            clock,
            int.from_bytes(sha256(pairing.device.encode()).digest()[:4], "big"),
            lambda: self.journal.last_place()[0],
            self._load_vault is not None,
            clock.stands,
            pairing.server_key,
        )
        self.knowledge.last_contact_ms = self.state.last_contact_ms()
        self.knowledge.revoked = self.state.revoked()
        self.knowledge.reload()
        self._desk = DeskJobs(self.state, self.knowledge, self.tally, clock, post)
        self.pictures = PictureFiles(illustrations, self.content.picture_path)
        self.places = Places(self.tally)
        self.status = Status(
            self.journal, self.state, self.content, self.knowledge, post, clock, lambda: self._purchases.doubts()
        )
        self.coupons = CouponBook(
            self.journal.of_kind(FactKind.COUPON_USED), self.append, self.knowledge.site_number, post
        )
        self.catalogue = CatalogueWorker(
            self._open_catalogue,
            self._now,
            self.knowledge.here,
            self.places.of_offer,
            post,
            self.knowledge.site_number,
            self.knowledge.mobile_url,
            self.coupons.left,
            self._travel,
            self.status.expired,
        )
        self.map = MapWorker(self.content.map_path, self._here, decode, post)
        self._site_vault = LocalVault(kiosk_ring(pairing, identity), chance)
        self.card = self._card_worker(
            devices, identity, self._device_client(card_transport, identity, chance), chance, translations, clock
        )
        self.radio = self._radio_worker(devices, clock)
        self.identity = identity
        self._client = self._device_client(transport, identity, chance)
        self._roll = KeyRoll(keys, identity, self._client, pairing.device)
        self._site_key = SiteKey(self._client, pairing, identity, settings.kiosk_home, self._site_vault)
        recipient = Recipient(pairing.territory, pairing.device, pairing.server_key)
        engine = Engine(
            self._client, self.journal, self.state, self.content, recipient, clock=clock, chance=chance,
            progress=self._progress,
        )  # fmt: skip
        # The scheduler counts in the system's time, which the demo's clock does not move.
        self.sync = SyncWorker(engine, self._passed, self._sync_failed, DeviceClock(), self._cancel)
        self._hands = Hands(
            self.catalogue,
            self.map,
            self.card,
            self._desk,
            self.coupons,
            self._jobs,
            self.append,
            self.knowledge.site_number,
            self.sync.hurry,
        )

    # --- life ----------------------------------------------------------------------------------------------------

    def start(self, percent: Callable[[int], None] = lambda percent: None) -> None:
        """Start the workers. `percent` hears how much of new content is here."""
        self._content_percent = percent
        self.catalogue.start()
        self.map.start()
        self.card.start()
        if self.radio is not None:
            config = self.knowledge.known.config
            if config is not None:
                self.radio.set_beacons(config.beacons)
            self.radio.start()
        self.status.tell_config()
        self._jobs.later(self.status.tell_line)  # reads the journal: not on the UI thread
        self.sync.start()

    def stop(self) -> None:
        """Stop everything in order: no card is torn, what was heard is kept, the journal closes last."""
        self.card.stop()
        if self.radio is not None:
            self.radio.stop()
        self.sync.stop()
        self.catalogue.stop()
        self.map.stop()
        self._jobs.stop()
        self.journal.close()
        self.state.close()

    def _raise_floor(self) -> None:
        """The device's time is never before what certainly happened: the build, the server's word, signed content.

        Our own facts are not among it: one boot with a clock ten years ahead would keep every card expired for ever.
        """
        self._clock.raise_floor(max(BUILD_MS, self.content.newest_issued_at(), self.state.last_server_ms()))

    # --- what workers are made of ----------------------------------------------------------------------------------

    def _open_desk(self, devices: Devices, identity: DeviceIdentity) -> KeyVault | None:
        """A desk whose load key does not open still sells: it says why it cannot load, and only that."""
        if devices.load_vault is None:
            return None
        try:
            return devices.load_vault(self._pairing, identity)
        except KeyFileError as error:
            self._log.error("this desk cannot load", reason=str(error))
            return None

    def _device_client(self, transport: Transport, identity: DeviceIdentity, chance: Chance) -> DeviceClient:
        """One per thread that talks to the server."""
        pairing, cancelled = self._pairing, self._cancel.is_set
        return DeviceClient(
            transport, pairing.url, pairing.device, identity, clock=self._clock, chance=chance, cancelled=cancelled
        )

    def _can_load(self) -> bool:
        return self.knowledge.allowance_left() is not None and self._holds_load_key()

    def _holds_load_key(self) -> bool:
        """On the card thread, when money comes onto a card: the key module may have been taken home."""
        return self._load_vault is not None and not self.knowledge.revoked and self._load_vault.holds(KeyName.LOAD)

    def _card_worker(
        self,
        devices: Devices,
        identity: DeviceIdentity,
        client: DeviceClient,
        chance: Chance,
        translations: Translations,
        clock: Clock,
    ) -> CardWorker:
        vault = SplitVault(self._site_vault, self._load_vault)
        printer = DevicePrinter(identity.sign, self._pairing.device, self.knowledge.place_names, translations, clock)
        purse = Purse(
            self,
            OpenPurchases(self.journal.open_intents()),
            self._surroundings,
            lambda uid: encode_binary(seal(self._pairing.server_sealing_key, uid, UID_CONTEXT, chance)),
            printer,
            Uuid7Ids(clock, chance),
            self._post,
            self._ticket_name,
            Line(self._reach_server, lambda: int.from_bytes(chance.token(2), "big")),
        )
        self._purchases = purse.purchases
        relay = Relay(
            client,
            lambda box: seal(self._pairing.server_sealing_key, box, RELAY_CONTEXT, chance),
            Uuid7Ids(clock, chance),
        )
        return CardWorker(
            devices.reader,
            lambda: vault,
            purse,
            self._post,
            lambda word: self._words.update(reader=word),
            CreditCarrier(relay, self._credit_due, lambda: self.knowledge.online, self._post),
        )

    def _credit_due(self, reading: CardReading) -> int:
        """Cents that the server owes this card, as far as the feeds tell and file 06 does not have them."""
        due = self.knowledge.known.due.get(reading.identity.card_number)
        held = reading.credits
        return 0 if due is None or held is None else due.missing(held.total_credited_cents)

    def _radio_worker(self, devices: Devices, clock: Clock) -> RadioWorker | None:
        if devices.scanner is None:
            return None
        options: dict[str, int] = {} if devices.presence_gap_ms is None else {"gap_ms": devices.presence_gap_ms}
        return RadioWorker(devices.scanner, clock, on_presence=self._heard, on_status=self._radio_status, **options)

    def _document(self, feed: str) -> Mapping[str, Any] | None:
        return self.state.document(feed)

    def _open_catalogue(self) -> Catalogue | None:
        """On the catalogue thread: the version on show, or the one before when its file is damaged."""
        catalogue, passed_over = open_on_show(self.content)
        if passed_over:
            self._log.error("a catalogue cannot be shown", passed_over=passed_over)
            self.sync.hurry()
        return catalogue

    def _here(self) -> Spot | None:
        """Where the kiosk stands; its configuration says 0, 0 while nobody has entered a place."""
        here = self.knowledge.here()
        return spot_of(here) if here is not None and (here.latitude or here.longitude) else None

    def _travel(self) -> Travel:
        """On the catalogue thread: the distances from this site, with the content on show."""
        site = self.knowledge.site_number()
        return read_travel(self.content.picture_path(f"{TRAVEL_KEY}{site}"), site)

    def _now(self) -> datetime:
        return local_time(self._clock.now_ms())

    def _surroundings(self) -> Surroundings:
        known = self.knowledge
        config = known.known.config
        return Surroundings(
            known.circumstances(),
            self._can_load,
            self.places.left,
            known.allowance_left,
            holds_load_key=self._holds_load_key,
            award_on_tap=config.award_on_tap if config else False,
            rewards={line.id: line for line in config.rewards} if config else {},
            passes={line.id: line for line in config.passes} if config else {},
            credit_of=known.known.credits.get,
            debit_of=self.tally.done_debit,
            ticket_site=self.tally.ticket_site,
        )

    def _reach_server(self) -> None:
        """On the card thread, before a debit that wants the server: one pass of the engine, or a second."""
        self._pass_over.clear()
        self.sync.hurry()
        self._pass_over.wait(REACH_SECONDS)

    def _ticket_name(self, _kind: str, reference: str) -> str:
        return self.tally.ticket_name(reference) or f"n° {reference[:4].upper()} {reference[4:].upper()}"

    # --- journal -------------------------------------------------------------------------------------------------

    def append(self, kind: str, body: JsonObject, fact_id: str | None = None) -> Fact:
        """Append and count: the purse's journal port. Blocks until fsync; never on the UI thread."""
        self.till.close_if_due()
        fact = self.journal.append(str(kind), body, fact_id)
        self.tally.take(fact)
        if kind.endswith(".outcome"):
            self.sync.hurry()
        return fact

    def append_all(self, drafts: Sequence[Draft]) -> tuple[Fact, ...]:
        """Several facts in one commit: the purse's journal port."""
        self.till.close_if_due()
        kept = self.journal.append_all(drafts)
        for fact in kept:
            self.tally.take(fact)
        self.sync.hurry()
        return kept

    def has_room(self) -> bool:
        return self.journal.has_room()

    # --- effects ---------------------------------------------------------------------------------------------------

    def carry_out(self, effect: ef.Effect) -> None:
        """On the UI thread: returns at once."""
        self._hands.carry_out(effect)

    # --- radio -----------------------------------------------------------------------------------------------------

    def _heard(self, news: PresenceNews) -> None:
        """On the radio's thread, which must outlive a full disk."""
        if not isinstance(news, PresenceClosed):
            return
        try:
            self.append(FactKind.PRESENCE, device_facts.presence(news.presence))
        except JournalTrouble as error:
            self._log.error("a presence could not be kept", reason=str(error))

    def _radio_status(self, status: RadioStatus) -> None:
        self._words["radio"] = status.word
        self._radio_counts = (status.kept, status.dropped)
        self._post(ev.RadioNews(status.kept, status.dropped))

    # --- sync ------------------------------------------------------------------------------------------------------

    def _progress(self, progress: Progress) -> None:
        if progress.content_percent is not None:
            self._content_percent(progress.content_percent)
        self.status.tell_progress(progress)

    def _passed(self, report: SyncReport) -> None:
        """After each pass, on the sync thread."""
        known = self.knowledge
        brought = self._inbox.empty()
        if key_refused(report.trouble) and self._roll.recover():
            self.sync.hurry()
        known.online = report.online and not report.revoked
        if (report.revoked or report.met) and report.revoked != known.revoked:
            known.revoked = report.revoked
            self.state.set_revoked(report.revoked)
        if report.revoked and self._client.is_revoked(self._pairing.server_key):
            self._revoked()
            return
        known.met_this_boot = known.met_this_boot or report.online
        known.last_contact_ms = self.state.last_contact_ms()
        head = self.state.acknowledged()
        if head is not None:
            self.tally.acknowledge(head.incarnation, head.sequence)
        if report.new_feeds or report.new_incarnation is not None or brought:
            known.reload()
            self.status.tell_config()
            config = known.known.config
            if self.radio is not None and config is not None:
                self.radio.set_beacons(config.beacons)
        for feed, reason in report.refused_feeds:
            self._log.warning("a feed was refused", feed=feed, reason=reason.value)
        if self.content.active_version() != self._shown_version:
            self._show_content()
        self._pass_over.set()
        self.status.tell_line()
        self.till.close_if_due()
        if report.online:
            self._housekeeping.after_contact()
            self._roll.go_on(self.state.document("identity"))
            if self._site_key.go_on(self.state.document("keys")):
                self._health_at_ms = None  # the server waits to hear of it
        keep_life(self._life, self.journal)
        self._health()

    def _show_content(self) -> None:
        self._shown_version = self.content.active_version()
        self._raise_floor()
        self.pictures.forget()
        self.catalogue.reopen()
        self.map.reopen()
        self.status.tell_content()

    def _sync_failed(self, error: Exception) -> None:
        self.knowledge.online = False
        flag_damage(self._settings.journal, error)
        self._pass_over.set()
        self.status.tell_line()

    def _health(self) -> None:
        """A fact about this device at start and every six hours."""
        mono = self._clock.monotonic_ms()
        if self._health_at_ms is not None and mono - self._health_at_ms < HEALTH_EVERY_MS:
            return
        self._health_at_ms = mono
        kept, dropped = self._radio_counts
        body = device_facts.health(
            software=self._software,
            content_version=self.content.active_version(),
            facts_waiting=self.status.waiting(),
            oldest_unsent_at=self.status.oldest_waiting_ms(),
            clock_offset=self.state.clock_offset_now(self._clock.monotonic_ms),
            disk_free_bytes=disk_usage(self._settings.home).free,
            reader=self._words["reader"],
            radio=self._words["radio"],
            beacons_kept=kept,
            beacons_dropped=dropped,
            doubts=self._purchases.doubts(),
            site_key=self._site_key.version,
        )
        self.append(FactKind.DEVICE_HEALTH, body)


def check_catalogue_file(path: Path) -> None:
    """Every page of it can be read. Raises CatalogueFailed."""
    open_catalogue(path, thorough=True).close()
