"""The replica: whether it is one of this database, and has what the primary has written."""

import time

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection, connections

from returns.database.replica import FILE_WAIT, REPLICA, has_replayed, written_by_primary
from returns.operations.doctor.points import Point, failed, ok, skipped, warning
from returns.operations.replication import bytes_behind

LOOK_AGAIN_PAUSE = 0.05  # seconds
SELECT_SERVER_KIND = """
    SELECT system_identifier, pg_is_in_recovery() FROM pg_control_system()
"""


def replica_points() -> list[Point]:
    """Tell whether the replica, if there is one, answers and is not late."""
    if REPLICA not in settings.DATABASES:
        return [skipped("replica", "DATABASE_REPLICA_URL is not set.")]
    try:
        with connection.cursor() as cursor:
            cursor.execute(SELECT_SERVER_KIND)
            database, _ = cursor.fetchone()
    except DatabaseError:
        return [skipped("replica", "Without the primary, nothing is known of the replica.")]
    try:
        return [_replica_of(database)]
    except DatabaseError as error:
        reason = str(error).partition("\n")[0]
        text = f"The replica does not answer, so the primary does its work: {reason}"
        return [warning("replica", text, "Check DATABASE_REPLICA_URL, and the replica itself.")]


def _replica_of(database: int) -> Point:
    written, replica = written_by_primary(), connections[REPLICA]
    began = time.monotonic()
    with replica.cursor() as cursor:
        cursor.execute(SELECT_SERVER_KIND)
        identity, is_standby = cursor.fetchone()
    if identity != database:
        text = "DATABASE_REPLICA_URL names a server that is no copy of that of DATABASE_URL."
        return failed("replica", text, "Make it anew with pg_basebackup, or unset the variable.")
    if not is_standby:
        text = "DATABASE_REPLICA_URL names a server that is no replica."
        return failed("replica", text, "Let it name the streaming replica, or unset it.")
    while not has_replayed(replica, written):
        if time.monotonic() - began > FILE_WAIT:
            behind = bytes_behind()
            text = f"The replica is late by {behind} bytes of WAL, so the primary does its work."
            return warning("replica", text, "See pg_stat_replication on the primary.")
        time.sleep(LOOK_AGAIN_PAUSE)
    milliseconds = 1000 * (time.monotonic() - began)
    return ok("replica", f"The replica had all that was written after {milliseconds:.0f} ms.")
