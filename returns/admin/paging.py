"""Pages of long lists in the admin."""

from typing import Any

from django.core.paginator import Paginator
from django.utils.functional import cached_property

from config.numbers import grouped

MAX_PAGED_ROWS = 10_000


class CappedPaginator(Paginator):
    """Pages through the first rows only: counting a million rows takes too long."""

    @cached_property
    def _found(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[: MAX_PAGED_ROWS + 1].count())

    @cached_property
    def count(self) -> int:
        """Return the number of rows, at most ``MAX_PAGED_ROWS``."""
        return min(self._found, MAX_PAGED_ROWS)

    @property
    def shown_count(self) -> str:
        """Return the number of rows for people: "17", or "10,000+" if there are more."""
        return f"{grouped(self.count)}{'+' if self._found > MAX_PAGED_ROWS else ''}"
