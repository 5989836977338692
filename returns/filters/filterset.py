"""The filter language: every place that selects returns takes the same query string.

An unknown parameter, like an unknown value, is named and matches no rows: a mistyped filter must
never look like "everything".
"""

from collections.abc import Mapping
from typing import Any

import django_filters
from django.db.models import Case, Q
from django.utils import timezone
from django.utils.functional import cached_property

from returns.filters.conditions import ConditionSet
from returns.filters.declarations import BY_NAME, FILTERS, REPEATABLE_PARAMETERS
from returns.filters.due import conditions_of
from returns.filters.fields import TAG_PARAMETERS, without_nul
from returns.filters.form import PAGING_PARAMETERS, default_sort, is_ignored
from returns.filters.query import Query
from returns.filters.stored import ids_of_groups, ids_of_tags
from returns.models import Return
from returns.querysets import ReturnQuerySet
from returns.search import Found, begins_or_ends, search
from tags.vocabulary import TagChip


def filters_of(query: Query, vocabulary: Mapping[int, TagChip]) -> dict[str, list[Any]]:
    """Return what a query filters and sorts by, the same for all that mean the same.

    Tags and groups are given by their ids; the page of the list is left out.
    """
    values_by_name: dict[str, list[Any]] = {
        name: sorted(set(values)) if name in REPEATABLE_PARAMETERS else values[-1:]
        for name, values in query.lists()
        if name not in PAGING_PARAMETERS and not is_ignored(name)
    }
    for name in values_by_name.keys() & set(TAG_PARAMETERS):
        values_by_name[name] = ids_of_tags(without_nul(values_by_name[name]), vocabulary)
    if "missing_group" in values_by_name:
        groups = without_nul(values_by_name["missing_group"])
        values_by_name["missing_group"] = ids_of_groups(groups)
    if values_by_name.get("sort") == [default_sort(query)] and "q" not in values_by_name:
        del values_by_name["sort"]
    return values_by_name


class ReturnFilterSet(ConditionSet):
    """Which returns, in which order, and which page of them."""

    def __init__(
        self, query: Query, vocabulary: Mapping[int, TagChip], *, one_by_one: bool = False
    ) -> None:
        """Apply a query; ``one_by_one`` for rules, which look at each return by itself."""
        self.one_by_one = one_by_one
        super().__init__(query, vocabulary)

    @classmethod
    def get_filters(cls) -> dict[str, django_filters.Filter]:
        """Return every filter that is declared."""
        return {each.name: each.filter for each in FILTERS}

    def filter_queryset(self, queryset: ReturnQuerySet) -> ReturnQuerySet:
        """Apply every filter; none matches when a parameter is wrong."""
        if self.problems():
            return queryset.none()
        if self.form.cleaned_data["sort"].column.name == "created_at":
            return self._apply_by_creation(queryset, self.values)
        return self._apply(queryset, self.values)

    def newest_first(self) -> ReturnQuerySet:
        """Return what the filters select in order of creation, whatever the sort."""
        if self.problems():
            return Return.objects.none()
        matches = self._apply_by_creation(Return.objects.all(), self.values)
        return matches.in_order_of("created_at", descending=True)

    def in_any_state(self) -> ReturnQuerySet:
        """Return what the filters select when the one by state is left out.

        To be read in order of creation.
        """
        if self.problems():
            return Return.objects.none()
        values = {name: value for name, value in self.values.items() if name != "state"}
        return self._apply_by_creation(Return.objects.all(), values)

    def narrows_beyond(self, *names: str) -> bool:
        """Tell whether anything but this is filtered."""
        return bool(self.problems()) or bool(self.values.keys() - set(names))

    @cached_property
    def matches(self) -> dict[str, Found]:
        """Return what each text that was typed found, by its parameter."""
        cleaned = self.form.cleaned_data
        numbers = {each.name: each.columns for each in FILTERS if each.columns}
        found = {
            name: begins_or_ends(text, columns)
            for name, columns in numbers.items()
            if (text := cleaned.get(name))
        }
        if text := cleaned.get("q"):
            found["q"] = search(text)
        return found

    def ranks(self) -> list[list[int]] | None:
        """Return the matches of the one box, the best first, if the list follows that order."""
        if self.query.get("sort") or "q" not in self.matches:
            return None
        return self.matches["q"].ids_by_rank()

    def search_is_cut_short(self) -> bool:
        """Tell whether a search found more than it read."""
        return any(matches.cut_short for matches in self.matches.values())

    def _apply_by_creation(
        self, returns: ReturnQuerySet, values: Mapping[str, Any]
    ) -> ReturnQuerySet:
        """Apply filters to returns that are read in order of creation."""
        if all(BY_NAME[name].keeps_many for name in values):
            values = dict(values)
            returns = returns.read_by_tags(self._ids(values.pop("tag_any", [])))
        return self._apply(returns, values)

    def by_search(self, returns: ReturnQuerySet, name: str, _text: str) -> ReturnQuerySet:
        """Keep the returns that the one box found."""
        return returns.among(self.matches[name].ids)

    def by_number(self, returns: ReturnQuerySet, name: str, text: str) -> ReturnQuerySet:
        """Keep the returns that the text found."""
        if self.one_by_one:
            return super().by_number(returns, name, text)
        return returns.among(self.matches[name].ids)

    def by_rule(self, returns: ReturnQuerySet, name: str, value: Any) -> ReturnQuerySet:
        """Keep returns that a rule tagged; the dates are those of that, or of any rule."""
        cleaned = self.form.cleaned_data
        span = cleaned.get("rule_from"), cleaned.get("rule_to")
        if name in {"rule", "rule_undone"}:
            rule = value.replace("\0", "\ufffd")
            return returns.tagged_by_rule(rule, *span, undone=name == "rule_undone")
        if cleaned.get("rule") or cleaned.get("rule_undone"):
            return returns
        return returns.tagged_by_rule(None, *span)

    def by_deadline(self, returns: ReturnQuerySet, _name: str, _kind: str) -> ReturnQuerySet:
        """Keep returns that are late or at risk, or that met or missed their deadline."""
        return returns.filter(*self._at_deadline)

    @cached_property
    def _at_deadline(self) -> tuple[Q, Case]:
        kind = self.form.cleaned_data["deadline"]
        return conditions_of(kind, self.vocabulary, timezone.now())
