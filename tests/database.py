"""The test database, put back to what the migrations left in it after a test that commits.

Django empties every table by TRUNCATE and makes all permissions again: 0.3 s after each of the
tests that commit. Here the rows that the migrations brought are copied aside once, and after a
test only what it changed is put back: a few milliseconds.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from django.db import DatabaseError, connection

from returns.database.web_role import grant_web_role
from tags.deadlocks import retry_deadlocks

PATIENCE = 30  # seconds
# Triggers, also those of foreign keys, are off while the rows are put back. The lock waits for a
# request that the live server may still be answering. A table that grew large is truncated, which
# leaves no dead rows behind; whatever goes with it by CASCADE is put back after that.
REMEMBER = """
CREATE SCHEMA untouched;

DO $$
DECLARE
    name text;
    filled boolean;
BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', name) INTO filled;
        IF filled THEN
            EXECUTE format('CREATE TABLE untouched.%1$I AS TABLE public.%1$I', name);
        END IF;
    END LOOP;
END $$;

CREATE FUNCTION untouched.put_back() RETURNS void LANGUAGE plpgsql
SET session_replication_role = replica AS $$
DECLARE
    small CONSTANT integer := 1024 * 1024;
    brought CONSTANT text[] := ARRAY(
        SELECT tablename FROM pg_tables WHERE schemaname = 'untouched'
    );
    name text;
    changed boolean;
    columns text;
BEGIN
    EXECUTE (
        SELECT format(
            'LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE',
            string_agg(format('public.%I', tablename), ', ')
        )
        FROM pg_tables WHERE schemaname = 'public'
    );
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        CONTINUE WHEN name = ANY (brought);
        EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', name) INTO changed;
        IF pg_relation_size(format('public.%I', name)) > small THEN
            EXECUTE format('TRUNCATE public.%I CASCADE', name);
        ELSIF changed THEN
            EXECUTE format('DELETE FROM public.%I', name);
        END IF;
    END LOOP;
    FOREACH name IN ARRAY brought LOOP
        EXECUTE format(
            'SELECT EXISTS ((TABLE public.%1$I EXCEPT TABLE untouched.%1$I)'
            ' UNION ALL (TABLE untouched.%1$I EXCEPT TABLE public.%1$I))',
            name
        ) INTO changed;
        CONTINUE WHEN NOT changed;
        SELECT string_agg(quote_ident(attname), ', ') INTO columns
        FROM pg_attribute
        WHERE attrelid = format('public.%I', name)::regclass
            AND attnum > 0 AND NOT attisdropped AND attgenerated = '';
        EXECUTE format('DELETE FROM public.%I', name);
        EXECUTE format(
            'INSERT INTO public.%1$I (%2$s) OVERRIDING SYSTEM VALUE'
            ' SELECT %2$s FROM untouched.%1$I',
            name,
            columns
        );
    END LOOP;
END $$;
"""


def remember() -> None:
    """Copy aside what the migrations brought; to be called once, on the new database."""
    with connection.cursor() as cursor:
        cursor.execute(REMEMBER)


def put_back() -> None:
    """Make the database hold what the migrations brought, and nothing else.

    A request that the live server still answers may hold a row and then want another lock.
    """
    retry_deadlocks(_put_back)


def _put_back() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT untouched.put_back()")


def server_settings() -> dict[str, Any]:
    """Return where the server of the tests is: itself, if there is a pooler in between."""
    folder = os.environ.get("SERVER_BEHIND_POOLER")
    return connection.settings_dict | ({"HOST": folder, "PORT": ""} if folder else {})


def wait_until_another_waits_for_a_lock() -> None:
    """Wait until a connection to the same database waits for what somebody has locked."""
    end = time.monotonic() + PATIENCE
    with connection.cursor() as cursor:
        while time.monotonic() < end:
            # Without this a transaction sees the same sessions for ever.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                """SELECT FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock'"""
            )
            if cursor.rowcount:
                return
            time.sleep(0.02)
    pytest.fail("nobody waits for a lock")


WEB_ROLE = "returns_web_in_tests"
CREATE_WEB_ROLE = f"""
    DO $$ BEGIN
        CREATE ROLE {WEB_ROLE};
        -- Tests look who waits for a lock.
        GRANT pg_read_all_stats TO {WEB_ROLE};
    EXCEPTION WHEN duplicate_object THEN NULL;
    END $$
"""


@contextmanager
def as_web_role() -> Iterator[None]:
    """Run the block as the role that the program runs as where another one owns the tables."""
    with connection.cursor() as cursor:
        cursor.execute(CREATE_WEB_ROLE)
        grant_web_role(WEB_ROLE)
        cursor.execute("DISCARD TEMP")  # the owner's tables
        cursor.execute(f"SET ROLE {WEB_ROLE}")
        try:
            yield
        finally:
            with suppress(DatabaseError):  # a transaction that failed takes it back itself
                cursor.execute("RESET ROLE")
