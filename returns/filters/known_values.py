"""The existing values of filters by the whole text of a fact, for their fields to offer."""

from collections.abc import Iterable

from django.db import connection

from config.text import name_order

# The columns, by the parameter of the filter. Each has an index that begins with it.
KNOWN_VALUE_COLUMNS = {
    "carrier": "cargo_carrier",
    "channel": "sales_order_channel",
    "source": "source",
}
# Nearly all returns have this source; the index of the column leaves them out.
USUAL_SOURCE = "WMS"
MAX_KNOWN_VALUES = 200

# Jumps from each value to the next one in the index, so it reads as many rows as there are values.
_VALUES_SQL = """
(WITH RECURSIVE known (value, place) AS (
    (SELECT {column}, 1 FROM returns_return WHERE {among} ORDER BY {column} LIMIT 1)
    UNION ALL
    SELECT following.value, known.place + 1
    FROM known CROSS JOIN LATERAL (
        SELECT {column} AS value FROM returns_return
        WHERE {among} AND {column} > known.value ORDER BY {column} LIMIT 1
    ) AS following
    WHERE known.place < {limit}
) SELECT '{name}', value FROM known)
"""
KNOWN_VALUES_SQL = {
    name: _VALUES_SQL.format(
        name=name,
        column=column,
        among=f"NOT source = '{USUAL_SOURCE}'" if column == "source" else f"{column} > ''",
        limit=MAX_KNOWN_VALUES,
    )
    for name, column in KNOWN_VALUE_COLUMNS.items()
}


def known_values(names: Iterable[str] = KNOWN_VALUE_COLUMNS) -> dict[str, list[str]]:
    """Return the values that returns have, by the parameter of the filter, each in order."""
    values: dict[str, list[str]] = {name: [] for name in names}
    with connection.cursor() as cursor:
        cursor.execute("UNION ALL".join(KNOWN_VALUES_SQL[name] for name in values))
        for name, value in cursor.fetchall():
            values[name].append(value)
    if "source" in values:
        values["source"].append(USUAL_SOURCE)
    return {name: sorted(found, key=name_order) for name, found in values.items()}
