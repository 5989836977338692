"""Signing in by the company's provider: to it, back from it, and what is said if it fails."""

import logging

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from config.addresses import next_page
from returns.models.access import Proof
from returns.people import provider
from returns.people.access import record_refused_sign_in
from returns.people.provider import ProviderError, ProviderFault
from returns.people.provider_people import person_of
from returns.people.signing_in import RefusedPersonError, Way, sign_in
from returns.views.callers import limit_starts

logger = logging.getLogger(__name__)

FAULTS = {
    ProviderFault.AWAY: (
        503,
        _("Your company's sign-in does not answer. Try again in a few minutes."),
    ),
    ProviderFault.CANCELLED: (400, _("Signing in was cancelled.")),
    ProviderFault.INVALID: (
        400,
        _("Signing in took too long, or the answer could not be used. Start again."),
    ),
}


@login_not_required
@never_cache
@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """Send a person to the provider, by a page.

    The policy of our pages lets forms lead to this site alone, and Chromium applies that to
    redirects of their answers too. A page that moves on by itself is no form.
    """
    _require_provider()
    limit_starts(request)
    # Who is signed in wants to confirm that it is them; anybody could who sits down here.
    asks_again = request.user.is_authenticated
    try:
        page = next_page(request, default=reverse("home"))
        address = provider.begin(request, page, asks_again=asks_again)
    except ProviderError as error:
        return _fault_page(request, error)
    context = {"address": address, "provider_name": settings.OIDC_NAME}
    response = render(request, "registration/provider_leave.html", context)
    response["Refresh"] = f"0;url={address}"
    return response


@login_not_required
@never_cache
@require_safe
def callback(request: HttpRequest) -> HttpResponse:
    """Sign in the person whom the provider sends back."""
    _require_provider()
    try:
        claims, address = provider.finish(request)
        person = person_of(claims)
        return sign_in(request, person, Way.PROVIDER, address, is_trusted=settings.OIDC_TRUSTS_MFA)
    except ProviderError as error:
        return _fault_page(request, error)
    except RefusedPersonError as error:
        record_refused_sign_in(request, Proof.PROVIDER, "refused")
        return _page(request, str(error), 403)


def _require_provider() -> None:
    if not settings.OIDC_ISSUER:
        raise Http404


def _fault_page(request: HttpRequest, error: ProviderError) -> HttpResponse:
    status, sentence = FAULTS[error.fault]
    if error.fault is not ProviderFault.CANCELLED:
        logger.warning("Signing in by the provider failed (%s): %s", error.fault.value, error)
        record_refused_sign_in(request, Proof.PROVIDER, error.fault.value)
    return _page(request, str(sentence), status)


def _page(request: HttpRequest, sentence: str, status: int) -> HttpResponse:
    context = {"sentence": sentence}
    return render(request, "registration/provider_error.html", context, status=status)
