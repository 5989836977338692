"""The parameters of questions about returns, as OpenAPI describes them."""

from copy import deepcopy
from typing import Any

from django import forms

from returns.api.dqb import MOST_ROWS
from returns.api.parameters import PARAMETERS
from returns.api.plain import TEXTS, TIMES
from returns.filters.declarations import REPEATABLE_PARAMETERS
from returns.filters.filterset import ReturnFilterSet
from returns.filters.paging import SORT_COLUMNS
from returns.models import State

Schema = dict[str, Any]
LARGEST = 999_999_999_999_999
EXAMPLES = {
    "dqb": "o=Equals|OrElse&p=state&v=Completed&o=EndsWith&p=trackingId&v=0011",
    "createdAt": ["gte:2024-02-23", "lt:2024-03-01"],
    "updatedAt": ["gte:2024-02-23T11:11:29.046892Z"],
    "salesOrderReferenceNumber": ["RSO100490909"],
    "state": ["Completed"],
    "count": MOST_ROWS,
    "sort": "-updated",
    "tag": ["wrong-size"],
}


def query_parameters() -> list[Schema]:
    """Return every parameter that a question about returns may have."""
    return [_parameter(name, description) for name, description in PARAMETERS.items()]


def _parameter(name: str, description: str) -> Schema:
    said: Schema = {
        "in": "query",
        "name": name,
        "required": False,
        "description": description[0].upper() + description[1:] + ".",
        "schema": schema_of(name),
    }
    return said | {"example": EXAMPLES[name]} if name in EXAMPLES else said


def schema_of(name: str) -> Schema:
    """Return what values a parameter takes; of one that may be repeated, as an array."""
    if name in ("offset", "count"):
        return {"type": "integer", "minimum": -LARGEST, "maximum": LARGEST}
    if name == "sort":
        return {"type": "string", "enum": _sorts()}
    if name in (*TEXTS, *TIMES):
        return _repeated({"type": "string", "minLength": 1})
    if name in ReturnFilterSet.base_filters:
        one = _of_field(name)
        return _repeated(one) if name in REPEATABLE_PARAMETERS else one
    return {"type": "string"}


def _sorts() -> list[str]:
    names = [name for name, column in SORT_COLUMNS.items() if not column.raised]
    return [sign + name for name in names for sign in ("", "-")]


def _repeated(one: Schema) -> Schema:
    return {"type": "array", "items": one}


def _of_field(name: str) -> Schema:
    """Return what a filter of the pages takes, as its field checks it."""
    if name == "state":
        return {"type": "string", "enum": State.values}
    # A copy: a filter keeps its field, and that of tags would then never learn of any.
    field = deepcopy(ReturnFilterSet.base_filters[name]).field
    if isinstance(field, forms.DecimalField):
        limits = {"minimum": field.min_value, "maximum": field.max_value}
        kind = "integer" if field.decimal_places == 0 else "number"
        return {"type": kind} | {key: value for key, value in limits.items() if value is not None}
    choices = [value for value, _ in getattr(field, "choices", ()) if value]
    if choices:
        return {"type": "string", "enum": choices}
    longest = getattr(field, "max_length", None)
    return {"type": "string"} | ({"maxLength": longest} if longest else {})
