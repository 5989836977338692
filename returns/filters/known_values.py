# ruff: noqa: S608 - built from our own constants alone
"""The existing values of filters by the whole text of a fact, for their fields to offer."""

from collections.abc import Collection, Iterable

from django.core.cache import cache
from django.db import connection

from config.text import name_order
from returns.carriers.names import CARRIER_NAME_SQL
from returns.database.distinct_values import distinct_values_sql

# The columns, by the parameter of the filter. Each has an index that begins with it.
KNOWN_VALUE_COLUMNS = {
    "carrier": "cargo_carrier",
    "channel": "sales_order_channel",
    "source": "source",
}
# Nearly all returns have this source; the index of the column leaves them out.
USUAL_SOURCE = "WMS"
MAX_KNOWN_VALUES = 200

# What a value is offered as: a carrier is offered once, under its name, whatever its spelling.
OFFERED_AS = {"carrier": f"coalesce({CARRIER_NAME_SQL}, value)"}
# The texts of each column as a table ``known``, without the empty one.
_KNOWN_SQL = {
    name: distinct_values_sql(
        "returns_return",
        column,
        f"NOT source = '{USUAL_SOURCE}'" if column == "source" else f"{column} > ''",
        MAX_KNOWN_VALUES,
    )
    for name, column in KNOWN_VALUE_COLUMNS.items()
}
KNOWN_VALUES_SQL = {
    name: f"""(WITH RECURSIVE {known}
        SELECT DISTINCT '{name}', {OFFERED_AS.get(name, "value")} FROM known)"""
    for name, known in _KNOWN_SQL.items()
}
STORED_TEXTS_SQL = {
    name: f"(WITH RECURSIVE {known} SELECT '{KNOWN_VALUE_COLUMNS[name]}', value FROM known)"
    for name, known in _KNOWN_SQL.items()
}


# Whoever types a value may be offered what was known a minute ago.
SECONDS_OFFERED = 60
OFFERED_VALUES = "known-values"  # the key of the cache


def offered_values() -> dict[str, list[str]]:
    """Return the known values of all parameters, as they were within the last minute."""
    values: dict[str, list[str]] | None = cache.get(OFFERED_VALUES)
    if values is None:
        values = known_values()
        cache.set(OFFERED_VALUES, values, SECONDS_OFFERED)
    return values


def known_values(names: Iterable[str] = KNOWN_VALUE_COLUMNS) -> dict[str, list[str]]:
    """Return the values that returns have, by the parameter of the filter, each in order.

    Carriers are those that the values mean.
    """
    values: dict[str, list[str]] = {name: [] for name in names}
    with connection.cursor() as cursor:
        cursor.execute("UNION ALL".join(KNOWN_VALUES_SQL[name] for name in values))
        for name, value in cursor.fetchall():
            values[name].append(value)
    if "source" in values:
        values["source"].append(USUAL_SOURCE)
    return {name: sorted(found, key=name_order) for name, found in values.items()}


def read_stored_texts(columns: Collection[str]) -> dict[str, list[str]]:
    """Return all texts that returns have in these columns, by the column, the empty text among
    them; without columns that have no index or too many texts.
    """
    known = {column: name for name, column in KNOWN_VALUE_COLUMNS.items() if column in columns}
    if not known:
        return {}
    texts: dict[str, list[str]] = {column: [""] for column in known}
    selects = (STORED_TEXTS_SQL[name] for name in known.values())
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(selects))
        for column, text in cursor.fetchall():
            texts[column].append(text)
    if KNOWN_VALUE_COLUMNS["source"] in texts:
        texts[KNOWN_VALUE_COLUMNS["source"]].append(USUAL_SOURCE)
    return {column: found for column, found in texts.items() if len(found) < MAX_KNOWN_VALUES}
