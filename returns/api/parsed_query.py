"""What a query string asks for, in typed values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import OrderBy, Q

from returns.api.dqb import Dqb
from returns.api.field_parameters import TimeBound
from returns.filters.filterset import ReturnFilterSet
from tags.vocabulary import Vocabulary


@dataclass(frozen=True)
class ParsedQuery:
    """What a query string asks for; ``ordering`` is None for the newest first.

    ``is_settled`` is set where a program follows changes, ``follows`` where it does so by a cursor.
    ``with_tags`` asks for the tags of the returns. ``stored_texts`` are all texts of the columns
    that have few of them, as far as the query filters by these.
    """

    filterset: ReturnFilterSet
    vocabulary: Vocabulary
    text_conditions: list[Q]
    time_bounds: list[TimeBound]
    dqb: Dqb
    ordering: list[OrderBy] | None
    offset: int
    count: int
    cursor: str | None
    by_change: bool
    is_settled: bool
    with_tags: bool
    stored_texts: Mapping[str, Sequence[str]]

    @property
    def follows(self) -> bool:
        """Tell whether the cursor is one that follows changes."""
        return self.by_change and self.cursor is not None
