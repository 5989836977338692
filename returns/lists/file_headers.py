"""The headers of columns in files."""

from django.conf import settings
from django.utils.translation import gettext as _

from returns.lists.columns import COLUMNS_BY_NAME, Kind


def file_header(name: str) -> str:
    """Return the header of a column. Times have their time zone, durations their unit."""
    column = COLUMNS_BY_NAME[name]
    return header_of(column.header, column.kind)


def header_of(label: str, kind: Kind) -> str:
    """Return the header of a column with a label and values of a kind."""
    if kind == Kind.TIME:
        return f"{label} ({settings.TIME_ZONE})"
    if kind == Kind.HOURS:
        return _("%(column)s (hours)") % {"column": label}
    return label
