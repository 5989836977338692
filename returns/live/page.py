"""What every open page says: how old it is, and when the feed was last read."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from returns.live.changes import token_seconds

SEEN_PARAMETER = "seen"
# After this time a page gets a whole answer even if nothing changed.
RECOUNT_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPage:
    """An open page: the token of its last answer, and when the feed was last read to its end."""

    seen: str
    read_at: datetime | None
    # Of a page that is opened; see ``load_vocabulary``.
    vocabulary_mark: str = ""
    further: Any = None

    @property
    def is_silent(self) -> bool:
        """Whether the feed was not read for too long, by the clock of the database."""
        now = token_seconds(self.seen)
        return self.read_at is not None and now - self.read_at.timestamp() > self.silent_after

    @property
    def silent_after(self) -> int:
        """Return the seconds without a reading after which the feed counts as silent."""
        return int(settings.FEED_SILENT_MINUTES) * 60


def is_outdated(seen: str, now: str) -> bool:
    """Tell whether a page's last answer is so old that it gets a whole one, by two tokens.

    Returns grow older and late by time alone. A clock that was set back counts as well, because
    the page's answer may then be of any age.
    """
    return abs(token_seconds(now) - token_seconds(seen)) >= RECOUNT_SECONDS
