"""How far the replica is behind."""

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connections

from returns.database.replica import REPLICA, pause, written_by_primary

# NULL for a server that is no replica any more.
SELECT_BYTES_BEHIND = """
    SELECT CASE WHEN pg_is_in_recovery()
        THEN greatest(0, %s::pg_lsn - pg_last_wal_replay_lsn())::bigint
    END
"""


def has_replica() -> bool:
    """Tell whether the settings name one."""
    return REPLICA in settings.DATABASES


def bytes_behind() -> int | None:
    """Return how much WAL the replica has still to replay; None if it cannot be used."""
    if not has_replica() or (pause.is_away and not pause.is_over()):
        return None
    written, replica = written_by_primary(), connections[REPLICA]
    try:
        with replica.cursor() as cursor:
            cursor.execute(SELECT_BYTES_BEHIND, [written])
            (behind,) = cursor.fetchone()
            return None if behind is None else int(behind)
    except DatabaseError:
        replica.close()
        return None
