"""Certificates whose dates are judged by another clock than the system's: that of the server's signed time.

OpenSSL checks chain and name as ever but not the time (X509_V_FLAG_NO_CHECK_TIME, openssl/x509_vfy.h); the dates of the
server's own certificate are then compared here, before a byte is sent. Python shows no more of the chain than that one.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import Final

from cryptography.x509 import load_der_x509_certificate
from urllib3.util.ssl_ import create_urllib3_context

_NO_CHECK_TIME: Final = 0x200000
ANY_TIME: Final = 0  # Request.judge_at_ms: the dates are not looked at, for the question what time it is


class CertificateDate(OSError):
    """The certificate does not hold at the time that judges it."""


@dataclass(frozen=True, slots=True)
class Dates:
    """From when to when a certificate holds, in ms since 1970 UTC."""

    first_ms: int
    last_ms: int

    def check(self, at_ms: int) -> None:
        """Raises CertificateDate."""
        if at_ms != ANY_TIME and not self.first_ms <= at_ms <= self.last_ms:
            raise CertificateDate("the certificate does not hold at the server's own time")


def undated_context() -> ssl.SSLContext:
    """Verifies chain and name, leaves the dates to `Dates.check`."""
    context = create_urllib3_context()
    context.verify_flags |= _NO_CHECK_TIME
    return context


def dates_of(der: bytes) -> Dates:
    """Raises ValueError for what is no certificate."""
    certificate = load_der_x509_certificate(der)
    first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return Dates(round(first.timestamp() * 1000), round(last.timestamp() * 1000))
