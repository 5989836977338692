"""URLs: a path with its query string, and the page to return to."""

from collections.abc import Mapping

from django.http import HttpRequest, QueryDict
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

type Query = QueryDict | Mapping[str, str] | str


def with_query(path: str, *queries: Query) -> str:
    """Return a path with these queries as its query string; the path alone if they are empty.

    For the path of a view, use ``reverse(..., query=...)``.
    """
    query = "&".join(text for text in map(_encoded, queries) if text)
    return f"{path}?{query}" if query else path


def _encoded(query: Query) -> str:
    if isinstance(query, QueryDict):
        return query.urlencode()
    return query if isinstance(query, str) else urlencode(query)


def next_page(request: HttpRequest, default: str) -> str:
    """Return the page that a form, or else the query string, gives as ``next``.

    An address of another site, or a word, is ignored: ``default`` is returned instead.
    """
    target = request.POST.get("next") or request.GET.get("next", "")
    # ``redirect`` would take a word for the name of a view.
    return target if "/" in target and is_own_address(request, target) else default


def is_own_address(request: HttpRequest, address: str) -> bool:
    """Tell whether an address belongs to this site, so that it is safe to redirect there."""
    return url_has_allowed_host_and_scheme(address, {request.get_host()}, request.is_secure())
