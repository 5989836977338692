"""The fields of the filter language: what people write, read into what is meant."""

from typing import Any

import django_filters
from django import forms
from django.utils import timezone

from config.text import shorten
from returns.filters.dates import parse_moment
from returns.search import MOST_NUMBERS, Typed
from tags.vocabulary import canonical_names, find_groups

# Which tags a return carries: all of these, at least one of these, none of these.
TAG_PARAMETERS = ("tag", "tag_any", "tag_none")
MOST_TEXTS = 20
LONGEST_PART = 100
LONGEST_WAIT_HOURS = 100_000


def without_nul(names: list[str]) -> list[str]:
    """Return the names as the database can take them; no name holds a NUL."""
    return [name.replace("\0", "") for name in names]


class MomentField(forms.Field):
    """A date or time as people write it; see ``returns.filters.dates``."""

    def __init__(self, *, end: bool, **kwargs: Any) -> None:
        self.end = end
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Any:
        """Return the moment, or None when nothing was written."""
        text = (value or "").strip()
        if not text:
            return None
        try:
            return parse_moment(text, end=self.end, now=timezone.now())
        except (ValueError, OverflowError) as error:
            raise forms.ValidationError(
                f"“{shorten(text, 50)}” is no date; "
                "write 2026-11-23, today, yesterday, week, month or -7d."
            ) from error


class MomentFilter(django_filters.Filter):
    """A filter by a date or time."""

    field_class = MomentField


class TagsField(forms.MultipleChoiceField):
    """Names of tags, whatever their case."""

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
    """Names of groups of tags, whatever their case."""

    default_error_messages = {"invalid_choice": "there is no group of tags “%(value)s”."}

    def to_python(self, value: Any) -> list[str]:
        """Return the names as the vocabulary writes them."""
        names = without_nul(super().to_python(value))
        if not names:
            return []
        # Looked up here: the words of a page leave out a group that has no tag yet.
        meant = {name: group.name for name, group in find_groups(names).items()}
        self.choices = [(name, name) for name in meant.values()]
        return list(dict.fromkeys(meant.get(name, name) for name in names))


class GroupsFilter(django_filters.MultipleChoiceFilter):
    """A filter by the names of groups of tags."""

    field_class = GroupsField


class TextsField(forms.Field):
    """Texts that are searched for, each with a letter or a digit."""

    widget = forms.SelectMultiple

    def to_python(self, value: Any) -> list[str]:
        """Return the texts; refuse those that hold nothing to search for."""
        texts = without_nul(list(dict.fromkeys(value or [])))
        if len(texts) > MOST_TEXTS:
            raise forms.ValidationError(f"at most {MOST_TEXTS} texts at once.")
        for text in texts:
            if not any(character.isalnum() for character in text):
                raise forms.ValidationError(f"“{shorten(text, 50)}” holds no letter and no digit.")
            if len(text) > LONGEST_PART:
                raise forms.ValidationError(
                    f"at most {LONGEST_PART} characters; “{shorten(text, 50)}”."
                )
        return texts


class TextsFilter(django_filters.Filter):
    """A filter by texts, of which one has to be there."""

    field_class = TextsField


def hours_filter(label: str, method: Any) -> django_filters.NumberFilter:
    """Return a filter by a number of hours."""
    return django_filters.NumberFilter(
        label=f"{label} (hours)", method=method, min_value=0, max_value=LONGEST_WAIT_HOURS
    )


class NumbersField(forms.CharField):
    """What the one box takes: a number, part of one, or several."""

    def clean(self, value: Any) -> str:
        """Return the text; refuse more numbers than one search can look up."""
        # PostgreSQL cannot hold NUL; as another character that no number has it finds nothing.
        text = str(super().clean((value or "").replace("\0", "\ufffd")))
        if len(numbers := Typed.parse(text).numbers) > MOST_NUMBERS:
            raise forms.ValidationError(
                f"at most {MOST_NUMBERS} numbers at once; these are {len(numbers)}."
            )
        return text


class NumbersFilter(django_filters.CharFilter):
    """A filter by what was typed into the one box."""

    field_class = NumbersField
