"""Where people are signed in, and the passwords that they ask to reset."""

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models.functions import Now
from django.utils.module_loading import import_string

MAX_BROWSER_LENGTH = 300


class BrowserSession(AbstractBaseSession):
    """A session of Django, with what its person should know about it.

    ``active_at`` is the time of the last request that a person made, to the minute. All times are
    by the database's clock. A trigger of people deletes rows when a password changes.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="browser_sessions"
    )
    started_at = models.DateTimeField(db_default=Now())
    active_at = models.DateTimeField(db_default=Now())
    address = models.GenericIPAddressField(null=True)
    browser = models.CharField(max_length=MAX_BROWSER_LENGTH, blank=True, db_default="")

    class Meta(AbstractBaseSession.Meta):
        default_permissions = ()
        abstract = False

    def __str__(self) -> str:
        return f"A session of {self.person_id or 'nobody'}"

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        """Return the class that reads and writes sessions."""
        store: type[SessionBase] = import_string(f"{settings.SESSION_ENGINE}.SessionStore")
        return store


class PasswordReset(models.Model):
    """A mail with a link to reset a password, until a day after it was asked for.

    Without a person, somebody asked for a name or address that nobody has. What was typed is not
    stored. The link is made when the mail is sent, so it is stored nowhere.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="password_resets"
    )
    at = models.DateTimeField(db_default=Now())
    address = models.GenericIPAddressField(null=True)
    language = models.CharField(max_length=5)
    origin = models.CharField(max_length=300, help_text="The address of the desk, for the link.")
    tried_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["at"], name="password_reset_by_time")]

    def __str__(self) -> str:
        return f"A reset for {self.person_id or 'nobody'}"
