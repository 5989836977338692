"""The headers of columns in files."""

from django.conf import settings

from returns.lists.columns import COLUMNS_BY_NAME, Kind


def header(name: str) -> str:
    """Return the header of a column. Times have their time zone, durations their unit."""
    column = COLUMNS_BY_NAME[name]
    if column.kind == Kind.TIME:
        return f"{column.header} ({settings.TIME_ZONE})"
    return f"{column.header} (hours)" if column.kind == Kind.HOURS else column.header
