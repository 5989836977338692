"""The filter language: every place that selects returns takes the same query string.

An unknown parameter, like an unknown value, is named and matches no rows: a mistyped filter must
never look like "everything".
"""

from collections.abc import Iterable, Mapping
from typing import Any

import django_filters
from django.db.models import Case, Q
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import cached_property

from returns.filters import rules as filter_rules
from returns.filters.dates import WEEKDAYS
from returns.filters.due import conditions_of
from returns.filters.fields import (
    TAG_PARAMETERS,
    GroupsFilter,
    MomentFilter,
    NumbersFilter,
    TagsFilter,
    TextsFilter,
    hours_filter,
    without_nul,
)
from returns.filters.form import (
    PAGING_PARAMETERS,
    ReturnFilterForm,
    default_sort,
    is_ignored,
    without_blanks,
)
from returns.filters.problems import Problem
from returns.filters.queues import Queue
from returns.filters.stored import ids_of_groups, ids_of_tags
from returns.models import Deadline, Return, State
from returns.querysets import ORDER, REFERENCE, TRACKING, ReturnQuerySet
from returns.search import LONGEST_TEXT, Found, begins_or_ends, search
from tags.vocabulary import TagChip

REPEATABLE_PARAMETERS = (
    *("state", *TAG_PARAMETERS, "missing_group", "notes", "missing", "problem"),
)
# Filters that leave enough of the newest returns to read on from one to the next; the others may
# leave few, which are then found first.
READ_BY_CREATION = {
    *("state", "tag_any", "tag_none", "missing_group", "created_from", "created_to"),
}
LONGEST_NUMBER = 200
MOST_RETURNS_OF_ORDER = 100


def filters_of(data: QueryDict, vocabulary: Mapping[int, TagChip]) -> dict[str, list[Any]]:
    """Return what a query string filters and sorts by, the same for all that mean the same.

    Tags and groups stand by their ids; the page of the list is left out.
    """
    said: dict[str, list[Any]] = {
        name: sorted(set(values)) if name in REPEATABLE_PARAMETERS else values[-1:]
        for name, values in without_blanks(data).lists()
        if name not in PAGING_PARAMETERS and not is_ignored(name)
    }
    for name in said.keys() & set(TAG_PARAMETERS):
        said[name] = ids_of_tags(without_nul(said[name]), vocabulary)
    if "missing_group" in said:
        said["missing_group"] = ids_of_groups(without_nul(said["missing_group"]))
    if said.get("sort") == [default_sort(data)] and "q" not in said:
        del said["sort"]
    return said


class ReturnFilterSet(django_filters.FilterSet):
    """Which returns, in which order, and which page of them."""

    q = NumbersFilter(
        label="Order, return or tracking number", method="by_number", max_length=LONGEST_TEXT
    )
    state = django_filters.MultipleChoiceFilter(
        label="State", choices=State.choices, method="by_state"
    )
    queue = django_filters.ChoiceFilter(
        label="Queue", choices=Queue.choices, method=filter_rules.by_queue
    )
    order = django_filters.CharFilter(
        label="Order reference", method="by_number", max_length=LONGEST_NUMBER
    )
    order_is = django_filters.CharFilter(
        label="Order", method=filter_rules.by_whole_order, max_length=LONGEST_NUMBER
    )
    reference = django_filters.CharFilter(
        label="Return reference", method="by_number", max_length=LONGEST_NUMBER
    )
    tracking = django_filters.CharFilter(
        label="Tracking ID", method="by_number", max_length=LONGEST_NUMBER
    )
    tag = TagsFilter(label="Tags", method="by_tags")
    tag_any = TagsFilter(label="Any of the tags", method="by_any_tag")
    tag_none = TagsFilter(label="None of the tags", method="by_no_tag")
    missing_group = GroupsFilter(label="No tag of the group", method="by_missing_groups")
    notes = TextsFilter(label="Notes contain", method=filter_rules.by_notes)
    carrier = django_filters.CharFilter("cargo_carrier", label="Carrier", max_length=100)
    channel = django_filters.CharFilter("sales_order_channel", label="Channel", max_length=100)
    source = django_filters.CharFilter(label="Source", max_length=30)
    missing = django_filters.MultipleChoiceFilter(
        label="Missing",
        choices=filter_rules.MISSING,
        method=filter_rules.by_missing,
    )
    order_returns = django_filters.NumberFilter(
        label="Number within its order",
        method=filter_rules.by_place_in_order,
        min_value=2,
        max_value=MOST_RETURNS_OF_ORDER,
        decimal_places=0,
    )
    # After those by tags, whose indexes begin and end with these as well.
    created_from = MomentFilter(method="by_creation", label="Created from", end=False)
    created_to = MomentFilter(method="by_creation", label="Created to", end=True)
    arrived_from = MomentFilter("arrived_to_warehouse_at", "gte", label="Arrived from", end=False)
    arrived_to = MomentFilter("arrived_to_warehouse_at", "lt", label="Arrived to", end=True)
    completed_from = MomentFilter("completed_at", "gte", label="Completed from", end=False)
    completed_to = MomentFilter("completed_at", "lt", label="Completed to", end=True)
    open_at = MomentFilter(
        method=filter_rules.by_open_at, label="In the warehouse at the end of", end=True
    )
    waiting_over = hours_filter("Waiting over", filter_rules.by_hours)
    waiting_under = hours_filter("Waiting under", filter_rules.by_hours)
    on_the_way_over = hours_filter("On the way over", filter_rules.by_hours)
    on_the_way_under = hours_filter("On the way under", filter_rules.by_hours)
    took_over = hours_filter("Took at least", filter_rules.by_time_taken)
    took_under = hours_filter("Took less than", filter_rules.by_time_taken)
    took = django_filters.ChoiceFilter(
        label="Time taken", choices=[("unknown", "unknown")], method=filter_rules.by_unknown_time
    )
    arrived_weekday = django_filters.ChoiceFilter(
        label="Arrived on a", choices=WEEKDAYS, method=filter_rules.by_weekday
    )
    rule = django_filters.CharFilter(label="Tagged by the rule", method="by_rule", max_length=100)
    rule_undone = django_filters.CharFilter(
        label="Tagged by the rule, and undone", method="by_rule", max_length=100
    )
    rule_from = MomentFilter(method="by_rule", label="Tagged by a rule from", end=False)
    rule_to = MomentFilter(method="by_rule", label="Tagged by a rule to", end=True)
    problem = django_filters.MultipleChoiceFilter(
        label="Problem", choices=Problem.choices, method=filter_rules.by_problem
    )

    deadline = django_filters.ChoiceFilter(
        label="Deadline", choices=Deadline.choices, method="by_deadline"
    )

    class Meta:
        model = Return
        fields: list[str] = []
        form = ReturnFilterForm

    base_filters: dict[str, django_filters.Filter]

    NUMBERS = {
        "order": (ORDER,),
        "reference": (REFERENCE,),
        "tracking": (TRACKING,),
    }

    def __init__(
        self, data: QueryDict, vocabulary: Mapping[int, TagChip], *, one_by_one: bool = False
    ) -> None:
        """Read a query string.

        ``one_by_one``: for rules, which look at returns by themselves. A number is then compared
        with theirs instead of searched for, which reads so many matches at most.
        """
        self.one_by_one = one_by_one
        self.tag_ids = {chip.name: chip.id for chip in vocabulary.values()}
        self.vocabulary = vocabulary
        said = without_blanks(data)
        # Those that are said alone: a page asks for a dozen numbers, and each builds its fields.
        self.base_filters = {name: each for name, each in self.base_filters.items() if name in said}
        super().__init__(said, queryset=Return.objects.all())
        for name in self.filters.keys() & set(TAG_PARAMETERS):
            self.filters[name].extra["choices"] = [(tag, tag) for tag in self.tag_ids]

    def problems(self) -> list[str]:
        """Return a sentence for each parameter that is unknown or cannot be understood."""
        unknown = [
            f"{name[:50]}: there is no such filter."
            for name in self.data
            if name not in self.form.fields and not is_ignored(name)
        ]
        return unknown + [
            f"{self.form[name].label}: {sentence}"
            for name, sentences in self.form.errors.items()
            for sentence in sentences
        ]

    def filter_queryset(self, queryset: ReturnQuerySet) -> ReturnQuerySet:
        """Apply every filter; none matches when a parameter is wrong."""
        if self.problems():
            return queryset.none()
        by_creation = self.form.cleaned_data["sort"].column.name == "created_at"
        return self._apply(queryset, self.filters, by_creation=by_creation)

    def newest_first(self) -> ReturnQuerySet:
        """Return what the filters select in order of creation, whatever the sort."""
        if self.problems():
            return Return.objects.none()
        found = self._apply(Return.objects.all(), self.filters, by_creation=True)
        return found.in_order_of("created_at", descending=True)

    def in_any_state(self) -> ReturnQuerySet:
        """Return what the filters select when the one by state is left out.

        To be read in order of creation.
        """
        if self.problems():
            return Return.objects.none()
        names = [name for name in self.filters if name != "state"]
        return self._apply(Return.objects.all(), names, by_creation=True)

    def narrows_beyond(self, *names: str) -> bool:
        """Tell whether anything but this is filtered."""
        return bool(self.problems()) or any(
            self.form.cleaned_data[name] not in (None, "", [])
            for name in self.filters
            if name not in names
        )

    @cached_property
    def matches(self) -> dict[str, Found]:
        """Return what each text that was typed found, by its parameter."""
        typed = {name: self.form.cleaned_data.get(name) for name in self.NUMBERS}
        found = {
            name: begins_or_ends(text, self.NUMBERS[name]) for name, text in typed.items() if text
        }
        if text := self.form.cleaned_data.get("q"):
            found["q"] = search(text)
        return found

    def ranks(self) -> list[list[int]] | None:
        """Return the matches of the one box, the best first, if the list follows that order."""
        if self.data.get("sort") or "q" not in self.matches:
            return None
        return self.matches["q"].ids_by_rank()

    def search_is_cut_short(self) -> bool:
        """Tell whether a search found more than it read."""
        return any(matches.cut_short for matches in self.matches.values())

    def _apply(
        self, found: ReturnQuerySet, names: Iterable[str], *, by_creation: bool
    ) -> ReturnQuerySet:
        said = {
            n: value for n in names if (value := self.form.cleaned_data[n]) not in (None, "", [])
        }
        if by_creation and said.keys() <= READ_BY_CREATION:
            found = found.read_by_tags(self._ids(said.pop("tag_any", [])))
        for name, value in said.items():
            found = self.filters[name].filter(found, value)
        return found

    def _ids(self, names: Iterable[str]) -> list[int]:
        return sorted({self.tag_ids[name] for name in names})

    def by_number(self, found: ReturnQuerySet, name: str, text: str) -> ReturnQuerySet:
        """Keep the returns that the text found."""
        if self.one_by_one:
            return found.numbered(text, self.NUMBERS[name])
        return found.among(self.matches[name].ids)

    def by_state(self, found: ReturnQuerySet, _name: str, states: list[str]) -> ReturnQuerySet:
        """Keep returns in one of the states."""
        return found.in_state(*states) if states else found

    def by_tags(self, found: ReturnQuerySet, _name: str, names: list[str]) -> ReturnQuerySet:
        """Keep returns that carry all of the tags."""
        return found.tagged(self._ids(names))

    def by_any_tag(self, found: ReturnQuerySet, _name: str, names: list[str]) -> ReturnQuerySet:
        """Keep returns that carry at least one of the tags."""
        return found.tagged_any(self._ids(names))

    def by_no_tag(self, found: ReturnQuerySet, _name: str, names: list[str]) -> ReturnQuerySet:
        """Keep returns that carry none of the tags."""
        return found.untagged(self._ids(names))

    def by_missing_groups(
        self, found: ReturnQuerySet, _name: str, names: list[str]
    ) -> ReturnQuerySet:
        """Keep returns that carry no tag of any of the groups."""
        return found.untagged(chip.id for chip in self.vocabulary.values() if chip.group in names)

    def by_creation(self, found: ReturnQuerySet, name: str, moment: Any) -> ReturnQuerySet:
        """Keep returns created from a moment on, or before it."""
        return found.created("gte" if name == "created_from" else "lt", moment)

    def by_rule(self, found: ReturnQuerySet, name: str, value: Any) -> ReturnQuerySet:
        """Keep returns that a rule tagged; the dates are those of that, or of any rule."""
        said = self.form.cleaned_data
        span = said.get("rule_from"), said.get("rule_to")
        if name in {"rule", "rule_undone"}:
            rule = value.replace("\0", "\ufffd")
            return found.tagged_by_rule(rule, *span, undone=name == "rule_undone")
        if said.get("rule") or said.get("rule_undone"):
            return found
        return found.tagged_by_rule(None, *span)

    def by_deadline(self, found: ReturnQuerySet, _name: str, _kind: str) -> ReturnQuerySet:
        """Keep returns that are late or at risk, or that met or missed their deadline."""
        return found.filter(*self._at_deadline)

    @cached_property
    def _at_deadline(self) -> tuple[Q, Case]:
        kind = self.form.cleaned_data["deadline"]
        return conditions_of(kind, self.vocabulary, found_one_by_one, timezone.now())


def found_one_by_one(query: QueryDict, vocabulary: Mapping[int, TagChip]) -> ReturnQuerySet:
    """Return what a filter selects when it looks at each return by itself."""
    found: ReturnQuerySet = ReturnFilterSet(query, vocabulary, one_by_one=True).qs
    return found
