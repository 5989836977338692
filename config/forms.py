"""What views do with a form: save its data, and show why it was refused. And a field of forms."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BaseForm
from django.http import HttpRequest, QueryDict

from config.numbers import grouped, ungrouped


class GroupedNumbersMixin(forms.Field):
    """A field whose errors group the thousands of their numbers."""

    def run_validators(self, value: Any) -> None:
        """Group the numbers of each error, before the texts are made of them."""
        try:
            super().run_validators(value)
        except ValidationError as error:
            for each in error.error_list:
                each.params = {
                    name: grouped(number) if type(number) is int else number
                    for name, number in (each.params or {}).items()
                }
            raise


class WholeNumberField(GroupedNumbersMixin, forms.IntegerField):
    """A whole number, perhaps with its thousands grouped as the language does it: "1.000".

    Browsers send what is typed there as it is, and Django would take it for 1.
    """

    def to_python(self, value: Any) -> int | None:
        """Return the number."""
        return super().to_python(ungrouped(value) if isinstance(value, str) else value)


def posted_data(request: HttpRequest) -> QueryDict | None:
    """Return the posted data for a form; None, for an unbound form, if nothing was posted."""
    return request.POST if request.method == "POST" else None


def save_form(form: BaseForm, write: Callable[[dict[str, Any]], object]) -> bool:
    """Call ``write`` with the data of a valid form; tell whether it was saved.

    If ``write`` raises ``ValidationError``, the form shows its message.
    """
    if not form.is_valid():
        return False
    try:
        write(form.cleaned_data)
    except ValidationError as error:
        form.add_error(None, error)
        return False
    return True
