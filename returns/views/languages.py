"""The language of pages, for those who are signed in and those who are not yet."""

from typing import cast

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.views.decorators.http import require_POST

from config.addresses import is_own_address
from returns.people.person import PersonRequest, save_preferences

COOKIE_AGE = 365 * 24 * 60 * 60  # seconds


@require_POST
@login_not_required
def choose(request: HttpRequest) -> HttpResponse:
    """Keep the language that somebody chose, and show the same page in it.

    The browser keeps it too, so that the page for signing in is in the same language.
    """
    language = request.POST.get("language", "")
    if language not in dict(settings.LANGUAGES):
        return HttpResponseBadRequest()
    if request.user.is_authenticated:
        save_preferences(cast("PersonRequest", request).user, {"language": language})
    response = HttpResponseRedirect(_page_of(request), status=303)
    remember_in_browser(response, language)
    return response


def remember_in_browser(response: HttpResponse, language: str) -> None:
    """Let the browser remember a language, for the page for signing in; "" lets it forget."""
    if not language:
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME, samesite="Lax")
        return
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=COOKIE_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _page_of(request: HttpRequest) -> str:
    """Return the page to show again.

    A page that answered a form names the page of that form as ``next``. Otherwise the browser says
    what the address is now, because scripts change it; ``page`` is what it was in the beginning.
    """
    addresses = (request.POST.get("next"), request.headers.get("Referer"), request.POST.get("page"))
    own = (each for each in addresses if each and is_own_address(request, each))
    return next(own, "/")
