"""Answers of the API: JSON, errors in one shape, and the headers that all of them carry."""

import gzip
import json
from hashlib import sha256
from typing import Any

from django.http import HttpResponse, HttpResponseNotModified
from django.utils import timezone
from django.utils.http import parse_etags

from config.compression import accepts_gzip
from returns.api.call import ApiRequest, Call
from returns.api.refusals import Refusal, TooManyCallsError
from returns.api.serializers import time_written

WORTH_COMPRESSING = 1024  # bytes
COMPRESSION = 4  # of 9: within a tenth of the best, in a third of its time
# Whose answer it is, by whom it may be kept.
VARY = "Accept-Encoding, Authorization, X-Tenant-Id"


def json_answer(said: Any, status: int = 200) -> HttpResponse:
    """Return a JSON answer. Halves of characters, which no encoding has, stay escaped."""
    text = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
    body = text.encode("utf-8", "backslashreplace")
    return HttpResponse(body, status=status, content_type="application/json")


def refused(refusal: Refusal, call: Call) -> HttpResponse:
    """Return a refusal in the shape of the WMS's errors; of too many calls it has its own."""
    response = json_answer(_shape_of(refusal, call), refusal.status)
    for name, value in refusal.headers.items():
        response[name] = value
    return response


def _shape_of(refusal: Refusal, call: Call) -> dict[str, Any]:
    if isinstance(refusal, TooManyCallsError):
        return {"statusCode": refusal.status, "message": refusal.message}
    errors = [
        {"property": each.property, "message": each.message, "errorCode": each.code}
        for each in refusal.mistakes
    ]
    return {
        "error": {"code": refusal.code, "message": refusal.message, "errors": errors},
        "requestId": call.id,
        "timestamp": time_written(timezone.now()),
    }


def finished(response: HttpResponse, request: ApiRequest) -> HttpResponse:
    """Return the answer as it leaves: compressed where that is worth it, 304 where it is known."""
    kept = request.method == "GET" and response.status_code == 200
    response["Cache-Control"] = "private, no-cache" if kept else "no-store"
    response["Vary"] = VARY
    _compress(response, request)
    if kept:
        # Of the bytes that leave, so that it is another one for each encoding.
        response["ETag"] = f'"{sha256(response.content).hexdigest()[:32]}"'
        response = _known(request, response) or response
    _tell_calls(response, request.call)
    if response.status_code != 304:
        response["Content-Length"] = str(len(response.content))
    return response


def _known(request: ApiRequest, response: HttpResponse) -> HttpResponse | None:
    """Return the short answer to a program that has this one already."""
    known = [each.removeprefix("W/") for each in _etags(request)]
    if response["ETag"] not in known and "*" not in known:
        return None
    names = ("ETag", "Cache-Control", "Vary")
    return HttpResponseNotModified(headers={name: response[name] for name in names})


def _etags(request: ApiRequest) -> list[str]:
    return parse_etags(request.headers.get("If-None-Match", ""))


def _compress(response: HttpResponse, request: ApiRequest) -> None:
    if len(response.content) > WORTH_COMPRESSING and accepts_gzip(request):
        response.content = gzip.compress(response.content, COMPRESSION, mtime=0)
        response["Content-Encoding"] = "gzip"


def _tell_calls(response: HttpResponse, call: Call) -> None:
    response["X-Request-Id"] = call.id
    if call.calls:
        response["x-remaining-calls"] = str(call.calls.remaining)
        response["x-retry-after"] = str(call.calls.wait)
