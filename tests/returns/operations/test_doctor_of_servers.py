"""The doctor looks at each server of the database, and at the rights and limits of the desk."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now

from config import diagnosis
from returns.models import Heartbeat, Loop
from returns.operations.doctor import of_background, of_database, of_servers
from tests.database import WEB_ROLE, as_web_role

pytestmark = pytest.mark.django_db
NOWHERE = ("127.0.0.1", "1")


@pytest.fixture
def of_several(monkeypatch):
    """Return a function that lets the address name several servers; None is that of the tests."""

    def name(*servers: tuple[str, str] | None, **options: str) -> None:
        given = connection.settings_dict
        own = (given["HOST"], str(given["PORT"] or 5432))
        hosts, ports = zip(*(server or own for server in servers), strict=True)
        monkeypatch.setitem(given, "HOST", ",".join(hosts))
        monkeypatch.setitem(given, "PORT", ",".join(ports))
        monkeypatch.setitem(given, "OPTIONS", given["OPTIONS"] | options)

    return name


def results(points) -> list[tuple[str, str]]:
    return [(point.result, point.text) for point in points]


def test_one_server_is_not_named():
    assert of_servers.server_points() == []
    assert of_servers.server_in_use() == ""


def test_each_server_that_does_not_answer_is_named(of_several):
    of_several(None, NOWHERE)
    (point,) = of_servers.server_points()
    assert point.result == "warning"
    assert point.text.startswith("The server 127.0.0.1:1 of DATABASE_URL does not answer: ")
    assert (
        results(of_database.database_points())[0][1]
        .partition(" at ")[2]
        .startswith(f"{connection.connection.info.host}:{connection.connection.info.port} answers")
    )


def test_servers_that_take_no_writes_are_found(of_several):
    of_several(None, None, options="-c default_transaction_read_only=on")
    (point,) = of_servers.server_points()
    assert (point.result, point.text) == ("failed", "No server can be written to.")
    assert point.advice.startswith("Promote one")


@pytest.mark.django_db(transaction=True)
def test_a_database_that_takes_no_writes_is_not_said_to_be_away(of_several):
    connection.close()
    of_several(
        NOWHERE,
        None,
        options="-c default_transaction_read_only=on",
        target_session_attrs="read-write",
    )
    assert [result for result, _ in results(of_database.database_points())] == ["failed", "warning"]
    assert of_database.database_points()[0].text == "No server can be written to."


def test_servers_that_are_all_away_are_no_reason_to_promote_one(of_several):
    of_several(NOWHERE, NOWHERE)
    assert [result for result, _ in results(of_servers.server_points())] == ["warning", "warning"]


# Rights


def test_tables_of_others_in_the_schema_do_not_matter():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE of_somebody_else (id int)")
    with as_web_role():
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")
            cursor.execute(f"REVOKE ALL ON of_somebody_else FROM {WEB_ROLE}")
            cursor.execute(f"SET ROLE {WEB_ROLE}")
        *_, rights = of_database.database_points()
    assert (rights.name, rights.result) == ("rights", "ok")


@pytest.mark.parametrize("right", ["SELECT", "INSERT"])
@pytest.mark.parametrize("table", ["returns_return", "auth_user_groups"])
def test_a_table_of_the_desk_that_may_not_be_used_is_found(right, table):
    with as_web_role():
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")
            cursor.execute(f"REVOKE {right} ON {table} FROM {WEB_ROLE}")
            cursor.execute(f"SET ROLE {WEB_ROLE}")
        *_, rights = of_database.database_points()
    assert rights.result == "failed"
    assert rights.text.endswith(f"may not use 1 tables, such as {table}.")


# Limits of time


@pytest.fixture
def limited():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '10s'")


def test_a_limit_of_time_of_commands_is_found(limited):
    assert results(of_database.options_points())[1:] == [
        ("warning", "Queries of commands and background work are cancelled after 10s.")
    ]


def test_the_limit_of_web_servers_in_a_pooler_is_meant(limited, settings):
    settings.DATABASE_POOLER = True
    (_, point) = of_database.options_points()
    assert point.result == "skipped"
    assert "DATABASE_URL of the background work" in point.advice


def test_a_pooler_that_is_not_there_is_one_warning(settings):
    settings.DATABASE_POOLER = True
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL jit = on")
    found = results([*of_database.pooler_points(), *of_database.options_points()])
    assert [result for result, _ in found] == ["warning", "skipped"]


# Settings that differ


@pytest.mark.parametrize("other", [{"TIME_ZONE": "UTC"}, {"SECRET_KEY": "x" * 60}])
def test_processes_with_other_settings_are_found(settings, other):
    for loop in (Loop.STEPS, Loop.FILES, Loop.OUTGOING):
        Heartbeat.objects.create(
            loop=loop, host="desk-1", pid=7, version="1.0", fingerprint=diagnosis.fingerprint()
        )
    assert [point.result for point in of_background.background_work()] == ["ok"]
    for name, value in other.items():
        setattr(settings, name, value)
    assert results(of_background.background_work())[1:] == [
        (
            "warning",
            "process 7 on desk-1 has another SECRET_KEY or TIME_ZONE than this one.",
        )
    ]


def test_a_process_in_another_time_zone_that_is_gone_does_not_matter():
    for pid, host, mark, seconds in ((7, "desk-1", "", 0), (8, "desk-2", "other", 300)):
        for loop in (Loop.STEPS, Loop.FILES, Loop.OUTGOING):
            row = Heartbeat.objects.create(
                loop=loop, host=host, pid=pid, version="1.0", fingerprint=mark
            )
            Heartbeat.objects.filter(pk=row.pk).update(seen_at=Now() - timedelta(seconds=seconds))
    assert [point.result for point in of_background.background_work()] == ["ok"]
