"""The form fields of the filter language."""

import re
from typing import Any

import django_filters
from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.numbers import grouped
from config.shipped_names import group_label, tag_label
from config.text import shorten
from returns.filters.dates import parse_moment
from returns.filters.typed_shoppers import find_shopper_number
from returns.models import DeadlinePolicy
from returns.orders.tokens import MAX_SHOPPER_TOKEN, Shopper, shopper_of_token
from returns.search import MAX_NUMBERS, TypedNumbers
from tags.groups import find_groups
from tags.vocabulary import canonical_names

# Filters by tags: has all of these, at least one of these, none of these.
TAG_PARAMETERS = ("tag", "tag_any", "tag_none")
MAX_NOTE_TEXTS = 20
MAX_NOTE_TEXT_LENGTH = 100
MAX_HOURS = 100_000
CURRENCY_CODE = re.compile(r"[A-Z]{3}", re.ASCII)
# With the id behind them, the names of deleted tags and groups in queries, in every language.
DELETED_TAG, DELETED_GROUP = "deleted tag ", "deleted group "


def without_nul(names: list[str]) -> list[str]:
    """Return the names without NUL, which PostgreSQL rejects and no name contains."""
    return [name.replace("\0", "") for name in names]


def tag_value_label(name: str) -> str:
    """Return the name of a tag in a query as people read it; one that was deleted has none."""
    return _deleted_label(name) or tag_label(name)


def group_value_label(name: str) -> str:
    """Return the name of a group in a query as people read it; one that was deleted has none."""
    return _deleted_label(name) or group_label(name)


def _deleted_label(name: str) -> str:
    for prefix, text in (
        (DELETED_TAG, _("deleted tag %(number)s")),
        (DELETED_GROUP, _("deleted group %(number)s")),
    ):
        if name.startswith(prefix) and (number := name.removeprefix(prefix)).isdecimal():
            return text % {"number": number}
    return ""


class VocabularyField(forms.MultipleChoiceField):
    """Names of tags or groups."""

    def validate(self, value: Any) -> None:
        """Refuse unknown names; those of deleted tags and groups, as people read them."""
        try:
            super().validate(value)
        except forms.ValidationError as error:
            if error.params:
                name = str(error.params["value"])
                error.params["value"] = _deleted_label(name) or name
            raise


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
                _("“%(text)s” is not a date. Use 2026-11-23, today, yesterday, week, month or -7d.")
                % {"text": shorten(text, 50)}
            ) from error


class MomentFilter(django_filters.Filter):
    """A filter by a date or time."""

    field_class = MomentField


class TagsField(VocabularyField):
    """Names of tags, in any case."""

    default_error_messages = {"invalid_choice": gettext_lazy("there is no tag “%(value)s”.")}

    def to_python(self, value: Any) -> list[str]:
        """Return the names as the vocabulary writes them."""
        known = {name for name, _label in self.choices}  # type: ignore[misc, union-attr]
        names = without_nul(super().to_python(value))
        meant = canonical_names([name for name in names if name not in known])
        return list(dict.fromkeys(meant.get(name, name) for name in names))


class TagsFilter(django_filters.MultipleChoiceFilter):
    """A filter by the names of tags."""

    field_class = TagsField


class GroupsField(VocabularyField):
    """Names of tag groups, in any case."""

    default_error_messages = {"invalid_choice": gettext_lazy("there is no tag group “%(value)s”.")}

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
            raise forms.ValidationError(
                _("there is no deadline “%(name)s”.") % {"name": shorten(name, 50)}
            )
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
            raise forms.ValidationError(
                _("enter at most %(count)s texts.") % {"count": grouped(MAX_NOTE_TEXTS)}
            )
        for text in texts:
            if not any(character.isalnum() for character in text):
                raise forms.ValidationError(
                    _("“%(text)s” has no letter or digit.") % {"text": shorten(text, 50)}
                )
            if len(text) > MAX_NOTE_TEXT_LENGTH:
                raise forms.ValidationError(
                    _("“%(text)s” is longer than %(count)s characters.")
                    % {"text": shorten(text, 50), "count": grouped(MAX_NOTE_TEXT_LENGTH)}
                )
        return texts


class TextsFilter(django_filters.Filter):
    """A filter that at least one of several texts must match."""

    field_class = TextsField


def hours_filter(method: Any) -> django_filters.NumberFilter:
    """Return a filter by a number of hours."""
    return django_filters.NumberFilter(method=method, min_value=0, max_value=MAX_HOURS)


class CurrencyField(forms.CharField):
    """A currency by its three letters, in any case."""

    def clean(self, value: Any) -> str:
        """Return the letters as capitals. Reject anything else."""
        code = str(super().clean(value)).upper()
        if code and not CURRENCY_CODE.fullmatch(code):
            raise forms.ValidationError(
                _("“%(text)s” is not a currency. Use three letters, such as TRY.")
                % {"text": shorten(code, 50)}
            )
        return code


class CurrencyFilter(django_filters.Filter):
    """A filter by the currency of a value."""

    field_class = CurrencyField


class NumbersField(forms.CharField):
    """The text of the search box: a number, part of one, or several."""

    def clean(self, value: Any) -> str:
        """Return the text. Reject more numbers than one search looks up, and those of shoppers.

        What a query holds is kept in addresses, saved views and exports.
        """
        # PostgreSQL rejects NUL. Replaced by a character that no number has, the text matches none.
        text = str(super().clean((value or "").replace("\0", "\ufffd")))
        if len(numbers := TypedNumbers.parse(text).numbers) > MAX_NUMBERS:
            raise forms.ValidationError(
                _("enter at most %(limit)s numbers; these are %(count)s.")
                % {"limit": grouped(MAX_NUMBERS), "count": grouped(len(numbers))}
            )
        if find_shopper_number(text):
            raise forms.ValidationError(
                _("e-mail addresses and phone numbers are not kept in links. Use the search box.")
            )
        return text


class NumbersFilter(django_filters.CharFilter):
    """The filter of the search box."""

    field_class = NumbersField


class ShopperField(forms.CharField):
    """The token of a shopper."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MAX_SHOPPER_TOKEN, **kwargs)

    def clean(self, value: Any) -> Shopper | None:
        """Return the shopper, or None for an empty text. Reject a token that names nobody."""
        token = str(super().clean(value))
        if not token:
            return None
        shopper = shopper_of_token(token)
        if shopper is None:
            raise forms.ValidationError(_("this shopper is not known here, or not any more."))
        return shopper


class ShopperFilter(django_filters.Filter):
    """A filter by the shopper of the order."""

    field_class = ShopperField
