"""The last release serves on the tables of this version, so that `migrate` can run beside it.

And so the new version can be taken back without taking back its migrations.
"""

import os
import secrets
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from django.db import connection
from psycopg import sql

from returns.database.web_role import grant_web_role
from tests.database import server_settings

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
CHECKOUT = Path(__file__).resolve().parents[1]
COMMIT_FILE = CHECKOUT / "docs/deploy/last-release.txt"
COPY, ROLE = "last_release", "returns_web_of_last_release"
TERMINATE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
DROP = "DROP DATABASE IF EXISTS {} WITH (FORCE)"


@pytest.fixture
def code(tmp_path) -> Path:
    """The code of the last release, from git's history."""
    commit = COMMIT_FILE.read_text().strip()
    archive = ["git", "archive", commit, "manage.py", "config", "returns", "tags", "templates"]
    done = subprocess.run([*archive, "static"], cwd=CHECKOUT, capture_output=True)
    assert done.returncode == 0, (
        f"The last release is commit {commit} ({COMMIT_FILE.name}), which this clone does not have:"
        " run `git fetch --unshallow`. " + done.stderr.decode()
    )
    folder = tmp_path / "desk"
    folder.mkdir()
    subprocess.run(["tar", "-x", "-C", folder], input=done.stdout, check=True)
    return folder


@pytest.fixture
def web_address():
    """The address of a database with this version's tables, for a role that owns none of them."""
    settings, there = connection.settings_dict, server_settings()  # a pooler is new to it
    ours, name = {**settings}, str(settings["NAME"])
    where = f"{quote(there['HOST'], safe='')}:{there['PORT']}".removesuffix(":")
    connection.close()
    with psycopg.connect(
        host=there["HOST"],
        port=there["PORT"],
        user=settings["USER"],
        password=settings["PASSWORD"],
        dbname="postgres",
        autocommit=True,
    ) as server:
        server.execute(sql.SQL(DROP).format(sql.Identifier(COPY + name)))
        server.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(ROLE)))
        server.execute(
            sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(ROLE), "web")
        )
        # A template must have no other connection, such as one that the live server keeps.
        server.execute(TERMINATE, [name])
        server.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(COPY + name), sql.Identifier(name)
            )
        )
        try:
            settings["NAME"] = COPY + name
            grant_web_role(ROLE)
            connection.close()
            settings.update(ours)
            yield f"postgres://{ROLE}:web@{where}/{COPY}{name}"
        finally:
            connection.close()
            settings.update(ours)
            server.execute(sql.SQL(DROP).format(sql.Identifier(COPY + name)))
            server.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(ROLE)))


def test_the_last_release_works_on_the_tables_of_this_version(code, web_address, tmp_path):
    environment = os.environ | {
        "DATABASE_URL": web_address,
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ALLOWED_HOSTS": "testserver",
        "RETURNS_DESK_DEMO": "1",  # static files from their sources, and no https
        "STATEMENT_LIMIT": "10",
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", CHECKOUT / "tests/use_the_desk.py", tmp_path],
        cwd=code,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
