"""The cache of each process, whose entries expire by a clock that nobody sets."""

import time
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.locmem import LocMemCache


class MonotonicCache(LocMemCache):
    """Django's cache in memory, with times of the monotonic clock.

    Django's own uses the time of day. If that is set back by two hours, an entry that should last
    for two seconds lasts for two hours, and hourly work stands still meanwhile.
    """

    def get_backend_timeout(self, timeout: Any = DEFAULT_TIMEOUT) -> float | None:
        """Return when an entry expires; None if never."""
        seconds = self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout
        return None if seconds is None else time.monotonic() + seconds

    def _has_expired(self, key: str) -> bool:
        expires_at = self._expire_info.get(key, 0)  # type: ignore[attr-defined]
        return expires_at is not None and expires_at <= time.monotonic()
