"""The form fields of the filter language."""

from typing import Any

import django_filters
from django import forms
from django.utils import timezone

from config.text import shorten
from returns.filters.dates import parse_moment
from returns.models import DeadlinePolicy
from returns.search import MAX_NUMBERS, TypedNumbers
from tags.vocabulary import canonical_names, find_groups

# Filters by tags: has all of these, at least one of these, none of these.
TAG_PARAMETERS = ("tag", "tag_any", "tag_none")
MAX_NOTE_TEXTS = 20
MAX_NOTE_TEXT_LENGTH = 100
MAX_HOURS = 100_000


def without_nul(names: list[str]) -> list[str]:
    """Return the names without NUL, which PostgreSQL rejects and no name contains."""
    return [name.replace("\0", "") for name in names]


class MomentField(forms.Field):
    """A date or time as ``parse_moment`` reads it; with ``end`` the end of the day or period."""

    def __init__(self, *, end: bool, **kwargs: Any) -> None:
        self.end = end
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Any:
        """Return the moment, or None for an empty text."""
        text = (value or "").strip()
        if not text:
            return None
        try:
            return parse_moment(text, end=self.end, now=timezone.now())
        except (ValueError, OverflowError) as error:
            raise forms.ValidationError(
                f"“{shorten(text, 50)}” is not a date. "
                "Use 2026-11-23, today, yesterday, week, month or -7d."
            ) from error


class MomentFilter(django_filters.Filter):
    """A filter by a date or time."""

    field_class = MomentField


class TagsField(forms.MultipleChoiceField):
    """Names of tags, in any case."""

    default_error_messages = {"invalid_choice": "there is no tag “%(value)s”."}

    def to_python(self, value: Any) -> list[str]:
        """Return the names as the vocabulary writes them."""
        known = {name for name, _ in self.choices}  # type: ignore[misc, union-attr]
        names = without_nul(super().to_python(value))
        meant = canonical_names([name for name in names if name not in known])
        return list(dict.fromkeys(meant.get(name, name) for name in names))


class TagsFilter(django_filters.MultipleChoiceFilter):
    """A filter by the names of tags."""

    field_class = TagsField


class GroupsField(forms.MultipleChoiceField):
    """Names of tag groups, in any case."""

    default_error_messages = {"invalid_choice": "there is no tag group “%(value)s”."}

    def to_python(self, value: Any) -> list[str]:
        """Return the names as the vocabulary writes them."""
        names = without_nul(super().to_python(value))
        if not names:
            return []
        # Look them up: a page's vocabulary lacks groups without tags.
        meant = {name: group.name for name, group in find_groups(names).items()}
        self.choices = [(name, name) for name in meant.values()]
        return list(dict.fromkeys(meant.get(name, name) for name in names))


class GroupsFilter(django_filters.MultipleChoiceFilter):
    """A filter by the names of tag groups."""

    field_class = GroupsField


class DeadlineNameField(forms.CharField):
    """The name of a deadline, in any case."""

    def clean(self, value: Any) -> str:
        """Return the name as the deadline has it. Reject one that no deadline has."""
        name = str(super().clean(value))
        if not name:
            return name
        stored = DeadlinePolicy.objects.values_list("name", flat=True)
        names = {each.casefold(): each for each in stored}
        if name.casefold() not in names:
            raise forms.ValidationError(f"there is no deadline “{shorten(name, 50)}”.")
        return names[name.casefold()]


class DeadlineNameFilter(django_filters.Filter):
    """A filter by the deadline that decides when a return is due."""

    field_class = DeadlineNameField


class TextsField(forms.Field):
    """Texts to search for, each with at least one letter or digit."""

    widget = forms.SelectMultiple

    def to_python(self, value: Any) -> list[str]:
        """Return the texts, each once. Reject too many, too long, and unsearchable ones."""
        texts = without_nul(list(dict.fromkeys(value or [])))
        if len(texts) > MAX_NOTE_TEXTS:
            raise forms.ValidationError(f"enter at most {MAX_NOTE_TEXTS} texts.")
        for text in texts:
            if not any(character.isalnum() for character in text):
                raise forms.ValidationError(f"“{shorten(text, 50)}” has no letter or digit.")
            if len(text) > MAX_NOTE_TEXT_LENGTH:
                raise forms.ValidationError(
                    f"“{shorten(text, 50)}” is longer than {MAX_NOTE_TEXT_LENGTH} characters."
                )
        return texts


class TextsFilter(django_filters.Filter):
    """A filter that at least one of several texts must match."""

    field_class = TextsField


def hours_filter(label: str, method: Any) -> django_filters.NumberFilter:
    """Return a filter by a number of hours."""
    return django_filters.NumberFilter(
        label=f"{label} (hours)", method=method, min_value=0, max_value=MAX_HOURS
    )


class NumbersField(forms.CharField):
    """The text of the search box: a number, part of one, or several."""

    def clean(self, value: Any) -> str:
        """Return the text. Reject more numbers than one search looks up."""
        # PostgreSQL rejects NUL. Replaced by a character that no number has, the text matches none.
        text = str(super().clean((value or "").replace("\0", "\ufffd")))
        if len(numbers := TypedNumbers.parse(text).numbers) > MAX_NUMBERS:
            raise forms.ValidationError(
                f"enter at most {MAX_NUMBERS} numbers; these are {len(numbers)}."
            )
        return text


class NumbersFilter(django_filters.CharFilter):
    """The filter of the search box."""

    field_class = NumbersField
