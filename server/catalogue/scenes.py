"""Which drawn scene suits an offer whose class says no more than "leisure" or "visit": its name often tells. Pure."""

from __future__ import annotations

from domain.offers import Category
from server.catalogue.mapping import Mapped
from sync.content.text import tokens

# Scenes that a class of no meaning of its own gets; the others are right already.
_VAGUE = frozenset(("hiking", "hilltop", "fountain"))
_CATEGORIES = frozenset((Category.OUTINGS, Category.SERVICES))

# Beginnings of words (folded, French and English) and the scene they call for; the first line that fits wins.
_NAMES = (
    ("canoe", ("canoe", "kayak", "paddle", "pedalo", "aviron", "barque", "gabare", "rowing")),
    ("horses", ("attelage", "caleche", "equestre", "equitation", "poney", "cheval", "chevaux", "horse", "ane", "anes")),
    ("cycling", ("velo", "velos", "velorail", "cyclo", "cycle", "bike", "vtt", "gyropode", "segway", "trott")),
    ("pottery", ("poterie", "potier", "ceramique", "ceramiste", "pottery")),
    ("workshop", ("vannerie", "vannier", "osier", "verrerie", "dentel", "atelier", "artisan", "forge", "savonn")),
    ("cellar", ("oenolog", "oenotour", "wine", "chai", "chais", "degustation")),
    ("vineyard", ("vigne", "vignes", "vignoble")),
    ("bees", ("abeille", "rucher", "miel", "apicult")),
    ("cafe", ("guinguette", "cafe", "brasserie")),
    ("baths", ("spa", "thermes", "thermal", "massage", "sauna", "hammam", "bains")),
    ("lake", ("piscine", "lac", "etang", "nautique", "peche", "pecher", "baignade", "plage", "voile", "swimming")),
    ("mills", ("moulin", "moulins", "mill")),
    ("castle", ("chateau", "chateaux", "castle", "forteresse", "donjon")),
    ("abbey", ("abbaye", "eglise", "chapelle", "prieure", "cathedrale", "collegiale", "abbey", "church", "chapel")),
    ("museum", ("musee", "museum", "galerie", "exposition")),
    ("ochres", ("grotte", "grottes", "gouffre", "falaise", "cave")),
    ("garden", ("jardin", "jardins", "parc", "arboretum", "roseraie", "golf", "garden", "park")),
    ("petanque", ("petanque", "boules", "boulodrome")),
    ("night_sky", ("planetarium", "observatoire", "astronom")),
    ("station", ("train", "gare", "autorail")),
)
_SHORT = 4  # letters: a shorter beginning must be the whole word ("ane" is no "anecdote")


def scene_for(mapped: Mapped, *names: str) -> str:
    """The illustration of an offer: the one of its class, or for a vague class the one its name calls for.

    `names` are its names in all its languages.
    """
    if mapped.illustration not in _VAGUE or mapped.category not in _CATEGORIES:
        return mapped.illustration
    words = [word for name in names for word in tokens(name)]
    for scene, beginnings in _NAMES:
        for beginning in beginnings:
            if any(word == beginning or (len(beginning) > _SHORT and word.startswith(beginning)) for word in words):
                return scene
    return mapped.illustration


def scenes() -> frozenset[str]:
    """Every drawing that a name may call for."""
    return frozenset(scene for scene, _ in _NAMES)
