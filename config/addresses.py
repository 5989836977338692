"""Addresses: a path with its query, and the page to go back to."""

from collections.abc import Mapping

from django.http import HttpRequest, QueryDict
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

type Query = QueryDict | Mapping[str, str] | str


def with_query(path: str, *queries: Query) -> str:
    """Return a path with these queries as its query string; the path alone if they are empty.

    A view's own path gets its query by ``reverse(..., query=...)``.
    """
    query = "&".join(text for text in map(_encoded, queries) if text)
    return f"{path}?{query}" if query else path


def _encoded(query: Query) -> str:
    if isinstance(query, QueryDict):
        return query.urlencode()
    return query if isinstance(query, str) else urlencode(query)


def next_page(request: HttpRequest, otherwise: str) -> str:
    """Return the page that a form, or else the query string, names in ``next``.

    An address of another site is not followed: ``otherwise`` is returned instead.
    """
    asked = request.POST.get("next") or request.GET.get("next", "")
    return asked if is_own_address(request, asked) else otherwise


def is_own_address(request: HttpRequest, address: str) -> bool:
    """Tell whether an address is of this site, so that people can be sent there."""
    return url_has_allowed_host_and_scheme(address, {request.get_host()}, request.is_secure())
