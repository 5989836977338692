"""The values that occur in a column with an index, without reading the table."""

# Jumps from each value to the next one in the index, so it reads as many rows as there are values.
# An entry ``known (value, place)`` of a WITH RECURSIVE clause.
DISTINCT_VALUES_SQL = """
known (value, place) AS (
    (SELECT {column}, 1 FROM {table} WHERE {among} ORDER BY {column} LIMIT 1)
    UNION ALL
    SELECT following.value, known.place + 1
    FROM known CROSS JOIN LATERAL (
        SELECT {column} AS value FROM {table}
        WHERE {among} AND {column} > known.value ORDER BY {column} LIMIT 1
    ) AS following
    WHERE known.place < {limit}
)
"""


def distinct_values_sql(table: str, column: str, among: str, limit: int) -> str:
    """Return the SQL of a table ``known`` with the first values of a column, for WITH RECURSIVE.

    ``among`` is the condition of the rows, that of an index which begins with the column.
    """
    return DISTINCT_VALUES_SQL.format(table=table, column=column, among=among, limit=limit)
