"""How the curator's pages name the sources of offers. Pure."""

from __future__ import annotations

_LABELS = {
    "territory": "Territoire",
    "manual": "Rédaction",
    "datatourisme": "DATAtourisme",
    "apidae": "Apidae",
    "ical": "Agenda iCal",
    "rss": "Fil RSS",
    "jsonld": "Page web",
    "csv": "Tableau CSV",
    "geojson": "GeoJSON",
    "producers": "Producteurs",
    "photos": "Photos",
}


def source_label(source: str) -> str:
    """The name that people know; a source that we do not know goes by its own."""
    return _LABELS.get(source, source)
