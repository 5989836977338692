"""What the filter language says beside its filters: order, grouping and page."""

from collections.abc import Mapping
from typing import Any

from django import forms

from returns.filters.paging import DEFAULT_SORT, Cursor, Sort
from returns.filters.queues import SORT_OF, Queue

IGNORED_PARAMETERS = {"_"}
IGNORED_PREFIX = "utm_"
PAGING_PARAMETERS = ("after", "before")
# By what the numbers of a queue are grouped.
GROUPINGS = ("carrier", "channel", "tag")
# What says nothing of which returns are meant.
BESIDE_FILTERS = (*PAGING_PARAMETERS, "sort", "group")


def default_sort(data: Mapping[str, Any]) -> str:
    """Return the sort where none is said: that of the queue, or newest first."""
    queue = data.get("queue")
    return SORT_OF[Queue(queue)] if queue in Queue.values else DEFAULT_SORT


def is_ignored(name: str) -> bool:
    """Tell whether a parameter means nothing to us."""
    return name in IGNORED_PARAMETERS or name.startswith(IGNORED_PREFIX)


class ReturnFilterForm(forms.Form):
    """Sort, grouping and page, which belong to the filter language beside the filters."""

    sort = forms.CharField(required=False, max_length=20)
    group = forms.ChoiceField(
        required=False, choices=[("", ""), *((name, name) for name in GROUPINGS)]
    )
    after = forms.CharField(required=False, max_length=500)
    before = forms.CharField(required=False, max_length=500)

    def clean_sort(self) -> Sort:
        """Return the sort; without one that of the queue, or newest first."""
        try:
            return Sort.parse(self.cleaned_data["sort"] or default_sort(self.data))
        except ValueError as error:
            raise forms.ValidationError(f"{error}.") from error

    def clean_after(self) -> Cursor | None:
        """Return where the page begins."""
        return self._cursor("after")

    def clean_before(self) -> Cursor | None:
        """Return where the page ends."""
        if self.cleaned_data["before"] and self.cleaned_data.get("after"):
            raise forms.ValidationError("a page is after one row or before another, not both.")
        return self._cursor("before")

    def _cursor(self, name: str) -> Cursor | None:
        text, sort = self.cleaned_data[name], self.cleaned_data.get("sort")
        if not text or not sort:
            return None
        try:
            return Cursor.parse(text, sort)
        except ValueError as error:
            raise forms.ValidationError(f"{error}.") from error
