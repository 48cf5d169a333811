"""Who may enter the back office, and which territory they look at."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.models import AnonymousUser, User
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from server.territory.models import Territory

P = ParamSpec("P")


def is_staff(user: User | AnonymousUser | object) -> bool:
    return isinstance(user, User) and user.is_active and user.is_staff


def current_territory() -> Territory | None:
    """The server's first territory; None before `zerot server init`."""
    return Territory.objects.order_by("slug").first()


def staff_page(
    view: Callable[Concatenate[HttpRequest, Territory, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """A page for staff only, given the territory; a stranger is asked to log in."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not is_staff(request.user):
            return redirect_to_login(request.get_full_path())
        territory = current_territory()
        if territory is None:
            return render(request, "bureau/empty.html", status=503)
        response = view(request, territory, *args, **kwargs)
        response.headers["Cache-Control"] = "no-store"
        return response

    return guarded


def who(request: HttpRequest) -> str:
    """The name that actions are noted under."""
    return request.user.get_username()
