"""Each fact is declared once; whatever reads, shows, writes or describes facts has each of them."""

import csv
import json
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO
from urllib.parse import urlencode

import pytest
from django.db import models
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from returns.api.openapi import build_document
from returns.api.parameters import PARAMETERS
from returns.api.query import run_query
from returns.feed.files import read_items
from returns.feed.intake import import_items
from returns.feed.serializers import serialize_detail, serialize_return
from returns.feed.spelling import field_for_header
from returns.lists.columns import COLUMNS_BY_NAME
from returns.lists.file_headers import file_header
from returns.models import Return, State
from returns.models.facts import CORRECTABLE_COLUMNS, FACTS, STATE_COLUMNS, Fact, Kind
from returns.record.timeline import timeline_of
from tests.factories import make_return

# What the list, the API's conditions, exports and corrections do not have as it is.
PLAIN = tuple(kind for kind in Kind if kind is not Kind.ITEMS)
# What is kept with a return without being a fact of the WMS.
OUR_OWN = {"id", "unknown_fields", "feed_tags", "corrections", "stamps", "redacted_at"}
FIELDS = {field.name: field for field in Return._meta.fields}
START = datetime(2026, 3, 2, 9, 30, 0, 56, tzinfo=UTC)
TIMES = [fact for fact in FACTS if fact.is_time]
# A value of its own for each fact, as the feed sends it: those of a completed return.
VALUES = {fact.column: f"value-{number:02}" for number, fact in enumerate(FACTS)}
VALUES |= {fact.column: START + timedelta(hours=n) for n, fact in enumerate(TIMES)}
VALUES["state"] = State.COMPLETED.value
SENT = {fact.api_name: str(VALUES[fact.column]) for fact in FACTS}
# The line items are a list of objects in JSON, and a list of lists in the database.
VALUES["line_items"] = [["L-1", "sku-1", "", "Missing", "", None, None]]
SENT["lineItems"] = json.dumps(
    [{"lineItemReferenceNumber": "L-1", "sku": "sku-1", "state": "Missing"}]
)
# Another value, by kind, and what has to change with it.
OTHERS = {Kind.STATE: State.ARRIVED, Kind.TIME: START - timedelta(days=1)}
WITH_IT = {Kind.STATE: {"completed_at": None}}
LABELS = {state.value: str(state.label) for state in State}
# The columns of the list that show a fact.
COLUMNS = {column.fact: column for column in COLUMNS_BY_NAME.values() if column.fact}


def each_fact(*kinds: Kind, **is_so: bool):
    """Run a test for each fact of these kinds, or of any, with these traits."""
    kept = [
        fact
        for fact in FACTS
        if fact.kind in (kinds or Kind)
        and all(getattr(fact, name) == value for name, value in is_so.items())
    ]
    return pytest.mark.parametrize("fact", kept, ids=lambda fact: fact.column)


@pytest.fixture
def complete(db) -> Return:
    """A return that the feed brought, with every fact."""
    return brought(SENT)


def brought(raw: dict[str, str], as_csv: bool = False) -> Return:
    """Return what a file of this one record becomes."""
    lines = StringIO()
    csv.writer(lines).writerows([raw.keys(), raw.values()])
    content = lines.getvalue() if as_csv else json.dumps(raw)
    import_items(read_items(BytesIO(content.encode())), source="file", on_reject=refuse)
    return Return.objects.get()


def refuse(item, error):
    raise error


def facts_of(*kinds: Kind) -> list[Fact]:
    return [fact for fact in FACTS if fact.kind in kinds]


def on_pages(fact: Fact) -> str:
    """Return the value as a page holds it: of a time, the part for programs."""
    if fact.kind is Kind.ITEMS:
        return "1 item: 1 missing"
    value = VALUES[fact.column]
    return value.isoformat() if fact.is_time else LABELS.get(value, value)


# The model


def test_every_field_of_a_return_is_a_fact_or_our_own():
    generated = {name for name in FIELDS if isinstance(FIELDS[name], models.GeneratedField)}
    declared = [fact.column for fact in FACTS]
    assert sorted(declared) == sorted(FIELDS.keys() - generated - OUR_OWN)


@each_fact()
def test_the_model_says_the_same_of_a_fact(fact: Fact):
    field = FIELDS[fact.column]
    kinds = {Kind.TIME: models.DateTimeField, Kind.PROSE: models.TextField}
    kinds[Kind.ITEMS] = models.JSONField
    assert type(field) is kinds.get(fact.kind, models.CharField)
    assert field.verbose_name == fact.verbose_name
    assert field.blank == fact.may_be_missing
    assert not fact.key or isinstance(FIELDS[fact.key], models.GeneratedField)


# The feed and files


@pytest.mark.django_db
@pytest.mark.parametrize("as_csv", [False, True], ids=["json", "csv"])
def test_every_fact_comes_in(as_csv):
    record = brought(SENT, as_csv)
    assert {name: getattr(record, name) for name in VALUES} == VALUES
    assert record.unknown_fields == {}


@each_fact()
def test_files_may_write_its_name_in_each_way(fact: Fact):
    spellings = [fact.api_name, *(fact.spellings.split(",") if fact.spellings else [])]
    assert {field_for_header(text) for text in [*spellings, fact.column]} == {fact.api_name}


@each_fact(Kind.TEXT, Kind.PROSE, may_be_missing=True)
def test_the_feed_changes_and_clears_it(fact: Fact, complete):
    later = {"updatedAt": str(VALUES["updated_at"] + timedelta(days=1))}
    assert getattr(brought(SENT | later | {fact.api_name: "other"}), fact.column) == "other"
    later = {"updatedAt": str(VALUES["updated_at"] + timedelta(days=2))}
    assert getattr(brought(SENT | later | {fact.api_name: ""}), fact.column) == ""


# The API


def test_the_api_answers_each(complete):
    answer = serialize_detail(complete)
    (line,) = answer["lineItems"]
    assert (line["sku"], line["state"], line["serialNumber"]) == ("sku-1", "Missing", None)
    assert {
        fact.column: datetime.fromisoformat(text) if fact.is_time else text
        for fact in facts_of(*PLAIN)
        if (text := answer[fact.api_name])
    } | {"line_items": VALUES["line_items"]} == VALUES


def test_answers_with_many_returns_leave_line_items_out(complete):
    assert serialize_detail(complete).keys() - serialize_return(complete).keys() == {"lineItems"}


@each_fact(*PLAIN)
def test_the_api_finds_by_it(fact: Fact, complete):
    make_return(state=State.ARRIVED, source="Oplog")
    value = SENT[fact.api_name].replace("+00:00", "Z")
    query = urlencode({"o": "Equals", "p": fact.api_name, "v": value})
    assert run_query(QueryDict(urlencode({"dqb": query})), now=START).returns == [complete]


def test_the_document_of_the_api_describes_each():
    described, names = build_document(), {fact.api_name for fact in FACTS}
    answered = described["components"]["schemas"]["ReturnWithLineItems"]["properties"]
    fed = described["components"]["schemas"]["FeedRecord"]["properties"]
    assert (names - answered.keys(), names - fed.keys()) == (set(), set())
    assert names - {"lineItems"} <= PARAMETERS.keys()


# The timeline and the page of a return


@each_fact(*PLAIN, is_tracked=True)
def test_the_timeline_tells_its_changes(fact: Fact, complete):
    other = OTHERS.get(fact.kind, "other")
    Return.objects.update(**{fact.column: other} | WITH_IT.get(fact.kind, {}))
    words = "moved back by the wms" if fact.kind is Kind.STATE else f"{fact.change_name} changed"
    complete.refresh_from_db()
    entries = timeline_of(complete, {}, whole=True).newest[0].entries
    changes = [change for entry in entries for change in entry.changes]
    assert [change.text.lower() for change in changes] == [words.lower()]
    values = (None, None) if fact.kind is Kind.PROSE else (VALUES[fact.column], other)
    shown = (changes[0].before, changes[0].after)
    assert shown == tuple(LABELS.get(value, value) for value in values)


def test_the_page_of_a_return_shows_each(complete, as_agent):
    page = as_agent.get(complete.get_absolute_url()).text
    elsewhere = {"state", "return_reference_number"}
    assert [fact.column for fact in FACTS if on_pages(fact) not in page] == []
    labels = {str(fact.label) for fact in facts_of(*PLAIN) if fact.column not in elsewhere}
    assert [label for label in labels if label not in page] == []


# The list, exports, the admin


def test_the_list_has_a_column_for_each(complete, as_agent):
    chosen = {
        "columns": [COLUMNS[fact.column].name for fact in facts_of(*PLAIN)] + ["items"],
        "density": "compact",
        "next": "/returns/",
    }
    as_agent.post(reverse("columns"), chosen)
    page = as_agent.get("/returns/").text
    assert [fact.column for fact in FACTS if f">{on_pages(fact)}<" not in page] == [
        fact.column for fact in TIMES
    ]
    assert [fact.column for fact in TIMES if f'datetime="{on_pages(fact)}"' not in page] == []


def test_exports_have_a_column_for_each(complete, as_agent):
    file = as_agent.get("/returns/export.csv?columns=all").getvalue().decode()
    names, row = csv.reader(StringIO(file))
    cells = {
        fact.column: row[names.index(file_header(COLUMNS[fact.column].name))]
        for fact in facts_of(*PLAIN)
    }
    assert row[names.index(file_header("items"))] == "1 item: 1 missing"
    clock = "%Y-%m-%d %H:%M:%S"
    times = {f.column: timezone.localtime(VALUES[f.column]).strftime(clock) for f in TIMES}
    expected = VALUES | times | {"state": LABELS[VALUES["state"]]}
    assert cells == {name: value for name, value in expected.items() if name != "line_items"}


def test_the_admin_shows_each(complete, as_admin):
    path = reverse("admin:returns_return_change", args=[complete.pk])
    form = as_admin.get(path).context["adminform"]
    shown = {name for line in form for each in line for name in each.fields}
    assert [fact.column for fact in facts_of(*PLAIN) if fact.column not in shown] == []
    editable = {fact.column for fact in FACTS if fact.is_correctable}
    assert form.form.fields.keys() - {"seen"} == editable == set(CORRECTABLE_COLUMNS)


@each_fact(is_correctable=True)
def test_an_admin_can_correct_it(fact: Fact, complete, as_admin):
    path = reverse("admin:returns_return_change", args=[complete.pk])
    form = as_admin.get(path).context["adminform"].form
    sent = {name: form[name].value() for name in form.fields}
    other = OTHERS.get(fact.kind, "other")
    with_it = dict.fromkeys(WITH_IT.get(fact.kind, {}), "")
    answer = as_admin.post(path, sent | {fact.column: str(other)} | with_it)
    assert answer.status_code == 302
    complete.refresh_from_db()
    assert getattr(complete, fact.column) == other
    assert fact.column in complete.corrections


def test_the_state_and_its_times_are_corrected_together():
    assert CORRECTABLE_COLUMNS[-len(STATE_COLUMNS) :] == STATE_COLUMNS
