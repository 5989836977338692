"""Filters that judge each return by itself, at any time. Deadline policies are made of them."""

from collections.abc import Iterable, Mapping
from typing import Any

import django_filters
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from config.text import shorten
from returns.carriers.names import CarrierNames, read_carrier_names
from returns.filters.declarations import DEADLINE_FILTERS, FILTERS, FILTERS_BY_NAME
from returns.filters.fields import TAG_PARAMETERS
from returns.filters.form import ReturnFilterForm, is_ignored
from returns.filters.query import Query
from returns.models import Return
from returns.querysets import ReturnQuerySet
from tags.vocabulary import Vocabulary


class ConditionSet(django_filters.FilterSet):
    """The returns that meet all conditions of a query; none if one of them is not valid.

    A number is compared with those of each return, not searched: a search reads only so many
    matches.
    """

    class Meta:
        model = Return
        fields: list[str] = []
        form = ReturnFilterForm

    base_filters: dict[str, django_filters.Filter]

    def __init__(self, query: Query, vocabulary: Vocabulary) -> None:
        self.query = query
        self.vocabulary = vocabulary
        self.tag_ids = {chip.name: chip.id for chip in vocabulary.values()}
        # Build the fields of the query's filters alone: a page counts a dozen queries.
        self.base_filters = {name: f for name, f in self.base_filters.items() if name in query}
        super().__init__(query, queryset=Return.objects.all())
        for name in self.filters.keys() & set(TAG_PARAMETERS):
            self.filters[name].extra["choices"] = [(tag, tag) for tag in self.tag_ids]

    @classmethod
    def get_filters(cls) -> dict[str, django_filters.Filter]:
        """Return the filters that deadlines may use, by name."""
        return {each.name: each.filter for each in FILTERS if each.name in DEADLINE_FILTERS}

    def problems(self) -> list[str]:
        """Return a sentence for each parameter that is unknown or has an invalid value."""
        unknown = [
            _("%(name)s: there is no such filter.") % {"name": shorten(name, 50)}
            for name in self.query
            if name not in self.form.fields and not is_ignored(name)
        ]
        return unknown + [
            _("%(field)s: %(problem)s") % {"field": self.form[name].label, "problem": sentence}
            for name, sentences in self.form.errors.items()
            for sentence in sentences
        ]

    def filter_queryset(self, queryset: ReturnQuerySet) -> ReturnQuerySet:
        """Apply every filter; with a problem, no return matches."""
        if self.problems():
            return queryset.none()
        return self._apply(queryset, self.values)

    @cached_property
    def values(self) -> dict[str, Any]:
        """Return the cleaned value of each filter that the query uses."""
        cleaned = self.form.cleaned_data
        return {name: v for name in self.filters if (v := cleaned[name]) not in (None, "", [])}

    @cached_property
    def carriers(self) -> CarrierNames:
        """Return the carriers that the texts of returns mean, and that of the filter by carrier.

        Groups by carrier need all texts, also those that mean no carrier.
        """
        cleaned = self.form.cleaned_data
        asked = filter(None, [cleaned.get("carrier")])
        return read_carrier_names(asked, whole=cleaned.get("group") == "carrier")

    def _apply(self, queryset: ReturnQuerySet, values: Mapping[str, Any]) -> ReturnQuerySet:
        for name, value in values.items():
            queryset = self.filters[name].filter(queryset, value)
        return queryset

    def _ids(self, names: Iterable[str]) -> list[int]:
        return sorted({self.tag_ids[name] for name in names})

    def by_number(self, queryset: ReturnQuerySet, name: str, text: str) -> ReturnQuerySet:
        """Keep returns whose number begins or ends with the text."""
        return queryset.with_number(text, FILTERS_BY_NAME[name].columns)

    def by_carrier(self, queryset: ReturnQuerySet, _name: str, text: str) -> ReturnQuerySet:
        """Keep returns of the carrier that the text means."""
        return queryset.with_carrier(self.carriers.texts(text))

    def by_tags(self, queryset: ReturnQuerySet, _name: str, names: list[str]) -> ReturnQuerySet:
        """Keep returns that have all of the tags."""
        return queryset.tagged(self._ids(names))

    def by_any_tag(self, queryset: ReturnQuerySet, _name: str, names: list[str]) -> ReturnQuerySet:
        """Keep returns that have at least one of the tags."""
        return queryset.tagged_any(self._ids(names))

    def by_no_tag(self, queryset: ReturnQuerySet, _name: str, names: list[str]) -> ReturnQuerySet:
        """Keep returns that have none of the tags."""
        return queryset.untagged(self._ids(names))

    def by_missing_groups(
        self, queryset: ReturnQuerySet, _name: str, names: list[str]
    ) -> ReturnQuerySet:
        """Keep returns that have no tag from any of the groups."""
        chips = self.vocabulary.values()
        return queryset.untagged(chip.id for chip in chips if chip.group in names)

    def by_creation(self, queryset: ReturnQuerySet, name: str, moment: Any) -> ReturnQuerySet:
        """Keep returns created at or after a moment, or before it."""
        return queryset.created("gte" if name == "created_from" else "lt", moment)
