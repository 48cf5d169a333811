"""Texts that leave the kiosk: tickets in a QR, receipts of loads. Signed by the device key where it matters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from domain.cards import format_card_number
from domain.days import day_from_number, day_number, local_time
from domain.ports import Clock
from domain.tickets import Ticket, format_ticket, offer_ref, short_code, signing_bytes, ticket_body
from kiosk.i18n import Translations, format_day, format_time
from kiosk.workers.asked import Claim, Order


class DevicePrinter:
    """Implements `kiosk.workers.purse_ports.TicketPrinter`. `sign` gives a raw 64-byte P-256 signature."""

    def __init__(
        self,
        sign: Callable[[bytes], bytes],
        device: str,
        place: Callable[[], tuple[str, str]],
        translations: Translations,
        clock: Clock,
    ) -> None:
        """`place()` is (territory, site name) as the configuration has them now."""
        self._sign = sign
        self._device = device
        self._place = place
        self._translations = translations
        self._clock = clock

    def ticket(self, order: Order) -> str:
        """A line for the person who photographs it, then the signed token."""
        ticket = Ticket(
            ticket_id=order.ticket,
            offer_ref=offer_ref(order.offer),
            day=day_number(date.fromisoformat(order.slot_day)),
            start=order.slot_start,
            people=order.people,
            device=self._device,
        )
        body = ticket_body(ticket)
        say = self._translations.for_language(order.language)
        when = f"{format_day(order.slot_day, say.language)} {format_time(order.slot_start, say.language)}"
        line = f"{order.name} · {when} · {say('people', people=order.people)} · {short_code(order.ticket)}"
        return format_ticket(body, self._sign(signing_bytes(body)), line)

    def reward(self, claim: Claim, day: int) -> str:
        """As a ticket; its reference is the reward's, so that it opens no door."""
        ticket = Ticket(
            ticket_id=claim.claim, offer_ref=offer_ref(f"reward:{claim.reward}"), day=day, start=0, people=1,
            device=self._device,
        )  # fmt: skip
        body = ticket_body(ticket)
        say = self._translations.for_language(claim.language)
        line = (
            f"{claim.name} · {format_day(day_from_number(day).isoformat(), say.language)} · {short_code(claim.claim)}"
        )
        return format_ticket(body, self._sign(signing_bytes(body)), line)

    def receipt(
        self, card_number: str, amount_cents: int, balance_cents: int, transfer: str, language: str, kind: str = "load"
    ) -> str:
        """What a guest may keep of a load, or of an amount that a partner took."""
        say = self._translations.for_language(language)
        territory, site = self._place()
        now = local_time(self._clock.now_ms())
        minute = now.hour * 60 + now.minute
        label, sign = ("op_load", "+") if kind == "load" else ("op_charge", "\u2212")
        lines = (
            f"{territory} · {site}",
            f"{format_day(now.date().isoformat(), say.language)} {format_time(minute, say.language)}",
            f"{say(label)} : {sign}{say.money(amount_cents)} · {format_card_number(card_number)}",
            f"= {say.money(balance_cents)} · {short_code(transfer)}",
        )
        return "\n".join(lines)
