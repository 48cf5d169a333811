"""Eight words that two people read to each other to know that two screens show the same keys.

64 bits would let a machine in the middle look for two key pairs with the same words (2³² tries on each side), so each
try costs one scrypt (32 MiB, about 0.1 s): that is centuries within the code's 15 minutes.
"""

from __future__ import annotations

from hashlib import scrypt
from typing import Final

WORDS_TAG: Final = b"zerot-words-1"
_COST: Final = 1 << 15

_TEXT: Final = """
    abeille abricot acacia agneau aigle ail algue amande ananas ancre âne anneau arbre arc argile armoire
    asperge atelier auberge aurore avion avoine bague balai balcon baleine bambou banane bassin bateau
    bâton berger beurre biche bijou biscuit bison blé bocal bois bonbon bonnet botte bouclier bougie
    boussole bouton brebis brique brise brosse brume buisson bureau cabane cacao cactus café caillou calme
    camion canard canoë carafe carotte cascade castor cerise chaise chameau chapeau charrue château ours
    chêne cheval chèvre ciel cigale cigogne ciseau citron clairon clé cloche otarie clou coffre colline
    collier colombe compas coq corail corde coton coude couleur coupe courge couteau crabe craie crayon
    crêpe cuivre cygne dahlia dauphin dentelle désert diamant dindon domino dragon drapeau écaille échelle
    écharpe éclair écorce écureuil église encre enclume épée épine éponge érable escargot étable étoile
    éventail facteur faisan falaise farine faucon fenêtre ferme feuille ficelle figue filet flamme flèche
    fleuve flocon flûte foin fontaine forêt forge fougère panier fourmi fraise framboise fromage fusée
    galet gant gazelle genêt girafe glacier gland gomme gorge goutte graine grange grelot grenier griotte
    grotte guitare hameau harpe herbe hérisson hibou hiver horloge houx huile huître île image iris ivoire
    jambon jardin jasmin jeton jonc journal jument kayak képi kiwi koala lac laine lampe lanterne lapin
    laurier lavande légume lézard librairie lièvre lilas lime linge lion livre loup loutre lune lynx maïs
    persil mandarine manège marbre mésange melon menthe merle miel mimosa miroir moineau moulin mouette
    mousse muguet mulet mûre musée navet navire neige nénuphar noisette nuage oasis olive orage orchidée
    pigeon prairie radis renard
"""
WORDS: Final = tuple(_TEXT.split())


def eight_words(
    public_der: bytes, sealing_public: bytes, server_key: bytes, server_sealing_key: bytes
) -> tuple[str, ...]:
    """The words for the device's two public keys and the server's two; about 0.1 s of work, 32 MiB.

    Raises ValueError when a key has not its one length (91, 32, 32, 32 bytes): lengths keep the parts apart.
    """
    keys = (public_der, sealing_public, server_key, server_sealing_key)
    if tuple(len(key) for key in keys) != (91, 32, 32, 32):
        raise ValueError("keys are 91, 32, 32 and 32 bytes")
    chosen = scrypt(b"".join(keys), salt=WORDS_TAG, n=_COST, r=8, p=1, maxmem=64 << 20, dklen=8)
    return tuple(WORDS[byte] for byte in chosen)
