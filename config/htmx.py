"""The only reader of htmx's request headers: a page, or the fragment of it that was asked for."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.utils.cache import patch_vary_headers
from django_htmx.middleware import HtmxDetails

from config.addresses import is_own_address, with_query


class HtmxRequest(HttpRequest):
    """A request with htmx's headers read by django-htmx's middleware."""

    htmx: HtmxDetails


# In the address of what a page asks by itself: that must not lead anybody away from their work.
POLL = "poll"
SIGNED_OUT = "You were signed out. Reload the page to sign in; what you typed stays until then."
VARY = ("HX-Request", "HX-Request-Type")


def wants_fragment(request: HtmxRequest) -> bool:
    """Tell whether htmx asked for a part of the page.

    A history restore and a navigation of the whole body want the page itself.
    """
    return wants_words(request) and request.htmx.request_type != "full"


def wants_words(request: HtmxRequest) -> bool:
    """Tell whether trouble is to be said on the page that asked, instead of on one of its own."""
    return bool(request.htmx) and not request.htmx.history_restore_request


def render_page_or_fragment(
    request: HtmxRequest,
    template: str,
    fragment: str,
    context: Mapping[str, Any],
    status: int = 200,
    address: str | None = None,
) -> HttpResponse:
    """Render the page, or only its partial ``fragment`` when htmx asks for a part.

    ``address`` is the query string that says what the answer shows: a fragment puts it into the
    browser's address bar, unless it is there already.
    """
    if not wants_fragment(request):
        response = render(request, template, context, status=status)
    else:
        response = render(request, f"{template}#{fragment}", context, status=status)
        if address is not None:
            _push_address(request, response, address)
    patch_vary_headers(response, VARY)
    return response


def is_asked_from(request: HtmxRequest, path: str) -> bool:
    """Tell whether htmx asks, and from the page at this path, whatever its query string."""
    here = request.htmx.current_url_abs_path if request.htmx else None
    return here is not None and urlsplit(here).path == path


def leave_the_page() -> HttpResponse:
    """Answer that the page in front of the person stays as it is, and its address too."""
    return HttpResponse(status=204, headers={"HX-Push-Url": "false"})


def _push_address(request: HtmxRequest, response: HttpResponse, query: str) -> None:
    here = with_query(request.path, query)
    if request.htmx.current_url_abs_path != here:
        response["HX-Push-Url"] = here


class SignInRedirectMiddleware:
    """Lead a signed-out htmx request to the login page as a whole page, and back.

    Without this htmx would follow the redirect and put the login form into a table cell; and who
    sent a form would be led back to its address, where some have no page.
    """

    def __init__(self, get_response: Callable[[HtmxRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HtmxRequest) -> HttpResponseBase:
        """Answer, with a redirect to the login page turned into one of the whole page."""
        response = self.get_response(request)
        if response.status_code != 302:
            return response
        login = resolve_url(settings.LOGIN_URL)
        leads_to = urlsplit(response["Location"])
        if leads_to.path != login:
            return response
        if not request.htmx:
            page = leads_to.query and request.method == "POST" and _page_of_the_form(request)
            return redirect(with_query(login, {"next": page})) if page else response
        if POLL in request.GET:
            return HttpResponse(SIGNED_OUT, status=401, content_type="text/plain; charset=utf-8")
        leads_back = with_query(login, {"next": _way_back(request)})
        return HttpResponse(headers={"HX-Redirect": leads_back})


def _page_of_the_form(request: HtmxRequest) -> str:
    """Return the page whose form was sent; nothing where the browser does not say."""
    page = request.headers.get("Referer", "")
    if not is_own_address(request, page):
        return ""
    return urlsplit(page)._replace(scheme="", netloc="").geturl()


def _way_back(request: HtmxRequest) -> str:
    """Return the page that asked, or that was asked for, with its filters: nothing is lost."""
    here = request.htmx.current_url_abs_path or "/"
    leads_there = request.htmx.request_type == "full" or urlsplit(here).path == request.path
    asked = request.method == "GET" and leads_there and request.GET
    return request.get_full_path() if asked else here
