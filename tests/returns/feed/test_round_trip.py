"""What the desk exports can be imported again, and nothing changes."""

from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from django.conf import settings
from django.utils import timezone
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from returns.exports.as_csv import csv_chunks
from returns.exports.as_xlsx import write_workbook
from returns.exports.selection import parse_selection
from returns.feed.files import read_items
from returns.feed.ingest import ingest
from returns.feed.intake import import_items
from returns.feed.records import RecordError, ReturnRecord
from returns.filters.query import Query
from returns.lists.columns import COLUMN_NAMES
from returns.models import Return, ReturnTag, State
from tests.trials import tried_on

NEEDED = ("reference", "state", "created")
DAY = datetime(2026, 3, 1, tzinfo=UTC)
TIMES = st.timedeltas(timedelta(0), timedelta(days=8)).map(lambda after: DAY + after)
# Texts with what spreadsheets and files take for something else.
ODD = st.sampled_from(
    ["", "-", "N/A", "=1+1", "'=1", "'0012", "''x", "a;b|c", '"q"', "x\ny", " x ", "0", "_x0041_"]
)
TEXTS = ODD | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
NUMBERS = ODD | st.from_regex(r"[0-9]{1,22}", fullmatch=True) | st.sampled_from(["7.34E+15", "05"])


@st.composite
def records(draw) -> ReturnRecord:
    """A record of the WMS, with or without each fact."""
    created = draw(TIMES)
    arrived, completed = draw(TIMES | st.none()), draw(TIMES)
    state = draw(st.sampled_from(State.values))
    return ReturnRecord(
        return_reference_number=draw(st.sampled_from(["R-1", "R-2", "0012", "5E3", "x y"])),
        state=state,
        created_at=created,
        updated_at=draw(TIMES),
        arrived_to_warehouse_at=(
            None
            if state == State.CREATED
            else arrived or created
            if state == State.ARRIVED
            else arrived
        ),
        completed_at=completed if state == State.COMPLETED else None,
        sales_order_reference_number=draw(NUMBERS).strip(),
        tracking_id=draw(NUMBERS).strip(),
        cargo_carrier=draw(TEXTS).strip(),
        sales_order_channel=draw(TEXTS).strip(),
        notes=draw(TEXTS),
        tag=draw(st.sampled_from([None, "books", "apparel,fragile"])),
        unknown_fields=draw(st.sampled_from([{}, {"lineItems": [1]}])),
    )


def export(columns: list[str], kind: str) -> bytes:
    selection = parse_selection(Query.parse(""), columns)
    if kind == "xlsx":
        file = BytesIO()
        write_workbook(selection, file, timezone.now())
        return file.getvalue()
    return b"".join(csv_chunks(selection, timezone.now(), bom=kind == "csv with a mark"))


def stored() -> list[dict]:
    return [
        *Return.objects.order_by("pk").values(),
        *ReturnTag.objects.order_by("entity_id", "tag_id").values("entity_id", "tag_id"),
    ]


class Identity(TestCase):
    @pytest.mark.slow
    @tried_on(60)
    @given(
        st.lists(records(), min_size=1, max_size=4, unique_by=lambda r: r.return_reference_number),
        st.lists(st.sampled_from(COLUMN_NAMES), unique=True),
        st.sampled_from(["csv", "csv with a mark", "xlsx"]),
        st.sampled_from([code for code, _ in settings.LANGUAGES]),
    )
    def test_a_file_of_ours_changes_nothing(self, given_records, columns, kind, language):
        ingest(given_records, source="feed")
        before = stored()
        with override(language):
            content = export([*columns, *(name for name in NEEDED if name not in columns)], kind)
        wrong: list[tuple[str, RecordError]] = []
        result = import_items(
            read_items(BytesIO(content)),
            source="file",
            on_reject=lambda item, error: wrong.append((item.place, error)),
        )
        assert stored() == before
        # What looks as if a spreadsheet had destroyed it is refused even if it is right.
        assert all("a spreadsheet has" in str(error) for _, error in wrong), wrong
        assert result.unchanged == len(given_records) - len(wrong)


@pytest.mark.django_db
def test_a_file_without_a_state_is_refused_and_says_what_is_missing():
    ingest(
        [ReturnRecord("R-1", State.CREATED, DAY, DAY + timedelta(hours=1), notes="x")],
        source="feed",
    )
    (item,) = read_items(BytesIO(export(["reference", "created", "notes"], "csv")))
    assert str(item.error).startswith("file: no column for State. There are: Return, Created (")
