"""The operator's PIN: scrypt as the signed configuration gives it, misses that survive a restart."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import scrypt
from hmac import compare_digest

from domain.config import Operator

MISSES_MAX = 5
LOCK_MINUTES = 15
# N=2^15, r=8, p=1 takes 32 MiB; OpenSSL wants a little more than that allowed (design note "The card").
SCRYPT_N, SCRYPT_R, SCRYPT_P = 1 << 15, 8, 1
SCRYPT_MEMORY = 64 << 20


def pin_matches(operator: Operator, pin: str) -> bool:
    """About a tenth of a second: call it from a worker."""
    salt, expected = bytes.fromhex(operator.pin_salt), bytes.fromhex(operator.pin_hash)
    found = scrypt(
        pin.encode(), salt=salt, n=SCRYPT_N, r=SCRYPT_R, p=SCRYPT_P, maxmem=SCRYPT_MEMORY, dklen=len(expected)
    )
    return compare_digest(found, expected)


def find_operator(operators: Sequence[Operator], card_number: str) -> Operator | None:
    return next((operator for operator in operators if operator.card_number == card_number), None)
