# ruff: noqa: S608 - built from our own column names alone
"""The SQL statements of ``returns.feed.ingest``, built from the list of facts."""

from hashlib import sha256

from returns.feed.records import KEY_COLUMN, TIME_COLUMNS
from returns.models import Return
from returns.models.facts import FACTS

JSON_COLUMNS = ["unknown_fields", "corrections", "stamps"]
# What is SQL NULL unless it is known.
NULLABLE_JSON_COLUMNS = ["line_items"]
ALL_JSON_COLUMNS = [*JSON_COLUMNS, *NULLABLE_JSON_COLUMNS]
# Undoing an import does not bring back the texts of a redacted return; see ``redacting``.
TEXTS_THAT_STAY_GONE = {
    "notes": "r.notes",
    "unknown_fields": "r.unknown_fields",
    "corrections": "{value} - 'notes'",
    "line_items": "returns_items_without_others({value})",
}
INGEST_COLUMNS = [fact.column for fact in FACTS if fact.column != KEY_COLUMN]
_COLUMNS = [KEY_COLUMN, *INGEST_COLUMNS, *JSON_COLUMNS, "feed_tags"]
_NAMES = ", ".join(_COLUMNS)

# Named after its columns. The connection of a pooler, and with it the table, may be older than this
# version of the program.
_TYPES = [
    f"{field.name} {field.get_internal_type()} {getattr(field, 'max_length', None)}"
    for field in map(Return._meta.get_field, _COLUMNS)
]
STAGED = f"feed_staged_{sha256(', '.join(_TYPES).encode()).hexdigest()[:16]}"

CREATE_STAGING_TABLE = f"""
    CREATE TEMPORARY TABLE IF NOT EXISTS {STAGED} ON COMMIT DELETE ROWS
    AS SELECT id, redacted_at, {_NAMES} FROM returns_return WITH NO DATA
"""

COPY_TO_STAGING = f"COPY {STAGED} (id, redacted_at, {_NAMES}) FROM STDIN"


def _select_stored(lock: str = "") -> str:
    """Return SQL that reads each return by its index; as a join it might read the whole table."""
    return f"""
        SELECT r.id, r.xmin::text, r.redacted_at, {", ".join(f"r.{name}" for name in _COLUMNS)}
        FROM unnest(%s::text[]) AS given (reference) CROSS JOIN LATERAL (
            SELECT *, xmin FROM returns_return WHERE {KEY_COLUMN} = given.reference OFFSET 0 {lock}
        ) r
    """


SELECT_STORED_RETURNS = _select_stored()
LOCK_STORED_RETURNS = _select_stored("FOR NO KEY UPDATE")

# Rows are sorted so that all imports lock them in the same order. A return that another import has
# created meanwhile has another id, and is left for the next attempt. A stored return is redacted by
# people and retention alone.
UPSERT = f"""
    INSERT INTO returns_return AS r (id, redacted_at, {_NAMES})
    SELECT coalesce(id, nextval('returns_return_id_seq')), redacted_at, {_NAMES}
    FROM {STAGED} ORDER BY {KEY_COLUMN}
    ON CONFLICT ({KEY_COLUMN}) DO UPDATE
    SET {", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[1:])}
    WHERE r.id = excluded.id
    RETURNING id, {KEY_COLUMN}, r.xmin::text AS version
"""


def _text(column: str, row: str) -> str:
    """Return SQL for a column as text that does not depend on the session; NULL if it is empty."""
    if column in TIME_COLUMNS:
        return f"({row}.{column} AT TIME ZONE 'UTC')::text"
    return f"NULLIF({row}.{column}::text, '{'{}' if column in JSON_COLUMNS else ''}')"


def fingerprint(row: str) -> str:
    """Return SQL for a UUID that differs whenever what the feed stored of a return does.

    An empty column does not count, so fingerprints stay the same when a fact is added.
    """
    texts = ", ".join(f"'{name}=' || {_text(name, row)}" for name in _COLUMNS)
    return f"md5(concat_ws(E'\\x1f', {texts}))::uuid"


def _changes(old: str, new: str) -> str:
    """Return SQL for the differing columns, each with its values before and after.

    Values of JSON columns are texts: ``jsonb_strip_nulls`` would change them.
    """
    pairs = []
    for name in _COLUMNS[1:]:
        cast = "::text" if name in ALL_JSON_COLUMNS else ""
        values = f"jsonb_build_array({old}.{name}{cast}, {new}.{name}{cast})"
        differs = f"{old}.{name} IS DISTINCT FROM {new}.{name}"
        pairs.append(f"'{name}', CASE WHEN {differs} THEN {values} END")
    return f"jsonb_strip_nulls(jsonb_build_object({', '.join(pairs)}))"


# Every part of a statement sees the rows as they were before it; see ``_select_stored`` for OFFSET.
UPSERT_AND_STORE_CHANGES = f"""
    WITH old AS MATERIALIZED (
        SELECT s.id, {fingerprint("r")} AS before, {_changes("r", "s")} AS changes
        FROM {STAGED} s CROSS JOIN LATERAL (
            SELECT * FROM returns_return WHERE id = s.id OFFSET 0
        ) r
        WHERE s.id IS NOT NULL
    ),
    written AS ({UPSERT}, {fingerprint("r")} AS after),
    stored AS (
        INSERT INTO returns_runchange (run_id, record_id, reference, before, after, changes)
        SELECT %s, w.id, w.{KEY_COLUMN}, before, after, coalesce(changes, '{{}}')
        FROM written w LEFT JOIN old USING (id)
    )
    SELECT id, {KEY_COLUMN}, version FROM written
"""


def _restored(name: str) -> str:
    kind = (
        "timestamptz" if name in TIME_COLUMNS else "jsonb" if name in ALL_JSON_COLUMNS else "text"
    )
    value = f"(old.columns->>'{name}')::{kind}"
    if name in TEXTS_THAT_STAY_GONE:
        gone = TEXTS_THAT_STAY_GONE[name].format(value=value)
        value = f"CASE WHEN r.redacted_at IS NULL THEN {value} ELSE {gone} END"
    return f"{name} = CASE WHEN old.columns ? '{name}' THEN {value} ELSE r.{name} END"


# If a run changed a return several times, the value before the first change is the last to be set.
RESTORE = f"""
    UPDATE returns_return r SET {", ".join(_restored(name) for name in _COLUMNS[1:])}
    FROM (
        SELECT record_id, jsonb_object_agg(name, pair->0 ORDER BY change.id DESC) AS columns
        FROM returns_runchange change, jsonb_each(changes) AS each (name, pair)
        WHERE run_id = %(run)s AND record_id = ANY(%(ids)s::bigint[])
        GROUP BY record_id
    ) old
    WHERE r.id = old.record_id
"""

# A return has changed since if it is no longer what the run left, or if somebody else wrote it
# between two changes of the run. Of a return that the run created, nobody but rules and runs may
# have changed tags, ever.
CLASSIFY = f"""
    WITH mine AS (
        SELECT record_id, min(reference) AS reference, bool_or(before IS NULL) AS is_new,
            (array_agg(after ORDER BY id DESC))[1] AS latest,
            coalesce(bool_or(previous <> before), false) AS is_broken
        FROM (
            SELECT *, lag(after) OVER (PARTITION BY record_id ORDER BY id) AS previous
            FROM returns_runchange WHERE run_id = %(run)s [only]
        ) change
        GROUP BY record_id
    )
    SELECT record_id, reference, is_new, CASE
        WHEN r.id IS NULL THEN 'gone'
        WHEN is_broken OR {fingerprint("r")} <> latest THEN 'changed'
        WHEN NOT is_new THEN CASE WHEN record_id = ANY(%(tagged)s::bigint[]) THEN 'tagged'
            ELSE '' END
        WHEN EXISTS (SELECT FROM returns_comment WHERE returns_comment.record_id = r.id OFFSET 0)
            THEN 'commented'
        WHEN EXISTS (
            SELECT FROM returns_returntagevent event WHERE event.entity_id = r.id
            AND (event.pgh_context ?| ARRAY['rule', 'run']) IS NOT TRUE OFFSET 0
        ) THEN 'tagged'
        ELSE ''
    END
    FROM mine LEFT JOIN LATERAL (
        SELECT * FROM returns_return WHERE id = mine.record_id OFFSET 0
    ) r ON true
    ORDER BY record_id
"""
