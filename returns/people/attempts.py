"""Wrong passwords: how many lock what, and who gets to see them.

Five lock a name at an address. An office behind one address, and a name that is tried from many
addresses, have limits of their own, so that nobody locks out a whole office with five.
"""

from datetime import timedelta
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from returns.people.access import record_failed_sign_in

# The clocks of web servers differ slightly.
ATTEMPT_CLOCK_TOLERANCE = timedelta(minutes=2)
Credentials = dict[str, Any] | None


def attempted_name(request: HttpRequest, credentials: Credentials = None) -> str:
    """Return the name to count failures by. What is nobody's name may be a password: hash it."""
    typed = str((credentials or request.POST).get("username") or "").replace("\0", "")
    if User.objects.filter(username=typed).exists():
        return typed
    return f"unknown {salted_hmac(__name__, typed, algorithm='sha256').hexdigest()[:16]}"


class AttemptHandler(AxesDatabaseHandler):
    """Counts wrong passwords, of signing in and of changing a password."""

    def get_failures(self, request: HttpRequest, credentials: Credentials = None) -> int:
        """Return the failures of name and address; other limits are scaled to that one's limit."""
        limit = settings.AXES_FAILURE_LIMIT
        limits = (limit, settings.FAILURES_PER_NAME, settings.FAILURES_PER_ADDRESS)
        attempts = self.get_user_attempts(request, credentials)
        numbers = [sum(each.values_list("failures_since_start", flat=True)) for each in attempts]
        return max(
            int(limit * number // allowed) for number, allowed in zip(numbers, limits, strict=True)
        )

    def get_user_attempts(
        self, request: HttpRequest, credentials: Credentials = None
    ) -> list[QuerySet[AccessAttempt]]:
        """Return the attempts that count, without those of the future.

        They come from a clock that was wrong, and would lock for longer than is said.
        """
        latest = timezone.now() + ATTEMPT_CLOCK_TOLERANCE
        attempts = super().get_user_attempts(request, credentials)
        return [each.filter(attempt_time__lte=latest) for each in attempts]

    def reset_user_attempts(self, request: HttpRequest, credentials: Credentials = None) -> int:
        """Forget the failures of a name at an address, but not those of others at the address."""
        number: int = self.filter_user_attempts(request, credentials)[0].delete()[0]
        return number

    def user_login_failed(
        self,
        sender: Any,
        credentials: dict[str, Any],
        request: HttpRequest | None = None,
        **kwargs: Any,
    ) -> None:
        """Count and record a failure. While signing in is locked, nothing more is written."""
        was_locked = getattr(request, "axes_locked_out", False)
        super().user_login_failed(sender, credentials, request, **kwargs)
        if request and not was_locked:
            name = attempted_name(request, credentials)
            record_failed_sign_in(request, name, is_locked=request.axes_locked_out)  # type: ignore[attr-defined]
