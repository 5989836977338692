"""Names for downloaded files that say what they contain."""

import re
import unicodedata
from datetime import datetime
from urllib.parse import quote

from django.utils import timezone
from django.utils.translation import pgettext

from returns.filters.query import Query
from returns.filters.wording import describe_query, say_query

MAX_FILE_NAME_LENGTH = 100  # characters, with time and extension
# Parameters whose values are clear without the words of the filter.
SELF_EXPLANATORY_FILTERS = {*("q", "state", "queue", "tag", "carrier", "channel", "order")}
OMITTED_PARAMETERS = ("sort",)
# Characters that Windows does not allow in file names, and invisible ones.
FORBIDDEN_CHARACTERS = re.compile(
    r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]'
)


def build_file_name(query: Query, now: datetime, extension: str, prefix: str = "") -> str:
    """Return a name such as ``returns Completed wrong-size 2026-11-27 0215.csv``.

    It has the filters of the query, and the time in ``TIME_ZONE``. ``prefix`` stands in front of
    them instead of "returns".
    """
    local_time = timezone.localtime(now, timezone.get_default_timezone())
    end = f" {local_time:%Y-%m-%d %H%M}.{extension}"
    query = query.without(*OMITTED_PARAMETERS)
    filters = [
        value if name in SELF_EXPLANATORY_FILTERS else phrase
        for name, (_label, value), phrase in zip(
            query, describe_query(query), say_query(query), strict=True
        )
    ]
    prefix = prefix or pgettext("name of a file", "returns")
    name = FORBIDDEN_CHARACTERS.sub(" ", " ".join([prefix, *filters]))
    name = " ".join(name.split())
    return name[: MAX_FILE_NAME_LENGTH - len(end)].rstrip(" .") + end


def content_disposition(name: str) -> str:
    """Return the header for downloading a file; old programs read the name in ASCII."""
    ascii_name = unicodedata.normalize("NFKD", name.replace("ı", "i"))
    ascii_name = ascii_name.encode("ascii", "ignore").decode()
    return f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name, safe='')}"
