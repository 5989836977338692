"""What views do with a form: save its data, and show why it was refused."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.forms import BaseForm
from django.http import HttpRequest, QueryDict


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
