"""The limit on calls per token and minute, shared by all workers."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from returns.models import ApiToken

WINDOW = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class CallCount:
    """The calls of a token within the current window.

    ``number`` counts this call too; ``seconds`` is how long the window still lasts.
    """

    number: int
    limit: int
    seconds: int

    @property
    def is_over(self) -> bool:
        """Whether this call is over the limit."""
        return self.number > self.limit

    @property
    def remaining(self) -> int:
        """How many more calls are allowed in the window."""
        return max(self.limit - self.number, 0)

    @property
    def wait(self) -> int:
        """Seconds to wait before the next call; 0 while calls remain."""
        return 0 if self.remaining else self.seconds


def count_call(token: ApiToken, *, limit: int, now: datetime) -> CallCount:
    """Count one call. A single statement, so that concurrent workers lose no count."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT_CALL, [token.pk, now.replace(second=0, microsecond=0)])
        number, start = cursor.fetchone()
    seconds_left = (start + WINDOW - now).total_seconds()
    return CallCount(number, limit, max(math.ceil(seconds_left), 1))


# The clocks of workers differ slightly, so a call that is up to one window early or late counts
# into the current window. A window further ahead comes from a wrong clock and is replaced.
COUNT_CALL = """
    INSERT INTO returns_apicalls AS known (token_id, window_start, calls) VALUES (%s, %s, 1)
    ON CONFLICT (token_id) DO UPDATE SET (window_start, calls) = (
        SELECT CASE WHEN same_window THEN known.window_start ELSE EXCLUDED.window_start END,
            CASE WHEN same_window THEN known.calls + 1 ELSE 1 END
        FROM (SELECT known.window_start - EXCLUDED.window_start
            IN (interval '0', interval '1 minute') AS same_window) AS windows
    )
    RETURNING calls, window_start
"""
