"""Sign-in and security: a person's second factors, recovery codes and sessions."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from config.numbers import grouped
from returns.models.access import SignInChange
from returns.people.access import record_sign_in_change
from returns.people.browsers import browser_label
from returns.people.passkeys import InvalidPasskeyError, check_new, creation_options, passkey_of
from returns.people.person import PersonRequest, may_use_password
from returns.people.qr_code import QrCode, setup_code
from returns.people.second_factor import (
    APP,
    MAX_PASSKEYS,
    PASSKEY,
    RECOVERY,
    add_app,
    add_passkey,
    counter_of_code,
    factors_of,
    forget_pending_secret,
    lacks_second_factor,
    make_recovery_codes,
    pending_secret,
    remove_factor,
    rename_passkey,
    unused_codes,
)
from returns.people.second_factor_forms import CodeForm, PasskeyNameForm
from returns.people.sessions import (
    end_other_sessions,
    end_session,
    session_reference,
    sessions_of,
)
from returns.people.signing_in import is_trusted_session
from returns.views.second_factor import confirmed


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session as its person sees it."""

    reference: str
    browser: str
    address: str
    started_at: datetime
    active_at: datetime
    is_this: bool


@never_cache
@require_safe
def show(request: PersonRequest) -> HttpResponse:
    """Show how a person signs in, and where they are signed in."""
    factors = factors_of(request.user)
    codes = next((factor for factor in factors if factor.type == RECOVERY), None)
    context = {
        "must_set_up": lacks_second_factor(request.user) and not is_trusted_session(request),
        "has_password": request.user.has_usable_password() and may_use_password(request.user),
        "provider_name": settings.OIDC_NAME,
        "app": next((factor for factor in factors if factor.type == APP), None),
        "passkeys": [factor for factor in factors if factor.type == PASSKEY],
        "codes": codes,
        "codes_left": len(unused_codes(codes)) if codes else 0,
        "sessions": _session_rows(request),
    }
    return render(request, "people/security.html", context)


def _session_rows(request: PersonRequest) -> list[SessionRow]:
    return [
        SessionRow(
            session_reference(each),
            browser_label(each.browser),
            each.address or "",
            each.started_at,
            each.active_at,
            each.session_key == request.session.session_key,
        )
        for each in sessions_of(request.user)
    ]


@require_POST
def end_sessions(request: PersonRequest) -> HttpResponse:
    """End one session of the person, or all but this one."""
    if reference := request.POST.get("session"):
        is_ended = end_session(request.user, reference)
        number = int(is_ended)
        text = gettext("The session was ended.") if is_ended else gettext("It had ended already.")
    else:
        number = end_other_sessions(request.user, request.session.session_key)
        text = ngettext("%(n)s session was ended.", "%(n)s sessions were ended.", number)
        text %= {"n": grouped(number)}
    if number:
        record_sign_in_change(request, request.user, SignInChange.SESSIONS_ENDED)
    messages.success(request, text)
    return redirect("security")


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
@confirmed
def app(request: PersonRequest) -> HttpResponseBase:
    """Set up an authenticator app, replace the one there is, or remove it."""
    old = next((factor for factor in factors_of(request.user) if factor.type == APP), None)
    if old and request.POST.get("action") == "remove":
        remove_factor(old)
        messages.success(request, gettext("The authenticator app was removed."))
        return redirect("security")
    secret = pending_secret()
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        counter = counter_of_code(secret, form.cleaned_data["code"])
        if counter is not None:
            add_app(request.user, secret, counter)
            forget_pending_secret(request)
            return _show_new_codes(request, gettext("The authenticator app is set up."))
        form.add_error(
            "code",
            gettext("This is not the code that the app shows now. Check its time, or scan again."),
        )
    code: QrCode = setup_code(request.user, secret)
    context = {"form": form, "qr": code, "old": old}
    status = 422 if form.errors else 200
    return render(request, "people/app.html", context, status=status)


def _show_new_codes(request: PersonRequest, text: str) -> HttpResponse:
    """Lead to the recovery codes, which somebody needs who loses the new factor."""
    messages.success(request, text)
    return redirect("recovery-codes")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@confirmed
def new_passkey(request: PersonRequest) -> HttpResponseBase:
    """Make a passkey. Without one, the answer to a form is what the browser needs for it."""
    number = sum(factor.type == PASSKEY for factor in factors_of(request.user))
    credential = request.POST.get("credential")
    error = ""
    if number >= MAX_PASSKEYS:
        error = gettext("You have as many passkeys as there may be. Remove one first.")
    elif request.method == "POST" and not credential:
        return JsonResponse(creation_options(request.user))
    form = PasskeyNameForm(request.POST if request.method == "POST" else None)
    if credential and not error and form.is_valid():
        try:
            add_passkey(request.user, form.cleaned_data["name"], check_new(credential))
        except InvalidPasskeyError:
            error = gettext("This passkey was not accepted. Try again.")
        else:
            return _show_new_codes(request, gettext("The passkey is set up."))
    context = {"form": form, "passkey_error": error}
    status = 422 if request.method == "POST" else 200
    return render(request, "people/new_passkey.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@confirmed
def passkey(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Rename a passkey, or remove it."""
    factor = passkey_of(request.user, pk)
    if factor is None:
        raise Http404(gettext("This passkey was removed."))
    if request.POST.get("action") == "remove":
        remove_factor(factor)
        messages.success(request, gettext("The passkey was removed."))
        return redirect("security")
    form = PasskeyNameForm(
        request.POST if request.method == "POST" else None, initial={"name": factor.data["name"]}
    )
    if form.is_valid():
        rename_passkey(factor, form.cleaned_data["name"])
        messages.success(request, gettext("The name was changed."))
        return redirect("security")
    context: dict[str, Any] = {"form": form, "passkey": factor}
    status = 422 if form.errors else 200
    return render(request, "people/passkey.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@confirmed
def recovery_codes(request: PersonRequest) -> HttpResponseBase:
    """Show the recovery codes that are left, or make new ones."""
    factors = factors_of(request.user)
    if not any(factor.type != RECOVERY for factor in factors):
        messages.warning(request, gettext("Set up a second factor first."))
        return redirect("security")
    if request.method == "POST":
        make_recovery_codes(request.user)
        messages.success(request, gettext("New codes were made. The old ones are not valid."))
        return redirect("recovery-codes")
    codes = next((factor for factor in factors if factor.type == RECOVERY), None)
    context = {"codes": unused_codes(codes) if codes else []}
    return render(request, "people/recovery_codes.html", context)
