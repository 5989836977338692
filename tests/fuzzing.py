"""Requests that no browser sends: every URL, with odd text in each of its parts."""

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.cookies import Morsel
from pathlib import Path
from traceback import extract_tb
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.core.signals import got_request_exception
from django.forms import BaseForm
from django.test import RequestFactory
from django.test.client import ClientHandler
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern
from hypothesis import strategies as st

from config.unreadable import guard_content_type

METHODS = ("GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "é")
# Paths without a URL of their own, and files, which are served before any URL is looked at.
MORE_PATHS = ("<path:anything>", "static/<path:anything>", "static/css/app.css", "static/")
MOST_NUMBERS = 12  # ids of what the test has made

ODD = [
    *(
        "",
        "\0",
        "a\0b",
        "\ud800",
        "\udfff\ud800",
        "\x1f",
        "\u200b",
        "\x85",
        "%",
        "%00",
        "%zz",
        "\\",
    ),
    *("'", '"', "{{ 7*7 }}", "<script>", "../../etc/passwd", "..", ".", "/", "//", "http://["),
    *("http://testserver/\0", "//evil.example", "\r\nX-Odd: 1", "a\nb", "\t", ";", "=", "&", "?"),
    *("x" * 256, "x" * 10_000, "é" * 300, "İ" * 200, "😀" * 256, "9" * 20, "9" * 4_500),
    *("-" + "9" * 4_500, "-1", "0", "1", str(2**31), str(2**63), str(-(2**63) - 1), "1e99999"),
    *("0." + "0" * 5_000 + "1", "nan", "inf", "٣", "²", "0x10", "1_000", "true", "null", "[]"),
    *("2026-13-01", "0001-01-01", "9999-12-31", "2026-01-01T00:00:00+23:59", "-9999d", "24:00"),
    *("[" * 2_000, '{"a": ' * 500, "all", "save", "delete", "on", "de", "en", "GMT", "utf-8"),
]
character = st.characters(exclude_categories=[], max_codepoint=0xFFFF)
text = st.one_of(st.sampled_from(ODD), st.sampled_from(ODD), st.text(character, max_size=12))


def _names() -> list[str]:
    """Return the names of fields and parameters in templates, forms and the program's code."""
    code = "".join(
        path.read_text()
        for package in ("config", "returns", "tags")
        for path in sorted((settings.BASE_DIR / package).rglob("*.py"))
    )
    pages = "".join(path.read_text() for path in _templates())
    names = set(re.findall(r'\bname="([\w-]+)"', pages))
    names |= set(re.findall(r'(?:GET|POST|FILES|data|params|query)\.get(?:list)?\("(\w+)"', code))
    names |= {name for form in _forms(BaseForm) for name in form.base_fields}
    admins = {"o", "p", "e", "all", "_popup", "_to_field", "_changelist_filters", "action"}
    admins |= {"_selected_action", "index", "select_across", "id", "id__exact", "pk__in", "_save"}
    admins |= {"created_at__gte", "state__exact", "is_active__exact", "groups__id__exact", "term"}
    admins |= {"app_label", "model_name", "field_name", "_facets", "by__isnull", "date_joined__day"}
    return sorted(names | admins)


def _templates() -> list[Path]:
    return sorted((settings.BASE_DIR / "templates").rglob("*.html"))


def _forms(form: type) -> Iterator[type]:
    for below in form.__subclasses__():
        if hasattr(below, "base_fields"):
            yield below
        yield from _forms(below)


NAMES = _names()
pairs = st.lists(st.tuples(st.one_of(st.sampled_from(NAMES), text), text), max_size=5)


def quoted(said: str, safe: str = "") -> str:
    """Percent-encode text as bytes, also half a surrogate pair, which no UTF-8 has."""
    return quote(said.encode("utf-8", "surrogatepass"), safe=safe)


def _encoded(said: list[tuple[str, str]]) -> str:
    return "&".join(f"{quoted(name)}={quoted(value)}" for name, value in said)


def _as_header(said: str) -> str:
    """Write text as a server hands on the bytes of a header."""
    return said.encode("utf-8", "surrogatepass").decode("latin-1")


# Query strings, cookies and bodies as they are, without the encoding that a browser applies.
RAW_QUERIES = [
    "%",
    "%zz",
    "%ff%fe",
    "=",
    "&&&",
    "a=%00",
    "%00",
    "a&" * 1_100,
    "q=%ED%A0%80",
    "\xff",
]
query = st.one_of(st.just(""), pairs.map(_encoded), st.sampled_from(RAW_QUERIES))

HEADERS = {
    "HX-Request": ["true", "true", "false"],
    "HX-Request-Type": ["partial", "full"],
    "HX-Current-URL": ["http://[", "http://testserver/returns/?q=1", "http://a]b", "http://℀/"],
    "HX-Current-URL-URI-AutoEncoded": ["true"],
    "HX-History-Restore-Request": ["true"],
    "HX-PTag": ['"1:1:"', "9" * 30],
    "HX-Target": ["#main"],
    "HX-Source": ["a#b"],
    "HX-Boosted": ["true"],
    "Triggering-Event": ["{"],
    "Referer": ["http://[", "http://testserver/returns/", "https://evil.example/"],
    "Origin": ["null", "http://[", "http://testserver"],
    "Host": ["evil.example", "[::1", "testserver:99999999", "a b", "", "localhost"],
    "Content-Length": ["-1", "9" * 4_500, "abc", "99999999999", "1e3", "0"],
    "Transfer-Encoding": ["chunked", "odd"],
    "Accept": ["application/json", "*/*;q=x", "a/b;q=" + "9" * 5_000],
    "Accept-Encoding": ["gzip;q=nan", "gzip;q=9e999", "*;q=-1", "br, gzip", ";;;,,,=", "gzip"],
    "Accept-Language": ["de-" * 500, "x" * 600, "tr;q=x"],
    "If-None-Match": ['W/"', '"a", "b', "*", "\0"],
    "If-Match": ["*", '"'],
    "If-Modified-Since": ["Thu, 99 Zzz 99999 99:99:99 GMT", "0", "Mon, 01 Jan 0001 00:00:00 GMT"],
    "If-Unmodified-Since": ["never"],
    "Range": ["bytes=0-", "bytes=" + "9" * 4_500 + "-", "bytes=-0", "bytes=5-1", "bytes=a-b"],
    "X-Forwarded-For": ["999.999.999.999", ",,,", "::1%lo", "x" * 5_000],
    "X-Forwarded-Host": ["evil.example"],
    "X-Forwarded-Proto": ["https", "odd", "https,http"],
    "X-CSRFToken": ["x" * 64],
    "X-Tenant-Id": ["other"],
    "Authorization": ["Bearer", "Basic \xff", "Bearer " + "x" * 5_000, "Digest a=b"],
    "X-HTTP-Method-Override": ["DELETE"],
    "Expect": ["100-continue"],
    "Upgrade": ["h2c"],
    "Content-Encoding": ["gzip", "deflate, odd"],
}
header = st.sampled_from(sorted(HEADERS)).flatmap(
    lambda name: st.tuples(
        st.just(name), st.one_of(st.sampled_from(HEADERS[name]), text.map(_as_header))
    )
)
COOKIES = [
    *("sessionid={}", "csrftoken={}", "messages={}", "{}", "sessionid={}; sessionid={}", "={}"),
    *('sessionid="a\\000b"', "$Version=1; sessionid={}", "{}=a", 'messages="\\355\\240\\200"'),
]
cookie = st.one_of(
    st.just(""),
    st.builds(
        lambda form, said: form.replace("{}", _as_header(said)), st.sampled_from(COOKIES), text
    ),
)

JSON_TYPES = ("application/json", "application/json; charset=utf-16", "application/x-ndjson")
FORM_TYPE = "application/x-www-form-urlencoded"
TYPES = [
    *(FORM_TYPE, f"{FORM_TYPE}; charset=foo", f"{FORM_TYPE}; charset=utf-16", "", "odd", ";", "/"),
    *(f"{FORM_TYPE}; charset=rot13", f"{FORM_TYPE}; charset=\0", f"{FORM_TYPE}; charset=idna"),
    *(f"{FORM_TYPE}; charset*=foo''utf-8", "text/plain; charset=latin-1", "a/b; charset=x\ud7ff"),
    *(
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\xff",
    ),
    *("multipart/mixed; boundary=b", "multipart/form-data; boundary=b; charset=idna", "x" * 20_000),
    *JSON_TYPES,
]
# For a multipart body with the boundary b: names, files and parts that do not fit.
ABOUT = "Content-Disposition: form-data; name="
PARTS = [
    f'--b\r\n{ABOUT}"{{}}"\r\n\r\n{{}}\r\n--b--\r\n',
    f'--b\r\n{ABOUT}"file"; filename="{{}}"\r\n\r\n{{}}\r\n--b--\r\n',
    f"--b\r\n{ABOUT}file; filename*=foo''%ff{{}}\r\n\r\n{{}}\r\n--b--\r\n",
    f"--b\r\nContent-Transfer-Encoding: base64\r\n{ABOUT}a\r\n\r\n=\r\n--b--",
    f"--b\r\nContent-Type: text/csv; charset={{}}\r\n{ABOUT}a\r\n\r\n{{}}",
    *("--b\r\n\r\n\r\n--b", "--b", "{}", "--b\r\nContent-Disposition: {}; name=\r\n\r\n--b--"),
]
multipart = st.builds(
    lambda form, said: (
        form.replace("{}", said).encode("utf-8", "surrogatepass"),
        "multipart/form-data; boundary=b",
    ),
    st.sampled_from(PARTS),
    text,
)
values = st.one_of(text, st.integers(), st.floats(), st.none(), st.booleans())
json_body = st.one_of(
    st.dictionaries(
        st.one_of(st.sampled_from(["referenceNumber", "tag", "returns"]), text), values
    ),
    st.lists(st.dictionaries(st.sampled_from(NAMES), values), max_size=3),
).map(lambda said: json.dumps(said).encode())
records = st.builds(
    lambda known, extra: json.dumps([known | extra]).encode(),
    st.fixed_dictionaries(
        dict.fromkeys(("returnReferenceNumber", "state", "createdAt", "updatedAt"), values)
    ),
    st.dictionaries(st.sampled_from(["tags", "notes", "lineItems", "carrier"]), values),
)
form_body = pairs.map(lambda said: _encoded(said).encode())
body = st.one_of(
    st.tuples(form_body, st.just(FORM_TYPE)),
    st.tuples(form_body, st.sampled_from(TYPES)),
    multipart,
    st.tuples(st.one_of(json_body, records), st.sampled_from(JSON_TYPES)),
    st.tuples(st.binary(max_size=30), st.one_of(st.sampled_from(TYPES), text.map(_as_header))),
)


@dataclass(frozen=True)
class OddRequest:
    """A request whose path has numbers in the place of ids, which the test has."""

    method: str
    parts: tuple[str | int, ...]
    query: str
    headers: tuple[tuple[str, str], ...] = ()
    cookie: str = ""
    body: bytes = b""
    content_type: str = ""
    keeps_cookies: bool = True

    def path(self, ids: list[Any]) -> str:
        parts = (
            str(ids[part % len(ids)]) if isinstance(part, int) else quoted(part, safe="/")
            for part in self.parts
        )
        return "/" + "".join(parts)


def routes() -> list[str]:
    """Return the routes of all URLs, such as ``return/<int:pk>/card/``, and some more paths."""
    found = dict.fromkeys(_routes(get_resolver().url_patterns, ""))
    return [*found, *MORE_PATHS]


def _routes(patterns: list, prefix: str) -> Iterator[str]:
    for pattern in patterns:
        is_route = isinstance(pattern.pattern, RoutePattern)
        here = prefix + (str(pattern.pattern) if is_route else "<path:rest>")
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, prefix if here == prefix else here)
        elif isinstance(pattern, URLPattern):
            yield here


CONVERTER = re.compile(r"(<[^>]+>)")


def _part(piece: str, is_odd: bool) -> st.SearchStrategy[str | int]:
    if not CONVERTER.match(piece):
        return st.just(piece)
    return text if is_odd else st.integers(0, MOST_NUMBERS)


@st.composite
def requests(draw: st.DrawFn, route: str) -> OddRequest:
    """Return requests to a route, odd in at most two of their parts, so that most come far."""
    odd = draw(st.sets(st.sampled_from(("path", "query", "headers", "cookie", "body", "method"))))
    odd = set(sorted(odd)[:2])
    method = draw(st.sampled_from(METHODS if "method" in odd else ("GET", "GET", "POST")))
    fields = pairs.map(_encoded)
    plain_body = st.tuples(
        st.one_of(json_body, records) if route.startswith("openapi") else form_body,
        st.just("application/json" if route.startswith("openapi") else FORM_TYPE),
    )
    has_body = "body" in odd or method not in ("GET", "HEAD")
    content, content_type = draw(body if "body" in odd else plain_body) if has_body else (b"", "")
    return OddRequest(
        method,
        tuple(draw(_part(piece, "path" in odd)) for piece in CONVERTER.split(route)),
        draw(query if "query" in odd else st.one_of(st.just(""), fields)),
        tuple(draw(st.lists(header, min_size=1, max_size=3)) if "headers" in odd else ()),
        draw(cookie) if "cookie" in odd else "",
        content,
        content_type,
        keeps_cookies="cookie" not in odd or draw(st.booleans()),
    )


class GuardedHandler(ClientHandler):
    """The test client's handler behind what every server puts before Django."""

    def __call__(self, environ):
        guarded = guard_content_type(
            lambda environ, _: super(GuardedHandler, self).__call__(environ)
        )
        return guarded(environ, None)


class OddClient(RequestFactory):
    """A client with the cookies of a person, which answers failures with 500, as a server does.

    Django's own keeps a copy of the context of every template: half of the time of a request.
    """

    def __init__(
        self, cookies: Mapping[str, Morsel] | None = None, authorization: str = ""
    ) -> None:
        super().__init__()
        self.handler = GuardedHandler(enforce_csrf_checks=False)
        self.kept = [f"{name}={each.value}" for name, each in (cookies or {}).items()]
        self.authorization = authorization
        self.error: BaseException | None = None
        got_request_exception.connect(self._note)

    def _note(self, **_: Any) -> None:
        self.error = sys.exception()

    def request(self, **request: Any) -> Any:
        self.error = None
        return self.handler(self._base_environ(**request))

    def send(self, request: OddRequest, ids: list[Any]) -> Any:
        """Send a request with the client's cookies, and read all of its answer."""
        more = {"QUERY_STRING": _as_header(request.query), "CONTENT_TYPE": request.content_type}
        if self.authorization:
            more["HTTP_AUTHORIZATION"] = self.authorization
        for name, value in request.headers:
            key = name.upper().replace("-", "_")
            more[key if key == "CONTENT_LENGTH" else f"HTTP_{key}"] = value
        cookies = [*(self.kept if request.keeps_cookies else ()), request.cookie]
        more["HTTP_COOKIE"] = "; ".join(filter(None, cookies))
        answer = self.generic(request.method, request.path(ids), request.body, **more)
        if answer.streaming:
            answer.read = b"".join(answer.streaming_content)
        return answer

    def failure(self) -> str:
        """Return the error behind an answer of status 500, with the end of its traceback."""
        trace = self.error.__traceback__ if self.error else None
        last = [f"{Path(place.filename).name}:{place.lineno}" for place in extract_tb(trace)[-4:]]
        return f"{type(self.error).__name__}: {self.error!s:.200} at {last}"


HEADERS_OF_ALL = {
    "Content-Security-Policy": "default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def missing_headers(answer: Any) -> list[str]:
    """Return the names of security headers that an answer lacks."""
    return [
        name
        for name, value in HEADERS_OF_ALL.items()
        if not answer.headers.get(name, "").startswith(value)
    ]


def table(counts: Counter[tuple[str, str, str, int]]) -> str:
    """Return a table of requests by URL, method and role, with the statuses of their answers."""
    rows: dict[tuple[str, str, str], Counter[int]] = {}
    for (route, method, role, status), number in counts.items():
        rows.setdefault((route, method, role), Counter())[status] += number
    lines = ["| URL | method | role | requests | statuses |", "| --- | --- | --- | --- | --- |"]
    for (route, method, role), statuses in sorted(rows.items()):
        said = ", ".join(f"{status}: {number}" for status, number in sorted(statuses.items()))
        lines.append(f"| `/{route}` | {method} | {role} | {statuses.total()} | {said} |")
    return "\n".join(lines)
