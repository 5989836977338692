"""Answers with a page of a list: the page, and links to the pages beside it."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from django.http import HttpRequest, HttpResponse, QueryDict

from config.addresses import with_query
from returns.api.responses import json_response

# Where a page lies may be said in ``dqb``, too.
PLACE_KEYS = ("offset", "count")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page lies in its list.

    ``shown`` is how many entries it has, of at most ``count``; ``total`` is how many the list has,
    None if that is not known. With cursors, ``next_cursor`` is None on the last place.
    """

    shown: int
    count: int
    offset: int
    total: int | None
    next_cursor: str | None = None
    has_cursor: bool = False


def list_response(request: HttpRequest, payload: dict[str, Any], place: Place) -> HttpResponse:
    """Return the answer, with ``Link`` (RFC 8288) if there are pages before it or after it."""
    response = json_response(payload)
    links = [
        f'<{request.build_absolute_uri(with_query(request.path, query))}>; rel="{relation}"'
        for relation, query in _neighbours(request.GET, place)
    ]
    if links:
        response["Link"] = ", ".join(links)
    return response


def _neighbours(params: QueryDict, place: Place) -> list[tuple[str, str]]:
    if place.has_cursor:
        cursor = place.next_cursor
        return [("next", _with(params, cursor=cursor))] if cursor is not None else []
    links = []
    end = place.offset + place.count
    is_full = place.shown == place.count
    if is_full if place.total is None else end < place.total:
        links.append(("next", _with(params, offset=end, count=place.count)))
    if place.offset:
        before = max(place.offset - place.count, 0)
        # A first page that would overlap is as long as what comes before this one.
        count = min(place.count, place.offset)
        links.append(("prev", _with(params, offset=before, count=count)))
    return links


def _with(params: QueryDict, **changed: Any) -> str:
    """Return the query string of another page of the same list."""
    query = QueryDict(mutable=True)
    for name, values in params.lists():
        if name.lower() == "dqb":
            values = [_without_place(str(value)) for value in values]
        if name.lower() not in changed and any(values):
            query.setlist(name, values)
    for name, value in changed.items():
        query[name] = str(value)
    return query.urlencode()


def _without_place(dqb: str) -> str:
    parts = dqb.strip().removeprefix("?").split("&")
    names = (unquote_plus(part.partition("=")[0]).strip().lower() for part in parts)
    return "&".join(part for part, name in zip(parts, names, strict=True) if name not in PLACE_KEYS)
