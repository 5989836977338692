"""What is written over the columns of a file."""

from django.conf import settings

from returns.lists.columns import BY_NAME, Kind


def header(name: str) -> str:
    """Return the header of a column; times say in which zone they are."""
    column = BY_NAME[name]
    if column.kind == Kind.TIME:
        return f"{column.header} ({settings.TIME_ZONE})"
    return f"{column.header} (hours)" if column.kind == Kind.HOURS else column.header
