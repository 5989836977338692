"""The site as it is served, and one empty view beside it: what any page of a person costs."""

import os

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
settings.ROOT_URLCONF = __name__

from config.wsgi import application  # noqa: E402, F401 - before the paths, whose views need models


def empty(request: HttpRequest) -> HttpResponse:
    """Answer nothing, to a person who is signed in and may see returns."""
    request.user.has_perm("returns.view_return")
    return HttpResponse()


urlpatterns = [path("empty/", empty), path("", include("config.urls"))]
