"""Sessions: how long they last, which ones a person has, and how they end.

Django's sessions in the database (``SESSION_ENGINE``), with limits by the database's clock. They
are read with one query, which also tells how old they are.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends import db
from django.db import DatabaseError, connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest
from django.urls import reverse

from config.client import client_address
from config.errors import is_disk_full
from config.htmx import POLL_PARAMETER
from config.text import to_storable_text
from returns.models import MAX_BROWSER_LENGTH, BrowserSession
from returns.people.signed_in import read_session

SIGNED_IN_AT = "signed_in_at"  # in the session, as seconds since 1970
SIGNED_IN_FROM = "signed_in_from"  # in the session: address and browser
CONFIRMATION_SECONDS = 10 * 60  # in which somebody who showed who they are need not again
REFERENCE_LENGTH = 16


class SessionStore(db.SessionStore):
    """A session whose row also says whose it is, where from, and when somebody last used it."""

    row: BrowserSession | None = None

    @classmethod
    def get_model_class(cls) -> type[BrowserSession]:
        """Return the model of the rows."""
        return BrowserSession

    def _get_session_from_db(self) -> BrowserSession | None:
        self.row = read_session(self.session_key)
        if self.row is None:
            self._session_key = None
        return self.row

    def create_model_instance(self, data: dict[str, Any]) -> BrowserSession:
        """Return the row to save, with what the session knows about its person."""
        row = cast("BrowserSession", super().create_model_instance(data))
        old = self.row if self.row and self.row.session_key == row.session_key else None
        row.person_id = data.get(SESSION_KEY)
        row.address, row.browser = data.get(SIGNED_IN_FROM, (None, ""))
        # A new password brings a new key; that makes the session no younger.
        signed_in_at = data.get(SIGNED_IN_AT)
        started_at = datetime.fromtimestamp(signed_in_at, UTC) if signed_in_at else None
        row.started_at = started_at or (old.started_at if old else Now())
        row.active_at = old.active_at if old else Now()
        return row


def living_sessions() -> QuerySet[BrowserSession]:
    """Return the sessions that are neither too old nor idle for too long."""
    oldest = Now() - timedelta(hours=settings.SESSION_HOURS)
    idle = Now() - timedelta(minutes=settings.SESSION_IDLE_MINUTES)
    return BrowserSession.objects.filter(started_at__gt=oldest, active_at__gt=idle)


def note_sign_in(request: HttpRequest) -> None:
    """Store in the session when the person signed in, and from where.

    By the database's clock, because the database also says when people were made inactive.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float")
        (request.session[SIGNED_IN_AT],) = cursor.fetchone()
    browser = to_storable_text(request.headers.get("User-Agent", ""))[:MAX_BROWSER_LENGTH]
    request.session[SIGNED_IN_FROM] = (client_address(request), browser)


def note_activity(request: HttpRequest) -> None:
    """Store that the person does something, at most once a minute.

    Requests that the open page makes by itself are no activity: a computer that nobody uses must
    not stay signed in.
    """
    row = getattr(request.session, "row", None)
    if row and row.is_quiet and _is_of_person(request):
        _note_active(row)
        # What saves the session in this request must not store the old time again.
        row.active_at, row.is_quiet = Now(), False


def _note_active(row: BrowserSession) -> None:
    try:
        with transaction.atomic():
            BrowserSession.objects.filter(pk=row.pk).update(active_at=Now())
    except DatabaseError as error:
        # Returns can be read while the disk is full.
        if not is_disk_full(error):
            raise


def _is_of_person(request: HttpRequest) -> bool:
    """Tell whether a person made the request. A scan is sent as polls are, but by a hand."""
    if POLL_PARAMETER not in request.GET:
        return True
    return request.method == "POST" and request.path == reverse("scan")


def sessions_of(person: User) -> list[BrowserSession]:
    """Return the sessions in which a person is signed in, the one used last first."""
    return list(living_sessions().filter(person=person).order_by("-active_at", "session_key"))


def session_reference(session: BrowserSession) -> str:
    """Return what names a session on a page. Its key, which opens it, must not be there."""
    return hashlib.sha256(session.session_key.encode()).hexdigest()[:REFERENCE_LENGTH]


def end_session(person: User, reference: str) -> bool:
    """End a session of a person at once; tell whether there was one with this reference."""
    keys = [each.pk for each in sessions_of(person) if session_reference(each) == reference]
    return _end(person, Q(pk__in=keys)) > 0


def end_other_sessions(person: User, kept_key: str | None) -> int:
    """End all sessions of a person but one at once; return how many there were."""
    return _end(person, ~Q(pk=kept_key))


def _end(person: User, which: Q) -> int:
    """Delete sessions of a person. Their next request is one of somebody who is signed out."""
    number, _ = BrowserSession.objects.filter(which, person=person).delete()
    return number
