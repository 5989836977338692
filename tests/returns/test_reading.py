"""What a pooler in transaction mode must not change: rows in parts, tables of the session."""

import psycopg
import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from returns.database.reading import cursors_of_transaction, iter_rows
from returns.exports.selection import iter_batches, parse_selection
from returns.feed.runs import record_run
from returns.feed.statements import STAGED
from returns.filters.query import Query
from returns.models import Return, Way
from tests.factories import make_returns
from tests.returns.feed.test_runs import sent

pytestmark = pytest.mark.django_db


@pytest.fixture
def pooled():
    """The settings that DATABASE_POOLER gives the connection."""
    settings = connection.settings_dict
    connection.settings_dict = settings | {"DISABLE_SERVER_SIDE_CURSORS": True}
    yield connection.settings_dict
    connection.settings_dict = settings


def test_many_rows_are_read_by_a_cursor_of_their_transaction(pooled):
    make_returns({} for _ in range(5))
    rows = iter_rows(Return.objects.order_by("pk"), 2)
    with CaptureQueriesContext(connection) as queries:
        first = next(rows)
        assert connection.in_atomic_block
        assert [first, *rows] == list(Return.objects.order_by("pk"))
    declared = [each["sql"] for each in queries if "DECLARE" in each["sql"]]
    assert len(declared) == 1
    assert "WITH HOLD" not in declared[0]
    assert connection.settings_dict is pooled


def test_exports_are_read_so_too(pooled):
    make_returns({} for _ in range(5))
    selection = parse_selection(Query.parse(""), ["state"])
    with CaptureQueriesContext(connection) as queries:
        assert [len(batch) for batch in iter_batches(selection)] == [5]
    assert any("DECLARE" in each["sql"] for each in queries)


def test_other_reading_keeps_to_one_statement(pooled):
    make_returns({} for _ in range(5))
    with CaptureQueriesContext(connection) as queries:
        assert len(list(Return.objects.iterator(2))) == 5
    assert not any("DECLARE" in each["sql"] for each in queries)
    with cursors_of_transaction():
        assert not connection.settings_dict["DISABLE_SERVER_SIDE_CURSORS"]


def test_errors_of_cursors_that_are_closed_are_those_of_django():
    """Django passes on what psycopg raises then, which nobody expects who reads through Django."""
    message = "server closed the connection unexpectedly"
    with pytest.raises(OperationalError, match=message), cursors_of_transaction():
        raise psycopg.OperationalError(message)


def test_a_staging_table_of_an_earlier_version_is_not_used():
    """A pooler keeps its connections, and so these tables, while the program is upgraded."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE feed_staged (id bigint) ON COMMIT DELETE ROWS")
    with record_run(Way.PUSH, "a shop") as run:
        assert run.import_items([sent()]).created == 1
    assert STAGED != "feed_staged"
