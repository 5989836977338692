# ruff: noqa: S608 - built from our own column names alone
"""The SQL statements of ``returns.feed.ingest``, built from the list of facts."""

from returns.feed.records import KEY_COLUMN
from returns.models.facts import FACTS

JSON_COLUMNS = ["unknown_fields", "corrections", "stamps"]
INGEST_COLUMNS = [fact.column for fact in FACTS if fact.column != KEY_COLUMN]
_COLUMNS = [KEY_COLUMN, *INGEST_COLUMNS, *JSON_COLUMNS, "feed_tags"]
_NAMES = ", ".join(_COLUMNS)

CREATE_STAGING_TABLE = f"""
    CREATE TEMPORARY TABLE IF NOT EXISTS feed_staged ON COMMIT DELETE ROWS
    AS SELECT id, {_NAMES} FROM returns_return WITH NO DATA
"""

COPY_TO_STAGING = f"COPY feed_staged (id, {_NAMES}) FROM STDIN"


def _select_stored(lock: str = "") -> str:
    """Return SQL that reads each return by its index; as a join it might read the whole table."""
    return f"""
        SELECT r.id, r.xmin::text, {", ".join(f"r.{name}" for name in _COLUMNS)}
        FROM unnest(%s::text[]) AS given (reference) CROSS JOIN LATERAL (
            SELECT *, xmin FROM returns_return WHERE {KEY_COLUMN} = given.reference OFFSET 0 {lock}
        ) r
    """


SELECT_STORED_RETURNS = _select_stored()
LOCK_STORED_RETURNS = _select_stored("FOR NO KEY UPDATE")

# Rows are sorted so that all imports lock them in the same order. A return that another import has
# created meanwhile has another id, and is left for the next attempt.
UPSERT = f"""
    INSERT INTO returns_return AS r (id, {_NAMES})
    SELECT coalesce(id, nextval('returns_return_id_seq')), {_NAMES}
    FROM feed_staged ORDER BY {KEY_COLUMN}
    ON CONFLICT ({KEY_COLUMN}) DO UPDATE
    SET {", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[1:])}
    WHERE r.id = excluded.id
    RETURNING id, {KEY_COLUMN}
"""
