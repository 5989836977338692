"""Signing in, from who it is to a session: the same steps for passwords, passkeys and providers."""

import time
from enum import StrEnum

from allauth.account.internal.flows.login import perform_login
from allauth.account.models import Login
from allauth.account.stages import LoginStage, LoginStageController
from allauth.mfa.models import Authenticator
from django.contrib.auth import logout
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy

from returns.people.access import record_sign_in
from returns.people.person import RoleBackend
from returns.people.second_factor import has_second_factor, note_use
from returns.people.sessions import CONFIRMATION_SECONDS, note_sign_in

CONFIRMED_AT = "confirmed_at"  # in the session, as seconds since 1970
IS_TRUSTED = "is_trusted"  # in the session: the provider has asked for a second factor
FINGERPRINT = "fingerprint"  # of the password, in the state of who is signing in


INACTIVE = gettext_lazy("Your account here is not active. Ask your administrator.")


class RefusedPersonError(Exception):
    """Somebody who was recognised may not come in. The message is for them."""


class Way(StrEnum):
    """By what a person is recognised first."""

    PASSWORD = "password"  # noqa: S105
    PASSKEY = "passkey"
    PROVIDER = "provider"


class SecondFactorStage(LoginStage):
    """Asks who has a second factor for it, unless it is proved already."""

    key = "second-factor"
    urlname = "second-factor"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        """Return the redirect to the page that asks, if it is needed."""
        if self.login.state.get("is_proved") or not has_second_factor(self.login.user):
            return None, True
        return redirect(self.urlname), True


def sign_in(
    request: HttpRequest,
    person: User,
    way: Way,
    address: str | None,
    *,
    factor: Authenticator | None = None,
    is_trusted: bool = False,
) -> HttpResponse:
    """Sign a recognised person in, or ask for the second factor first; then lead to the address.

    With a ``factor``, or if the provider is trusted to have asked for one, nothing is asked. Raises
    ``RefusedPersonError``.
    """
    if not RoleBackend().user_can_authenticate(person):
        raise RefusedPersonError(str(INACTIVE))
    is_same = request.user.is_authenticated and request.user.pk == person.pk
    if request.user.is_authenticated and not is_same:
        logout(request)
    details = {"way": way.value, "factor": "", "is_trusted": is_trusted}
    login = Login(
        user=person,
        redirect_url=address,
        signal_kwargs=details,
        # Who is signed in already has shown it in this session.
        state={
            "is_proved": is_same or is_trusted or factor is not None,
            FINGERPRINT: person.get_session_auth_hash(),
        },
    )
    if factor:
        _use(login, factor)
    response: HttpResponse = perform_login(request, login)
    return response


def pending_stage(request: HttpRequest) -> SecondFactorStage | None:
    """Return the step of somebody who has to show a second factor; None if nobody has.

    Who was made inactive, or got a new password, meanwhile has to begin again.
    """
    stage = LoginStageController.enter(request, SecondFactorStage.key)
    if stage is None:
        return None
    person = stage.login.user
    is_valid = RoleBackend().user_can_authenticate(person) and (
        stage.login.state.get(FINGERPRINT) == person.get_session_auth_hash()
    )
    return stage if is_valid else None


def finish(stage: SecondFactorStage, factor: Authenticator) -> HttpResponse:
    """Sign in who has shown a second factor."""
    _use(stage.login, factor)
    response: HttpResponse = stage.exit()
    return response


def _use(login: Login, factor: Authenticator) -> None:
    note_use(factor)
    login.signal_kwargs["factor"] = factor.type


def note_signed_in(
    request: HttpRequest,
    person: User,
    way: str = "",
    factor: str = "",
    *,
    is_trusted: bool = False,
) -> None:
    """Store that a person has signed in now; every way of signing in ends here.

    ``way`` is a ``Way``; ``factor`` is the type of the second factor, "" without one.
    """
    note_sign_in(request)
    request.session[IS_TRUSTED] = is_trusted
    note_confirmed(request)
    record_sign_in(request, person, way, factor)


def is_trusted_session(request: HttpRequest) -> bool:
    """Tell whether the provider is trusted to have asked for a second factor in this session."""
    return bool(request.session.get(IS_TRUSTED))


def note_confirmed(request: HttpRequest) -> None:
    """Store that the person has just shown who they are."""
    request.session[CONFIRMED_AT] = time.time()


def is_confirmed(request: HttpRequest) -> bool:
    """Tell whether the person showed who they are within the last ten minutes."""
    age = time.time() - request.session.get(CONFIRMED_AT, 0)
    return bool(0 <= age < CONFIRMATION_SECONDS)
