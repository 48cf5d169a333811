"""From Apidae's kinds and reference words to class names that `mapping` knows. Pure.

Apidae names a broad kind (``PATRIMOINE_CULTUREL``) and refines it by reference elements ("Château", "Musée") of
several hundred lists that grow. We read the French word of an element, whatever list it stands in; a word that we do
not know leaves the object with its broad kind, so that nothing is lost.
"""

from __future__ import annotations

from collections.abc import Iterable

from sync.content.text import fold

KINDS: dict[str, tuple[str, ...]] = {
    "ACTIVITE": ("ActivityProvider",),
    "COMMERCE_ET_SERVICE": ("Store", "LocalBusiness"),
    "DEGUSTATION": ("TastingProvider",),
    "DOMAINE_SKIABLE": ("SportsAndLeisurePlace",),
    "EQUIPEMENT": ("SportsAndLeisurePlace",),
    "FETE_ET_MANIFESTATION": ("EntertainmentAndEvent",),
    "HEBERGEMENT_COLLECTIF": ("CollectiveAccommodation", "Accommodation"),
    "HEBERGEMENT_LOCATIF": ("RentalAccommodation", "Accommodation"),
    "HOTELLERIE": ("Hotel", "Accommodation"),
    "HOTELLERIE_PLEIN_AIR": ("Camping", "Accommodation"),
    "PATRIMOINE_CULTUREL": ("CulturalSite",),
    "PATRIMOINE_NATUREL": ("NaturalHeritage",),
    "RESTAURATION": ("Restaurant", "FoodEstablishment"),
    "SEJOUR_PACKAGE": ("Product",),
}
# Organisations and territories are no places to go to.
NOT_OFFERS = frozenset(("STRUCTURE", "TERRITOIRE"))
_LODGING = frozenset(("HEBERGEMENT_COLLECTIF", "HEBERGEMENT_LOCATIF", "HOTELLERIE", "HOTELLERIE_PLEIN_AIR"))

# Beginnings of folded words, and the class they tell. All that match count; `mapping` ranks them.
_EVENT_WORDS: tuple[tuple[str, str], ...] = (
    ("marche", "Market"),
    ("brocante", "BricABrac"),
    ("vide grenier", "GarageSale"),
    ("foire", "FairOrShow"),
    ("salon", "FairOrShow"),
    ("festival", "Festival"),
    ("carnaval", "Carnival"),
    ("concert", "Concert"),
    ("musique", "Concert"),
    ("opera", "Opera"),
    ("theatre", "TheaterEvent"),
    ("danse", "DanceEvent"),
    ("cirque", "CircusEvent"),
    ("cinema", "ScreeningEvent"),
    ("spectacle", "ShowEvent"),
    ("exposition", "Exhibition"),
    ("conference", "Conference"),
    ("sport", "SportsEvent"),
    ("cyclis", "SportsEvent"),
    ("randonnee", "Rambling"),
    ("enfant", "ChildrensEvent"),
    ("pelerinage", "PilgrimageAndProcession"),
    ("religie", "ReligiousEvent"),
    ("vendange", "Harvest"),
    ("portes ouvertes", "OpenDay"),
    ("stage", "TrainingWorkshop"),
    ("atelier", "TrainingWorkshop"),
)
_PLACE_WORDS: tuple[tuple[str, str], ...] = (
    ("chateau", "Castle"),
    ("forteresse", "FortifiedCastle"),
    ("citadelle", "Citadel"),
    ("musee", "Museum"),
    ("centre d'interpretation", "InterpretationCentre"),
    ("mediatheque", "Library"),
    ("bibliotheque", "Library"),
    ("galerie", "ArtGalleryOrExhibitionGallery"),
    ("abbaye", "Abbey"),
    ("eglise", "Church"),
    ("chapelle", "Chapel"),
    ("cathedrale", "Cathedral"),
    ("basilique", "Basilica"),
    ("monastere", "Monastery"),
    ("patrimoine religieux", "ReligiousSite"),
    ("moulin", "Mill"),
    ("archeolog", "ArcheologicalSite"),
    ("grotte", "CaveSinkholeOrAven"),
    ("aven", "CaveSinkholeOrAven"),
    ("gorge", "Gorge"),
    ("canyon", "Canyon"),
    ("cascade", "Waterfall"),
    ("lac", "Lake"),
    ("plan d'eau", "Lake"),
    ("etang", "Pond"),
    ("riviere", "River"),
    ("plage", "Beach"),
    ("baignade", "Beach"),
    ("piscine", "SwimmingPool"),
    ("thermal", "BalneotherapyCentre"),
    ("parc animalier", "ZooAnimalPark"),
    ("zoo", "Zoo"),
    ("aquarium", "Aquarium"),
    ("parc d'attraction", "AmusementPark"),
    ("parc de loisirs", "ThemePark"),
    ("parc et jardin", "ParkAndGarden"),
    ("jardin", "ParkAndGarden"),
    ("point de vue", "PointOfView"),
    ("panorama", "PointOfView"),
    ("foret", "Forest"),
    ("itineraire de randonnee pedestre", "WalkingTour"),
    ("pedestre", "WalkingTour"),
    ("sentier", "EducationalTrail"),
    ("itineraire de randonnee equestre", "HorseTour"),
    ("equestre", "EquestrianCenter"),
    ("itineraire vtt", "CyclingTour"),
    ("itineraire cyclo", "CyclingTour"),
    ("itineraire de randonnee cyclo", "CyclingTour"),
    ("voie verte", "CyclingTour"),
    ("canoe", "NauticalCentre"),
    ("kayak", "NauticalCentre"),
    ("rafting", "NauticalCentre"),
    ("eau vive", "NauticalCentre"),
    ("petit train", "TouristTrain"),
    ("train touristique", "TouristTrain"),
    ("train", "TouristTrain"),
    ("golf", "SportsAndLeisurePlace"),
    ("petanque", "BoulesPitch"),
    ("boulodrome", "BoulesPitch"),
    ("aire de jeux", "PlayArea"),
    ("cinema", "Cinema"),
    ("theatre", "Theater"),
    ("casino", "Casino"),
    ("gare", "TrainStation"),
    ("parking", "Parking"),
    ("taxi", "TaxiCompany"),
    ("transport", "Transport"),
    ("office de tourisme", "TouristInformationCenter"),
    ("syndicat d'initiative", "TouristInformationCenter"),
    ("location de velo", "EquipmentRental"),
    ("location", "EquipmentRental"),
    ("boulang", "Bakery"),
    ("patisser", "Bakery"),
    ("glacier", "IceCreamShop"),
    ("cave cooperative", "WineCellar"),
    ("caveau", "WineCellar"),
    ("vin", "WineCellar"),
    ("viticult", "Winery"),
    ("brasserie artisanale", "Brewery"),
    ("biere", "Brewery"),
    ("producteur", "Producer"),
    ("fromage", "Producer"),
    ("miel", "Producer"),
    ("huile", "Producer"),
    ("ferme", "Producer"),
    ("produits du terroir", "LocalProductsShop"),
    ("produits regionaux", "LocalProductsShop"),
    ("artisan", "CraftsmanShop"),
    ("poterie", "CraftsmanShop"),
    ("aire camping car", "CamperVanArea"),
    ("aire de service", "CamperVanArea"),
    ("chambre d'hotes", "Guesthouse"),
    ("bar", "BarOrPub"),
    ("cafe", "CafeOrTeahouse"),
    ("salon de the", "CafeOrTeahouse"),
    ("creperie", "Restaurant"),
)
# A shop that sells climbing shoes is no walk: these kinds stay what they are, whatever sport is practised there.
_ONLY_PRODUCTS = frozenset(("DEGUSTATION",))
_PRODUCTS = frozenset(("WineCellar", "Winery", "Brewery", "Producer", "LocalProductsShop"))


def _tells(start: str, folded: str) -> bool:
    # "Lac" is not "lacets", "vin" no "vingt": short words count whole.
    if len(start) <= 4:
        return f" {start} " in folded or f" {start}s " in folded
    return f" {start}" in folded


def classes_of(kind: str, words: Iterable[str]) -> tuple[str, ...]:
    """Class names for an Apidae kind and the French labels of its reference elements; () for what is no offer."""
    broad = KINDS.get(kind)
    if broad is None:
        return () if kind in NOT_OFFERS or not kind else ("PlaceOfInterest",)
    table = _EVENT_WORDS if kind == "FETE_ET_MANIFESTATION" else _PLACE_WORDS
    told: list[str] = []
    if kind not in _LODGING or kind == "HEBERGEMENT_LOCATIF":
        for word in words:
            folded = f" {fold(word).replace('-', ' ')} "
            told += [name for start, name in table if _tells(start, folded)]
    if kind == "HEBERGEMENT_LOCATIF":
        told = [name for name in told if name in ("Guesthouse", "CamperVanArea")]
    if kind in _ONLY_PRODUCTS:
        told = [name for name in told if name in _PRODUCTS]
    if kind == "RESTAURATION":
        told = [name for name in told if name in ("BarOrPub", "CafeOrTeahouse", "IceCreamShop", "Bakery")]
    return tuple(dict.fromkeys((*told, *broad)))
