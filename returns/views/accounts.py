"""Sign in, sign out, and change the password. A form with errors has status 422."""

from functools import partial
from typing import cast

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import User
from django.contrib.auth.views import LogoutView, PasswordChangeView, redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from config.addresses import next_page
from returns.models.access import Proof, SignInChange
from returns.people import password_reset, signing_in
from returns.people.access import (
    record_refused_sign_in,
    record_sign_in_change,
    record_sign_out,
)
from returns.people.passkeys import InvalidPasskeyError, check_use, request_options
from returns.people.passwords import ChangePasswordForm
from returns.people.person import may_use_password
from returns.people.second_factor import PASSKEY, check_code, factors_of
from returns.people.second_factor_forms import WRONG_CODE, CodeForm
from returns.people.signing_in import RefusedPersonError, Way
from returns.views.callers import limit_starts

# Not "storage", which holds only a person's choice of sound, and no data.
CLEARED_AT_SIGN_OUT = '"cache"'
WRONG_PASSKEY = gettext_lazy("This passkey was not accepted. Try again, or sign in in another way.")

_sign_out = LogoutView.as_view()


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for name and password. A signed-in person is redirected to the page they wanted."""
    if request.user.is_authenticated:
        return redirect(next_page(request, default=reverse("home")))
    if request.method != "POST":
        return _login_page(request, AuthenticationForm(request))
    if not _takes_passwords(request):
        return _login_page(request, AuthenticationForm(request), status=403)
    form = AuthenticationForm(request, data=request.POST)
    if not form.is_valid():
        return _login_page(request, form, status=422)
    address = next_page(request, default="")
    return signing_in.sign_in(request, form.get_user(), Way.PASSWORD, address)


@login_not_required
@never_cache
@require_POST
def use_passkey(request: HttpRequest) -> HttpResponse:
    """Sign in with a passkey alone. Without one, the answer is what the browser needs for it."""
    if settings.OIDC_ONLY:
        raise Http404
    if request.user.is_authenticated:
        return redirect(next_page(request, default=reverse("home")))
    credential = request.POST.get("credential")
    if not credential:
        limit_starts(request)
        return JsonResponse(request_options(None))
    try:
        factor = check_use(credential, None)
        address = next_page(request, default="")
        return signing_in.sign_in(request, factor.user, Way.PASSKEY, address, factor=factor)
    except (InvalidPasskeyError, RefusedPersonError):
        record_refused_sign_in(request, Proof.PASSKEY, "refused")
        form = AuthenticationForm(request)
        return _login_page(request, form, status=422, passkey_error=WRONG_PASSKEY)


@login_not_required
@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def second_factor(request: HttpRequest) -> HttpResponse:
    """Ask somebody whose password was right for a code or a passkey."""
    if request.user.is_authenticated:
        return redirect("home")
    stage = signing_in.pending_stage(request)
    if stage is None:
        return redirect("login")
    person = cast("User", stage.login.user)
    form, error = CodeForm(request.POST if "code" in request.POST else None), ""
    if request.method == "POST" and "code" not in request.POST:
        credential = request.POST.get("credential")
        if not credential:
            return JsonResponse(request_options(person))
        try:
            return signing_in.finish(stage, check_use(credential, person))
        except InvalidPasskeyError:
            record_refused_sign_in(request, Proof.WEBAUTHN, "refused")
            error = gettext("This passkey was not accepted. Try again, or use a code.")
    elif form.is_valid():
        if factor := check_code(request, person, form.cleaned_data["code"]):
            return signing_in.finish(stage, factor)
        form.add_error("code", str(WRONG_CODE))
    kinds = {factor.type for factor in factors_of(person)}
    context = {"form": form, "passkey_error": error, "has_passkey": PASSKEY in kinds}
    context |= {"has_code": kinds != {PASSKEY}}
    status = 422 if request.method == "POST" else 200
    return render(request, "registration/second_factor.html", context, status=status)


def sign_out(request: HttpRequest) -> HttpResponseBase:
    """Sign out, and let the browser forget the pages that it holds for Back and Forward."""
    person = request.user
    response = _sign_out(request)
    if request.method == "POST":
        if isinstance(person, User):
            record_sign_out(request, person)
        response.headers["Clear-Site-Data"] = CLEARED_AT_SIGN_OUT
    return response


def change_password(request: HttpRequest) -> HttpResponseBase:
    """Ask for the old and a new password."""
    person = cast("User", request.user)
    if not (person.has_usable_password() and may_use_password(person)):
        raise PermissionDenied(gettext("You do not sign in with a password here."))
    form = partial(ChangePasswordForm, request=request)
    change = PasswordChangeView.as_view(form_class=cast("type[ChangePasswordForm]", form))
    response = change(request)
    if request.method == "POST" and response.status_code == 200:
        response.status_code = 422
    elif request.method == "POST" and response.status_code == 302:
        record_sign_in_change(request, person, SignInChange.PASSWORD)
    return response


@login_not_required
def enter_admin(request: HttpRequest) -> HttpResponse:
    """Redirect to the site's own login page, so that its lock-out protects the admin too.

    Signed-in people who may not use the admin get 403, because redirecting them would loop.
    """
    if not request.user.is_authenticated:
        return redirect_to_login(request.GET.get("next", reverse("admin:index")))
    if not request.user.is_staff:
        raise PermissionDenied
    return redirect("admin:index")


def _takes_passwords(request: HttpRequest) -> bool:
    return not settings.OIDC_ONLY or "break-glass" in request.GET


def _login_page(
    request: HttpRequest, form: AuthenticationForm, status: int = 200, passkey_error: object = ""
) -> HttpResponse:
    context = {
        "form": form,
        "next": next_page(request, default=""),
        "passkey_error": passkey_error,
        "takes_passwords": _takes_passwords(request),
        "takes_passkeys": not settings.OIDC_ONLY,
        "has_provider": bool(settings.OIDC_ISSUER),
        "provider_name": settings.OIDC_NAME,
        "offers_reset": password_reset.is_offered(),
    }
    return render(request, "registration/login.html", context, status=status)
