"""The functions of the database spare what is young, whoever calls them with whatever time."""

from datetime import timedelta

import pytest
from django.db import ProgrammingError, connection, transaction
from django.utils import timezone

from returns.models import AccessEvent, Comment, DeletedReturn, Return, ReturnTag
from returns.retention import kinds
from returns.retention.declarations import ALL_KINDS
from tests.returns.retention.samples import (
    add_change_of_facts,
    add_comment,
    add_tag_event,
    add_trace,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]
FUNCTIONS = {
    "returns_delete_old_access_events": (
        lambda at: AccessEvent.objects.create(kind="exported", at=at),
        AccessEvent.objects.all,
    ),
    "returns_remove_old_comments": (add_comment, lambda: Comment.objects.filter(redacted_at=None)),
    "returns_delete_old_events": (
        add_change_of_facts,
        lambda: Return.events.rel.related_model.objects.all(),
    ),
    "returns_delete_old_tag_events": (
        add_tag_event,
        lambda: ReturnTag.pgh_event_models["tag.added"].objects.all(),
    ),
    "returns_delete_old_traces": (add_trace, DeletedReturn.objects.all),
}
PROTECTED = ("accessevent", "returnevent", "returntagevent", "commentevent", "deletedreturn")


def call(function: str, kept_since, most=1000):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", [kept_since, most])
        return cursor.fetchone()[0]


@pytest.fixture
def web_role():
    """A role that may read and add rows, and call what it was granted, as the web server's."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE retention_web")
        cursor.execute("GRANT USAGE ON SCHEMA public TO retention_web")
        for table in PROTECTED:
            cursor.execute(f"GRANT SELECT, INSERT ON returns_{table} TO retention_web")
        for table in ("return", "comment"):
            cursor.execute(f"GRANT ALL ON returns_{table} TO retention_web")
        yield cursor
        cursor.execute("RESET ROLE")


@pytest.mark.parametrize("function", FUNCTIONS)
def test_nothing_younger_than_30_days_goes(function):
    add, rows = FUNCTIONS[function]
    now = timezone.now()
    for days in (0.1, 29.9, 30.1, 400):
        add(now - timedelta(days=days))
    assert rows().count() == 4
    assert call(function, now + timedelta(days=1000)) == 2
    assert rows().count() == 2
    assert call(function, "infinity") == 0


@pytest.mark.parametrize("function", FUNCTIONS)
def test_nothing_goes_without_a_time_and_no_more_than_asked_for(function):
    add, rows = FUNCTIONS[function]
    for _ in range(3):
        add(timezone.now() - timedelta(days=50))
    assert call(function, None) is None
    assert call(function, timezone.now() - timedelta(days=51)) == 0
    assert call(function, timezone.now(), 2) == 2
    assert rows().count() == 1


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_role_that_owns_nothing_removes_rows_by_the_function_alone(function, web_role):
    add, rows = FUNCTIONS[function]
    add(timezone.now() - timedelta(days=50))
    table = rows().model._meta.db_table
    web_role.execute("SET ROLE retention_web")
    with pytest.raises(ProgrammingError, match="permission denied for function"):
        _try(web_role, f"SELECT {function}(now(), 10)")
    if function != "returns_remove_old_comments":
        with pytest.raises(ProgrammingError, match="permission denied for table"):
            _try(web_role, f"DELETE FROM {table}")
    web_role.execute("RESET ROLE")
    web_role.execute(f"GRANT EXECUTE ON FUNCTION {function} TO retention_web")
    web_role.execute("SET ROLE retention_web")
    web_role.execute(f"SELECT {function}(now(), 10)")
    assert web_role.fetchone() == (1,)


def _try(cursor, sql: str) -> None:
    with transaction.atomic():
        cursor.execute(sql)


def test_a_temporary_table_does_not_stand_in_for_a_protected_one():
    AccessEvent.objects.create(kind="exported", at=timezone.now() - timedelta(days=50))
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE returns_accessevent (id bigint, at timestamptz)")
        cursor.execute("INSERT INTO pg_temp.returns_accessevent SELECT 1, '2020-01-01'")
        assert call("returns_delete_old_access_events", timezone.now()) == 1
        cursor.execute("SELECT count(*) FROM pg_temp.returns_accessevent")
        assert cursor.fetchone() == (1,)
        cursor.execute("DROP TABLE pg_temp.returns_accessevent")


def test_traces_are_protected_again_afterwards():
    add_trace(timezone.now() - timedelta(days=50))
    add_trace(timezone.now())
    call("returns_delete_old_traces", timezone.now())
    with pytest.raises(Exception, match="Cannot update or delete rows"), transaction.atomic():
        DeletedReturn.objects.all().delete()


def test_every_kind_of_a_protected_table_goes_by_a_function():
    tables = {f"returns_{name}" for name in PROTECTED} | {"returns_comment"}
    now = timezone.now()
    of_protected = [each for each in ALL_KINDS if each.old(now).model._meta.db_table in tables]
    assert len(of_protected) == len(FUNCTIONS)
    made = kinds.call_function("x", "y").__code__
    assert {getattr(each.remove, "__code__", None) for each in of_protected} == {made}
