"""How many calls a token may make: so many within each minute, whatever worker answers them."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from returns.models import ApiToken

WINDOW = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Calls:
    """A token's calls of this window: the number of this one, how many may be made, when it ends.

    ``seconds`` is how long the window still lasts.
    """

    number: int
    limit: int
    seconds: int

    @property
    def is_over(self) -> bool:
        """Whether this call is one too many."""
        return self.number > self.limit

    @property
    def remaining(self) -> int:
        """How many calls may follow within the window."""
        return max(self.limit - self.number, 0)

    @property
    def wait(self) -> int:
        """How many seconds to wait with the next call; 0 while some remain."""
        return 0 if self.remaining else self.seconds


def count_call(token: ApiToken, *, limit: int, now: datetime) -> Calls:
    """Count one call. One statement, so that workers who count at once all count."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [token.pk, now.replace(second=0, microsecond=0)])
        number, start = cursor.fetchone()
    left = (start + WINDOW - now).total_seconds()
    return Calls(number, limit, max(math.ceil(left), 1))


# The clocks of workers differ a little: whoever is late counts into the window that began already.
# One that is further ahead is from a clock that was wrong.
COUNT = """
    INSERT INTO returns_apicalls AS known (token_id, window_start, calls) VALUES (%s, %s, 1)
    ON CONFLICT (token_id) DO UPDATE SET (window_start, calls) = (
        SELECT CASE WHEN goes_on THEN known.window_start ELSE EXCLUDED.window_start END,
            CASE WHEN goes_on THEN known.calls + 1 ELSE 1 END
        FROM (SELECT known.window_start - EXCLUDED.window_start
            IN (interval '0', interval '1 minute') AS goes_on) AS found
    )
    RETURNING calls, window_start
"""
