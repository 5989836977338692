"""Dates and times of filters in words, as pages show them."""

import re
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import ngettext, pgettext_lazy

from config.dates import full_day, to_the_minute

NAMED_MOMENTS = {
    "today": pgettext_lazy("moment of a filter", "today"),
    "yesterday": pgettext_lazy("moment of a filter", "yesterday"),
    "tomorrow": pgettext_lazy("moment of a filter", "tomorrow"),
    "last_7_days": pgettext_lazy("moment of a filter", "last 7 days"),
    "week": pgettext_lazy("moment of a filter", "this week"),
    "last_week": pgettext_lazy("moment of a filter", "last week"),
    "month": pgettext_lazy("moment of a filter", "this month"),
}
_DAYS_BEFORE = re.compile(r"-(\d{1,4})d")


def moment_label(value: str) -> str:
    """Return a date or time of a filter as people write it: "1 Nov 2026", "3 days ago".

    An unknown one stays as it is.
    """
    if value in NAMED_MOMENTS:
        return str(NAMED_MOMENTS[value])
    if ago := _DAYS_BEFORE.fullmatch(value):
        days = int(ago[1])
        return ngettext("%(count)s day ago", "%(count)s days ago", days) % {"count": days}
    try:
        return full_day(date.fromisoformat(value))
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value
    zone = timezone.get_default_timezone()
    return to_the_minute(moment.astimezone(zone) if moment.tzinfo else moment)
