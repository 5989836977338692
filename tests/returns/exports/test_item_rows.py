"""Files with a row for each item, which change nothing when they are imported again."""

import csv
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from returns.exports import as_xlsx, background, forms, selection
from returns.exports.as_csv import csv_chunks
from returns.exports.selection import parse_selection
from returns.feed.files import read_items
from returns.feed.ingest import ingest
from returns.feed.intake import import_items
from returns.feed.records import ReturnRecord
from returns.filters.query import Query
from returns.lists.columns import COLUMN_NAMES
from returns.models import AccessEvent, Export, LineItem, Return, ReturnTag, State
from tests.factories import make_return
from tests.markup import flat
from tests.returns.exports.test_rows import rows_of_csv, rows_of_xlsx

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]
DAY = datetime(2026, 3, 1, 9, 30, 15, 56, tzinfo=UTC)
HOUR = timedelta(hours=1)
AT = "2026-03-02T10:11:12.000345+00:00"
ITEMS = (
    LineItem("0", "=1+1", "'0012", "Damaged", "SendToCustomer", AT, {"shelf": {"a": 1}}),
    LineItem("L-1", "0012", "-", "Damaged", "WaitingInWarehouse", AT),
    LineItem("L-2", "", "", "Undamaged", "", "2026-03-02T00:00:00.000000+00:00"),
    LineItem("L-3", 'a;"b"\nc', "+7", "Missing"),
    LineItem("MUG#1", "MUG", "", "WaitingToBeProcessed"),
)
RECORDS = [
    ReturnRecord(
        "Return-1",
        State.COMPLETED,
        DAY,
        DAY + 9 * HOUR,
        sales_order_reference_number="0012",
        notes="Zu klein\nİade",
        arrived_to_warehouse_at=DAY + HOUR,
        completed_at=DAY + 2 * HOUR,
        tag="wrong-size,apparel",
        line_items=ITEMS,
    ),
    ReturnRecord("Return-2", State.CREATED, DAY, DAY, line_items=()),
    ReturnRecord("Return-3", State.CREATED, DAY, DAY, notes="=1", line_items=ITEMS[-1:]),
    ReturnRecord("Return-4", State.CREATED, DAY, DAY, absent=frozenset({"line_items"})),
]
HEADERS = [
    *("Line reference", "SKU", "Serial number", "Item state", "Decision about damage"),
    "Inspected (Europe/Istanbul)",
]
EMPTY = [""] * len(HEADERS)


def stored() -> list[dict]:
    return [
        *Return.objects.order_by("pk").values(),
        *ReturnTag.objects.order_by("entity_id", "tag_id").values("entity_id", "tag_id"),
    ]


def cells(answer) -> list[list[str]]:
    return list(csv.reader(StringIO(answer.getvalue().decode())))


@pytest.fixture
def some():
    """Four returns: with five items, with none, with one, and one of whose items nobody knows."""
    ingest(RECORDS, source="feed")


QUERY = "sort=reference&columns=reference&rows=items"


def test_each_item_has_a_row_with_its_return(as_agent, some):
    head, *rows = rows_of_csv(as_agent.get(f"/returns/export.csv?{QUERY}"))
    assert head == ["Return", *HEADERS]
    assert [row[0] for row in rows] == ["Return-1"] * 5 + ["Return-2", "Return-3", "Return-4"]
    assert rows[0][1:] == [
        *("0", "'=1+1", "''0012", "damaged", "going back to the shopper", "2026-03-02 13:11:12")
    ]
    assert rows[1][1:3] == ["L-1", "0012"]
    assert (rows[5][1:], rows[7][1:]) == (EMPTY, EMPTY)
    assert rows[6][1:] == ["MUG#1", "MUG", "", "waiting", "", ""]


def test_a_workbook_has_the_same_rows(as_agent, some):
    of_csv = rows_of_csv(as_agent.get(f"/returns/export.csv?{QUERY}"))
    of_xlsx = rows_of_xlsx(as_agent.get(f"/returns/export.xlsx?{QUERY}"))
    assert [row[:1] for row in of_xlsx] == [row[:1] for row in of_csv]
    assert of_xlsx[0] == of_csv[0]
    assert of_xlsx[1][1:4] == ["0", "=1+1", "'0012"]


def test_one_row_per_return_is_the_default(as_agent, some):
    plain = rows_of_csv(as_agent.get("/returns/export.csv?sort=reference&columns=reference"))
    said = rows_of_csv(as_agent.get(f"/returns/export.csv?{QUERY.replace('items', 'returns')}"))
    assert plain == said == [["Return"], *([f"Return-{number}"] for number in range(1, 5))]


@pytest.mark.parametrize(
    "path", ["/returns/export.csv", "/returns/export.xlsx", "/returns/export/"]
)
def test_other_rows_are_refused(as_agent, path):
    answer = as_agent.get(f"{path}?rows=tags")
    assert answer.status_code == 422
    assert "rows: “tags” is not valid. Use returns or items." in answer.text


@pytest.mark.parametrize("language", [code for code, _ in settings.LANGUAGES])
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_file_of_items_changes_nothing_when_it_is_imported_again(some, kind, language):
    before = stored()
    with override(language):
        chosen = parse_selection(Query.parse("rows=items"), COLUMN_NAMES)
        if kind == "csv":
            content = b"".join(csv_chunks(chosen, DAY))
        else:
            file = BytesIO()
            assert as_xlsx.write_workbook(chosen, file, DAY) == 4
            content = file.getvalue()
    wrong: list[str] = []
    result = import_items(
        read_items(BytesIO(content)),
        source="file",
        on_reject=lambda item, error: wrong.append(item.describe(error)),
    )
    assert (str(result), wrong) == ("read 4, created 0, updated 0, unchanged 4, rejected 0", [])
    assert stored() == before


def test_a_changed_item_of_such_a_file_arrives_alone(as_agent, some):
    content = as_agent.get("/returns/export.csv?rows=items&columns=all").getvalue().decode()
    before = {row["id"]: row for row in Return.objects.values()}
    changed = content.replace(",missing,", ",ok,")
    assert changed != content
    result = import_items(
        read_items(BytesIO(changed.encode())), source="file", on_reject=pytest.fail
    )
    assert (result.updated, result.unchanged) == (1, 3)
    after = Return.objects.get(return_reference_number="Return-1")
    was = before[after.pk]["line_items"]
    assert [new for new, old in zip(after.line_items, was, strict=True) if new != old] == [
        ["L-3", 'a;"b"\nc', "+7", "Undamaged", "", None, None]
    ]


def test_a_file_of_many_returns_takes_few_queries(as_agent, monkeypatch):
    monkeypatch.setattr(selection, "ITEM_BATCH_SIZE", 100)
    numbers = []
    for _ in range(2):
        for _ in range(4):
            make_return(line_items=[[n, "MUG", "", "Missing", "", None, None] for n in "123"])
        with CaptureQueriesContext(
            connection,
        ) as queries:
            as_agent.get(f"/returns/export.csv?{QUERY}").getvalue()
        numbers.append(len(queries))
    assert numbers[0] == numbers[1]


def test_other_files_do_not_read_line_items(as_agent, some):
    with CaptureQueriesContext(connection) as queries:
        as_agent.get("/returns/export.csv?columns=all").getvalue()
    assert not any('"line_items"' in query["sql"] for query in queries)


# What is shown and stored


def test_the_form_says_how_many_rows_there_are(as_agent, some):
    page = as_agent.get("/returns/export/?sort=reference")
    assert "4 returns" in flat(page)
    assert "One row per item, with its SKU, serial number and state" in page.text
    assert "8 rows" in flat(page)
    assert 'value="returns" id="rows-returns" checked' in page.text
    chosen = as_agent.get(f"/returns/export/?{QUERY}")
    assert 'value="items" id="rows-items" checked' in chosen.text
    assert 'href="/returns/?sort=reference"' in chosen.text


def test_the_limit_of_a_role_counts_returns(as_agent, some, monkeypatch):
    monkeypatch.setattr(forms, "MAX_RETURNS_WITHOUT_PERMISSION", 4)
    assert as_agent.get(f"/returns/export.csv?{QUERY}").status_code == 200
    details = AccessEvent.objects.latest("pk").details
    assert (details["rows"], details["query"]) == (4, "sort=reference&rows=items")
    monkeypatch.setattr(forms, "MAX_RETURNS_WITHOUT_PERMISSION", 3)
    assert as_agent.get(f"/returns/export.csv?{QUERY}").status_code == 422


def test_many_rows_are_written_in_the_background(as_agent, some, monkeypatch):
    monkeypatch.setattr(forms, "BACKGROUND_THRESHOLD", 7)
    assert as_agent.get("/returns/export.csv?columns=reference").status_code == 200
    page = flat(as_agent.get("/returns/export/"))
    assert "rows are made in the background." in page
    offer = as_agent.get(f"/returns/export.csv?{QUERY}")
    assert offer.status_code == 422
    assert "rows takes a while, so it is made in the background" in flat(offer)
    as_agent.post(f"/exports/?{QUERY}", {"format": "csv"})
    assert background.make_next()
    made = Export.objects.get()
    assert (made.total, made.rows, made.by_items) == (4, 4, True)
    page = flat(as_agent.get("/exports/"))
    assert "4 returns, " in page
    assert "One row per item." in page
    assert cells(as_agent.get(f"/exports/{made.pk}/"))[0] == ["Return", *HEADERS]


def test_a_sheet_holds_so_many_rows_of_items(as_manager, some, monkeypatch):
    monkeypatch.setattr(as_xlsx, "MAX_SHEET_ROWS", 7)
    refused = as_manager.post(f"/exports/?{QUERY}", {"format": "xlsx"})
    assert refused.status_code == 422
    assert "An Excel sheet holds up to 7 rows." in flat(refused)
    plain = QUERY.replace("items", "returns")
    assert as_manager.post(f"/exports/?{plain}", {"format": "xlsx"}).status_code == 302
