"""What imports say, in the curator's language. Pure."""

from __future__ import annotations

import re

from server.catalogue.results import Reason

REASONS_FR: dict[str, str] = {
    Reason.NOT_JSON: "n'est pas un fichier JSON lisible",
    Reason.NOT_OBJECT: "n'est pas une fiche",
    Reason.TOO_LARGE: "est trop gros pour une fiche",
    Reason.TOO_DEEP: "est trop compliqué pour être lu",
    Reason.BOMB: "se déplie sans fin : refusé (archive piégée)",
    Reason.UNREADABLE: "est abîmé dans l'archive",
    Reason.ENCRYPTED: "est protégé par un mot de passe",
    Reason.METHOD: "est compressé d'une façon que nous ne lisons pas : refaites un zip ordinaire",
    Reason.MISSING: "est annoncé par le flux, mais n'y est pas",
    Reason.NO_ID: "n'a pas d'identifiant",
    Reason.NO_TYPE: "ne dit pas ce que c'est",
    Reason.NOT_OFFER: "n'est ni un lieu, ni un événement, ni une activité",
    Reason.NO_NAME: "n'a de nom dans aucune langue",
    Reason.NO_PLACE: "ne dit ni commune ni coordonnées",
    Reason.NOT_SHOWN: "n'est pas publié par son propriétaire",
    Reason.NOT_SELECTED: "n'est dans aucune des sélections demandées",
    Reason.LINKED: "est hors de l'export : d'autres fiches y renvoient seulement",
    Reason.CLOSED: "est fermé jusqu'à nouvel ordre",
    Reason.REFUSED: "est un refus du service, pas une réponse",
    Reason.ONLY_IDS: "ne contient que des identifiants : demandez les fiches entières",
    Reason.NOT_CALENDAR: "n'est pas un agenda iCal",
    Reason.BAD_EVENT: "est un événement illisible",
    Reason.NO_DATE: "est un événement sans date lisible",
    Reason.NOT_FEED: "n'est pas un fil de blog (RSS ou Atom)",
    Reason.ENTITIES: "contient des entités XML : refusé par sécurité",
    Reason.NO_TEXT: "n'a pas de texte à montrer",
    Reason.NO_AUTHOR: "ne dit ni son auteur ni sa licence : donnez-les avec la source",
    Reason.NOT_PAGE: "n'est pas une page web",
    Reason.NO_DATA: "est une page qui ne décrit rien (aucune donnée schema.org)",
    Reason.NOT_TABLE: "n'est pas un tableau avec une colonne de noms",
    Reason.BAD_ROW: "est une ligne illisible",
    Reason.NO_KIND: "ne dit pas si c'est un producteur, un local ou un emploi : dites-le avec la source",
    Reason.TOO_MANY: "vient après le nombre de fiches qu'un flux peut avoir",
    Reason.NO_PICTURE: "n'est pas une photo qui peut être montrée",
}
# What became of an import, and why one failed; ``{0}`` is what the expression found.
_PHRASES = tuple(
    (re.compile(expression), french)
    for expression, french in (
        (r"(\d+) new drafts", "{0} nouveaux brouillons"),
        (r"(\d+) updated", "{0} mis à jour"),
        (r"(\d+) unchanged", "{0} inchangés"),
        (r"(\d+) joined to known offers", "{0} réunis à des fiches connues"),
        (r"(\d+) withdrawn", "{0} retirés"),
        (r"(\d+) stories", "{0} récits"),
        (r"(\d+) photos", "{0} photos"),
    )
)
_SENTENCES = tuple(
    (re.compile(expression), french)
    for expression, french in (
        (
            r"(\d+) drafts are no longer in the feed",
            "{0} fiches ont disparu du flux d'un coup : c'est trop pour être vrai, aucune n'a été retirée.",
        ),
        (r"(\d+) events lie wholly in the past", "{0} événements sont déjà passés : gardés, mais pas montrés."),
        (r"nobody answers there", "Personne ne répond à cette adresse."),
        (r"took too long", "Le service a mis trop longtemps à répondre."),
        (r"certificate", "Le certificat de sécurité du service n'est pas valable."),
        (r"elsewhere too often", "L'adresse renvoie sans cesse ailleurs."),
        (r"a page came instead", "Une page est venue à la place du flux."),
        (r"only public ones are", "Cette adresse n'est pas publique : elle ne peut pas être lue."),
        (r"answers with status (401|403)", "Le service refuse l'accès ({0}) : vérifiez la clé."),
        (r"answers with status (404|410)", "Le flux n'est plus à cette adresse ({0})."),
        (r"answers with status (\d+)", "Le service répond par une erreur ({0}). On réessaiera."),
        (r"cut off|damaged on the way|makes no sense", "La réponse est arrivée abîmée. On réessaiera."),
        (r"larger than|more than may be fetched|more pages", "Le flux est trop gros pour être lu."),
        (r"leads in circles", "Les pages du flux tournent en rond."),
        (r"characters that no address has", "L'adresse contient des caractères impossibles."),
        (r"does not exist|is neither a file nor", "Le fichier n'existe plus sur le serveur."),
        (r"is empty", "Le fichier est vide."),
        (r"holds no object", "Le flux ne contient aucune fiche."),
        (r"is packed with|holds archives", "L'archive en contient d'autres : dépliez-la d'abord."),
        (r"zip bomb", "L'archive est piégée : refusée."),
        (r"damaged zip", "L'archive est abîmée."),
        (r"holds no \w+|is not a zip", "Ce n'est pas un fichier du format choisi."),
        (r"database refuses", "La base de données a refusé l'import : rien n'a été écrit."),
        (r"more than two hours", "La lecture a duré plus de deux heures et a été arrêtée."),
        (r"stopped from outside|could not be started", "L'import a été interrompu : rien n'a été écrit."),
    )
)
UNKNOWN = "Le flux n'a pas pu être lu : vérifiez le format et l'adresse."


def reason_fr(reason: str) -> str:
    """Why an object was refused."""
    return REASONS_FR.get(reason, "n'a pas pu être lu")


def outcome_fr(said: str) -> str:
    """What an import said at its end, or why it failed; '' stays ''. French sentences of our own pass as they are."""
    if not said or re.match(r"L'import|L’import", said):
        return said
    counts = [
        _plural(french, found[1]) for expression, french in _PHRASES if (found := expression.search(said)) is not None
    ]
    sentences = [f"{', '.join(counts)}."] if counts else []
    for expression, french in _SENTENCES:
        if found := expression.search(said):
            sentences.append(french.format(*found.groups()))
            break
    return " ".join(sentences) or UNKNOWN


def _plural(french: str, count: str) -> str:
    text = french.format(count)
    if int(count) > 1:
        return text
    return " ".join(word.removesuffix("x").removesuffix("s") if word != "mis" else word for word in text.split(" "))
