"""Who is signed in on each request: permissions, time zone, and name on the timeline."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pghistory
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, logout
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.middleware import AuthenticationMiddleware, get_user
from django.contrib.auth.models import AnonymousUser, Permission, User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone, translation
from django.utils.cache import patch_cache_control
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from config.concurrency import SLOTS
from config.htmx import HtmxRequest
from returns.models import Preferences
from returns.people.sessions import SIGNED_IN_AT, note_activity
from returns.people.signed_in import read_person

READING_METHODS = {"GET", "HEAD", "OPTIONS"}
PASSWORD_WAIT = 2.0  # seconds
ROLE_BACKEND = "returns.people.RoleBackend"  # as sessions store it
SIGN_INS_BUSY = _("Many people are signing in right now. Wait a few seconds, then try again.")


class PersonRequest(HtmxRequest):
    """A request of a person who is signed in."""

    user: User


class DeskRequest(PersonRequest, HtmxRequest):
    """A request of a person who is signed in, possibly for a fragment of a page."""

    user: User


class RoleBackend(ModelBackend):
    """Checks a few passwords at a time. Permissions come from a person's roles (groups) only.

    The demo's people can sign in only on the demo's own server, because their password is public.
    """

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        """Check a name and a password, which takes half a second of a processor.

        Raises ``TooManyAtOnceError`` if this process is busy with others, and one more is waiting.
        """
        limit = settings.PASSWORD_CHECKS_AT_ONCE
        with (
            SLOTS.held("password, or waiting", limit + 1, SIGN_INS_BUSY, 0),
            SLOTS.held("password", limit, SIGN_INS_BUSY, PASSWORD_WAIT),
        ):
            user = super().authenticate(request, username, password, **kwargs)
        # After the check, so that its time does not tell whose passwords count.
        return user if user and may_use_password(user) else None

    def get_user(self, user_id: int) -> User | None:
        """Return the person with what each page shows of them."""
        user = read_person(user_id)
        return user if user and self.user_can_authenticate(user) else None

    def get_group_permissions(self, user_obj: User | AnonymousUser, obj: Any = None) -> set[str]:
        """Return the permissions of the person's roles."""
        loaded = getattr(user_obj, "role_permissions", None)
        if loaded is None or user_obj.is_superuser or not user_obj.is_active or obj is not None:
            return super().get_group_permissions(user_obj, obj)
        return set(loaded)

    def user_can_authenticate(self, user: User | AnonymousUser | None) -> bool:
        """Refuse inactive people, and the demo's people outside the demo."""
        if not isinstance(user, User) or not super().user_can_authenticate(user):
            return False
        return settings.DEMO or not get_preferences(user).demo_only

    def _get_user_permissions(self, _user: User) -> QuerySet[Permission]:
        return Permission.objects.none()


class SignedInMiddleware(AuthenticationMiddleware):
    """Finds out who is signed in; the person comes with the session, in one statement."""

    def process_request(self, request: HttpRequest) -> None:
        """Set ``request.user``, which is looked for when it is needed."""
        super().process_request(request)
        request.user = SimpleLazyObject(partial(_find_person, request))  # type: ignore[assignment]


def _find_person(request: HttpRequest) -> AbstractBaseUser | AnonymousUser:
    # Where Django, and the line that is logged of a request, look for it.
    request._cached_user = _person_of(request)  # type: ignore[attr-defined]
    return request._cached_user  # type: ignore[attr-defined,no-any-return]


def _person_of(request: HttpRequest) -> AbstractBaseUser | AnonymousUser:
    """Return the person who was read with the session, if it is theirs; otherwise as Django does.

    That knows what to do with keys that have changed, and with sessions that have ended.
    """
    session = request.session
    is_ours = session.get(BACKEND_SESSION_KEY) == ROLE_BACKEND
    person: User | None = getattr(getattr(session, "row", None), "person", None)
    if (
        is_ours
        and person
        and session[SESSION_KEY] == str(person.pk)
        and RoleBackend().user_can_authenticate(person)
        and constant_time_compare(session.get(HASH_SESSION_KEY, ""), person.get_session_auth_hash())
    ):
        return person
    return get_user(request)


class PersonMiddleware:
    """Show times in the person's time zone, and record the person in the events of a request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Handle the request on behalf of this person."""
        if request.user.is_authenticated and _is_ended(request):
            logout(request)
        if not request.user.is_authenticated:
            return self.get_response(request)
        note_activity(request)
        _use_language(request, get_preferences(request.user).language)
        with timezone.override(get_time_zone(request.user)):
            if request.method in READING_METHODS:
                return _keep_out_of_caches(self.get_response(request))
            with pghistory.context(user=request.user.pk, source="page"):
                return _keep_out_of_caches(self.get_response(request))


def _keep_out_of_caches(response: HttpResponseBase) -> HttpResponseBase:
    """Let nobody see the response after the person has signed out, such as by Back."""
    if "no-store" not in response.get("Cache-Control", ""):
        patch_cache_control(response, private=True, no_store=True)
    return response


def _is_ended(request: HttpRequest) -> bool:
    """Tell whether the person has been inactive since they signed in."""
    deactivation = getattr(request.user, "deactivation", None)
    if deactivation is None:
        return False
    return bool(request.session.get(SIGNED_IN_AT, 0) < deactivation.at.timestamp())


def may_use_password(user: AbstractBaseUser) -> bool:
    """Tell whether a password lets this person in; where only the provider's count, few may."""
    return not settings.OIDC_ONLY or user.get_username() in settings.BREAK_GLASS_NAMES


def person_name(user: User) -> str:
    """Return a person's full name, or the user name if there is none."""
    return user.get_full_name() or user.get_username()


def get_preferences(user: User) -> Preferences:
    """Return the person's preferences, or unsaved default ones."""
    try:
        return user.preferences
    except Preferences.DoesNotExist:
        return Preferences(user_id=user.pk)


def _use_language(request: HttpRequest, language: str) -> None:
    """Answer in the language that the person chose; without one, in that of the browser."""
    if language and language != request.LANGUAGE_CODE:
        translation.activate(language)
        request.LANGUAGE_CODE = language


def get_time_zone(user: User) -> ZoneInfo:
    """Return the time zone in which the person reads times."""
    return ZoneInfo(get_preferences(user).time_zone or settings.TIME_ZONE)


def save_preferences(user: User, values: Mapping[str, Any]) -> None:
    """Save the given preferences of a person; others stay as they are."""
    preferences, _ = Preferences.objects.update_or_create(user=user, defaults=dict(values))
    user.preferences = preferences
