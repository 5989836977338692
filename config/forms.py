"""What views do with a form: write what it says, and show why it was refused."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.forms import BaseForm
from django.http import HttpRequest, QueryDict


def sent(request: HttpRequest) -> QueryDict | None:
    """Return what was posted, for a form to read; None makes a form that is only shown."""
    return request.POST if request.method == "POST" else None


def save(form: BaseForm, write: Callable[[dict[str, Any]], object]) -> bool:
    """Write the data of a valid form, and tell whether that was possible.

    Where ``write`` raises ``ValidationError``, the form shows its text.
    """
    if not form.is_valid():
        return False
    try:
        write(form.cleaned_data)
    except ValidationError as error:
        form.add_error(None, error)
        return False
    return True
