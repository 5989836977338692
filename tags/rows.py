"""Read the rows of the vocabulary, unless they are known: they rarely change."""

from functools import cache
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import OuterRef

from tags.models import Tag

MARKED_TABLES = ("tags_tag", "tags_taggroup")
# Every version of a row has a place and a transaction, so it differs whenever a row does.
MARK_SQL = """(
    SELECT concat(count(*), ' ', sum(hashtextextended(concat(ctid, ' ', xmin), 0)), ' ') FROM {}
)"""
VOCABULARY_MARK_SQL = f"concat({', '.join(map(MARK_SQL.format, MARKED_TABLES))})"


def read_unless(known_mark: str) -> tuple[str, list[tuple[Any, ...]] | None]:
    """Return the mark of the vocabulary, and its rows; None if it has the known mark."""
    sql, parameters = _read_unless_sql()
    with connection.cursor() as cursor:
        cursor.execute(sql, [known_mark, *parameters])
        mark, rows = cursor.fetchone()
    return mark, None if rows is None else [tuple(row.values()) for row in rows]


@cache
def _read_unless_sql() -> tuple[str, tuple[Any, ...]]:
    names = Tag.names.filter(is_forgotten=False)
    synonyms = names.filter(synonym_of=OuterRef("pk")).order_by("name").values("name")
    tags = Tag.objects.values_list(
        *("id", "name", "group__color", "group_id", "group__name", "group__exclusive"),
        *("retired_at", "description", ArraySubquery(synonyms), "group__required_when", "raises"),
    )
    sql, parameters = tags.query.sql_with_params()
    # Rows as JSON keep the order of their columns.
    return (
        f"""SELECT mark,
            CASE WHEN mark <> %s THEN ARRAY(SELECT row_to_json(tag) FROM ({sql}) AS tag) END
        FROM (SELECT {VOCABULARY_MARK_SQL}) AS current (mark)""",  # noqa: S608
        parameters,
    )
