"""What a request was, without anything that somebody typed."""

import re

from django.conf import settings
from django.http import HttpRequest
from django.urls import Resolver404, ResolverMatch, resolve

STATIC_FILES, UNKNOWN_VIEW, UNNAMED_VIEW = "static", "unknown", "unnamed"
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
OTHER_METHOD = "OTHER"
CONVERTER = re.compile(r"<[a-z_]+:")


def view_of(request: HttpRequest) -> str:
    """Return the name of the view; of all that nobody has named, one of a few words."""
    match = _match(request)
    if match is None:
        is_static = request.path_info.startswith(_static_path())
        return STATIC_FILES if is_static else UNKNOWN_VIEW
    return match.view_name if match.url_name else UNNAMED_VIEW


def route_of(request: HttpRequest) -> str:
    """Return the path as its pattern, ``/returns/<reference>/``, which has nothing of anybody."""
    match = _match(request)
    if match is not None:
        return CONVERTER.sub("<", f"/{match.route}")
    path = _static_path()
    return f"{path}<file>" if request.path_info.startswith(path) else "/<unknown>"


def method_of(request: HttpRequest) -> str:
    """Return the method; of those that nobody uses, one word for all."""
    return request.method if request.method in METHODS else OTHER_METHOD


def person_of(request: HttpRequest) -> int | None:
    """Return the id of the person, if the request has loaded them; it never asks the database."""
    person = getattr(request, "_cached_user", None)
    return getattr(person, "pk", None)


def token_of(request: HttpRequest) -> int | None:
    """Return the id of the token of a call of the API, if it has been checked."""
    token = getattr(getattr(request, "call", None), "token", None)
    return getattr(token, "pk", None)


def _static_path() -> str:
    return f"/{settings.STATIC_URL.strip('/')}/"


def _match(request: HttpRequest) -> ResolverMatch | None:
    if request.resolver_match is not None:
        return request.resolver_match
    # It may have been answered before Django looked for the view.
    try:
        return resolve(request.path_info)
    except Resolver404:
        return None
