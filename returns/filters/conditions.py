"""Filters that look at one return by itself, at any time: what deadline policies are made of."""

from collections.abc import Iterable, Mapping
from typing import Any

import django_filters
from django.utils.functional import cached_property

from config.text import shorten
from returns.filters.declarations import BY_NAME, CONDITIONS, FILTERS
from returns.filters.fields import TAG_PARAMETERS
from returns.filters.form import ReturnFilterForm, is_ignored
from returns.filters.query import Query
from returns.models import Return
from returns.querysets import ReturnQuerySet
from tags.vocabulary import TagChip


class ConditionSet(django_filters.FilterSet):
    """The returns that meet every condition of a query; none when it cannot be understood.

    Each is looked at by itself: a number is compared with theirs instead of searched for, which
    reads so many matches at most.
    """

    class Meta:
        model = Return
        fields: list[str] = []
        form = ReturnFilterForm

    base_filters: dict[str, django_filters.Filter]

    def __init__(self, query: Query, vocabulary: Mapping[int, TagChip]) -> None:
        self.query = query
        self.vocabulary = vocabulary
        self.tag_ids = {chip.name: chip.id for chip in vocabulary.values()}
        # Those of the query alone: a page asks for a dozen numbers, and each builds its fields.
        self.base_filters = {name: f for name, f in self.base_filters.items() if name in query}
        super().__init__(query, queryset=Return.objects.all())
        for name in self.filters.keys() & set(TAG_PARAMETERS):
            self.filters[name].extra["choices"] = [(tag, tag) for tag in self.tag_ids]

    @classmethod
    def get_filters(cls) -> dict[str, django_filters.Filter]:
        """Return the filters that are conditions."""
        return {each.name: each.filter for each in FILTERS if each.name in CONDITIONS}

    def problems(self) -> list[str]:
        """Return a sentence for each parameter that is unknown or cannot be understood."""
        unknown = [
            f"{shorten(name, 50)}: there is no such filter."
            for name in self.query
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
        return self._apply(queryset, self.values)

    @cached_property
    def values(self) -> dict[str, Any]:
        """Return what each filter of the query asks for, as its field understood it."""
        cleaned = self.form.cleaned_data
        return {name: v for name in self.filters if (v := cleaned[name]) not in (None, "", [])}

    def _apply(self, returns: ReturnQuerySet, values: Mapping[str, Any]) -> ReturnQuerySet:
        for name, value in values.items():
            returns = self.filters[name].filter(returns, value)
        return returns

    def _ids(self, names: Iterable[str]) -> list[int]:
        return sorted({self.tag_ids[name] for name in names})

    def by_number(self, returns: ReturnQuerySet, name: str, text: str) -> ReturnQuerySet:
        """Keep returns whose number begins or ends with the text."""
        return returns.numbered(text, BY_NAME[name].columns)

    def by_tags(self, returns: ReturnQuerySet, _name: str, names: list[str]) -> ReturnQuerySet:
        """Keep returns that carry all of the tags."""
        return returns.tagged(self._ids(names))

    def by_any_tag(self, returns: ReturnQuerySet, _name: str, names: list[str]) -> ReturnQuerySet:
        """Keep returns that carry at least one of the tags."""
        return returns.tagged_any(self._ids(names))

    def by_no_tag(self, returns: ReturnQuerySet, _name: str, names: list[str]) -> ReturnQuerySet:
        """Keep returns that carry none of the tags."""
        return returns.untagged(self._ids(names))

    def by_missing_groups(
        self, returns: ReturnQuerySet, _name: str, names: list[str]
    ) -> ReturnQuerySet:
        """Keep returns that carry no tag of any of the groups."""
        return returns.untagged(chip.id for chip in self.vocabulary.values() if chip.group in names)

    def by_creation(self, returns: ReturnQuerySet, name: str, moment: Any) -> ReturnQuerySet:
        """Keep returns created from a moment on, or before it."""
        return returns.created("gte" if name == "created_from" else "lt", moment)
