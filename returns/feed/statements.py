# ruff: noqa: S608 - built from our own column names alone
"""The SQL statements of ``returns.feed.ingest``, built from the list of facts."""

from collections.abc import Callable

from returns.feed.records import TIME_COLUMNS
from returns.models import State
from returns.models.facts import FACTS, STATE_COLUMNS

KEY_COLUMN = "return_reference_number"
JSON_COLUMNS = ["unknown_fields"]
INGEST_COLUMNS = [
    *(fact.column for fact in FACTS if fact.column != KEY_COLUMN),
    *JSON_COLUMNS,
]


def _value_sent(name: str) -> str:
    """Return SQL for the value that the WMS last sent for the stored return ``r``."""
    if name in JSON_COLUMNS:
        return f"r.{name}"
    if name in TIME_COLUMNS:
        sent = f"(r.corrections->>'{name}')::timestamptz"
        return f"CASE WHEN r.corrections ? '{name}' THEN {sent} ELSE r.{name} END"
    return f"COALESCE(r.corrections->>'{name}', r.{name})"


def _ranking(value: Callable[[str], str]) -> list[str]:
    """Return SQL expressions for the total order of records; ``value`` gives the SQL of a fact."""
    empty = dict.fromkeys(JSON_COLUMNS, "'{}'") | dict.fromkeys(TIME_COLUMNS, "'-infinity'")
    filled = ", ".join(f"NULLIF({value(name)}, {empty.get(name, "''")})" for name in INGEST_COLUMNS)
    facts = ", ".join(f"'{name}', {value(name)}" for name in INGEST_COLUMNS)
    states = ", ".join(f"'{state}'" for state in State.values)
    return [
        value("updated_at"),
        f"array_position(ARRAY[{states}]::text[], {value('state')}::text)",
        f"COALESCE({value('completed_at')}, '-infinity')",
        f"COALESCE({value('arrived_to_warehouse_at')}, '-infinity')",
        f"num_nonnulls({filled})",
        f'jsonb_build_object({facts})::text COLLATE "C"',
    ]


def _wins(row: str) -> str:
    """Return SQL that tells whether a record is greater than the stored return, or has new tags."""
    new_tags = f"{row}.feed_tags NOT IN ('', r.feed_tags)"
    record = ", ".join([*_ranking(_column_of(row)), new_tags])
    return f"ROW({record}) > ROW({', '.join(_ranking(_value_sent))}, false)"


def _column_of(row: str) -> Callable[[str], str]:
    return lambda name: f"{row}.{name}"


def _correction_holds(column_name: str) -> str:
    """Return SQL that tells whether a correction holds: the WMS sends the same value as before."""
    columns = STATE_COLUMNS if column_name in STATE_COLUMNS else (column_name,)
    corrected = " OR ".join(f"r.corrections ? '{column}'" for column in columns)
    same = " AND ".join(
        f"{_value_sent(column)} IS NOT DISTINCT FROM excluded.{column}" for column in columns
    )
    return f"(({corrected}) AND {same})"


def _assignments() -> str:
    correctable = [name for name in INGEST_COLUMNS if name not in JSON_COLUMNS]
    outdated = ", ".join(
        f"CASE WHEN NOT {_correction_holds(name)} THEN '{name}' END" for name in correctable
    )
    return ", ".join(
        [f"{name} = excluded.{name}" for name in JSON_COLUMNS]
        + [
            f"{name} = CASE WHEN {_correction_holds(name)} THEN r.{name} ELSE excluded.{name} END"
            for name in correctable
        ]
        + [f"corrections = r.corrections - array_remove(ARRAY[{outdated}]::text[], NULL)"]
        + ["feed_tags = COALESCE(NULLIF(excluded.feed_tags, ''), r.feed_tags)"]
    )


_KEY_AND_FACTS = ", ".join([KEY_COLUMN, *INGEST_COLUMNS])
_NAMES = f"{_KEY_AND_FACTS}, feed_tags"
_BEST_NAMES = ", ".join(f"best.{name}" for name in [KEY_COLUMN, *INGEST_COLUMNS, "feed_tags"])

CREATE_STAGING_TABLE = f"""
    CREATE TEMPORARY TABLE IF NOT EXISTS feed_staged ON COMMIT DELETE ROWS
    AS SELECT 0 AS position, {_NAMES} FROM returns_return WITH NO DATA
"""

COPY_TO_STAGING = f"COPY feed_staged (position, {_NAMES}) FROM STDIN"


def _stored_row(reference: str) -> str:
    """Return SQL that looks the return up by its index; as a join it might read the whole table."""
    return f"LATERAL (SELECT * FROM returns_return WHERE {KEY_COLUMN} = {reference} OFFSET 0) r"


SELECT_STORED_RETURNS = f"""
    SELECT {KEY_COLUMN}, {_value_sent("source")}, feed_tags
    FROM unnest(%s::text[]) AS given (reference) CROSS JOIN {_stored_row("given.reference")}
"""


def _best_first() -> str:
    """Return the ORDER BY for the staged records of a return; the costly last part if needed."""
    *parts, last = _ranking(_column_of("s"))
    return ", ".join(f"{part} DESC" for part in [*parts, f"CASE WHEN rivals > 1 THEN {last} END"])


# A record that loses against the stored row can never win later, so it does not wait for a lock.
# One that wins is compared again under the lock. Rows are sorted so that all imports lock them in
# the same order. A record without tags does not hide the tags of other records in the batch.
UPSERT = f"""
    WITH staged AS (
        SELECT *, count(*) OVER (PARTITION BY {KEY_COLUMN}) AS rivals,
            first_value(feed_tags) OVER (
                PARTITION BY {KEY_COLUMN}
                ORDER BY feed_tags = '', updated_at DESC, position DESC
            ) AS tags_of_all
        FROM feed_staged
    ),
    best AS (
        SELECT DISTINCT ON ({KEY_COLUMN}) {_KEY_AND_FACTS}, tags_of_all AS feed_tags
        FROM staged s
        ORDER BY {KEY_COLUMN}, {_best_first()}
    )
    INSERT INTO returns_return AS r ({_NAMES}, corrections)
    SELECT {_BEST_NAMES}, '{{}}'
    FROM best LEFT JOIN {_stored_row(f"best.{KEY_COLUMN}")} ON true
    WHERE r.id IS NULL OR {_wins("best")}
    ORDER BY best.{KEY_COLUMN}
    ON CONFLICT ({KEY_COLUMN}) DO UPDATE SET {_assignments()}
    WHERE {_value_sent("source")} = excluded.source AND {_wins("excluded")}
    RETURNING id, {KEY_COLUMN}, feed_tags, xmax = 0
"""
