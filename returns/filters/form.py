"""Parameters of the filter language that are no filters: sort, grouping and page."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from config.text import shorten
from returns.filters.grouping import GROUP_COLUMNS
from returns.filters.paging import Cursor
from returns.filters.queues import QUEUE_SORTS, Queue
from returns.filters.sorting import DEFAULT_SORT, Sort

IGNORED_PARAMETERS = {"_"}
IGNORED_PREFIX = "utm_"
PAGING_PARAMETERS = ("after", "before")
# What returns can be counted by; by tag, their rows cannot be grouped.
GROUPINGS = (*GROUP_COLUMNS, "tag")
# Parameters that do not change which returns match.
NON_FILTER_PARAMETERS = (*PAGING_PARAMETERS, "sort", "group")


def default_sort(data: Mapping[str, Any]) -> str:
    """Return the sort of a query without one: that of its queue, or newest first."""
    queue = data.get("queue")
    return QUEUE_SORTS[Queue(queue)] if queue in Queue.values else DEFAULT_SORT


def is_ignored(name: str) -> bool:
    """Tell whether a parameter is ignored, such as those of web analytics."""
    return name in IGNORED_PARAMETERS or name.startswith(IGNORED_PREFIX)


class ReturnFilterForm(forms.Form):
    """The form of a filterset, with fields for sort, grouping and page."""

    # The labels stand before what is wrong with a parameter.
    sort = forms.CharField(label=pgettext_lazy("label", "Sort"), required=False, max_length=20)
    group = forms.ChoiceField(
        label=gettext_lazy("Group by"),
        required=False,
        choices=[("", ""), *((name, name) for name in GROUPINGS)],
    )
    after = forms.CharField(
        label=pgettext_lazy("part of a list", "After"), required=False, max_length=500
    )
    before = forms.CharField(
        label=pgettext_lazy("part of a list", "Before"), required=False, max_length=500
    )

    def clean_sort(self) -> Sort:
        """Return the sort, or the default one."""
        text = self.cleaned_data["sort"] or default_sort(self.data)
        try:
            return Sort.parse(text)
        except ValueError as error:
            raise forms.ValidationError(
                _("“%(text)s” is not a sort order.") % {"text": shorten(text.removeprefix("-"), 50)}
            ) from error

    def clean_after(self) -> Cursor | None:
        """Return the cursor after which the page begins."""
        return self._cursor("after")

    def clean_before(self) -> Cursor | None:
        """Return the cursor before which the page ends."""
        if self.cleaned_data["before"] and self.cleaned_data.get("after"):
            raise forms.ValidationError(_("use either “after” or “before”, not both."))
        return self._cursor("before")

    def _cursor(self, name: str) -> Cursor | None:
        text, sort = self.cleaned_data[name], self.cleaned_data.get("sort")
        if not text or not sort:
            return None
        try:
            cursor = Cursor.parse(text, sort)
        except ValueError as error:
            raise forms.ValidationError(_("there is no such page.")) from error
        if cursor.group is None and self.cleaned_data.get("group") in GROUP_COLUMNS:
            raise forms.ValidationError(_("there is no such page in groups."))
        return cursor
