"""The territory's masters as the card code holds them. The server is the second holder of key 2 (docs/card.md)."""

from __future__ import annotations

import json

from hardware.card.keys import KeyRing
from server.keys import CardMasters, build_issuing_keys


def ring_of(masters: CardMasters) -> KeyRing:
    """All masters; take `only` what is needed."""
    return KeyRing.from_json(json.loads(build_issuing_keys(masters)))
