"""The headers of columns in files."""

from django.conf import settings
from django.utils.translation import gettext as _

from returns.lists.columns import COLUMNS_BY_NAME, Kind


def file_header(name: str) -> str:
    """Return the header of a column. Times have their time zone, durations their unit."""
    column = COLUMNS_BY_NAME[name]
    if column.kind == Kind.TIME:
        return f"{column.header} ({settings.TIME_ZONE})"
    if column.kind == Kind.HOURS:
        return _("%(column)s (hours)") % {"column": column.header}
    return str(column.header)
