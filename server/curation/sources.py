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
    """The name that people know, with the source's own where there are several; an unknown one goes by its own."""
    kind, _, name = source.partition(":")
    label = _LABELS.get(kind, kind)
    return f"{label} · {name}" if name else label
