# ruff: noqa: S608 - the parts of these statements are the names of our own columns
"""The statements of ``returns.feed.ingest``, built from the list of facts."""

from collections.abc import Callable

from returns.feed.records import TIMES
from returns.models import State
from returns.models.facts import FACTS, STEPS

KEY = "return_reference_number"
OBJECTS = ["unknown_fields"]
COLUMNS = [*(fact.column for fact in FACTS if fact.column != KEY), *OBJECTS]


def _sent(name: str) -> str:
    """What the WMS last sent of a stored return ``r``, also where an admin corrected it."""
    if name in OBJECTS:
        return f"r.{name}"
    if name in TIMES:
        sent = f"(r.corrections->>'{name}')::timestamptz"
        return f"CASE WHEN r.corrections ? '{name}' THEN {sent} ELSE r.{name} END"
    return f"COALESCE(r.corrections->>'{name}', r.{name})"


def _rank(value: Callable[[str], str]) -> list[str]:
    """The total order of records; ``value`` gives the SQL of a fact."""
    empty = dict.fromkeys(OBJECTS, "'{}'") | dict.fromkeys(TIMES, "'-infinity'")
    filled = ", ".join(f"NULLIF({value(name)}, {empty.get(name, "''")})" for name in COLUMNS)
    facts = ", ".join(f"'{name}', {value(name)}" for name in COLUMNS)
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
    """Whether a record says more than the stored return, in its facts or else in its tags."""
    new_tags = f"{row}.feed_tags NOT IN ('', r.feed_tags)"
    record = ", ".join([*_rank(_of(row)), new_tags])
    return f"ROW({record}) > ROW({', '.join(_rank(_sent))}, false)"


def _of(row: str) -> Callable[[str], str]:
    return lambda name: f"{row}.{name}"


def _stands(name: str) -> str:
    """Whether the correction of a fact stands: the WMS says what it said when it was made."""
    together = STEPS if name in STEPS else (name,)
    corrected = " OR ".join(f"r.corrections ? '{part}'" for part in together)
    same = " AND ".join(f"{_sent(part)} IS NOT DISTINCT FROM excluded.{part}" for part in together)
    return f"(({corrected}) AND {same})"


def _assignments() -> str:
    correctable = [name for name in COLUMNS if name not in OBJECTS]
    fallen = ", ".join(f"CASE WHEN NOT {_stands(name)} THEN '{name}' END" for name in correctable)
    return ", ".join(
        [f"{name} = excluded.{name}" for name in OBJECTS]
        + [
            f"{name} = CASE WHEN {_stands(name)} THEN r.{name} ELSE excluded.{name} END"
            for name in correctable
        ]
        + [f"corrections = r.corrections - array_remove(ARRAY[{fallen}]::text[], NULL)"]
        + ["feed_tags = COALESCE(NULLIF(excluded.feed_tags, ''), r.feed_tags)"]
    )


_NAMES = ", ".join([KEY, *COLUMNS, "feed_tags"])

MAKE_STAGE = f"""
    CREATE TEMPORARY TABLE IF NOT EXISTS feed_staged ON COMMIT DELETE ROWS
    AS SELECT 0 AS position, {_NAMES} FROM returns_return WITH NO DATA
"""

COPY = f"COPY feed_staged (position, {_NAMES}) FROM STDIN"


def _row_of(reference: str) -> str:
    """Look the return up by its index: a join would sooner or later read the whole table."""
    return f"LATERAL (SELECT * FROM returns_return WHERE {KEY} = {reference} OFFSET 0) r"


STORED = f"""
    SELECT {KEY}, {_sent("source")}, feed_tags
    FROM unnest(%s::text[]) AS given (reference) CROSS JOIN {_row_of("given.reference")}
"""


def _best_first() -> str:
    """The total order among the staged records of a return; a lone one is spared the last part."""
    *parts, last = _rank(_of("s"))
    return ", ".join(f"{part} DESC" for part in [*parts, f"CASE WHEN rivals > 1 THEN {last} END"])


# Who loses against what is stored can never win later, so it need not wait for a lock; who wins
# is compared again under the lock. Sorted, so that two imports lock in the same order. A record
# without tags does not hide the tags that the batch has for its return.
UPSERT = f"""
    WITH staged AS (
        SELECT *, count(*) OVER (PARTITION BY {KEY}) AS rivals,
            first_value(feed_tags) OVER (
                PARTITION BY {KEY} ORDER BY feed_tags = '', updated_at DESC, position DESC
            ) AS tags_of_all
        FROM feed_staged
    ),
    best AS (
        SELECT DISTINCT ON ({KEY}) {", ".join([KEY, *COLUMNS])}, tags_of_all AS feed_tags
        FROM staged s
        ORDER BY {KEY}, {_best_first()}
    )
    INSERT INTO returns_return AS r ({_NAMES}, corrections)
    SELECT {", ".join(f"best.{name}" for name in [KEY, *COLUMNS, "feed_tags"])}, '{{}}'
    FROM best LEFT JOIN {_row_of(f"best.{KEY}")} ON true
    WHERE r.id IS NULL OR {_wins("best")}
    ORDER BY best.{KEY}
    ON CONFLICT ({KEY}) DO UPDATE SET {_assignments()}
    WHERE {_sent("source")} = excluded.source AND {_wins("excluded")}
    RETURNING id, {KEY}, feed_tags, xmax = 0
"""
