# ruff: noqa: S608 - the parts of these statements are our own
"""The statements of ``returns.summaries.keeping``: as what a return is counted, and where."""

from returns.models import By
from returns.summaries.durations import EDGES

# What a return is counted as. Stored is ``tag_set_id`` in place of the tags.
OTHERS = (
    *("created_day", "arrived_day", "completed_day", "waited", "took"),
    *("carrier", "channel", "order_hash"),
)
FACTS = ", ".join(("record_id", *OTHERS, "tags"))
STORED = ", ".join(("record_id", *OTHERS, "tag_set_id"))
ARRIVED = "arrived_to_warehouse_at"
NUMBERS = ("created", "arrived", "completed", "came", "went", "waiting")
_EDGES = ",".join(f"{hours}h" for hours in EDGES)

PLACE = f"width_bucket(completed_at - {ARRIVED}, '{{{_EDGES}}}'::interval[])"


def _day(column: str) -> str:
    return f"({column} AT TIME ZONE %(zone)s)::date"


def facts(where: str = "true") -> str:
    """Return the query of the ``FACTS`` of returns; takes ``zone``."""
    return f"""
        SELECT id AS record_id, {_day("created_at")}, {_day(ARRIVED)}, {_day("completed_at")},
            coalesce({ARRIVED} < completed_at, {ARRIVED} IS NOT NULL),
            CASE WHEN completed_at >= {ARRIVED} THEN {PLACE} END,
            cargo_carrier, sales_order_channel, hashtextextended(order_key, 0),
            ARRAY(SELECT tag_id::int FROM returns_returntag WHERE entity_id = r.id ORDER BY tag_id)
        FROM returns_return r WHERE {where}
    """


# What a return is counted under.
KINDS = f"""
    SELECT {By.ALL}, ''
    UNION ALL SELECT {By.CARRIER}, carrier
    UNION ALL SELECT {By.CHANNEL}, channel
    UNION ALL SELECT {By.UNTAGGED}, '' WHERE cardinality(tags) = 0
    UNION ALL SELECT {By.TAG}, tag::text FROM unnest(tags) AS tag
"""
WEEKDAY = f"""
    SELECT {By.WEEKDAY}, extract(isodow FROM arrived_day)::text WHERE arrived_day IS NOT NULL
"""
# What stands in ``signed`` by days: a row for each (by, day, value), with ``places`` of durations
# and their ``numbers``.
MOVED = f"""
    SELECT by, day, value,
        {", ".join(f"sum({name})::int AS {name}" for name in NUMBERS)},
        array_agg(took) FILTER (WHERE took IS NOT NULL AND number <> 0) AS places,
        array_agg(number) FILTER (WHERE took IS NOT NULL AND number <> 0) AS numbers
    FROM (
        SELECT by, day, value, e.took,
            {", ".join(f"sum(e.{name}) AS {name}" for name in NUMBERS)},
            (sum(e.completed) FILTER (WHERE e.took IS NOT NULL))::int AS number
        FROM signed
        CROSS JOIN LATERAL ({KINDS} UNION ALL {WEEKDAY}) AS kinds (by, value)
        CROSS JOIN LATERAL (VALUES
            (created_day, NULL::smallint, sign, 0, 0, 0, 0, 0),
            (arrived_day, NULL, 0, sign, 0, waited::int * sign, 0,
                (completed_day IS NULL)::int * sign),
            (completed_day, signed.took, 0, 0, sign, 0, waited::int * sign, 0)
        ) AS e (day, took, {", ".join(NUMBERS)})
        WHERE day IS NOT NULL
        GROUP BY by, day, value, e.took
    ) AS by_place
    GROUP BY by, day, value
"""
PAIRS = """
    SELECT one.tag, other.tag AS other, created_day AS day, sum(sign)::int AS number
    FROM signed CROSS JOIN unnest(tags) AS one (tag) JOIN unnest(tags) AS other (tag)
        ON one.tag < other.tag
    GROUP BY one.tag, other.tag, created_day
"""
ROWS = f"""
    SELECT by, day, value, {", ".join(NUMBERS)}, returns_bins(places, numbers) AS took
    FROM ({MOVED}) AS moved
"""
DAYS = f"""
    INSERT INTO returns_daysummary AS kept (by, day, value, {", ".join(NUMBERS)}, took) {ROWS}
    ON CONFLICT (by, day, value) DO UPDATE SET
        {", ".join(f"{name} = kept.{name} + excluded.{name}" for name in NUMBERS)},
        took = returns_add_bins(kept.took, excluded.took)
"""
TAG_PAIRS = f"""
    INSERT INTO returns_tagpairday AS kept (tag, other, day, number) {PAIRS}
    ON CONFLICT (tag, other, day) DO UPDATE SET number = kept.number + excluded.number
"""
STORE = f"""
    INSERT INTO returns_countedreturn ({STORED})
    SELECT {STORED} FROM signed JOIN sets USING (tags) WHERE sign = 1
    ON CONFLICT (record_id) DO UPDATE SET
        {", ".join(f"{name} = excluded.{name}" for name in (*OTHERS, "tag_set_id"))}
"""
KEPT_FACTS = f"""
    SELECT {FACTS} FROM returns_countedreturn AS r JOIN returns_countedtags AS s
        ON s.id = r.tag_set_id
"""


def fold(most: int) -> str:
    """Return the statement that counts in so many returns that were written; takes ``zone``.

    Everything in it sees the same moment: what was written until then is named by then.
    """
    return f"""
        WITH taken AS MATERIALIZED (
            DELETE FROM returns_uncountedreturn WHERE id = ANY(ARRAY(
                SELECT id FROM returns_uncountedreturn ORDER BY id LIMIT {most}
            )) RETURNING record_id
        ),
        ids AS MATERIALIZED (SELECT array_agg(DISTINCT record_id) AS ids FROM taken),
        now ({FACTS}) AS MATERIALIZED ({facts("id = ANY((SELECT ids FROM ids)::bigint[])")}),
        before AS MATERIALIZED (
            {KEPT_FACTS} WHERE record_id = ANY((SELECT ids FROM ids)::bigint[])
        ),
        signed AS MATERIALIZED (
            SELECT 1 AS sign, * FROM (TABLE now EXCEPT TABLE before) AS added
            UNION ALL SELECT -1, * FROM (TABLE before EXCEPT TABLE now) AS gone
        ),
        known AS MATERIALIZED (
            SELECT id, tags FROM returns_countedtags WHERE tags IN (SELECT tags FROM now)
        ),
        added AS (
            INSERT INTO returns_countedtags (tags)
            SELECT tags FROM now EXCEPT SELECT tags FROM known RETURNING id, tags
        ),
        sets (tag_set_id, tags) AS (TABLE known UNION ALL TABLE added),
        forgotten AS (
            DELETE FROM returns_countedreturn WHERE record_id IN (
                SELECT record_id FROM before EXCEPT SELECT record_id FROM now
            )
        ),
        not_judged AS (
            DELETE FROM returns_deadlineday WHERE day IN (
                SELECT completed_day FROM now UNION SELECT completed_day FROM before
            )
        ),
        by_days AS ({DAYS}),
        by_pairs AS ({TAG_PAIRS}),
        stored AS ({STORE})
        SELECT count(*) FROM taken
    """


FORGET = """
    DELETE FROM returns_uncountedreturn;
    TRUNCATE returns_countedreturn, returns_countedtags, returns_daysummary, returns_tagpairday,
        returns_deadlineday, returns_judgedkind
"""
COUNT_ALL = f"""
    WITH facts ({FACTS}) AS MATERIALIZED ({facts()}),
    sets (tag_set_id, tags) AS MATERIALIZED (
        INSERT INTO returns_countedtags (tags) SELECT DISTINCT tags FROM facts RETURNING id, tags
    )
    INSERT INTO returns_countedreturn ({STORED})
    SELECT {STORED} FROM facts JOIN sets USING (tags)
"""
_ALL = f"WITH signed AS (SELECT 1 AS sign, * FROM ({KEPT_FACTS}) AS all_returns)"
SUM_UP = (f"{_ALL} {DAYS}", f"{_ALL} {TAG_PAIRS}")


def judge(met: str) -> str:
    """Return the statement that counts by the outcomes of ``met``: record_id, day, met.

    It takes what ``met`` takes, then the days, ``under``, and the days again. PostgreSQL and
    Python may know other rules of a zone, so ``met`` may have other days, too.
    """
    return f"""
        WITH judged (record_id, day, met) AS MATERIALIZED ({met}),
        kinds AS MATERIALIZED (
            SELECT day, carrier, channel, tag_set_id, count(*) FILTER (WHERE met) AS met,
                count(*) FILTER (WHERE NOT met) AS missed
            FROM judged JOIN returns_countedreturn USING (record_id)
            WHERE met IS NOT NULL AND day = ANY(%s) GROUP BY day, carrier, channel, tag_set_id
        ),
        kept AS (
            INSERT INTO returns_judgedkind (day, carrier, channel, tag_set_id, met, missed)
            TABLE kinds
        ),
        sums AS (
            SELECT day, by, value, sum(met) AS met, sum(missed) AS missed
            FROM kinds JOIN returns_countedtags AS s ON s.id = tag_set_id
            CROSS JOIN LATERAL ({KINDS}) AS its (by, value)
            GROUP BY day, by, value
        )
        INSERT INTO returns_deadlineday (day, by, value, under, met, missed)
        SELECT d.day, coalesce(by, {By.ALL}), coalesce(value, ''), %s, coalesce(met, 0),
            coalesce(missed, 0)
        FROM unnest(%s::date[]) AS d (day) LEFT JOIN sums ON sums.day = d.day
    """


# From scratch, against what is kept: what only one of them has.
_ANEW = f"WITH signed AS (SELECT 1 AS sign, * FROM ({facts()}) AS all_returns ({FACTS}))"
_KEPT = f"SELECT by, day, value, {', '.join(NUMBERS)}, took FROM returns_daysummary"
_IN_USE = "created <> 0 OR arrived <> 0 OR completed <> 0"


def _unlike(kept: str, anew: str) -> str:
    return f"""
        {_ANEW}, kept AS ({kept}), anew AS ({anew})
        SELECT 'kept', * FROM (TABLE kept EXCEPT TABLE anew) AS a
        UNION ALL SELECT 'counted', * FROM (TABLE anew EXCEPT TABLE kept) AS b
        ORDER BY 2, 3, 4, 1 LIMIT 20
    """


UNLIKE = (
    _unlike(f"{_KEPT} WHERE {_IN_USE}", ROWS),
    _unlike("SELECT tag, other, day, number FROM returns_tagpairday WHERE number <> 0", PAIRS),
    _unlike(KEPT_FACTS, f"SELECT {FACTS} FROM signed"),
)
