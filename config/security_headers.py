"""Security headers on every answer: pages, static files, and errors of any part of the program."""

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.security import SecurityMiddleware
from django.utils.csp import build_policy

# Other sites may not load our files.
RESOURCE_POLICY = "same-origin"


class SecurityHeadersMiddleware(SecurityMiddleware):
    """Sets the headers of Django's middleware that are missing, because it was not reached.

    It is the first one, so it also sees static files, and answers of the middleware after it.
    """

    def process_request(self, request: HttpRequest) -> None:
        """Do nothing: the redirect to https belongs to Django's own middleware."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Set each header that the response does not have."""
        response = super().process_response(request, response)
        response.headers.setdefault("X-Frame-Options", settings.X_FRAME_OPTIONS)
        response.headers.setdefault("Cross-Origin-Resource-Policy", RESOURCE_POLICY)
        # Django's own error pages, which only developers see, have a policy of their own.
        if not settings.DEBUG or response.status_code < 400:
            policy = build_policy(settings.SECURE_CSP)
            response.headers.setdefault("Content-Security-Policy", policy)
        return response
