"""The document, and a page that shows it; both hold no data, and so need no sign-in."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from returns.api.answers import json_answer
from returns.api.document import document as the_document
from returns.api.page import endpoints_of


@require_safe
def document(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django gives it
    """Answer the OpenAPI document."""
    return json_answer(the_document())


@require_safe
@login_not_required
def docs(request: HttpRequest) -> HttpResponse:
    """Show the endpoints, what they take and what they answer."""
    site = request.build_absolute_uri("/openapi/v1")
    limit = settings.API_CALLS_PER_MINUTE
    context = {"endpoints": endpoints_of(the_document(), site), "limit": limit}
    return render(request, "api/docs.html", context)
