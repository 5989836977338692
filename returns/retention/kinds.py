"""What a kind of data is: how long it is kept, which of its rows are too old, how they go."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext

from config.numbers import grouped

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

RETENTION_STEP = 1_000  # rows
FOR_AGES = _("for ever")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of data that is deleted once it is old.

    ``name`` is its name in the log, in the table of the command and in the database. ``age`` says
    what its age counts from, and ``kept`` how long it is kept, both for people; ``settings`` are
    the variables that decide it. ``old`` selects the rows that are too old at a time. ``remove``
    removes up to so many of them and returns how many; without it, the rows are deleted. Up to
    ``step`` rows are one transaction. The background work looks every hour; for what ``is_prompt``,
    whenever it has nothing else to do.
    """

    name: str
    label: "StrOrPromise"
    age: "StrOrPromise"
    kept: Callable[[], str]
    old: Callable[[datetime], QuerySet[Any]]
    settings: tuple[str, ...] = ()
    remove: Callable[[datetime, int], int] | None = None
    step: int = RETENTION_STEP
    is_prompt: bool = False

    def remove_some(self, now: datetime) -> int:
        """Remove a step of the rows that are too old; return how many. Call it in a transaction."""
        if self.remove:
            return self.remove(now, self.step)
        rows = self.old(now).order_by()
        some = list(rows.values_list("pk", flat=True)[: self.step])
        # Asked again: what was old may be in use again meanwhile.
        deleted = rows.filter(pk__in=some).delete()[1]
        return deleted.get(rows.model._meta.label, 0)


def oldest_kept(variable: str, now: datetime) -> datetime | None:
    """Return from which time on the rows of a setting are kept; None if they are kept for ever."""
    days: int = getattr(settings, variable)
    return now - timedelta(days=days) if days else None


def older_than(
    queryset: Callable[[], QuerySet[Any]], column: str, variable: str
) -> Callable[[datetime], QuerySet[Any]]:
    """Return a function that selects the rows whose time is beyond the days of a setting."""

    def old(now: datetime) -> QuerySet[Any]:
        kept_since = oldest_kept(variable, now)
        if kept_since is None:
            return queryset().none()
        return queryset().filter(**{f"{column}__lt": kept_since})

    return old


def days_of(variable: str) -> Callable[[], str]:
    """Return a function that says how long a setting keeps its rows, in the reader's language."""
    return lambda: days_text(getattr(settings, variable))


def days_text(days: int) -> str:
    """Return a number of days for people; 0 means for ever."""
    if not days:
        return str(FOR_AGES)
    return ngettext("%(count)s day", "%(count)s days", days) % {"count": grouped(days)}


def fixed_period(period: timedelta) -> Callable[[], str]:
    """Return a function that says how long rows are kept that no setting is about."""
    hours = int(period.total_seconds()) // 3600
    if hours % 24 == 0:
        return lambda: days_text(hours // 24)
    return lambda: ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": grouped(hours)}


def told(text: "StrOrPromise") -> Callable[[], str]:
    """Return a function that says in words how long rows are kept."""
    return lambda: str(text)


def runs_text() -> str:
    """Return how long runs of the feed are kept, which depends on what they brought."""
    return pgettext("kept", "%(runs)s; pushes %(pushes)s; without news %(idle)s") % {
        "runs": days_text(settings.RUN_DAYS),
        "pushes": days_text(settings.PUSH_RUN_DAYS),
        "idle": days_text(settings.IDLE_RUN_DAYS),
    }


def call_function(function: str, variable: str) -> Callable[[datetime, int], int]:
    """Return a function that removes rows of a table which only a database function may change.

    The database never removes anything younger than 30 days, whatever it is told.
    """

    def remove(now: datetime, most: int) -> int:
        kept_since = oldest_kept(variable, now)
        if kept_since is None:
            return 0
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(%s, %s)", [kept_since, most])
            (number,) = cursor.fetchone()
        return int(number)

    return remove
