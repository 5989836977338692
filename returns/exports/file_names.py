"""The name of a file, which says what it holds and of when it is."""

import re
import unicodedata
from datetime import datetime
from urllib.parse import quote

from django.utils import timezone

from returns.filters.query import Query
from returns.filters.wording import in_words

LONGEST = 100  # characters, with time and ending
# Whose values speak for themselves.
CLEAR = {"search", "state", "queue", "tags", "carrier", "channel", "order reference"}
SILENT = {"sorted by"}
# What Windows allows in no name, and what cannot be seen.
REFUSED = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]')


def file_name(query: Query, now: datetime, ending: str, what: str = "returns") -> str:
    """Return a name such as ``returns Completed wrong-size 2026-11-27 0215.csv``.

    The time is that of the warehouse's clock.
    """
    clock = timezone.localtime(now, timezone.get_default_timezone())
    end = f" {clock:%Y-%m-%d %H%M}.{ending}"
    words = [
        said if kind in CLEAR else f"{kind} {said}"
        for kind, said in in_words(query)
        if kind not in SILENT
    ]
    name = " ".join(REFUSED.sub(" ", " ".join([what, *words])).split())
    return name[: LONGEST - len(end)].rstrip(" .") + end


def disposition(name: str) -> str:
    """Return the header that gives a file its name; old programs read it in ASCII."""
    plain = unicodedata.normalize("NFKD", name.replace("ı", "i")).encode("ascii", "ignore").decode()
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
