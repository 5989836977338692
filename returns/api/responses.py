"""HTTP responses of the API: JSON, one shape for errors, and the headers of every answer."""

import gzip
import json
from hashlib import sha256
from typing import Any

from django.http import HttpResponse, HttpResponseNotModified
from django.utils import timezone
from django.utils.http import parse_etags

from config.compression import accepts_gzip
from returns.api.authentication import ApiRequest, Call
from returns.api.call_limit import WINDOW, CallCount
from returns.api.errors import ApiError, TooManyCallsError
from returns.feed.serializers import format_time

MIN_COMPRESSED_SIZE = 1024  # bytes
POLICY = "calls"  # the name of the limit on calls
GZIP_LEVEL = 4  # of 9: within a tenth of the best size, in a third of the time
# An answer depends on the token and the tenant, so no shared cache may give it to others.
API_VARY = "Accept-Encoding, Authorization, X-Tenant-Id"


def json_response(payload: Any, status: int = 200) -> HttpResponse:
    """Return a JSON response. Lone surrogates, which UTF-8 cannot encode, stay escaped."""
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    body = text.encode("utf-8", "backslashreplace")
    return HttpResponse(body, status=status, content_type="application/json")


def error_response(error: ApiError, call: Call) -> HttpResponse:
    """Return an error in the WMS's shape; for too many calls the WMS has a shape of its own."""
    response = json_response(_error_payload(error, call), error.status)
    for name, value in error.headers.items():
        response[name] = value
    return response


def _error_payload(error: ApiError, call: Call) -> dict[str, Any]:
    if isinstance(error, TooManyCallsError):
        return {"statusCode": error.status, "message": error.message}
    details = [
        {"property": each.property, "message": each.message, "errorCode": each.code}
        for each in error.details
    ]
    return {
        "error": {"code": error.code, "message": error.message, "errors": details},
        "requestId": call.id,
        "timestamp": format_time(timezone.now()),
    }


def finalize_response(response: HttpResponse, request: ApiRequest) -> HttpResponse:
    """Set caching, compression and call headers; answer 304 if the client has this version."""
    is_cacheable = request.method == "GET" and response.status_code == 200
    response["Cache-Control"] = "private, no-cache" if is_cacheable else "no-store"
    response["Vary"] = API_VARY
    _compress(response, request)
    if is_cacheable:
        # Of the compressed bytes, so that each encoding has a tag of its own. It begins with the
        # version of what is answered, if that has one.
        digest = sha256(response.content).hexdigest()[:32]
        version = response.headers.get("ETag", "").strip('"')
        response["ETag"] = f'"{version}-{digest}"' if version else f'"{digest}"'
        response = _not_modified(request, response) or response
    _set_call_headers(response, request.call)
    if response.status_code != 304:
        response["Content-Length"] = str(len(response.content))
    return response


def _not_modified(request: ApiRequest, response: HttpResponse) -> HttpResponse | None:
    header = request.headers.get("If-None-Match", "")
    etags = [etag.removeprefix("W/") for etag in parse_etags(header)]
    if response["ETag"] not in etags and "*" not in etags:
        return None
    names = ("ETag", "Cache-Control", "Vary")
    return HttpResponseNotModified(headers={name: response[name] for name in names})


def _compress(response: HttpResponse, request: ApiRequest) -> None:
    if len(response.content) > MIN_COMPRESSED_SIZE and accepts_gzip(request):
        response.content = gzip.compress(response.content, GZIP_LEVEL, mtime=0)
        response["Content-Encoding"] = "gzip"


def rate_limit_headers(count: CallCount) -> dict[str, str]:
    """Return the headers of the IETF's draft "RateLimit header fields for HTTP".

    The limit has a name; then come its quota and window, and what remains for how many seconds.
    """
    window = int(WINDOW.total_seconds())
    return {
        "RateLimit-Policy": f'"{POLICY}";q={count.limit};w={window}',
        "RateLimit": f'"{POLICY}";r={count.remaining};t={count.seconds}',
    }


def _set_call_headers(response: HttpResponse, call: Call) -> None:
    response["X-Request-Id"] = call.id
    if call.count:
        for name, value in rate_limit_headers(call.count).items():
            response[name] = value
        response["x-remaining-calls"] = str(call.count.remaining)
        response["x-retry-after"] = str(call.count.wait)
