"""Signing in and changing one's password: Django's views, answering 422 to a form with errors."""

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, PasswordChangeView, redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

_sign_in = LoginView.as_view(redirect_authenticated_user=True)
_change_password = PasswordChangeView.as_view()


@login_not_required
def sign_in(request: HttpRequest) -> HttpResponseBase:
    """Ask for name and password; a person who is signed in goes on to where they wanted."""
    return _refused_form_is_422(request, _sign_in(request))


def change_password(request: HttpRequest) -> HttpResponseBase:
    """Ask for the old password and a new one."""
    return _refused_form_is_422(request, _change_password(request))


@login_not_required
def enter_admin(request: HttpRequest) -> HttpResponse:
    """Lead to the site's own login page, so that one throttle guards the admin too, and back.

    A person who is signed in without belonging there would go round in circles: they are refused.
    """
    if not request.user.is_authenticated:
        return redirect_to_login(request.GET.get("next", reverse("admin:index")))
    if not request.user.is_staff:
        raise PermissionDenied
    return redirect("admin:index")


def _refused_form_is_422(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    if request.method == "POST" and response.status_code == 200:
        response.status_code = 422
    return response
