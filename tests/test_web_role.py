"""The role of the database that the program runs as: what it may do, and what it may not."""

import os
import subprocess
import sys
from secrets import token_urlsafe
from urllib.parse import quote

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.utils import IntegrityError, ProgrammingError
from django.urls import reverse
from django.utils import timezone

from config import databases
from returns.database import web_role
from returns.models import AccessEvent, AccessKind, Comment, DeletedReturn, Return, State
from returns.record.deletion import delete_return
from returns.record.events import TAG_ADDED, events_of
from tests.database import as_web_role, server_settings
from tests.factories import make_comment, make_return, put_tag

pytestmark = pytest.mark.django_db
PROTECTED = [*web_role.APPEND_ONLY_TABLES]


def run(statement: str):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def column_of(table: str) -> str:
    with connection.cursor() as cursor:
        return connection.introspection.get_table_description(cursor, table)[0].name


@pytest.mark.parametrize("table", PROTECTED)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {table} SET {column} = {column}",
        "DELETE FROM {table}",
        "TRUNCATE {table} CASCADE",
        "DROP TABLE {table} CASCADE",
        "ALTER TABLE {table} DISABLE TRIGGER ALL",
        "ALTER TABLE {table} RENAME TO other",
        "CREATE RULE nothing AS ON INSERT TO {table} DO INSTEAD NOTHING",
        "CREATE TRIGGER t BEFORE INSERT ON {table} EXECUTE FUNCTION pg_catalog.now()",
    ],
)
def test_what_is_only_added_can_be_neither_changed_nor_removed(table, statement):
    column = column_of(table)
    with as_web_role(), pytest.raises(ProgrammingError, match=r"denied|must be owner"):
        run(statement.format(table=table, column=column))


@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE returns_return CASCADE",
        "DELETE FROM returns_comment",
        "DROP TRIGGER record_roles_added ON auth_user_groups",
        "DROP FUNCTION returns_delete_history(bigint[])",
        "ALTER FUNCTION returns_delete_history(bigint[]) RESET search_path",
        "SET session_replication_role = replica",
        "DELETE FROM django_migrations",
    ],
)
def test_what_keeps_them_cannot_be_changed_either(statement):
    with as_web_role(), pytest.raises(ProgrammingError, match=r"denied|must be owner"):
        run(statement)


def test_the_right_to_delete_histories_asks_for_a_trace(agent):
    record = make_return(state=State.ARRIVED)
    put_tag(record, "damaged")
    make_comment(record, agent)
    with as_web_role():
        run(f"SELECT returns_delete_history(ARRAY[{record.pk}]::bigint[])")
        assert Comment.objects.filter(record=record).exists()
        assert [event.label for event in events_of(record, 9)] == [TAG_ADDED]


def test_a_table_of_the_session_does_not_stand_in_for_the_traces(agent):
    record = make_return()
    make_comment(record, agent)
    with as_web_role():
        run(
            "CREATE TEMPORARY TABLE returns_deletedreturn (record_id bigint) ON COMMIT DROP;"
            f"INSERT INTO returns_deletedreturn VALUES ({record.pk})"
        )
        run(f"SELECT returns_delete_history(ARRAY[{record.pk}]::bigint[])")
        assert Comment.objects.filter(record=record).exists()


FORGED_TRACE = """
    INSERT INTO returns_deletedreturn
        (reference, record_id, reason, held, deleted_by_id, deleted_at)
    VALUES ('forged', {record}, '"x"', '{{}}', {person}, '2001-01-01')
"""


def test_a_forged_trace_deletes_no_history_of_a_return_that_is_there(agent):
    record = make_return(state=State.ARRIVED)
    put_tag(record, "damaged")
    make_comment(record, agent)
    with as_web_role():
        run(FORGED_TRACE.format(record=record.pk, person=agent.pk))
        run("SET LOCAL \"pgtrigger.ignore\" = '{pgtrigger_comment_stays_4eccd}'")
        run(f"SELECT returns_delete_history(ARRAY[{record.pk}]::bigint[])")
        assert Comment.objects.filter(record=record).exists()
        assert [event.label for event in events_of(record, 9)] == [TAG_ADDED]


def test_what_is_added_has_the_time_of_the_clock_and_stays(agent):
    with as_web_role():
        run(FORGED_TRACE.format(record=1, person=agent.pk))
        run(
            "INSERT INTO returns_accessevent (kind, name, details, at)"
            " VALUES ('exported', 'x', '{}', '2001-01-01')"
        )
        run(
            "SELECT returns_delete_old_traces(now(), 9), returns_delete_old_access_events(now(), 9)"
        )
        assert DeletedReturn.objects.get().deleted_at.year > 2001
        assert AccessEvent.objects.get(name="x").at.year > 2001


@pytest.mark.parametrize("table", PROTECTED)
def test_nobody_takes_a_number_that_the_next_row_would_get(table):
    column = {"returns_accessevent": "id", "returns_deletedreturn": "id", "returns_redaction": "id"}
    name = column.get(table, "pgh_id")
    with as_web_role(), pytest.raises(ProgrammingError, match="denied"):
        run(f"INSERT INTO {table} ({name}) VALUES (99)")


def test_what_is_redacted_stays_marked(agent):
    record = make_return()
    Return.objects.update(redacted_at=timezone.now())
    with as_web_role(), pytest.raises(IntegrityError, match="stays redacted"):
        run(f"UPDATE returns_return SET redacted_at = NULL WHERE id = {record.pk}")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_an_owner_who_is_no_superuser_migrates_and_another_role_works():
    """As docs/deploy.md says, from nothing."""
    settings = server_settings()
    host, port = quote(str(settings["HOST"]), safe=""), settings["PORT"]
    names = [f"two_roles_{each}_{os.getpid()}" for each in ("owner", "web", "database")]
    owner, web, database = names
    address = f"@{host}:{port}/{database}" if port else f"@{host}/{database}"
    environ = os.environ | {
        "DATABASE_URL": f"postgres://{web}{address}",
        "DATABASE_OWNER_URL": f"postgres://{owner}{address}",
        "DATABASE_POOLER": "",  # which would have to know the roles
        "SECRET_KEY": token_urlsafe(60),
        "ALLOWED_HOSTS": "localhost",
    }
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {owner} LOGIN; CREATE ROLE {web} LOGIN")
        cursor.execute(f"CREATE DATABASE {database} OWNER {owner} TEMPLATE template0")
    with psycopg.connect(
        host=settings["HOST"],
        port=settings["PORT"],
        user=settings["USER"],
        password=settings["PASSWORD"],
        dbname=database,
    ) as somebody:
        somebody.execute("CREATE TABLE public.not_of_the_owner ()")
    try:
        migrated = manage(["migrate", "--verbosity", "0"], environ)
        assert migrated.returncode == 0, migrated.stderr
        del environ["DATABASE_OWNER_URL"]
        worked = manage(["work", "--until-done"], environ)
        assert worked.returncode == 0, worked.stderr
        refused = manage(["shell", "--no-imports", "-c", REWRITE], environ)
        assert "permission denied for table returns_accessevent" in refused.stderr
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {database} WITH (FORCE)")
            cursor.execute(f"DROP ROLE {owner}; DROP ROLE {web}")


REWRITE = "from returns.models import *; AccessEvent.objects.all().delete()"


def manage(arguments: list[str], environ: dict[str, str]):
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120)


def test_each_function_of_the_owner_searches_the_session_last():
    with as_web_role(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname, proconfig::text FROM pg_proc WHERE prosecdef"
            " AND pronamespace = 'public'::regnamespace"
        )
        found = dict(cursor.fetchall())
    assert "returns_delete_history" in found
    assert all("pg_catalog, public, pg_temp" in settings for settings in found.values())


def test_a_return_can_be_deleted_with_its_history(admin, agent):
    record = make_return("R-1", state=State.ARRIVED)
    put_tag(record, "damaged")
    make_comment(record, agent)
    with as_web_role():
        delete_return(record, "R-1", "A test.", admin)
        assert not Return.objects.exists()
        assert DeletedReturn.objects.get().reference == "R-1"


def test_changes_of_permissions_are_recorded_also_for_this_role(as_admin, agent, manager):
    agent_roles = list(agent.groups.all())
    with as_web_role():
        agent.groups.set(manager.groups.all())
    events = AccessEvent.objects.filter(kind=AccessKind.PERMISSIONS).order_by("pk")
    assert [event.details for event in events][-2:] == [
        {"of": "agent", "roles_removed": [agent_roles[0].name]},
        {"of": "agent", "roles_added": ["Warehouse manager"]},
    ]


def test_daily_work_needs_no_more(as_agent, as_manager):
    record = make_return("R-1", state=State.ARRIVED)
    with as_web_role():
        for path in ("/returns/", "/queue/", "/returns/R-1/", "/tags/", "/feed/", "/reports/"):
            assert as_manager.get(path, follow=True).status_code == 200
        answer = as_agent.post(reverse("return-comments", args=[record.pk]), {"text": "Called."})
        assert answer.status_code < 500
        call_command("rebuild_summaries")
        call_command("work", "--until-done")


def test_migrate_runs_as_the_owner_and_all_else_does_not(monkeypatch):
    owner, role = "postgres://owner@h/desk", "postgres://web@h/desk"
    monkeypatch.setenv("DATABASE_OWNER_URL", owner)
    assert databases.owner_database_url(role) == owner
    assert databases.web_role(role, owner) == "web"
    for argv, user in ((["manage.py", "migrate"], "owner"), (["manage.py", "work"], "web")):
        monkeypatch.setattr("sys.argv", argv)
        assert databases.database(role, owner, databases.Path("/"))["USER"] == user


@pytest.mark.parametrize(
    ("url", "owner", "words"),
    [
        (None, "postgres://owner@h/desk", "Set both"),
        ("postgres://owner@h/desk", "postgres://owner@h/desk", "two roles"),
        ("postgres://web@h/desk", "mysql://owner@h/desk", "DATABASE_OWNER_URL must have the form"),
    ],
)
def test_addresses_that_do_not_name_two_roles_are_refused(monkeypatch, url, owner, words):
    monkeypatch.setenv("DATABASE_OWNER_URL", owner)
    with pytest.raises(databases.ImproperlyConfigured, match=words):
        databases.owner_database_url(url)
