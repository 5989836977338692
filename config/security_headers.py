"""Security headers on every answer: pages, static files, and errors of any part of the program."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.security import SecurityMiddleware
from django.utils.csp import CSP, build_policy

# Other sites may not load our files.
RESOURCE_POLICY = "same-origin"


class SecurityHeadersMiddleware:
    """Sets the headers that are missing because Django's own middleware was not reached.

    It is the first one, so it also sees static files, and answers of the middleware after it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.of_django = SecurityMiddleware(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the response, with each header that it does not have yet."""
        response = self.get_response(request)
        self.of_django.process_response(request, response)  # type: ignore[arg-type]
        response.headers.setdefault("X-Frame-Options", settings.X_FRAME_OPTIONS)
        response.headers.setdefault("Cross-Origin-Resource-Policy", RESOURCE_POLICY)
        # Django's own error pages, which only developers see, need styles and scripts.
        is_for_developers = settings.DEBUG and response.status_code >= 400
        if str(CSP.HEADER_ENFORCE) not in response and not is_for_developers:
            response.headers[str(CSP.HEADER_ENFORCE)] = build_policy(settings.SECURE_CSP)
        return response
