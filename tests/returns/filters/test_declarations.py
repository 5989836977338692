"""Each filter is declared once: no place forgets one, and none narrows the list unseen."""

import pytest
from django.utils.html import escape

from returns.filters.builders import hours_label
from returns.filters.declarations import FILTERS, FILTERS_BY_NAME, Offered
from returns.filters.filterset import ReturnFilterSet
from returns.filters.query import Query
from returns.filters.wording import describe_query
from returns.models import DeadlinePolicy, Unit
from returns.orders.tokens import NOBODY
from tags.vocabulary import load_vocabulary as words_now
from tests.factories import make_tag

pytestmark = pytest.mark.django_db

# A value of each filter that means something.
VALUES = {
    "q": "734",
    "state": "Completed",
    "queue": "to_inspect",
    "order": "RSO1",
    "order_is": "RSO1",
    "shopper": NOBODY,
    "reference": "Return-1",
    "tracking": "734",
    "tag": "books",
    "tag_any": "books",
    "tag_none": "books",
    "missing_group": "Product category",
    "notes": "damaged",
    "commented": "no",
    "claimed": "nobody",
    "due_from": "2026-11-20",
    "carrier": "DHL",
    "channel": "Shop",
    "source": "Oplog",
    "sku": "TS-RED-M",
    "serial": "SN-9",
    "item": "Damaged",
    "items": "known",
    "items_waiting": "1",
    "items_missing": "2",
    "value_over": "99.5",
    "value_under": "1000",
    "currency": "TRY",
    "missing": "tracking",
    "problem": "no_order",
    "deadline": "late",
    "due_under": "One",
    "created": "week",
    "arrived": "today",
    "completed": "last_7_days",
    "order_returns": "3",
    "shopper_returns_over": "3",
    "took": "unknown",
    "arrived_weekday": "monday",
    "rule": "Damaged",
    "rule_undone": "Damaged",
    **{each.name: "48" for each in FILTERS if each.format_value is hours_label},
    **{each.name: "2026-11-20" for each in FILTERS if each.is_moment},
}


@pytest.fixture(autouse=True)
def _tags(vocabulary):
    make_tag("books")


def test_every_filter_has_an_example_here():
    assert VALUES.keys() == FILTERS_BY_NAME.keys()


def test_the_filterset_has_each_filter_and_no_other():
    assert list(ReturnFilterSet.base_filters) == [each.name for each in FILTERS]


@pytest.fixture(autouse=True)
def one_deadline(db):
    """Make the deadline that ``due_under`` names."""
    DeadlinePolicy.objects.create(name=VALUES["due_under"], amount=1, unit=Unit.HOURS)


@pytest.mark.parametrize("name", VALUES)
def test_every_filter_is_understood_and_said_in_words(name):
    query = Query.from_lists({name: [VALUES[name]]})
    assert ReturnFilterSet(query, words_now()).problems() == []
    assert describe_query(query)[0][0] == FILTERS_BY_NAME[name].chip_label


def test_a_list_under_every_filter_shows_each_of_them(as_manager):
    """What has no field of its own has a chip, whose link leaves the other filters."""
    query = Query.from_lists({name: [value] for name, value in VALUES.items()})
    answer = as_manager.get(query.path("/returns/"))
    listing, page = answer.context["list"], answer.content.decode()
    chips = {chip.parameter: chip for chip in listing.chips}
    for declaration in FILTERS:
        name = declaration.name
        if declaration.offered == Offered.FORM:
            assert f'name="{name}"' in page, name
            continue
        rest = query.without(name)
        assert Query.parse(chips[name].address_without.partition("?")[2]) == rest, name
        assert f'href="{escape(chips[name].address_without)}"' in page, name


CHOICES = [
    (each, value, label)
    for each in FILTERS
    for value, label in each.filter.extra.get("choices", ())
    if value != label
]


@pytest.mark.parametrize(("declaration", "value", "label"), CHOICES)
def test_every_choice_is_said_by_its_label(declaration, value, label):
    assert declaration.format_value(value) == label
