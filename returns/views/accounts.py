"""Sign in and change the password: Django's views, with status 422 for a form with errors."""

from functools import partial
from typing import cast

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView, redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from returns.people.passwords import ChangePasswordForm
from returns.people.person import note_sign_in

# Not "storage", which holds only a person's choice of sound, and no data.
CLEARED_AT_SIGN_OUT = '"cache"'

_sign_in = LoginView.as_view(redirect_authenticated_user=True)
_sign_out = LogoutView.as_view()


@login_not_required
def sign_in(request: HttpRequest) -> HttpResponseBase:
    """Ask for name and password. A signed-in person is redirected to the page they wanted."""
    response = _sign_in(request)
    if request.method == "POST" and request.user.is_authenticated:
        note_sign_in(request)
    return _as_422_if_invalid(request, response)


def sign_out(request: HttpRequest) -> HttpResponseBase:
    """Sign out, and let the browser forget the pages that it holds for Back and Forward."""
    response = _sign_out(request)
    if request.method == "POST":
        response.headers["Clear-Site-Data"] = CLEARED_AT_SIGN_OUT
    return response


def change_password(request: HttpRequest) -> HttpResponseBase:
    """Ask for the old and a new password."""
    form = partial(ChangePasswordForm, request=request)
    change = PasswordChangeView.as_view(form_class=cast("type[ChangePasswordForm]", form))
    return _as_422_if_invalid(request, change(request))


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


def _as_422_if_invalid(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    if request.method == "POST" and response.status_code == 200:
        response.status_code = 422
    return response
