"""Who must set up a second factor does so first; who changes one shows who they are first."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate

from django.conf import settings
from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from config.addresses import next_page
from config.htmx import HtmxRequest, lead_to
from returns.people.passkeys import InvalidPasskeyError, check_use, request_options
from returns.people.person import PersonRequest, may_use_password
from returns.people.second_factor import (
    FACTORS,
    PASSKEY,
    check_code,
    factors_of,
    lacks_second_factor,
)
from returns.people.second_factor_forms import WRONG_CODE, CodeForm, ConfirmPasswordForm
from returns.people.signing_in import is_confirmed, is_trusted_session, note_confirmed

SET_UP_FIRST = _("Your role needs a second factor. Reload the page to set one up.")
WRONG_PASSWORD = _("This password is wrong. Passwords are case-sensitive.")
PASSKEY_REFUSED = _("This passkey was not accepted. Try again.")
# What somebody needs who has to set up a second factor, and what holds no data.
OPEN_WITHOUT_FACTOR = {
    *("security", "security-app", "new-passkey", "confirm-identity", "end-sessions"),
    *("password_change", "password_change_done", "logout", "choose-language", "logo"),
    *("login", "provider-begin", "provider-callback", "healthz", "readyz"),
}


class SecondFactorMiddleware:
    """Leads people whose role needs a second factor, and who have none, to the page to set it up.

    It costs no query: the person was loaded with the answer. A provider that is trusted to have
    asked for a second factor takes its place.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        return self.get_response(request)

    def process_view(self, request: HtmxRequest, *_args: Any) -> HttpResponse | None:
        """Answer with a redirect instead of the view, also for fragments."""
        person = request.user
        if not person.is_authenticated or not lacks_second_factor(person):
            return None
        match = request.resolver_match
        is_open = match and not match.namespaces and match.url_name in OPEN_WITHOUT_FACTOR
        if is_open or is_trusted_session(request):
            return None
        return lead_to(request, reverse("security"), str(SET_UP_FIRST))


def confirmed[**P](
    view: Callable[Concatenate[Any, P], HttpResponseBase],
) -> Callable[..., HttpResponseBase]:
    """Let a person show who they are before such a view, unless they have just done so."""

    @wraps(view)
    def wrapper(request: Any, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if is_confirmed(request):
            return view(request, *args, **kwargs)
        return redirect(reverse("confirm-identity", query={"next": request.path}))

    return wrapper


@never_cache
@sensitive_post_parameters("password", "code")
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: PersonRequest) -> HttpResponse:
    """Ask for the second factor; who has none is asked for the password, or by the provider."""
    kinds = {factor.type for factor in factors_of(request.user)}
    has_factor = bool(kinds.intersection(FACTORS))
    by_password = not has_factor and (
        request.user.has_usable_password() and may_use_password(request.user)
    )
    code, password = CodeForm(), ConfirmPasswordForm()
    passkey_error = ""
    if request.method == "POST":
        if has_factor and "code" in request.POST:
            code = CodeForm(request.POST)
            if _is_code_right(request, code):
                return _confirmed(request)
        elif by_password:
            password = ConfirmPasswordForm(request.POST)
            if _is_password_right(request, password):
                return _confirmed(request)
        elif PASSKEY in kinds and not request.POST.get("credential"):
            return JsonResponse(request_options(request.user))
        elif PASSKEY in kinds and _is_passkey_right(request):
            return _confirmed(request)
        else:
            passkey_error = str(PASSKEY_REFUSED)
    context = {
        "code_form": code if has_factor and kinds != {PASSKEY} else None,
        "password_form": password if by_password else None,
        "has_passkey": PASSKEY in kinds,
        "passkey_error": passkey_error,
        "has_provider": bool(settings.OIDC_ISSUER) and not has_factor,
        "provider_name": settings.OIDC_NAME,
        "next": next_page(request, default=reverse("security")),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "people/confirm.html", context, status=status)


def _confirmed(request: PersonRequest) -> HttpResponse:
    note_confirmed(request)
    return redirect(next_page(request, default=reverse("security")))


def _is_code_right(request: PersonRequest, form: CodeForm) -> bool:
    if not form.is_valid():
        return False
    if check_code(request, request.user, form.cleaned_data["code"]):
        return True
    form.add_error("code", str(WRONG_CODE))
    return False


def _is_password_right(request: PersonRequest, form: ConfirmPasswordForm) -> bool:
    if not form.is_valid():
        return False
    name, password = request.user.get_username(), form.cleaned_data["password"]
    if authenticate(request, username=name, password=password):
        return True
    form.add_error("password", str(WRONG_PASSWORD))
    return False


def _is_passkey_right(request: PersonRequest) -> bool:
    try:
        check_use(request.POST.get("credential", ""), request.user)
    except InvalidPasskeyError:
        return False
    return True
