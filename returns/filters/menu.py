"""The menu of more filters, and the chips of the filters chosen in it or in an address."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse

from returns.filters.builders import Declaration, Offered
from returns.filters.declarations import FILTERS_BY_NAME, filters_offered_in
from returns.filters.query import Query
from returns.filters.tag_menu import FilterChip, address_without
from returns.filters.wording import value_label

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_NUMBER = re.compile(r"\d{1,6}", re.ASCII)


@dataclass(frozen=True, slots=True)
class MoreField:
    """A field of the menu with its current value; ``type`` is that of its input element."""

    id: str
    name: str
    label: str
    type: str
    value: str
    lowest: int | None = None
    highest: int | None = None


def has_field_for(name: str, value: str) -> bool:
    """Tell whether a field of the list's form can show the value; a date field has no "today"."""
    declaration = FILTERS_BY_NAME.get(name)
    if declaration is None or declaration.offered == Offered.ADDRESS:
        return False
    if declaration.offered != Offered.MORE_MENU:
        return True
    if declaration.is_moment:
        return bool(_DATE.fullmatch(value))
    return bool(_NUMBER.fullmatch(value)) if declaration.bounds else True


def more_fields(query: Query) -> Iterator[MoreField]:
    """Yield the fields of the menu. A repeatable filter has an empty field after its values."""
    for declaration in filters_offered_in(Offered.MORE_MENU):
        if declaration.is_repeatable:
            yield from _text_fields(declaration, query.getlist(declaration.name))
            continue
        name, value = declaration.name, query.get(declaration.name, "")
        yield MoreField(
            f"id_{name}",
            name,
            declaration.label,
            "date" if declaration.is_moment else "number",
            value if has_field_for(name, value) else "",
            *(declaration.bounds or ()),
        )


def _text_fields(declaration: Declaration, texts: list[str]) -> Iterator[MoreField]:
    name = declaration.name
    for number, text in enumerate([*texts, ""] if texts else ["", ""], start=1):
        label = "or" if number > 1 else declaration.label
        yield MoreField(f"id_{name}_{number}", name, label, "search", text)


def more_chips(query: Query, base: str) -> Iterator[FilterChip]:
    """Yield the chips of filters that are in an address alone, then of those in the menu."""
    declarations = (
        *filters_offered_in(Offered.ADDRESS),
        *filters_offered_in(Offered.MORE_MENU),
    )
    for declaration in declarations:
        name = declaration.name
        if name == "queue" and base == reverse("queue"):
            continue
        values = query.getlist(name)
        for number, value in enumerate(values if declaration.is_repeatable else values[-1:], 1):
            others = [other for other in values if other != value]
            yield FilterChip(
                label=declaration.chip_label,
                name=value_label(name, value),
                parameter=name,
                value=value,
                color="",
                key=f"{name}-{number}",
                address_without=address_without(base, query, name, others),
            )
