"""Database expressions that Django does not have: search keys, ``ANY``, taggings in order."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import F, Func
from django.db.models.sql.constants import INNER
from django.db.models.sql.datastructures import BaseTable

# The alias under which ``OrderedTaggings`` is joined.
TAGGINGS_ALIAS = "read"


class SearchKey(Func):
    """A number as it is searched: only A-Z and 0-9, without regard to case, accents and spaces.

    NULL when nothing is left, so that a missing number never matches.
    """

    function = "returns_search_key"
    arity = 1


class SearchKeys(Func):
    """The search keys of the texts of an array, without those that have none."""

    function = "returns_search_keys"
    arity = 1


class WordsKey(Func):
    """A text as its words are searched: in capitals, without accents, a space before each word.

    NULL when the text has no letter and no digit.
    """

    function = "returns_words_key"
    arity = 1
    output_field = models.TextField()


class CountAtPath(Func):
    """The number of values that an SQL/JSON path finds in a JSON column; NULL without a value."""

    output_field = models.SmallIntegerField()

    def __init__(self, column: str, *, path: str) -> None:
        template = f"jsonb_array_length(jsonb_path_query_array(%(expressions)s, '{path}'))"
        super().__init__(F(column), template=template)


class Once(Func):
    """An expression that PostgreSQL computes once for a query, not for each row."""

    template = "(SELECT %(expressions)s)"
    arity = 1


def id_array(ids: Iterable[int]) -> str:
    """Return ids as PostgreSQL reads an array, which is faster than a list that Python converts."""
    return f"{{{','.join(map(str, ids))}}}"


@models.CharField.register_lookup
@models.BigAutoField.register_lookup
class AnyOf(models.Lookup):
    """Match ids or keys in a list, sent as one array: a thousand parameters would cost more.

    Also those of an ``ArraySubquery``, which is read first, whatever PostgreSQL expects of it.
    """

    lookup_name = "any_of"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        """Return the comparison with ANY."""
        column, parameters = self.process_lhs(compiler, connection)
        if self.rhs_is_direct_value():
            return f"{column} = ANY(%s)", (*parameters, self.rhs)
        ids, parameters_of_ids = compiler.compile(self.rhs)
        return f"{column} = ANY({ids})", (*parameters, *parameters_of_ids)


class ReturnsBetween(BaseTable):
    """The returns of a time of creation, in place of their table.

    OFFSET 0 has PostgreSQL read them before it looks at other conditions.
    """

    def __init__(
        self, table_name: str, alias: str | None, since: datetime, before: datetime | None
    ) -> None:
        super().__init__(table_name, alias)
        self.since, self.before = since, before

    def as_sql(self, compiler: Any, _connection: Any) -> Any:
        """Return the subquery and its parameters."""
        table, alias = map(compiler.quote_name, (self.table_name, self.table_alias))
        until = " AND created_at < %s" if self.before else ""
        rows = f"SELECT * FROM {table} WHERE created_at >= %s{until} OFFSET 0"  # noqa: S608
        return f"({rows}) AS {alias}", [self.since, *filter(None, [self.before])]

    def relabeled_clone(self, change_map: Any) -> "ReturnsBetween":
        """Return these returns under another alias."""
        alias = change_map.get(self.table_alias, self.table_alias)
        return ReturnsBetween(self.table_name, alias, self.since, self.before)


@dataclass(frozen=True)
class OrderedTaggings:
    """The returns that have any of some tags, joined like a table: each once, by creation time.

    Both the branch of each tag and the union are ordered. So PostgreSQL can merge one index range
    per tag and stop where the page ends. The join is by id alone: PostgreSQL would estimate a
    second, redundant condition separately, and expect hardly any row.

    Has the attributes that Django expects of an entry in ``Query.alias_map``.
    """

    tag_ids: tuple[int, ...]
    table_name: str
    parent_alias: str
    table_alias: str = TAGGINGS_ALIAS
    descending: bool = True
    join_type = INNER
    nullable = False
    filtered_relation = None

    def as_sql(self, compiler: Any, _connection: Any) -> tuple[str, list[int]]:
        """Return the JOIN and its parameters."""
        table, alias, parent = map(
            compiler.quote_name, (self.table_name, self.table_alias, self.parent_alias)
        )
        direction = "DESC" if self.descending else "ASC"
        order = f"ORDER BY entity_created_at {direction}, entity_id {direction}"
        columns = "SELECT entity_created_at, entity_id FROM"
        branch = f"({columns} {table} WHERE tag_id = %s {order})"
        branches = " UNION ALL ".join([branch] * len(self.tag_ids))
        distinct = columns.replace("SELECT", "SELECT DISTINCT") + f" ({branches}) AS each {order}"
        join = f"{INNER} ({distinct}) AS {alias} ON ({alias}.entity_id = {parent}.id)"
        return join, list(self.tag_ids)

    def relabeled_clone(self, change_map: dict[str, str]) -> "OrderedTaggings":
        """Return this join under other aliases."""
        parent, alias = (change_map.get(a, a) for a in (self.parent_alias, self.table_alias))
        return replace(self, parent_alias=parent, table_alias=alias)
