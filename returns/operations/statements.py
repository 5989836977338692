"""The statements that read the facts. Ages are in seconds, by the database's clock."""

SELECT_DATABASE = """
    SELECT current_setting('server_version'), pg_is_in_recovery(),
        current_setting('max_connections')::int
"""
# Of a role that sees no more, other roles' connections have no state.
SELECT_CONNECTIONS = """
    SELECT CASE WHEN state IN ('active', 'idle', 'idle in transaction') THEN state ELSE 'other' END,
        count(*)
    FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend' GROUP BY 1
"""
SELECT_SIZE = "SELECT pg_database_size(current_database())"
SELECT_WORKERS = """
    SELECT loop, host, pid, version, started_at, seen_at,
        extract(epoch FROM clock_timestamp() - seen_at)::float, doing,
        extract(epoch FROM clock_timestamp() - doing_since)::float
    FROM returns_heartbeat ORDER BY loop DESC, host, pid, started_at LIMIT 100
"""
# The index ``feed_read_at`` has these runs. Ends in the future are from before a clock was set
# back.
SELECT_FEED = """
    SELECT extract(epoch FROM clock_timestamp() - max(ended_at))::float FROM returns_feedrun
    WHERE outcome = 'done' AND way IN ('pull', 'push')
        AND ended_at < clock_timestamp() + interval '1 minute'
"""
# From one source to the next in the index ``feed_run_of_origin``, however many runs each has. The
# origin of a push is the name of a token, which somebody may have named after a person.
SELECT_SOURCES = """
    WITH RECURSIVE sources AS (
        SELECT way, (
            SELECT origin FROM returns_feedrun AS run WHERE run.way = ways.way
            ORDER BY origin LIMIT 1
        ) AS origin
        FROM (VALUES ('pull'), ('push')) AS ways (way)
        UNION ALL
        SELECT way, (
            SELECT origin FROM returns_feedrun AS run
            WHERE run.way = sources.way AND run.origin > sources.origin
            ORDER BY origin LIMIT 1
        )
        FROM sources WHERE origin IS NOT NULL
    ), ends AS (
        SELECT way, CASE WHEN way = 'pull' THEN origin ELSE '' END AS origin, (
            SELECT ended_at FROM returns_feedrun AS run
            WHERE run.way = sources.way AND run.origin = sources.origin AND outcome = 'done'
            ORDER BY id DESC LIMIT 1
        ) AS ended_at
        FROM sources WHERE origin IS NOT NULL LIMIT 200
    )
    SELECT way, origin, extract(epoch FROM clock_timestamp() - max(ended_at))::float
    FROM ends GROUP BY way, origin ORDER BY way, origin LIMIT 20
"""
SELECT_REJECTED = """
    SELECT count(*) FROM (
        SELECT FROM returns_rejectedrecord WHERE fate = 'waiting' LIMIT {most}
    ) AS waiting
"""
SELECT_RULES = """
    SELECT count(*) FILTER (WHERE is_on AND failures > 0),
        count(*) FILTER (WHERE NOT is_on AND off_because <> '')
    FROM returns_tagrule
"""
SELECT_FAILING_SUBSCRIPTIONS = """
    SELECT id::text, failures FROM returns_subscription WHERE is_on ORDER BY id
"""
