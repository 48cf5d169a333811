"""The modules of a QR code. Pure: no Kivy, so that what is shown can be read back without a window."""

from __future__ import annotations

import qrcode
from qrcode.constants import ERROR_CORRECT_M

QUIET_MODULES = 4  # ISO/IEC 18004: four modules of white around the code


def qr_matrix(data: str) -> list[list[bool]]:
    """Modules of the smallest code that holds `data` at level M, with its quiet zone; top row first."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=QUIET_MODULES)
    code.add_data(data)
    code.make(fit=True)
    return [[bool(module) for module in line] for line in code.get_matrix()]
