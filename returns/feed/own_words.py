"""What our own files call columns and states, in each language: as the catalogues have it.

A file is in the language of the person who exported it, and anybody may import it.
"""

from collections.abc import Callable, Iterator
from functools import cache

from django.conf import settings
from django.db.models import TextChoices
from django.utils.translation import override

from returns.feed.item_fields import ITEM_LABELS
from returns.feed.records import API_NAMES
from returns.lists.columns import COLUMNS_BY_NAME, Kind
from returns.lists.file_headers import file_header
from returns.models import DamagedState, ItemState, State
from returns.models.facts import FACTS

# Columns that show no single fact, but that are read.
READ_COLUMNS = {"tags": "tag"}
FIELDS_BY_COLUMN = READ_COLUMNS | {
    name: API_NAMES[column.fact] for name, column in COLUMNS_BY_NAME.items() if column.fact
}
# Columns of our own files that show no fact, but what follows from facts.
DERIVED_COLUMNS = [name for name in COLUMNS_BY_NAME if name not in FIELDS_BY_COLUMN]


@cache
def own_headers() -> dict[str, str]:
    """Return the API field that each header means, without a time zone, and each name of a fact."""
    return dict(_in_each_language(_headers))


@cache
def own_states() -> dict[str, str]:
    """Return the state that each word of a state column means."""
    return dict(_in_each_language(lambda: _labels(State)))


@cache
def own_item_headers() -> dict[str, str]:
    """Return the column of items that each header means, without a time zone."""
    return dict(_in_each_language(_item_headers))


@cache
def own_item_states() -> dict[str, str]:
    """Return the state of an item that each word means."""
    return dict(_in_each_language(lambda: _labels(ItemState)))


@cache
def own_decisions() -> dict[str, str]:
    """Return the decision about a damaged item that each word means."""
    return dict(_in_each_language(lambda: _labels(DamagedState)))


@cache
def derived_headers() -> dict[str, bool]:
    """Return the headers of columns that are not read; whether they have a time zone behind."""
    return dict(_in_each_language(_derived))


def _in_each_language[Value](
    words: Callable[[], Iterator[tuple[str, Value]]],
) -> Iterator[tuple[str, Value]]:
    for language, _ in settings.LANGUAGES:
        with override(language):
            yield from words()


def _headers() -> Iterator[tuple[str, str]]:
    for name, field in FIELDS_BY_COLUMN.items():
        yield COLUMNS_BY_NAME[name].header, field
    for fact in FACTS:
        yield str(fact.label), fact.api_name


def _item_headers() -> Iterator[tuple[str, str]]:
    return ((str(label), name) for name, label in ITEM_LABELS.items())


def _labels(choices: type[TextChoices]) -> Iterator[tuple[str, str]]:
    return ((str(choice.label), str(choice)) for choice in choices)


def _derived() -> Iterator[tuple[str, bool]]:
    for name in DERIVED_COLUMNS:
        column = COLUMNS_BY_NAME[name]
        is_time = column.kind == Kind.TIME
        yield column.header if is_time else file_header(name), is_time
