"""A QR code as one SVG path: no picture file, no script."""

from __future__ import annotations

import qrcode
from django.utils.html import format_html
from django.utils.safestring import SafeString
from qrcode.constants import ERROR_CORRECT_M


def qr_svg(text: str) -> SafeString:
    """SVG of `text`, one unit per module, with the quiet zone of four that scanners need."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=4)
    code.add_data(text)
    code.make(fit=True)
    matrix = code.get_matrix()
    path = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark)
    return format_html(
        '<svg class="qr" viewBox="0 0 {0} {0}" shape-rendering="crispEdges" role="img" aria-label="Code d\'appairage">'
        '<rect width="{0}" height="{0}" fill="#fff"/><path d="{1}" fill="#261F33"/></svg>',
        len(matrix),
        path,
    )
