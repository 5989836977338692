# ruff: noqa: S608 - built from our own constants alone
"""SQL of ``returns.summaries``.

A return is reduced to the few attributes that reports count. ``signed`` is the common input of the
statements below: rows of these attributes with a ``sign``, 1 to add a return to the summaries and
-1 to take it out again.
"""

from collections.abc import Iterable

from returns.models import Dimension, ItemState
from returns.summaries.durations import BUCKET_EDGES

# The attributes of a counted return. In the table, ``tag_set_id`` stands for ``tags``.
_ATTRIBUTES = (
    *("created_day", "arrived_day", "completed_day", "waited", "took"),
    *("carrier", "channel", "order_hash"),
    *("item_count", "items_waiting", "items_missing", "items_damaged", "skus", "sku_counts"),
)
COUNTED_COLUMNS = ", ".join(("record_id", *_ATTRIBUTES, "tags"))
STORED_COLUMNS = ", ".join(("record_id", *_ATTRIBUTES, "tag_set_id"))
ARRIVED_AT = "arrived_to_warehouse_at"
COUNT_COLUMNS = ("created", "arrived", "completed", "came", "went", "waiting")
_EDGE_INTERVALS = ",".join(f"{hours}h" for hours in BUCKET_EDGES)

BUCKET = f"width_bucket(completed_at - {ARRIVED_AT}, '{{{_EDGE_INTERVALS}}}'::interval[])"


def _any_is_counted(sums: Iterable[str]) -> str:
    """Return a condition that drops changes whose returns are counted just as before."""
    return " OR ".join(f"{total} <> 0" for total in sums)


def _day(column: str) -> str:
    return f"({column} AT TIME ZONE %(zone)s)::date"


# For each SKU of a return: its items, and those of each of these states.
_SKU_STATES = (ItemState.WAITING, ItemState.MISSING, ItemState.DAMAGED)
_SKU_COUNTS = ", ".join(
    ("count(*)", *(f"count(*) FILTER (WHERE state = '{state.value}')" for state in _SKU_STATES))
)
# The condition on the return keeps PostgreSQL from looking for items of those without any.
_SKUS = f"""
    SELECT array_agg(sku_key::text ORDER BY sku_key), array_agg(numbers ORDER BY sku_key)
    FROM (
        SELECT sku_key, ARRAY[{_SKU_COUNTS}]::smallint[] AS numbers FROM returns_returnitem
        WHERE r.item_count > 0 AND record_id = r.id AND sku_key IS NOT NULL GROUP BY sku_key
    ) AS by_sku
"""


def select_attributes(where: str = "true") -> str:
    """Return a query for the ``COUNTED_COLUMNS`` of returns, with the parameter ``zone``."""
    return f"""
        SELECT id AS record_id, {_day("created_at")}, {_day(ARRIVED_AT)}, {_day("completed_at")},
            coalesce({ARRIVED_AT} < completed_at, {ARRIVED_AT} IS NOT NULL),
            CASE WHEN completed_at >= {ARRIVED_AT} THEN {BUCKET} END,
            cargo_carrier, sales_order_channel, hashtextextended(order_key, 0),
            item_count, items_waiting, items_missing, items_damaged, skus.keys, skus.numbers,
            ARRAY(SELECT tag_id::int FROM returns_returntag WHERE entity_id = r.id ORDER BY tag_id)
        FROM returns_return r CROSS JOIN LATERAL ({_SKUS}) AS skus (keys, numbers) WHERE {where}
    """


# The (by, value) pairs under which a return is counted.
DIMENSIONS = f"""
    SELECT {Dimension.ALL}, ''
    UNION ALL SELECT {Dimension.CARRIER}, carrier
    UNION ALL SELECT {Dimension.CHANNEL}, channel
    UNION ALL SELECT {Dimension.UNTAGGED}, '' WHERE cardinality(tags) = 0
    UNION ALL SELECT {Dimension.TAG}, tag::text FROM unnest(tags) AS tag
"""
WEEKDAY_DIMENSION = f"""
    SELECT {Dimension.WEEKDAY}, extract(isodow FROM arrived_day)::text WHERE arrived_day IS NOT NULL
"""
# The changes in ``signed``: a row for each (by, day, value), with the ``buckets`` of durations that
# change and ``numbers`` to add to them.
CHANGES = f"""
    SELECT by, day, value,
        {", ".join(f"sum({name})::int AS {name}" for name in COUNT_COLUMNS)},
        array_agg(took) FILTER (WHERE took IS NOT NULL AND number <> 0) AS buckets,
        array_agg(number) FILTER (WHERE took IS NOT NULL AND number <> 0) AS numbers
    FROM (
        SELECT by, day, value, e.took,
            {", ".join(f"sum(e.{name}) AS {name}" for name in COUNT_COLUMNS)},
            (sum(e.completed) FILTER (WHERE e.took IS NOT NULL))::int AS number
        FROM signed
        CROSS JOIN LATERAL ({DIMENSIONS} UNION ALL {WEEKDAY_DIMENSION}) AS dimensions (by, value)
        CROSS JOIN LATERAL (VALUES
            (created_day, NULL::smallint, sign, 0, 0, 0, 0, 0),
            (arrived_day, NULL, 0, sign, 0, waited::int * sign, 0,
                (completed_day IS NULL)::int * sign),
            (completed_day, signed.took, 0, 0, sign, 0, waited::int * sign, 0)
        ) AS e (day, took, {", ".join(COUNT_COLUMNS)})
        WHERE day IS NOT NULL
        GROUP BY by, day, value, e.took
    ) AS by_bucket
    GROUP BY by, day, value
    HAVING {_any_is_counted(f"sum({name})" for name in COUNT_COLUMNS)}
        OR bool_or(took IS NOT NULL AND number <> 0)
"""
TAG_PAIR_CHANGES = """
    SELECT one.tag, other.tag AS other, created_day AS day, sum(sign)::int AS number
    FROM signed CROSS JOIN unnest(tags) AS one (tag) JOIN unnest(tags) AS other (tag)
        ON one.tag < other.tag
    GROUP BY one.tag, other.tag, created_day
    HAVING sum(sign) <> 0
"""
# The changes of items; in ``counted``, a row for each (by, value) of a return.
_ITEM_SUMS = {
    "returns": "sum(sign)",
    "with_waiting": "sum(sign) FILTER (WHERE waiting > 0)",
    "with_missing": "sum(sign) FILTER (WHERE missing > 0)",
    "with_damaged": "sum(sign) FILTER (WHERE damaged > 0)",
    **{name: f"sum(sign * {name})" for name in ("items", "waiting", "missing", "damaged")},
}
ITEM_CHANGES = f"""
    SELECT by, arrived_day AS day, value COLLATE "C" AS value,
        {", ".join(f"coalesce({total}, 0)::int AS {name}" for name, total in _ITEM_SUMS.items())}
    FROM signed CROSS JOIN LATERAL (
        SELECT by, value, item_count, items_waiting, items_missing, items_damaged
        FROM ({DIMENSIONS}) AS dimensions (by, value)
        UNION ALL
        SELECT {Dimension.SKU}, sku, {", ".join(f"sku_counts[n][{place}]" for place in range(1, 5))}
        FROM unnest(skus) WITH ORDINALITY AS each_sku (sku, n)
    ) AS counted (by, value, items, waiting, missing, damaged)
    WHERE item_count IS NOT NULL AND arrived_day IS NOT NULL
    GROUP BY 1, 2, 3
    HAVING {_any_is_counted(_ITEM_SUMS.values())}
"""
DAY_CHANGES = f"""
    SELECT by, day, value, {", ".join(COUNT_COLUMNS)}, returns_bins(buckets, numbers) AS took
    FROM ({CHANGES}) AS changes
"""
ADD_TO_DAYS = f"""
    INSERT INTO returns_daysummary AS summary (by, day, value, {", ".join(COUNT_COLUMNS)}, took)
    {DAY_CHANGES}
    ON CONFLICT (by, day, value) DO UPDATE SET
        {", ".join(f"{name} = summary.{name} + excluded.{name}" for name in COUNT_COLUMNS)},
        took = returns_add_bins(summary.took, excluded.took)
"""
# In the order in which reports read them: the days of a period lie together.
ADD_TO_ITEM_DAYS = f"""
    INSERT INTO returns_itemday AS summary (by, day, value, {", ".join(_ITEM_SUMS)})
    {ITEM_CHANGES} ORDER BY 1, 2, 3
    ON CONFLICT (by, day, value) DO UPDATE SET
        {", ".join(f"{name} = summary.{name} + excluded.{name}" for name in _ITEM_SUMS)}
"""
ADD_TO_TAG_PAIRS = f"""
    INSERT INTO returns_tagpairday AS summary (tag, other, day, number) {TAG_PAIR_CHANGES}
    ON CONFLICT (tag, other, day) DO UPDATE SET number = summary.number + excluded.number
"""
STORE_RETURNS = f"""
    INSERT INTO returns_countedreturn ({STORED_COLUMNS})
    SELECT {STORED_COLUMNS} FROM signed JOIN sets USING (tags) WHERE sign = 1
    ON CONFLICT (record_id) DO UPDATE SET
        {", ".join(f"{name} = excluded.{name}" for name in (*_ATTRIBUTES, "tag_set_id"))}
"""
SELECT_STORED = f"""
    SELECT {COUNTED_COLUMNS} FROM returns_countedreturn AS r JOIN returns_countedtags AS s
        ON s.id = r.tag_set_id
"""


def update_batch(size: int) -> str:
    """Return the statement that counts in up to ``size`` queued returns, with parameter ``zone``.

    It is a single statement so that all its parts see the same snapshot: every write in the
    snapshot is in its queue too.
    """
    return f"""
        WITH taken AS MATERIALIZED (
            DELETE FROM returns_uncountedreturn WHERE id = ANY(ARRAY(
                SELECT id FROM returns_uncountedreturn ORDER BY id LIMIT {size}
            )) RETURNING record_id
        ),
        ids AS MATERIALIZED (SELECT array_agg(DISTINCT record_id) AS ids FROM taken),
        now ({COUNTED_COLUMNS}) AS MATERIALIZED (
            {select_attributes("id = ANY((SELECT ids FROM ids)::bigint[])")}
        ),
        before AS MATERIALIZED (
            {SELECT_STORED} WHERE record_id = ANY((SELECT ids FROM ids)::bigint[])
        ),
        signed AS MATERIALIZED (
            SELECT 1 AS sign, * FROM (TABLE now EXCEPT TABLE before) AS added
            UNION ALL SELECT -1, * FROM (TABLE before EXCEPT TABLE now) AS removed
        ),
        known AS MATERIALIZED (
            SELECT id, tags FROM returns_countedtags WHERE tags IN (SELECT tags FROM now)
        ),
        added AS (
            INSERT INTO returns_countedtags (tags)
            SELECT tags FROM now EXCEPT SELECT tags FROM known RETURNING id, tags
        ),
        sets (tag_set_id, tags) AS (TABLE known UNION ALL TABLE added),
        deleted_returns AS (
            DELETE FROM returns_countedreturn WHERE record_id IN (
                SELECT record_id FROM before EXCEPT SELECT record_id FROM now
            )
        ),
        deleted_outcomes AS (
            DELETE FROM returns_deadlineday WHERE day IN (
                SELECT completed_day FROM now UNION SELECT completed_day FROM before
            )
        ),
        by_days AS ({ADD_TO_DAYS}),
        by_pairs AS ({ADD_TO_TAG_PAIRS}),
        by_items AS ({ADD_TO_ITEM_DAYS}),
        stored AS ({STORE_RETURNS})
        SELECT count(*) FROM taken
    """


CLEAR = """
    DELETE FROM returns_uncountedreturn;
    TRUNCATE returns_countedreturn, returns_countedtags, returns_daysummary, returns_tagpairday,
        returns_itemday, returns_deadlineday, returns_judgedkind
"""
COUNT_ALL_RETURNS = f"""
    WITH facts ({COUNTED_COLUMNS}) AS MATERIALIZED ({select_attributes()}),
    sets (tag_set_id, tags) AS MATERIALIZED (
        INSERT INTO returns_countedtags (tags) SELECT DISTINCT tags FROM facts RETURNING id, tags
    )
    INSERT INTO returns_countedreturn ({STORED_COLUMNS})
    SELECT {STORED_COLUMNS} FROM facts JOIN sets USING (tags)
"""
_ALL = f"WITH signed AS (SELECT 1 AS sign, * FROM ({SELECT_STORED}) AS all_returns)"
SUM_ALL_RETURNS = tuple(
    f"{_ALL} {statement}" for statement in (ADD_TO_DAYS, ADD_TO_TAG_PAIRS, ADD_TO_ITEM_DAYS)
)


def count_outcomes(met: str) -> str:
    """Return the statement that stores outcomes by day; ``met`` is a query: record_id, day, met.

    Its parameters are those of ``met``, then the days, the fingerprint, and the days again. Python
    and PostgreSQL may have different versions of the time zone rules, so ``met`` may also return
    other days, which are ignored.
    """
    return f"""
        WITH judged (record_id, day, met) AS MATERIALIZED ({met}),
        grouped AS MATERIALIZED (
            SELECT day, carrier, channel, tag_set_id, count(*) FILTER (WHERE met) AS met,
                count(*) FILTER (WHERE NOT met) AS missed
            FROM judged JOIN returns_countedreturn USING (record_id)
            WHERE met IS NOT NULL AND day = ANY(%s) GROUP BY day, carrier, channel, tag_set_id
        ),
        stored AS (
            INSERT INTO returns_judgedkind (day, carrier, channel, tag_set_id, met, missed)
            TABLE grouped
        ),
        sums AS (
            SELECT day, by, value, sum(met) AS met, sum(missed) AS missed
            FROM grouped JOIN returns_countedtags AS s ON s.id = tag_set_id
            CROSS JOIN LATERAL ({DIMENSIONS}) AS dimensions (by, value)
            GROUP BY day, by, value
        )
        INSERT INTO returns_deadlineday (day, by, value, under, met, missed)
        SELECT d.day, coalesce(by, {Dimension.ALL}), coalesce(value, ''), %s, coalesce(met, 0),
            coalesce(missed, 0)
        FROM unnest(%s::date[]) AS d (day) LEFT JOIN sums ON sums.day = d.day
    """


# Rows that only the summaries or only a recount has.
_RECOUNT = f"""
    WITH signed AS (
        SELECT 1 AS sign, * FROM ({select_attributes()}) AS all_returns ({COUNTED_COLUMNS})
    )
"""
_STORED_DAYS = f"SELECT by, day, value, {', '.join(COUNT_COLUMNS)}, took FROM returns_daysummary"
_IN_USE = "created <> 0 OR arrived <> 0 OR completed <> 0"


def _differences(stored: str, recounted: str) -> str:
    return f"""
        {_RECOUNT}, stored AS ({stored}), recounted AS ({recounted})
        SELECT 'stored', * FROM (TABLE stored EXCEPT TABLE recounted) AS a
        UNION ALL SELECT 'recounted', * FROM (TABLE recounted EXCEPT TABLE stored) AS b
        ORDER BY 2, 3, 4, 1 LIMIT 20
    """


FIND_DIFFERENCES = (
    _differences(f"{_STORED_DAYS} WHERE {_IN_USE}", DAY_CHANGES),
    _differences(
        "SELECT tag, other, day, number FROM returns_tagpairday WHERE number <> 0",
        TAG_PAIR_CHANGES,
    ),
    _differences(
        f"SELECT by, day, value, {', '.join(_ITEM_SUMS)} FROM returns_itemday WHERE returns <> 0",
        ITEM_CHANGES,
    ),
    _differences(SELECT_STORED, f"SELECT {COUNTED_COLUMNS} FROM signed"),
)
