"""What the docs say about filters, fields of records, the API and limits."""

import re

import pytest
from django.utils import timezone

from config.environment import MIN_SHOPPER_KEY
from returns.api import BASE_PATH, dqb, query_parsing, tagging
from returns.api.field_parameters import OPERATOR_PREFIXES, TEXT_PARAMETERS, TIME_PARAMETERS
from returns.api.openapi import SCOPES, build_document
from returns.api.parameters import PARAMETERS
from returns.api.properties import CHANGED_FIELD
from returns.api.schemas import LineItemSaid, ReturnWithLineItems, TaggedReturn
from returns.exports import as_xlsx
from returns.exports import forms as export_forms
from returns.feed import previews, push, uploads
from returns.feed.abilities import ABILITY_RECHECK
from returns.feed.item_fields import ITEM_CELLS
from returns.feed.item_parsing import TEXTS
from returns.feed.orders import pulling
from returns.feed.orders.parsing import MAX_ORDER_ITEMS
from returns.feed.orders.records import (
    CREATED_AT,
    CUSTOMER_FIELD,
    ITEM_SOURCES,
    ITEMS_FIELD,
    ORDER_FIELD,
    ORDER_SOURCES,
    PRODUCT_PRICE,
)
from returns.feed.records import API_NAMES, MAX_LENGTHS, REQUIRED_COLUMNS
from returns.feed.spelling import field_for_header
from returns.filters.dates import WEEKDAY_CHOICES, parse_moment
from returns.filters.declarations import DEADLINE_FILTERS, REPEATABLE_PARAMETERS
from returns.filters.filterset import ReturnFilterSet
from returns.filters.form import GROUPINGS, ReturnFilterForm
from returns.filters.methods import MISSING_CHOICES
from returns.filters.paging import PAGE_SIZE
from returns.filters.problems import Problem
from returns.filters.queues import Queue
from returns.filters.sorting import SORT_COLUMNS
from returns.lists import bulk, saved_views
from returns.lists.groups import MAX_GROUPS
from returns.models import DamagedState, Deadline, ItemState, OrderState, Scope, State
from returns.models.facts import FACTS, Absence
from returns.models.line_items import ITEM_FACTS
from returns.models.orders import AMOUNT_DECIMALS, MAX_AMOUNT_DIGITS
from returns.queues.handover import MAX_HANDOVER_LINES
from returns.record import sentences
from returns.search import MAX_NUMBERS
from returns.search.finding import MAX_MATCHES, MAX_SHORT_TEXT_MATCHES
from returns.search.statements import MIN_LENGTH_IN_SCAN
from tags.bulk.steps import STEP_SIZE
from tags.history import DAYS_TO_UNDO
from tests.papers import API, DEPLOY, FIELDS, FILES, FILTERS, USING, codes, section, tables

# The filter language

PARAMETER_ROWS = tables(FILTERS, "Parameter", "Repeat")


def test_the_parameters_are_those_of_the_filter_language():
    described = [name for row in PARAMETER_ROWS for name in codes(row[0])]
    known = {*ReturnFilterSet.base_filters, *ReturnFilterForm.base_fields}
    assert sorted(described) == sorted(known)


def test_the_parameters_that_repeat_are_those_of_the_filter_language():
    repeated = {name for row in PARAMETER_ROWS if row[1] == "yes" for name in codes(row[0])}
    assert repeated == set(REPEATABLE_PARAMETERS)


@pytest.mark.parametrize(
    ("parameter", "values"),
    [
        ("state", State.values),
        ("queue", Queue.values),
        ("missing", [name for name, _ in MISSING_CHOICES]),
        ("deadline", Deadline.values),
        ("group", GROUPINGS),
        ("arrived_weekday", [WEEKDAY_CHOICES[0][0], WEEKDAY_CHOICES[-1][0]]),
    ],
)
def test_the_values_of_a_parameter_are_those_that_it_takes(parameter, values):
    (row,) = (row for row in PARAMETER_ROWS if codes(row[0]) == [parameter])
    assert sorted({*codes(row[2])} - {"/queue/"}) == sorted(values)


def test_the_problems_are_those_of_the_program():
    described = re.search(r"^- `problem` takes (.*?)`/queue/", FILTERS, re.MULTILINE | re.DOTALL)
    assert set(codes(described[1])) == set(Problem.values)


def test_the_sorts_are_those_of_the_lists():
    assert [codes(row[0])[0] for row in tables(FILTERS, "Sort", "By")] == sorted(
        SORT_COLUMNS,
        key=lambda name: (SORT_COLUMNS[name].urgent_first, list(SORT_COLUMNS).index(name)),
    )


def test_the_dates_can_be_written_so():
    for row in tables(FILTERS, "Date", "Means"):
        for text in codes(row[0]):
            assert parse_moment(text, end=False, now=timezone.now())


def test_a_deadline_may_use_what_is_said():
    described = re.search(r"^A deadline may use (.*?)\n\n?\Z", FILTERS, re.MULTILINE | re.DOTALL)
    assert set(codes(described[1])) == DEADLINE_FILTERS


# Records

FIELD_ROWS = {codes(row[0])[0]: row[1:] for row in tables(FIELDS, "Field", "Value")}


def test_the_fields_of_a_record_are_those_that_are_read():
    assert set(FIELD_ROWS) == set(API_NAMES.values())
    needed = {field for field, (value, *_) in FIELD_ROWS.items() if value.startswith("**needed**")}
    assert needed == {API_NAMES[name] for name in REQUIRED_COLUMNS}
    longest = {API_NAMES[name]: size for name, size in MAX_LENGTHS.items() if size}
    said = {field: int(size.split()[0]) for field, (_, size, _) in FIELD_ROWS.items() if size}
    assert said == longest | {"tag": 50}


def test_what_the_api_answers_for_a_missing_field_is_true():
    answered = {fact.api_name: fact.absence.value for fact in FACTS if fact.may_be_missing}
    said = {field: answer for field, (*_, answer) in FIELD_ROWS.items() if answer}
    assert said == answered | {"tag": Absence.EMPTY.value}


def test_the_spellings_of_columns_are_understood():
    rows = tables(FIELDS, "Field", "Also written as")
    assert {codes(row[0])[0] for row in rows} == set(API_NAMES.values()) - {"lineItems"}
    read = {
        word.strip(): field_for_header(word.strip()) for row in rows for word in row[1].split(",")
    }
    assert read == {word.strip(): codes(row[0])[0] for row in rows for word in row[1].split(",")}


def test_the_fields_of_an_order_are_those_that_are_read():
    described = {
        name
        for field, stored in tables(FILES, "Field of an order", "Stored")
        for name in codes(f"{field} {stored}")
    }
    sources = (*ORDER_SOURCES.values(), *ITEM_SOURCES.values(), PRODUCT_PRICE, CREATED_AT)
    read = {each.name for each in sources} | {each.part for each in sources if each.part}
    read |= {ORDER_FIELD, ITEMS_FIELD, CUSTOMER_FIELD, "email", "phone", "customerNo"}
    assert described - {*OrderState.values, "SHOPPER_NAMES"} == read


def test_the_spellings_of_columns_of_items_are_understood():
    rows = tables(FIELDS, "Column of an item", "Also written as")
    prefix = f"{API_NAMES['line_items']}."
    assert {f"{prefix}{codes(row[0])[0]}" for row in rows} == ITEM_CELLS
    words = [(word.strip(), codes(row[0])[0]) for row in rows for word in row[1].split(",")]
    assert {word: field_for_header(word) for word, _ in words} == {
        word: f"{prefix}{name}" for word, name in words
    }


# The API


def test_the_endpoints_are_those_of_the_document():
    described = [
        (row[0].lower(), *codes(row[1]), *codes(row[2]))
        for row in tables(API, "Method", "Path", "Scope")
    ]
    known = [
        (method, path, SCOPES.get((path.removeprefix(BASE_PATH), method), Scope.READ).value)
        for path, operations in build_document()["paths"].items()
        for method in operations
    ]
    assert sorted(described) == sorted(known)


def test_the_statuses_are_those_of_the_document():
    known = {
        status
        for operations in build_document()["paths"].values()
        for operation in operations.values()
        for status in operation["responses"]
    }
    described = {row[0] for row in tables(API, "Status", "Means")}
    assert described == known - {"200", "304"}


def test_the_parameters_of_the_api_are_described():
    rows = tables(API, "Parameter", "Value")
    described = {name for row in rows for name in codes(row[0])}
    described |= {*ReturnFilterSet.base_filters, *FIELD_ROWS}
    assert described - {"lineItems"} == set(PARAMETERS)
    assert {*TEXT_PARAMETERS, *TIME_PARAMETERS} <= described
    assert {f"{name}:" for name in OPERATOR_PREFIXES} <= set(codes(API))


def test_the_operators_of_dqb_are_described():
    told = set(codes(section(API, "DynamicQueryBuilder queries")))
    assert {*dqb.Operator, *dqb.SHORT_OPERATORS} <= told
    assert {name.lower() for name in told} >= set(dqb.JOINS)


def test_the_properties_of_a_return_are_those_that_are_answered():
    models = (TaggedReturn, ReturnWithLineItems)
    fields = [each for model in models for each in model.model_fields.items()]
    # The desk itself knows when a return last changed; no record says it.
    assert {*FIELD_ROWS, CHANGED_FIELD} == {field.alias or name for name, field in fields}


def test_the_fields_of_a_line_item_are_those_that_are_read_and_answered():
    rows = {codes(row[0])[0]: row[1:] for row in tables(FIELDS, "Field of a line item", "Value")}
    assert set(rows) == {fact.api_name for fact in ITEM_FACTS}
    properties = {field.alias or name for name, field in LineItemSaid.model_fields.items()}
    assert set(rows) == properties
    states = {*codes(rows["state"][0]), *codes(rows["damagedState"][0])}
    assert states == {*ItemState.values, *DamagedState.values}
    longest = {fact.api_name: fact.max_length for fact in ITEM_FACTS if fact.column in TEXTS}
    assert {name: int(size.split()[0]) for name, (_, size) in rows.items() if size} == longest


def test_the_scopes_are_those_of_tokens():
    rows = tables(API, "Scope", "Allows a program to")
    assert [codes(row[0])[0] for row in rows] == Scope.values


# Limits


@pytest.mark.parametrize(
    ("text", "sentence", "limits"),
    [
        (USING, "once, up to {:,}.", [MAX_NUMBERS]),
        (
            USING,
            "at most {:,} matches for each end of each number, or {:,} if",
            [MAX_MATCHES, MAX_SHORT_TEXT_MATCHES],
        ),
        (
            USING,
            "a number of at least {} characters at the end of a longer scan",
            [MIN_LENGTH_IN_SCAN],
        ),
        (USING, "newest returns first, {} on a page", [PAGE_SIZE]),
        (USING, "can have up to {} views", [saved_views.MAX_VIEWS]),
        (USING, "at most {} characters", [sentences.MAX_SENTENCE_LENGTH]),
        (USING, "can be undone for {} days", [DAYS_TO_UNDO]),
        (USING, "selected returns, up to {:,}", [bulk.MAX_SELECTED]),
        (USING, "steps of {:,} returns", [STEP_SIZE]),
        (
            USING,
            "up to {} returns at once, warehouse managers up to {:,}, and admins up to {:,}.",
            [
                *(bulk.DEFAULT_TAGGING_LIMIT, bulk.EXTENDED_TAGGING_LIMIT),
                bulk.MOST_TAGGED_AT_ONCE,
            ],
        ),
        (USING, "The {} largest groups", [MAX_GROUPS]),
        (USING, "up to {} returns in the order of the queue", [MAX_HANDOVER_LINES]),
        (USING, "export up to {:,} returns", [export_forms.MAX_RETURNS_WITHOUT_PERMISSION]),
        (USING, "more than {:,} returns is made", [export_forms.BACKGROUND_THRESHOLD]),
        (USING, "ends at {:,} returns", [as_xlsx.MAX_SHEET_ROWS]),
        (FILES, "up to {} MB, in the formats", [uploads.MAX_UPLOAD_BYTES // 1_000_000]),
        (FILES, "the first {:,} are also tried", [previews.MAX_TRIED_RECORDS]),
        (FILES, "up to {} in a call", [pulling.MAX_ORDERS_PER_CALL]),
        (
            FILES,
            "in steps of up to {:,} orders",
            [pulling.MAX_ORDER_STEPS * pulling.MAX_ORDERS_PER_CALL],
        ),
        (FILES, "is asked again after {} days", [ABILITY_RECHECK.days]),
        (FILES, "of up to {:,}: `sku`", [MAX_ORDER_ITEMS]),
        (
            FILES,
            "up to {} digits before the point and {} after it",
            [MAX_AMOUNT_DIGITS - AMOUNT_DECIMALS, AMOUNT_DECIMALS],
        ),
        (DEPLOY, "at least {} random characters, to recognise", [MIN_SHOPPER_KEY]),
        (API, "at most {} MB of JSON", [push.MAX_PUSH_BYTES // 1_000_000]),
        (API, "from 1 to {}, which", [query_parsing.MAX_PAGE_SIZE]),
        (API, "at most {}. They are joined", [dqb.MAX_FILTERS]),
        (API, "up to {} values", [dqb.MAX_VALUES_OF_IN]),
        (API, "at most {}.\n- **Texts**", [dqb.MAX_SORTS]),
        (API, "up to {} names", [tagging.MAX_TAGS_PER_UPDATE]),
        (DEPLOY, "on up to {} returns at once", [bulk.DEFAULT_TAGGING_LIMIT]),
        (DEPLOY, "tag up to {:,} returns", [bulk.EXTENDED_TAGGING_LIMIT]),
        (DEPLOY, "tag up to {:,} returns", [bulk.MOST_TAGGED_AT_ONCE]),
        (DEPLOY, "export more than {:,} returns", [export_forms.MAX_RETURNS_WITHOUT_PERMISSION]),
    ],
)
def test_limits_are_those_of_the_program(text, sentence, limits):
    assert " ".join(sentence.format(*limits).split()) in " ".join(text.split())
