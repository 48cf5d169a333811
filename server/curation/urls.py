"""Pages of the curator, mounted under /bureau/."""

from __future__ import annotations

from django.urls import path

from server.curation.views import (
    coupons,
    duplicates,
    extras,
    imports,
    offers,
    preview,
    pushes,
    quality,
    reviews,
    sources,
    stories,
)

urlpatterns = [
    path("fiches/", offers.offers, name="offers"),
    path("fiches/lot", offers.offers_bulk, name="offers-bulk"),
    path("fiches/nouvelle", offers.offer_new, name="offer-new"),
    path("fiches/<str:uid>/", offers.offer, name="offer"),
    path("fiches/<str:uid>/etat", offers.offer_state, name="offer-state"),
    path("fiches/<str:uid>/photo", offers.offer_picture, name="offer-picture"),
    path("fiches/<str:uid>/separer", offers.offer_split, name="offer-split"),
    path("fiches/<str:uid>/apercu.png", preview.preview, name="offer-preview"),
    path("photos/<str:key>.webp", preview.photo, name="offer-photo"),
    path("doublons/", duplicates.duplicates, name="duplicates"),
    path("doublons/decision", duplicates.duplicates_decision, name="duplicates-decision"),
    path("qualite/", quality.quality, name="quality"),
    path("imports/", imports.imports, name="imports"),
    path("imports/nouveau", imports.import_new, name="import-new"),
    path("imports/<uuid:key>/", imports.import_job, name="import"),
    path("imports/<uuid:key>/etat", imports.import_state, name="import-state"),
    path("mises-en-avant/", pushes.pushes, name="pushes"),
    path("mises-en-avant/<uuid:key>/", pushes.push_change, name="push-change"),
    path("coupons/", coupons.coupons, name="coupons"),
    path("coupons/<uuid:key>/", coupons.coupon_change, name="coupon-change"),
    path("avis/", reviews.reviews, name="reviews"),
    path("avis/<uuid:key>/", reviews.review_decision, name="review-decision"),
    path("sources/", sources.sources, name="sources"),
    path("sources/<uuid:key>/", sources.source, name="source"),
    path("sources/<uuid:key>/action", sources.source_action, name="source-action"),
    path("sources/<uuid:key>/etat", sources.source_state, name="source-state"),
    path("recits/", stories.stories, name="stories"),
    path("recits/<uuid:key>/", stories.story, name="story"),
    path("recits/<uuid:key>/fiche", stories.story_offer, name="story-offer"),
    path("recits/<uuid:key>/decision", stories.story_decision, name="story-decision"),
    path("fiches/<str:uid>/recit", stories.story_pick, name="offer-story"),
    path("reglages-contenu/", extras.extras, name="extras"),
    path("reglages-contenu/groupes/<uuid:key>/", extras.extra_group, name="extra-group"),
]
