"""A file holds exactly what the list shows, in its order, as CSV and as a workbook."""

import csv
import gzip
import re
import zlib
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest
from django.db import OperationalError

from returns.exports import forms, selection
from returns.filters.query import Query
from returns.lists.columns import COLUMN_NAMES
from returns.lists.page import return_list
from returns.models import State
from tags.models import Tag
from tests.factories import make_return, put_tag

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]
SHEET = "xl/worksheets/sheet1.xml"
NAME = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def rows_of_csv(answer) -> list[list[str]]:
    return list(csv.reader(StringIO(answer.getvalue().decode())))


def rows_of_xlsx(answer) -> list[list[str]]:
    """Read the cells of a sheet: texts as they are, numbers as they are written."""
    sheet = ElementTree.fromstring(part_of(answer, SHEET))
    return [
        ["".join(cell.itertext()) for cell in row.iter(f"{NAME}c")]
        for row in sheet.iter(f"{NAME}row")
    ]


def part_of(answer, name: str) -> str:
    """Read a file within a workbook; may be called again."""
    file = answer.getvalue()
    answer.streaming_content = [file]
    return ZipFile(BytesIO(file)).read(name).decode()


def references_by_pages(query: str) -> list[str]:
    """Walk the pages of the list, three rows each."""
    seen, after = [], ""
    while after is not None:
        page = return_list(Query.parse(f"{query}&after={after}"), size=3).page
        seen += [record.return_reference_number for record in page.rows]
        after = page.next
    return seen


@pytest.fixture
def many():
    """Returns in every state, some of them alike in time, some tagged."""
    start = datetime(2026, 5, 1, 8, tzinfo=UTC)
    Tag.objects.filter(name="urgent-refund").update(raises=True)
    for number in range(20):
        state = State.values[number % 3]
        created = start + timedelta(hours=number // 4)
        record = make_return(f"Return-7{number:02}", state=state, created_at=created)
        if number % 5 == 0:
            put_tag(record, "urgent-refund")


@pytest.mark.parametrize(
    "query",
    [
        "",
        "sort=created",
        "sort=arrived",
        "sort=-completed",
        "sort=urgent",
        "sort=-reference",
        "state=Completed&state=ReturnCreated&sort=-arrived",
        "queue=to_inspect",
        "q=7",
        "q=Return-70",
        "q=Return-70&sort=created",
        "tag_any=urgent-refund",
        "tag=urgent-refund&sort=completed",
        "missing=carrier&sort=order",
    ],
)
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_rows_are_those_of_the_pages_in_their_order(as_agent, many, query, kind, monkeypatch):
    monkeypatch.setattr(selection, "EXPORT_BATCH_SIZE", 4)
    read = {"csv": rows_of_csv, "xlsx": rows_of_xlsx}[kind]
    given = [row[0] for row in read(as_agent.get(f"/returns/export.{kind}?{query}"))[1:]]
    assert given == references_by_pages(query)
    assert given


def test_the_page_that_the_reader_was_on_does_not_matter(as_agent, many):
    after = return_list(Query.parse("state=Completed"), size=3).page.next
    path = "/returns/export.csv?state=Completed"
    assert as_agent.get(f"{path}&after={after}").getvalue() == as_agent.get(path).getvalue()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("stete=Completed", "there is no such filter"),
        ("state=Gone", "Gone is not one of"),
        ("sort=colour", "“colour” is not a sort order"),
        ("columns=colour", "there is no column “colour”"),
    ],
)
def test_what_cannot_be_understood_is_named_and_gives_no_file(as_agent, kind, query, words):
    for path in (f"/returns/export.{kind}", "/returns/export/"):
        answer = as_agent.get(f"{path}?{query}")
        assert answer.status_code == 422
        assert words in answer.text


def test_customer_service_takes_up_to_its_limit_along(as_agent, as_manager, many, monkeypatch):
    monkeypatch.setattr(forms, "MAX_RETURNS_WITHOUT_PERMISSION", 19)
    for path in ("/returns/export.csv", "/returns/export.xlsx", "/returns/export/"):
        refused = as_agent.get(path)
        assert refused.status_code == 422
        assert "Your role can export up to 19 returns, and this list has more" in refused.text
        assert as_manager.get(path).status_code == 200
    assert as_agent.get("/returns/export.csv?state=Completed").status_code == 200


def test_the_columns_are_those_of_the_person_or_those_that_are_named(as_agent, agent):
    make_return()
    usual = rows_of_csv(as_agent.get("/returns/export.csv"))[0]
    assert usual[:5] == ["Return", "Order", "Tracking ID", "State", "Tags"]
    as_agent.post("/preferences/columns/", {"columns": ["carrier", "order"], "density": "compact"})
    heads = [
        rows_of_csv(as_agent.get(f"/returns/export.csv{query}"))[0]
        for query in ("", "?columns=notes&columns=state", "?columns=all")
    ]
    assert heads[0] == ["Return", "Carrier", "Order"]
    assert heads[1] == ["Return", "Notes", "State"]
    assert len(heads[2]) == len(COLUMN_NAMES)


def test_a_list_without_rows_is_a_file_with_its_header(as_agent):
    assert rows_of_csv(as_agent.get("/returns/export.csv?columns=state")) == [["Return", "State"]]
    assert rows_of_xlsx(as_agent.get("/returns/export.xlsx?columns=state")) == [["Return", "State"]]


@pytest.fixture
def fails_later(monkeypatch):
    """Let the database fail after the first block."""
    monkeypatch.setattr(selection, "EXPORT_BATCH_SIZE", 4)
    given, rows_of = [], selection.build_rows

    def fails(records, *others, **options):
        if given:
            raise OperationalError("the server closed the connection")
        given.append(records)
        return rows_of(records, *others, **options)

    monkeypatch.setattr(selection, "build_rows", fails)


def sent_until_it_fails(answer) -> bytes:
    assert answer.status_code == 200
    sent = []
    with pytest.raises(OperationalError):
        sent.extend(answer.streaming_content)
    return b"".join(sent)


@pytest.mark.usefixtures("many", "fails_later")
def test_what_broke_off_cannot_be_unpacked(as_agent):
    answer = as_agent.get("/returns/export.csv", headers={"Accept-Encoding": "gzip, br"})
    assert answer["Content-Encoding"] == "gzip"
    with pytest.raises(zlib.error):
        gzip.decompress(sent_until_it_fails(answer))


@pytest.mark.usefixtures("many", "fails_later")
def test_what_broke_off_says_so_where_nothing_is_packed(as_agent):
    text = sent_until_it_fails(as_agent.get("/returns/export.csv")).decode()
    assert text.splitlines()[-1].startswith("THIS FILE IS NOT COMPLETE")


def test_what_is_packed_is_the_same_file(as_agent, many):
    packed = as_agent.get("/returns/export.csv", headers={"Accept-Encoding": "gzip"}).getvalue()
    assert gzip.decompress(packed) == as_agent.get("/returns/export.csv").getvalue()


def test_a_file_comes_unpacked_to_who_refuses_gzip(as_agent, many):
    answer = as_agent.get("/returns/export.csv", headers={"Accept-Encoding": "gzip;q=0, identity"})
    assert not answer.has_header("Content-Encoding")
    assert answer.getvalue() == as_agent.get("/returns/export.csv").getvalue()


def test_the_name_says_what_is_in_the_file_and_of_when(as_agent, time_machine):
    time_machine.move_to(datetime(2026, 11, 26, 23, 15, tzinfo=UTC), tick=False)
    query = "state=Completed&tag=wrong-size&created_from=2026-01-01&sort=created"
    name = as_agent.get(f"/returns/export.csv?{query}")["Content-Disposition"]
    plain = "returns Completed wrong-size created from 1 Jan 2026 2026-11-27 0215.csv"
    assert f'filename="{plain}"' in name
    other = as_agent.get("/returns/export.xlsx?carrier=Şık Kargo/“İki”")["Content-Disposition"]
    assert 'filename="returns Sik Kargo Iki 2026-11-27 0215.xlsx"' in other
    assert "filename*=UTF-8''returns%20%C5%9E%C4%B1k%20Kargo%20" in other
    long = as_agent.get(f"/returns/export.csv?carrier={'x' * 99}&channel=y")["Content-Disposition"]
    assert len(re.search('filename="(.*)"', long)[1]) == 100
