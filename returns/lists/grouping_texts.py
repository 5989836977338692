"""What pages say about how returns are grouped, by the value of the parameter ``group``."""

from django.utils.translation import gettext_lazy, pgettext_lazy

from config.numbers import grouped
from returns.filters.grouping import RowGroups
from returns.filters.known_values import MAX_KNOWN_VALUES
from returns.filters.query import Query

GROUPING_TOOK_TOO_LONG = gettext_lazy("Grouping took too long. Narrow the filters.")
# The choices of what to group by, and that of no grouping.
GROUPING_LABELS = {
    "carrier": gettext_lazy("Carrier"),
    "channel": gettext_lazy("Sales channel"),
    "tag": gettext_lazy("Tag"),
}
NOT_GROUPED = pgettext_lazy("what to group by", "Nothing")
# The titles of lists that are grouped.
BY_GROUPING = {
    "carrier": gettext_lazy("By carrier"),
    "channel": gettext_lazy("By sales channel"),
    "tag": gettext_lazy("By tag"),
}
# The headings of rows without the fact, and the names of their groups.
VALUE_MISSING_HEADINGS = {
    "carrier": gettext_lazy("No carrier"),
    "channel": gettext_lazy("No sales channel"),
}
VALUE_MISSING = {
    "carrier": gettext_lazy("no carrier"),
    "channel": gettext_lazy("no sales channel"),
    "tag": gettext_lazy("no tag"),
}
NOT_BY_TAG = gettext_lazy(
    "Rows are not grouped by tag: a return can have several tags. Choose a tag to see its returns."
)
TOO_MANY_GROUPS = {
    "carrier": gettext_lazy("Rows are not grouped: there are %(count)s carriers or more."),
    "channel": gettext_lazy("Rows are not grouped: there are %(count)s sales channels or more."),
}


def grouping_note(query: Query, groups: RowGroups | None) -> str:
    """Say why the rows of a list are not grouped although its query asks for it; otherwise ""."""
    name = query.get("group", "")
    if name == "tag":
        return str(NOT_BY_TAG)
    if not groups or groups.values or name not in TOO_MANY_GROUPS:
        return ""
    return TOO_MANY_GROUPS[name] % {"count": grouped(MAX_KNOWN_VALUES)}
