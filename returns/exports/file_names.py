"""Names for downloaded files that say what they contain."""

import re
import unicodedata
from datetime import datetime
from urllib.parse import quote

from django.utils import timezone

from returns.filters.query import Query
from returns.filters.wording import describe_query

MAX_FILE_NAME_LENGTH = 100  # characters, with time and extension
# Filters whose values are clear without the name of the filter.
SELF_EXPLANATORY_FILTERS = {
    *("search", "state", "queue", "tags", "carrier", "channel", "order reference")
}
OMITTED_FILTERS = {"sorted by"}
# Characters that Windows does not allow in file names, and invisible ones.
FORBIDDEN_CHARACTERS = re.compile(
    r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]'
)


def build_file_name(query: Query, now: datetime, extension: str, prefix: str = "returns") -> str:
    """Return a name such as ``returns Completed wrong-size 2026-11-27 0215.csv``.

    It has the filters of the query, and the time in ``TIME_ZONE``.
    """
    local_time = timezone.localtime(now, timezone.get_default_timezone())
    end = f" {local_time:%Y-%m-%d %H%M}.{extension}"
    filters = [
        value if kind in SELF_EXPLANATORY_FILTERS else f"{kind} {value}"
        for kind, value in describe_query(query)
        if kind not in OMITTED_FILTERS
    ]
    name = FORBIDDEN_CHARACTERS.sub(" ", " ".join([prefix, *filters]))
    name = " ".join(name.split())
    return name[: MAX_FILE_NAME_LENGTH - len(end)].rstrip(" .") + end


def content_disposition(name: str) -> str:
    """Return the header for downloading a file; old programs read the name in ASCII."""
    ascii_name = unicodedata.normalize("NFKD", name.replace("ı", "i"))
    ascii_name = ascii_name.encode("ascii", "ignore").decode()
    return f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name, safe='')}"
