"""The menu of more filters, and the chips of all that are chosen in it or by an address."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse

from returns.filters.declarations import BY_NAME, Declaration, Offered, offered
from returns.filters.query import Query
from returns.filters.tag_menu import ChosenFilter, address_without
from returns.filters.wording import value_in_words

DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
NUMBER = re.compile(r"\d{1,6}", re.ASCII)


@dataclass(frozen=True, slots=True)
class MoreField:
    """A field of the menu, with the value that it shows."""

    id: str
    name: str
    label: str
    kind: str
    value: str
    lowest: int | None = None
    highest: int | None = None


def has_field_for(name: str, value: str) -> bool:
    """Tell whether the list's form has a field that shows the value: no calendar shows "today"."""
    declaration = BY_NAME.get(name)
    if declaration is None or declaration.offered == Offered.ADDRESS:
        return False
    if declaration.offered != Offered.MORE_MENU:
        return True
    if declaration.is_moment:
        return bool(DATE.fullmatch(value))
    return bool(NUMBER.fullmatch(value)) if declaration.bounds else True


def more_fields(query: Query) -> Iterator[MoreField]:
    """Yield the fields; of those for texts there are two, or one more than texts."""
    for declaration in offered(Offered.MORE_MENU):
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


def chosen_more(query: Query, base: str) -> Iterator[ChosenFilter]:
    """Yield these filters as chips, and those that only an address can say."""
    for declaration in (*offered(Offered.ADDRESS), *offered(Offered.MORE_MENU)):
        name = declaration.name
        if name == "queue" and base == reverse("queue"):
            continue
        values = query.getlist(name)
        for number, value in enumerate(values if declaration.is_repeatable else values[-1:], 1):
            without = [other for other in values if other != value]
            yield ChosenFilter(
                kind=declaration.kind,
                name=value_in_words(name, value),
                parameter=name,
                value=value,
                color="",
                box=f"{name}-{number}",
                address_without=address_without(base, query, name, without),
            )
