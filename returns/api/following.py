"""Following changes of returns and their tags, so that a program misses none.

Returns are answered in the order of their last change. A change that is committed late has a time
below those that were answered already; see ``returns.models.last_changes``. So where a program
follows, nothing is answered whose time is not settled yet: below it, no more changes come.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan

from returns.api.properties import CHANGED_COLUMN
from returns.filters import cursors
from returns.models.last_changes import WRITING_EPOCH, WRITING_LOCK
from returns.querysets import ReturnQuerySet

CHANGED_ID_COLUMN = "last_change__record_id"
CHANGE_ORDER = (CHANGED_COLUMN, CHANGED_ID_COLUMN)
# The first part of a cursor that follows; those of a walk begin with a number.
FOLLOWING = "changed"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The statement's time is that before it looks at the locks: whoever takes one later is later, too.
SETTLED_TIME = f"""
    SELECT least(statement_timestamp(), to_timestamp(min(objid::bigint) + {WRITING_EPOCH}))
    FROM pg_locks
    WHERE locktype = 'advisory' AND classid = {WRITING_LOCK} AND objsubid = 2
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND pid IS DISTINCT FROM pg_backend_pid()
"""  # noqa: S608 - our own constants alone


@dataclass(frozen=True, slots=True)
class Followed:
    """The last return that a program has been answered: its last change, and its id."""

    changed_at: datetime = _EPOCH
    pk: int = 0

    def encode(self) -> str:
        """Return the position as text for a URL."""
        return cursors.encode([FOLLOWING, to_microseconds(self.changed_at), self.pk])

    @classmethod
    def parse(cls, text: str) -> "Followed":
        """Return the position in a text, the first one for "". Raises ``ValueError``."""
        if not text:
            return cls()
        try:
            kind, microseconds, pk = cursors.decode(text)
            position = _EPOCH + timedelta(microseconds=cursors.parse_id(microseconds))
        except (ValueError, TypeError, OverflowError) as error:
            raise ValueError("this cursor is not valid") from error
        if kind != FOLLOWING:
            raise ValueError("this cursor is not one that follows changes")
        return cls(position, cursors.parse_id(pk))

    def next_in(self, queryset: ReturnQuerySet) -> ReturnQuerySet:
        """Keep the returns that come next, in order."""
        position = self.changed_at, self.pk
        return queryset.filter(TupleGreaterThan(Tuple(*CHANGE_ORDER), position)).order_by(
            *CHANGE_ORDER
        )


def to_microseconds(time: datetime) -> int:
    """Return a time as a number: microseconds since 1970, exactly."""
    return (time - _EPOCH) // timedelta(microseconds=1)


def settled(queryset: ReturnQuerySet) -> ReturnQuerySet:
    """Keep the returns below whose last change no other change can come to light any more.

    Ask the primary: a replica does not know who is writing.
    """
    with connection.cursor() as cursor:
        cursor.execute(SETTLED_TIME)
        (until,) = cursor.fetchone()
    return queryset.filter(**{f"{CHANGED_COLUMN}__lt": until})
