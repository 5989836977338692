"""The only reader of htmx's request headers: renders a page, or only the fragment requested."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext_lazy
from django_htmx.middleware import HtmxDetails

from config.addresses import is_own_address, with_query


class HtmxRequest(HttpRequest):
    """A request with the ``htmx`` attribute of django-htmx's middleware."""

    htmx: HtmxDetails


# The parameter of automatic requests, which must not take anybody to the login page.
POLL_PARAMETER = "poll"
SIGNED_OUT = gettext_lazy(
    "You were signed out. Reload the page to sign in. Until then, what you typed is still here."
)
VARY_ON_HTMX = ("HX-Request", "HX-Request-Type")


def wants_fragment(request: HtmxRequest) -> bool:
    """Tell whether htmx requests a fragment of the page.

    When it restores history or replaces the whole body, it requests the page itself.
    """
    return wants_inline_error(request) and request.htmx.request_type != "full"


def wants_inline_error(request: HtmxRequest) -> bool:
    """Tell whether an error is to be shown on the current page, not on a page of its own."""
    # An error may come before the middleware that sets the attribute.
    htmx = getattr(request, "htmx", None) or HtmxDetails(request)
    return bool(htmx) and not htmx.history_restore_request


def render_page_or_fragment(
    request: HtmxRequest,
    template: str,
    fragment: str,
    context: Mapping[str, Any],
    status: int = 200,
    address: str | None = None,
) -> HttpResponse:
    """Render the page, or only its partial ``fragment`` if htmx requests a part.

    ``address`` is the query string of what the response shows. For a fragment, it is put into the
    browser's address bar, unless it is there already.
    """
    if not wants_fragment(request):
        response = render(request, template, context, status=status)
    else:
        response = render(request, f"{template}#{fragment}", context, status=status)
        if address is not None:
            _push_address(request, response, address)
    patch_vary_headers(response, VARY_ON_HTMX)
    return response


def is_request_from(request: HtmxRequest, path: str) -> bool:
    """Tell whether htmx sent the request from the page at this path, with any query string."""
    current = _current_path(request) if request.htmx else None
    return current is not None and urlsplit(current).path == path


def leave_page_unchanged() -> HttpResponse:
    """Return a response that leaves the current page and its address as they are."""
    return HttpResponse(status=204, headers={"HX-Push-Url": "false"})


def _current_path(request: HtmxRequest) -> str | None:
    """Return the path and query string of the current page; None if it is not one of ours."""
    try:
        return request.htmx.current_url_abs_path
    except ValueError:  # no URL at all
        return None


def _push_address(request: HtmxRequest, response: HttpResponse, query: str) -> None:
    current = with_query(request.path, query)
    if _current_path(request) != current:
        response["HX-Push-Url"] = current


class SignInRedirectMiddleware:
    """Redirects an htmx request of a signed-out person to the login page as a whole page, and back.

    Otherwise htmx would follow the redirect and put the login form into a fragment. After signing
    in, a person who had posted a form would be sent to its address, which may have no page.
    """

    def __init__(self, get_response: Callable[[HtmxRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HtmxRequest) -> HttpResponseBase:
        """Return the response; a redirect to the login page becomes one of the whole page."""
        response = self.get_response(request)
        if response.status_code != 302:
            return response
        login = resolve_url(settings.LOGIN_URL)
        target = urlsplit(response["Location"])
        if target.path != login:
            return response
        if not request.htmx:
            page = target.query and request.method == "POST" and _page_with_form(request)
            return redirect(with_query(login, {"next": page})) if page else response
        sign_in = with_query(login, {"next": _page_to_return_to(request)})
        return lead_to(request, sign_in, str(SIGNED_OUT))


def lead_to(request: HtmxRequest, address: str, sentence: str) -> HttpResponse:
    """Return a redirect of the whole page; what the page asks by itself gets only the sentence."""
    if not request.htmx:
        return redirect(address)
    if POLL_PARAMETER in request.GET:
        return HttpResponse(sentence, status=401, content_type="text/plain; charset=utf-8")
    return HttpResponse(headers={"HX-Redirect": address})


def _page_with_form(request: HtmxRequest) -> str:
    """Return the page whose form was posted; "" if the browser does not send it."""
    page = request.headers.get("Referer", "")
    if not is_own_address(request, page):
        return ""
    return urlsplit(page)._replace(scheme="", netloc="").geturl()


def _page_to_return_to(request: HtmxRequest) -> str:
    """Return the current page, or the page requested from it, with its filters."""
    current = _current_path(request) or "/"
    is_reachable = request.htmx.request_type == "full" or urlsplit(current).path == request.path
    has_query = request.method == "GET" and is_reachable and request.GET
    return request.get_full_path() if has_query else current
