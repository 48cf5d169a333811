"""Public pages that phones open from a QR of the kiosk. Nobody logs in, nothing is stored of who looks."""

from __future__ import annotations

from django.urls import path

from server.mobile import views

urlpatterns = [
    path("<str:uid>", views.offer, name="mobile-offer"),
    path("<str:uid>/contact.vcf", views.contact, name="mobile-contact"),
    path("<str:uid>/dates.ics", views.calendar, name="mobile-calendar"),
    path("<str:uid>/photo.webp", views.photo, name="mobile-photo"),
    path("<str:uid>/avis", views.review, name="mobile-review"),
]
