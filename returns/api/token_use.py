"""Counts the calls of each token per day and address, for admins.

A call from a new address is stored at once. Others are added up in the process and stored once a
minute, because a statement for each call would slow it down; a process that is killed loses them.
"""

import threading
import time
from datetime import date, datetime

from django.db import connection
from django.utils import timezone

from returns.models import ApiToken

STORE_INTERVAL = 60  # seconds
type UseKey = tuple[int, date, str | None]  # the id of a token, the day, and the address


class UseCounter:
    """The calls, and how many of them were over the limit, that are not stored yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[UseKey, tuple[int, int]] = {}
        self._stored_at = 0.0

    def count(
        self, token: ApiToken, address: str | None, now: datetime, *, is_refused: bool
    ) -> None:
        """Count a call, and store what has been counted if it is time."""
        key = (token.pk, timezone.localdate(now, timezone.get_default_timezone()), address)
        with self._lock:
            is_new = key not in self._counts
            calls, refused = self._counts.get(key, (0, 0))
            self._counts[key] = (calls + 1, refused + is_refused)
            if not is_new and time.monotonic() - self._stored_at < STORE_INTERVAL:
                return
            # Known keys of today are kept, so that two addresses in turn are not both new for ever.
            counts, today = self._counts, key[1]
            self._counts = {each: (0, 0) for each in counts if each[1] == today}
            self._stored_at = time.monotonic()
        _store(counts)


USE_COUNTER = UseCounter()


def _store(counts: dict[UseKey, tuple[int, int]]) -> None:
    # Sorted, so that two processes that store at the same time lock rows in the same order.
    keys = sorted((key for key, (calls, _) in counts.items() if calls), key=str)
    with connection.cursor() as cursor:
        cursor.executemany(ADD_USE, [[*key[1:], *counts[key], key[0]] for key in keys])


# The first use of a day from an address goes into the record of access, too. A row that was not
# there before has no version of another transaction: xmax.
ADD_USE = """
    WITH used AS (
        INSERT INTO returns_tokenuse AS known (token_id, day, address, calls, refused)
        SELECT id, %s::date, %s::inet, %s, %s FROM returns_apitoken WHERE id = %s
        ON CONFLICT (day, token_id, address) DO UPDATE
            SET calls = known.calls + EXCLUDED.calls, refused = known.refused + EXCLUDED.refused
        RETURNING token_id, address, xmax = 0 AS is_first
    )
    INSERT INTO returns_accessevent (kind, name, address, details)
    SELECT 'token-used', token.name, used.address, '{}'
    FROM used JOIN returns_apitoken token ON token.id = used.token_id WHERE used.is_first
"""
