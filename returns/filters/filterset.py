"""The filter language: the same query string selects returns everywhere.

An unknown parameter or value is named and matches no rows: a misspelt filter must never look like
"everything".
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import django_filters
from django.db.models import Case, Q
from django.utils import timezone
from django.utils.functional import cached_property

from returns.calendar.working_time import MICROSECOND
from returns.filters.conditions import ConditionSet
from returns.filters.contradictions import is_contradiction
from returns.filters.creation_bounds import created_before, created_ends, newest_of_facts
from returns.filters.dates import parse_moment
from returns.filters.declarations import FILTERS, FILTERS_BY_NAME, REPEATABLE_PARAMETERS
from returns.filters.due import deadline_conditions, decided_conditions, due_conditions
from returns.filters.fields import TAG_PARAMETERS, without_nul
from returns.filters.form import PAGING_PARAMETERS, default_sort, is_ignored
from returns.filters.planning import NewestMatches, find_newest
from returns.filters.problems import filter_newest_problems
from returns.filters.query import Query
from returns.filters.stored import find_group_ids, find_tag_ids
from returns.models import Return
from returns.orders.frequency import SHOPPER_PERIOD, frequent_order_keys, one_by_one_of_frequent
from returns.querysets import ReturnQuerySet
from returns.search import SearchResult, search, search_ends
from tags.vocabulary import Vocabulary


def normalized_filters(query: Query, vocabulary: Vocabulary) -> dict[str, list[Any]]:
    """Return the filters and the sort of a query, equal for all queries with the same meaning.

    Tags and groups are given by their ids. The page of the list is left out.
    """
    values_by_name: dict[str, list[Any]] = {
        name: sorted(set(values)) if name in REPEATABLE_PARAMETERS else values[-1:]
        for name, values in query.lists()
        if name not in PAGING_PARAMETERS and not is_ignored(name)
    }
    for name in values_by_name.keys() & set(TAG_PARAMETERS):
        values_by_name[name] = find_tag_ids(without_nul(values_by_name[name]), vocabulary)
    if "missing_group" in values_by_name:
        groups = without_nul(values_by_name["missing_group"])
        values_by_name["missing_group"] = find_group_ids(groups)
    if values_by_name.get("sort") == [default_sort(query)] and "q" not in values_by_name:
        del values_by_name["sort"]
    return values_by_name


def _shopper_period() -> datetime:
    return parse_moment(SHOPPER_PERIOD, end=False, now=timezone.now())


# Each has an index that begins with its value, followed by the order of creation.
FILTERS_IN_ORDER = {"state", "queue", "tag", "carrier", "channel", "source", "sku"}


class ReturnFilterSet(ConditionSet):
    """Which returns, in which order, and which page of them."""

    def __init__(
        self,
        query: Query,
        vocabulary: Vocabulary,
        *,
        one_by_one: bool = False,
        most_numbers: int = 0,
    ) -> None:
        """Apply a query; ``one_by_one`` is for rules, which judge each return by itself.

        ``most_numbers`` is how many matches of a number are read; 0 is as many as pages show.
        """
        self.one_by_one, self.most_numbers = one_by_one, most_numbers
        super().__init__(query, vocabulary)

    @classmethod
    def get_filters(cls) -> dict[str, django_filters.Filter]:
        """Return all filters by name."""
        return {each.name: each.filter for each in FILTERS}

    def filter_queryset(self, queryset: ReturnQuerySet) -> ReturnQuerySet:
        """Apply every filter; with a problem, no return matches."""
        if self.problems():
            return queryset.none()
        is_by_creation = self.form.cleaned_data["sort"].column.name == "created_at"
        if is_by_creation and not self.one_by_one:
            return self._apply_by_creation(queryset, self.values)
        return self._apply(queryset, self.values)

    def newest_first(self) -> ReturnQuerySet:
        """Return the matches, newest first, regardless of the sort."""
        if self.problems():
            return Return.objects.none()
        matches = self._apply_by_creation(Return.objects.all(), self.values, of_newest=True)
        return matches.in_order_of("created_at", descending=True)

    def in_any_state(self) -> ReturnQuerySet:
        """Return the matches of all filters but the one by state.

        They must be read in order of creation.
        """
        if self.problems():
            return Return.objects.none()
        values = {name: value for name, value in self.values.items() if name != "state"}
        return self._apply_by_creation(Return.objects.all(), values, of_newest=True)

    @cached_property
    def newest(self) -> NewestMatches:
        """Return the newest matches, regardless of the sort."""
        if self.problems():
            return NewestMatches([], of_all=True)
        return self.find_newest(self.newest_first())

    def find_newest(self, matches: ReturnQuerySet) -> NewestMatches:
        """Return the newest of these matches of the query's filters, or of some of them."""
        # What a search has found is few, and known by its ids.
        are_few = bool(self.search_results)
        return find_newest(
            matches,
            are_few=are_few,
            before=[*self._created_before, *created_ends(self.values, timezone.now())],
            find_before=lambda: self._newest_of_facts,
        )

    @property
    def is_in_order(self) -> bool:
        """Whether one index has all matches in order of creation, whatever they are."""
        if self.problems() or len(self.values) != 1:
            return False
        ((name, value),) = self.values.items()
        is_one = isinstance(value, str) or name == "state"
        return name in FILTERS_IN_ORDER and (is_one or len(value) == 1)

    def has_filters_besides(self, *names: str) -> bool:
        """Tell whether the query has any filter besides these, or a problem."""
        return bool(self.problems()) or bool(self.values.keys() - set(names))

    @cached_property
    def search_results(self) -> dict[str, SearchResult]:
        """Return the search result of each number filter and of the search box, by parameter."""
        cleaned = self.form.cleaned_data
        numbers = {each.name: each.columns for each in FILTERS if each.columns}
        results = {
            name: search_ends(text, columns, self.most_numbers)
            for name, columns in numbers.items()
            if (text := cleaned.get(name))
        }
        if text := cleaned.get("q"):
            results["q"] = search(text)
        return results

    def ranks(self) -> list[list[int]] | None:
        """Return the ids found by the search box, the best group first.

        None if the list is not in this order.
        """
        if self.query.get("sort") or "q" not in self.search_results:
            return None
        return self.search_results["q"].ids_by_rank()

    def search_is_cut_short(self) -> bool:
        """Tell whether a search may have more matches than it read."""
        return any(result.cut_short for result in self.search_results.values())

    def _apply(self, queryset: ReturnQuerySet, values: Mapping[str, Any]) -> ReturnQuerySet:
        if is_contradiction(values, self.vocabulary):
            return queryset.filter(pk__lt=0)  # in SQL too, unlike ``none()``: no id is negative
        return super()._apply(queryset, values)

    def _apply_by_creation(
        self, queryset: ReturnQuerySet, values: Mapping[str, Any], *, of_newest: bool = False
    ) -> ReturnQuerySet:
        """Apply filters to returns that are read in order of creation, or the newest of them."""
        values = dict(values)
        if all(FILTERS_BY_NAME[name].keeps_many for name in values) and not is_contradiction(
            values, self.vocabulary
        ):
            queryset = queryset.tagged_any_by_creation(self._ids(values.pop("tag_any", [])))
        problems = values.pop("problem", []) if of_newest else []
        queryset = self._apply(queryset, values)
        if problems:
            queryset = filter_newest_problems(queryset, problems, timezone.now())
        for moment in self._created_before:
            queryset = queryset.created("lt", moment + MICROSECOND)
        return queryset

    @cached_property
    def _created_before(self) -> list[datetime]:
        return list(created_before(self.values, timezone.now()))

    @cached_property
    def _newest_of_facts(self) -> list[datetime]:
        return list(newest_of_facts(self.values, lambda text: self.carriers.texts(text)))

    def by_search(self, queryset: ReturnQuerySet, name: str, _text: str) -> ReturnQuerySet:
        """Keep the returns that the search box finds."""
        return queryset.among(self.search_results[name].ids)

    def by_number(self, queryset: ReturnQuerySet, name: str, text: str) -> ReturnQuerySet:
        """Keep the returns whose number begins or ends with the text."""
        if self.one_by_one:
            return super().by_number(queryset, name, text)
        return queryset.among(self.search_results[name].ids)

    def by_rule(self, queryset: ReturnQuerySet, name: str, value: Any) -> ReturnQuerySet:
        """Keep returns that a rule tagged, within the query's dates; any rule if none is named."""
        cleaned = self.form.cleaned_data
        period = cleaned.get("rule_from"), cleaned.get("rule_to")
        if name in {"rule", "rule_undone"}:
            rule = value.replace("\0", "\ufffd")
            return queryset.tagged_by_rule(rule, *period, undone=name == "rule_undone")
        if cleaned.get("rule") or cleaned.get("rule_undone"):
            return queryset
        return queryset.tagged_by_rule(None, *period)

    def by_shopper_returns(
        self, queryset: ReturnQuerySet, _name: str, number: Any
    ) -> ReturnQuerySet:
        """Keep returns whose shopper has more than this number of returns in 90 days."""
        if self.one_by_one:
            return one_by_one_of_frequent(queryset, int(number), _shopper_period())
        return queryset.filter(order_key__any_of=self._frequent_order_keys)

    @cached_property
    def _frequent_order_keys(self) -> list[str]:
        number = int(self.form.cleaned_data["shopper_returns_over"])
        return frequent_order_keys(number, _shopper_period())

    def by_deadline(self, queryset: ReturnQuerySet, _name: str, _kind: str) -> ReturnQuerySet:
        """Keep returns that are late or at risk, or that met or missed their deadline."""
        return queryset.filter(*self._deadline_conditions)

    def by_policy(self, queryset: ReturnQuerySet, _name: str, policy: str) -> ReturnQuerySet:
        """Keep waiting returns whose deadline is the one of this name."""
        return queryset.filter(*decided_conditions(policy, self.vocabulary))

    def by_due(self, queryset: ReturnQuerySet, name: str, moment: Any) -> ReturnQuerySet:
        """Keep waiting returns that are due before a moment, or at or after it."""
        before = name == "due_by"
        return queryset.filter(*due_conditions(moment, self.vocabulary, before=before))

    @cached_property
    def _deadline_conditions(self) -> tuple[Q, Case]:
        kind = self.form.cleaned_data["deadline"]
        return deadline_conditions(kind, self.vocabulary, timezone.now())
