"""First start: type the address and the code, compare eight words, wait for approval, receive. Pure."""

from __future__ import annotations

from dataclasses import replace

from kiosk.flow import events as ev
from kiosk.flow.effects import ClaimPairing, FinishPairing, QueryHighlights
from kiosk.flow.model import Kiosk, Step, attract, put
from kiosk.flow.states import PairingState, PairStep

URL_MAX = 80
CODE_SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 12


def pairing(kiosk: Kiosk, screen: PairingState, event: ev.Event) -> Step | None:
    """Every step of pairing."""
    match event:
        case ev.ChooseField(field) if field in ("url", "code"):
            return put(kiosk, replace(screen, field=field))
        case ev.TypeText(letter) if screen.step is PairStep.TYPING:
            return put(kiosk, _typed(screen, letter))
        case ev.EraseText(everything) if screen.step is PairStep.TYPING:
            value = screen.url if screen.field == "url" else screen.code
            shorter = "" if everything else value[:-1]
            changed = replace(screen, url=shorter) if screen.field == "url" else replace(screen, code=shorter)
            return put(kiosk, replace(changed, notice=None))
        case ev.Confirm() if screen.step is PairStep.TYPING and screen.url and len(screen.code) == CODE_LENGTH:
            claiming = replace(screen, step=PairStep.CLAIMING, notice=None)
            return put(kiosk, claiming, ClaimPairing(screen.url, screen.code))
        case ev.PairClaimed(words):
            return put(kiosk, replace(screen, step=PairStep.COMPARING, words=words, notice=None))
        case ev.PairApproved():
            return put(kiosk, replace(screen, step=PairStep.RECEIVING, progress_percent=0), FinishPairing())
        case ev.PairProgress(percent) if screen.step is PairStep.RECEIVING:
            return put(kiosk, replace(screen, progress_percent=max(screen.progress_percent, percent)))
        case ev.PairFailed(notice):
            return put(kiosk, replace(screen, step=PairStep.TYPING, notice=notice, code="", words=()))
        case ev.PairDone():
            kiosk = replace(kiosk, paired=True, back=())
            return replace(kiosk, screen=attract(kiosk)), (QueryHighlights(kiosk.default_language),)
        case _:
            return None


def _typed(screen: PairingState, letter: str) -> PairingState:
    if screen.field == "url":
        return replace(screen, url=(screen.url + letter)[:URL_MAX], notice=None)
    # Crockford: what people misread is put right while they type (docs/sync-protocol.md, Pairing).
    symbol = {"O": "0", "I": "1", "L": "1"}.get(letter.upper(), letter.upper())
    if symbol not in CODE_SYMBOLS or len(screen.code) >= CODE_LENGTH:
        return screen
    return replace(screen, code=screen.code + symbol, notice=None)
