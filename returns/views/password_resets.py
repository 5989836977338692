"""Reset a forgotten password by a link in a mail, where the desk can send mail."""

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import SetPasswordForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from returns.models.access import SignInChange
from returns.people.access import record_sign_in_change
from returns.people.password_reset import (
    ask_for_reset,
    is_offered,
    person_of_link,
    reset_password,
)
from returns.people.password_reset_forms import AskForResetForm


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Ask whose password it is. The answer is the same whether somebody is called that or not."""
    _require_mail()
    form = AskForResetForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        ask_for_reset(request, form.cleaned_data["who"])
        return redirect("password_reset_done")
    status = 422 if form.errors else 200
    return render(request, "registration/reset_ask.html", {"form": form}, status=status)


@login_not_required
@require_safe
def asked(request: HttpRequest) -> HttpResponse:
    """Say that a mail is under way if somebody is called that."""
    _require_mail()
    return render(request, "registration/reset_asked.html")


@login_not_required
@never_cache
@sensitive_post_parameters("new_password1", "new_password2")
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest, uidb64: str, token: str) -> HttpResponse:
    """Ask for the new password. Then the person signs in, with their second factor too."""
    _require_mail()
    person = person_of_link(uidb64, token)
    if person is None:
        return render(request, "registration/reset_link_over.html", status=410)
    form = SetPasswordForm(person, request.POST if request.method == "POST" else None)
    if form.is_valid():
        reset_password(form)
        record_sign_in_change(request, person, SignInChange.PASSWORD_RESET)
        return redirect("password_reset_complete")
    context = {"form": form, "name": person.get_username()}
    status = 422 if form.errors else 200
    return render(request, "registration/reset_choose.html", context, status=status)


@login_not_required
@require_safe
def chosen(request: HttpRequest) -> HttpResponse:
    """Say that the password was changed."""
    _require_mail()
    return render(request, "registration/reset_chosen.html")


def _require_mail() -> None:
    if not is_offered():
        raise Http404
