"""Pictures of the curator's pages: the kiosk's own drawing of an offer, and photos of the store."""

from __future__ import annotations

from functools import lru_cache

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from server.api.runtime import runtime
from server.backoffice.access import staff_page
from server.catalogue.extras import coupons_of, decorate, reviews_of
from server.catalogue.pictures import PICTURE_TYPE, PictureStore
from server.curation.rendering import SIZES, PreviewUnavailable, Renderer
from server.curation.views.offers import offer_of, today
from server.home import ServerHome
from server.territory.models import Site, Territory
from sync.content.codec import offer_from_json, offer_to_json

MINUTE_MS = 60_000
HALF_HOUR_MS = 30 * MINUTE_MS


@lru_cache(maxsize=4)
def _renderer(home: ServerHome) -> Renderer:
    return Renderer(home.root / "previews", home.pictures)


@staff_page
@require_GET
def preview(request: HttpRequest, territory: Territory, uid: str) -> HttpResponse:
    """PNG; 503 with a sentence when it cannot be drawn here."""
    draft = offer_of(territory, uid)
    run = runtime()
    offer = offer_from_json(draft.payload)
    (offer,) = decorate([offer], coupons_of(territory.slug, today(), 1), reviews_of(territory.slug))
    store = PictureStore(run.home.pictures)
    payload = offer_to_json(offer)
    for picture in payload["details"].get("pictures", ()):
        if not picture[0] and (known := store.known(picture[1])):
            picture[0] = known.key
    site = Site.objects.filter(territory=territory.slug).order_by("number").first()
    document = {
        "version": 1,
        "screen": "offer" if request.GET.get("vue") != "carte" else "card",
        "size": SIZES.get(request.GET.get("format", ""), SIZES["paysage"]),
        "language": "en" if request.GET.get("langue") == "en" else "fr",
        # To the half hour: the same picture serves again while "open until" stays true.
        "now_ms": run.clock.now_ms() // HALF_HOUR_MS * HALF_HOUR_MS,
        "site": {
            "name": site.name if site else territory.name,
            "commune": site.commune if site else "",
            "latitude": site.latitude if site else None,
            "longitude": site.longitude if site else None,
        },
        "territory": territory.name,
        "offer": payload,
    }
    try:
        path = _renderer(run.home).path(document)
    except PreviewUnavailable as error:
        return HttpResponse(str(error), status=503, content_type="text/plain; charset=utf-8")
    return HttpResponse(path.read_bytes(), content_type="image/png")


@staff_page
@require_GET
def photo(request: HttpRequest, territory: Territory, key: str) -> HttpResponse:
    """A photo of the store, small."""
    found = PictureStore(runtime().home.pictures).read(key)
    if found is None:
        raise Http404
    return HttpResponse(found.small, content_type=PICTURE_TYPE)
