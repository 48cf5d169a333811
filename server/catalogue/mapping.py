"""From the classes of DATAtourisme (and schema.org) to our doors, illustrations and words. Pure.

The table is ours, made from class names. Feeds list every ancestor of a class beside it and combine families (a castle
that is a museum and a winery), so :func:`map_types` takes the entry that ranks first, in three steps: an event is an
event, a bed is a bed, then the most telling of what is left. A class that a newer model adds is mapped by its
ancestor, which the feed lists too, and when even that is unknown by the ending of its name.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.offers import Category, Tag

_E, _S, _W, _F = Category.EVENTS, Category.STAY, Category.WINE, Category.FOOD
_O, _B, _V = Category.OUTINGS, Category.WALKS, Category.SERVICES

# Category, illustration, classes. Higher lines win. Illustration keys are file names of assets/illustrations.
_TABLE: tuple[tuple[Category, str, str], ...] = (
    (_E, "market", "Market"),
    (_E, "festival", "Festival Carnival Parade TraditionalCelebration"),
    (_E, "concert", "Concert Recital Opera MusicEvent"),
    (_E, "concert", "ShowEvent TheaterEvent DanceEvent CircusEvent ScreeningEvent ComedyEvent"),
    (_E, "garden", "ChildrensEvent"),
    (_E, "museum", "Exhibition ExhibitionEvent VisualArtsEvent ArtistSigning Conference Reading LiteraryEvent"),
    (_E, "market", "SaleEvent BricABrac FairOrShow GarageSale OpenDay"),
    (_E, "hiking", "SportsEvent SportsCompetition SportsDemonstration Rally Rambling Game"),
    (_E, "abbey", "PilgrimageAndProcession ReligiousEvent Commemoration"),
    (_E, "vineyard", "Harvest"),
    (_E, "fountain", "SocialEvent LocalAnimation BusinessEvent Congress Seminar TrainingWorkshop"),
    (_E, "festival", "CulturalEvent EntertainmentAndEvent Event EventSeries"),
    (_S, "garden", "CampingAndCaravanning Camping CamperVanArea Campground CampingPitch Tent TreeHouse Yurt Tipi"),
    (_S, "hotel", "HotelTrade Hotel HotelRestaurant Motel Resort"),
    (_S, "hotel", "Guesthouse BedAndBreakfast TableHoteGuesthouse RentalAccommodation SelfCateringAccommodation"),
    (_S, "hotel", "CollectiveAccommodation Hostel Accommodation LodgingBusiness AccommodationProduct"),
    (_W, "cellar", "WineCellar Winery Cellar"),
    (_W, "bakery", "Brewery"),
    (_W, "market", "LocalProductsShop CoveredMarket"),
    (_W, "vineyard", "TastingProvider Tasting Producer ProducersGroup Cooperative Farmer Trader"),
    (_F, "bakery", "Bakery IceCreamShop"),
    (_F, "restaurant", "FoodEstablishment Restaurant CafeOrTeahouse BarOrPub BistroOrWineBar TableHotes"),
    (_F, "restaurant", "FastFoodRestaurant StreetFood CafeOrCoffeeShop"),
    (_B, "cycling", "CyclingTour"),
    (_B, "horses", "HorseTour"),
    (_B, "hiking", "WalkingTour EducationalTrail FitnessPath"),
    (_O, "canoe", "FluvialTour UnderwaterRoute SightseeingBoat NauticalCentre"),
    (_O, "hilltop", "RoadTour TouristTrain TouristBus"),
    (_B, "hiking", "Tour"),
    (_O, "castle", "Castle FortifiedCastle DefenceSite Citadel Dungeon Fort FortifiedSet Palace RemarkableHouse Tower"),
    (_O, "museum", "Museum InterpretationCentre Library ArtGalleryOrExhibitionGallery"),
    (_O, "abbey", "ReligiousSite Abbey Basilica Chapel Church Cathedral Convent Monastery Chartreuse"),
    (_O, "mills", "Mill"),
    (
        _O,
        "garden",
        "ParkAndGarden Park ThemePark AmusementPark ZooAnimalPark Zoo VivariumAquarium Aquarium PlayArea",
    ),
    (_O, "garden", "TeachingFarm KidsClub MiniGolf LeisureComplex"),
    (_O, "lake", "SwimmingPool Beach BeachClub Lake Pond River Waterfall BalneotherapyCentre Hammam Spa"),
    (_O, "ochres", "CaveSinkholeOrAven Cliff Canyon Gorge NaturalCuriosity Volcano Stone"),
    (_O, "truffle", "Forest"),
    (_O, "lavender", "NaturalHeritage NaturalPark PointOfView Landform"),
    (_O, "horses", "EquestrianCenter Racetrack Stables"),
    (_O, "petanque", "BoulesPitch"),
    (_O, "pottery", "CraftsmanShop"),
    (_O, "concert", "Theater Cinema Auditorium CircusPlace Casino NightClub"),
    (_O, "hilltop", "CityHeritage Bastide District ArcheologicalSite RemembranceSite TechnicalHeritage"),
    (
        _O,
        "hilltop",
        "RemarkableBuilding CulturalSite CulturalActivityProvider Visit TouristAttraction"
        " LandmarksOrHistoricalBuildings",
    ),
    (_O, "lake", "Marina YachtClub Jetty LaunchingRamp MooringArea"),
    (
        _O,
        "hiking",
        "SportsAndLeisurePlace SportsActivityLocation Practice LeisureSportActivityProvider ActivityProvider"
        " ViaFerrata",
    ),
    (_V, "station", "TrainStation BusStation Transport TaxiCompany Transporter Airport Parking"),
    (
        _V,
        "fountain",
        "TouristInformationCenter TouristInformationCentre IncomingTravelAgency LocalTouristOffice",
    ),
    (_V, "cycling", "EquipmentRental EquipmentRentalShop EquipmentRepairShop Rental BikeStationOrDepot"),
    (_V, "fountain", "ConvenientService PicnicArea BusinessPlace ConventionCentre MedicalPlace"),
    (_V, "fountain", "Store ServiceProvider LocalBusiness"),
    (_O, "hilltop", "PlaceOfInterest Product PointOfInterest"),
)

# Classes below those of the table, as the ontology of 2023 has them (class names of DATAtourisme, Licence Ouverte 2.0).
# A feed lists the ancestors of each class, so these matter where one names the last class alone.
# The first lines are schema.org's own names for the same things.
_KIN: tuple[tuple[str, str], ...] = (
    ("Museum", "ArtGallery"),
    ("Cinema", "MovieTheater"),
    ("Theater", "PerformingArtsTheater MusicVenue EventVenue"),
    ("Brewery", "Distillery"),
    ("Camping", "RVPark"),
    ("SelfCateringAccommodation", "VacationRental"),
    ("Church", "CatholicChurch PlaceOfWorship"),
    ("PlayArea", "Playground"),
    ("SwimmingPool", "PublicSwimmingPool"),
    ("Spa", "DaySpa HealthClub"),
    ("SportsAndLeisurePlace", "StadiumOrArena SkiResort SportsActivityLocation"),
    ("TouristAttraction", "TouristDestination TouristTrip"),
    (
        "AccommodationProduct",
        "Apartment Bed Bubble Bungalow Bungatoile CampingCar Caravan CastleAndPrestigeMansion Chalet "
        "HotelSuite House HouseBoat Hut LeisureChalet Room",
    ),
    ("ArcheologicalSite", "MegalithDolmenMenhir RomanPath Ruins"),
    ("BusinessEvent", "BoardMeeting ExecutiveBoardMeeting WorkMeeting"),
    ("BusinessPlace", "ChamberOfCommerceAndIndustry"),
    ("CityHeritage", "MountainResort SpaResort"),
    (
        "CollectiveAccommodation",
        "ChildrensGite ClubOrHolidayVillage GroupLodging HolidayCentre HolidayResort StopOverOrGroupLodge "
        "YouthHostelAndInternationalCenter",
    ),
    (
        "ConvenientService",
        "ATM CarOrBikeWash Cybercafe ElectricVehicleChargingPoint GarageOrAirPump LeftLuggage "
        "PublicLavatories RVServiceArea WaterSource WifiHotSpot",
    ),
    ("MedicalPlace", "HealthcarePlace HealthcareProfessional Pharmacy ThalassotherapyCentre"),
    (
        "NaturalHeritage",
        "AlpinePasture Bocage Bog Canal Causse ChalkyLawn Cirque Coastline Col ConeNeck Crest Cuesta Culture "
        "Dune Glacier Grassland HalophilicArea Hillsides Icefall IslandPeninsula Landes Mountain Peak Plain "
        "Plateau Source Stream StubbleFields Summit Swamp Valley Wetland",
    ),
    (
        "Practice",
        "AccompaniedPractice Competition Course DevelopmentCourse FirstPractice FreePractice "
        "IntroductionCourse MultiActivity Traineeship",
    ),
    ("ReligiousSite", "Bishopric BuddhistTemple Calvary Cloister Collegiate Commanderie Mosque Synagogue Temple"),
    ("RemarkableBuilding", "Aqueduct Arena Bridge Fountain LevyOrDike Lock"),
    ("RemembranceSite", "CivilCemetery MilitaryCemetery TriumphalArch"),
    ("Rental", "NonHousingRealEstateRental"),
    (
        "Restaurant",
        "BoatRestaurant BrasserieOrTavern Cabaret FarmhouseInn GourmetRestaurant MountainRestaurant "
        "SelfServiceCafeteria",
    ),
    (
        "SportsAndLeisurePlace",
        "BilliardRoom BowlingAlley Cinematheque ClimbingWall CrossCountrySkiResort CrossCountrySkiTrail "
        "DogSleddingTrail DownhillSkiResort DownhillSkiRun FitnessCenter FrontonBelotaCourt GolfCourse "
        "Gymnasium IceSkatingRink MultiPurposeRoomOrCommunityRoom RacingCircuit SchoolOrTrainingCentre "
        "SportsClub SportsHall SquashCourt Stadium SummerToboggan TennisComplex TerrainPark TobogganBobsleigh "
        "TourismCableCar TrackRollerOrSkateBoard Trampoline Velodrome",
    ),
    (
        "Store",
        "AntiqueAndSecondhandGoodDealer BoutiqueOrLocalShop DepartmentStore HypermarketAndSupermarket "
        "ShoppingCentreAndGallery",
    ),
    ("TechnicalHeritage", "Farm Forge IndustrialSite Lighthouse Mine Orchard Pier PigeonLoft WashHouse"),
    (
        "TouristInformationCenter",
        "DepartementTourismCommittee ProfessionalTourGuide RegionalTourismCommittee TourGuideAgency "
        "TourOperatorOrTravelAgency TourismCentre VolunteerTourGuideOrGreeter",
    ),
    ("Transport", "Airfield BusStop CableCarStation CarpoolArea RiverPort Seaport TaxiStation"),
)

_ENDINGS: tuple[tuple[str, Category, str], ...] = (
    ("Event", _E, "festival"),
    ("Tour", _B, "hiking"),
    ("Trail", _B, "hiking"),
    ("Restaurant", _F, "restaurant"),
    ("Accommodation", _S, "hotel"),
    ("Shop", _V, "fountain"),
    ("Store", _V, "fountain"),
    ("Service", _V, "fountain"),
)


def _words(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


# What every object carries: says nothing of what it is.
GENERIC_TYPES = _words(
    "PointOfInterest PlaceOfInterest Product LocalBusiness Place Thing EntertainmentAndEvent Event Accommodation",
    "LodgingBusiness CulturalSite SportsAndLeisurePlace FoodEstablishment Restaurant Practice OrderedList",
    "CivicStructure Landform TastingProvider CulturalEvent BusinessPlace ServiceProvider RemarkableBuilding",
    "HotelTrade RentalAccommodation Tour",
)
# Classes that never are something to visit.
_NOT_OFFERS = _words(
    "Organization Organisation Agent Person Description Period LimitedPeriod RecurrentPeriod PostalAddress",
    "GeoCoordinates City Department Region Country Theme Amenity Offer PriceSpecification Review Audience",
    "EditorialObject Annotation Resource FeatureSpecification OpeningHoursSpecification",
)

# Words of the themes and amenities that change the drawing: (part of a theme's name, illustration).
_THEME_ILLUSTRATIONS = (
    ("Canoe", "canoe"),
    ("Kayak", "canoe"),
    ("Cycl", "cycling"),
    ("Bike", "cycling"),
    ("Riding", "horses"),
    ("Equestrian", "horses"),
    ("BeeProduct", "bees"),
    ("Honey", "bees"),
    ("Cheese", "goats"),
    ("Oil", "mills"),
    ("Truffle", "truffle"),
    ("Craft", "workshop"),
    ("Pottery", "pottery"),
    ("Astronom", "night_sky"),
    ("Wine", "cellar"),
    ("Fruit", "orchard"),
    ("Lavender", "lavender"),
)
_THEMED = frozenset(("vineyard", "hiking", "market", "hilltop", "cycling", "fountain"))

_CHILD_TYPES = _words(
    "ChildrensEvent PlayArea ThemePark AmusementPark ZooAnimalPark Zoo TeachingFarm KidsClub MiniGolf"
)
_CHILD_FEATURES = _words("GameArea Playground KidsClub BabyChair Paddling TeenagersClub ChildrensGames")
_CHILD_AUDIENCES = _words("Families Family Children Child Kids")


@dataclass(frozen=True, slots=True)
class Mapped:
    """Where an offer goes. ``known`` is False when only the last resort fitted."""

    category: Category
    illustration: str
    known: bool


class TypeMap:
    """The table, turned round once: class name → rank."""

    def __init__(self) -> None:
        self._ranks = {name: rank for rank, line in reversed(list(enumerate(_TABLE))) for name in line[2].split()}
        for parent, names in _KIN:
            for name in names.split():
                self._ranks.setdefault(name, self._ranks[parent])
        self._fallback = len(_TABLE) - 1

    def map_types(self, types: tuple[str, ...], themes: tuple[str, ...] = ()) -> Mapped | None:
        """Our category and illustration for class names of a feed; None when they say that it is no offer at all."""
        if "BistroOrWineBar" in types:
            # schema.org has a wine bar among the wineries; whoever looks for it is thirsty, not buying a case.
            types = tuple(name for name in types if name != "Winery")
        ranks = [self._ranks[name] for name in types if name in self._ranks]
        best = min(ranks, default=None)
        if best is None or best == self._fallback:
            for ending, category, illustration in _ENDINGS:
                if any(name.endswith(ending) for name in types):
                    return Mapped(category, illustration, known=False)
        if best is None:
            if not types or _NOT_OFFERS.intersection(types):
                return None
            best = self._fallback
        category, illustration, _ = _TABLE[best]
        if illustration in _THEMED:
            for part, themed in _THEME_ILLUSTRATIONS:
                if any(part in theme for theme in themes):
                    illustration = themed
                    break
        return Mapped(category, illustration, known=best != self._fallback)


def illustrations() -> frozenset[str]:
    """Every drawing that an imported offer may be given."""
    return frozenset(
        (*(line[1] for line in _TABLE), *(line[2] for line in _ENDINGS), *(line[1] for line in _THEME_ILLUSTRATIONS))
    )


def specific_types(types: tuple[str, ...]) -> frozenset[str]:
    """The class names that tell this offer from others."""
    return frozenset(types) - GENERIC_TYPES


def tags_of(types: tuple[str, ...], features: frozenset[str], audiences: frozenset[str]) -> frozenset[Tag]:
    """The chips that the classes and amenities of an object earn it."""
    found = set()
    if _CHILD_TYPES.intersection(types) or _CHILD_FEATURES & features or _CHILD_AUDIENCES & audiences:
        found.add(Tag.CHILDREN)
    if any("TourismeHandicap" in name and "oteur" in name for name in features):
        found.add(Tag.ACCESSIBLE)
    if "WalkingTour" in types or "EducationalTrail" in types:
        found.add(Tag.ON_FOOT)
    return frozenset(found)
