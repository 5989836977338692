"""Which returns, and in what order: each method is one rule and can be chained."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Exists, F, FilteredRelation, Func, OuterRef, Q
from django.db.models.expressions import Col
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.db.models.functions import ExtractIsoWeekDay
from django.db.models.sql.constants import INNER
from django.utils.timezone import get_default_timezone

if TYPE_CHECKING:
    from returns.models import Return

# The keys that people search by, as columns of Return.
REFERENCE, ORDER, TRACKING = "return_key", "order_key", "tracking_key"
EVERY_NUMBER = (ORDER, REFERENCE, TRACKING)

NO_TIME = timedelta(0)

# The beginning of the aliases of joined tags.
TAGGED = "tagged_"
# Endings of the aliases under which a tag's index repeats a return's creation time and id.
TAGGED_AT, TAGGED_ID = "_created_at", "_entity_id"
# The alias of the taggings that are read in place of the returns.
READ = "read"


class SearchKey(Func):
    """A number as it is searched: A-Z and 0-9 only, whatever the case, accents and spaces.

    NULL when nothing is left, so a missing number is never found.
    """

    function = "returns_search_key"
    arity = 1


class WordsKey(Func):
    """A text as its words are searched: in capitals, without accents, a space before each word.

    NULL when it holds no letter or digit.
    """

    function = "returns_words_key"
    arity = 1
    output_field = models.TextField()


@models.BigAutoField.register_lookup
class AnyOf(models.Lookup):
    """Ids in a list, sent as one array: a thousand parameters would cost more than the search."""

    lookup_name = "any_of"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        """Return the comparison with ANY."""
        column, parameters = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s)", (*parameters, self.rhs)


@dataclass(frozen=True)
class TaggingsInOrder:
    """Who carries any of some tags, joined like a table: each return once, in order of creation.

    An order for each tag and for all of them is what lets PostgreSQL merge one range of an index
    for each tag and stop where a page ends. It is joined by id alone: to a second column that
    says the same PostgreSQL would give a probability of its own, and expect hardly any row.
    Has what Django asks of entries of ``Query.alias_map``.
    """

    tag_ids: tuple[int, ...]
    table_name: str
    parent_alias: str
    table_alias: str = READ
    descending: bool = True
    join_type = INNER
    nullable = False
    filtered_relation = None

    def as_sql(self, compiler: Any, _connection: Any) -> tuple[str, list[int]]:
        """Return the JOIN and its parameters."""
        table, alias, parent = map(
            compiler.quote_name, (self.table_name, self.table_alias, self.parent_alias)
        )
        sign = "DESC" if self.descending else "ASC"
        order = f"ORDER BY entity_created_at {sign}, entity_id {sign}"
        columns = "SELECT entity_created_at, entity_id FROM"
        each = f"({columns} {table} WHERE tag_id = %s {order})"
        branches = " UNION ALL ".join([each] * len(self.tag_ids))
        once = columns.replace("SELECT", "SELECT DISTINCT") + f" ({branches}) AS each {order}"
        join = f"{INNER} ({once}) AS {alias} ON ({alias}.entity_id = {parent}.id)"
        return join, list(self.tag_ids)

    def relabeled_clone(self, change_map: dict[str, str]) -> "TaggingsInOrder":
        """Return the same under other aliases."""
        parent, alias = (change_map.get(a, a) for a in (self.parent_alias, self.table_alias))
        return replace(self, parent_alias=parent, table_alias=alias)


def put_by_rules(
    rule: str | None = None,
    since: datetime | None = None,
    before: datetime | None = None,
    *,
    undone: bool = False,
) -> models.QuerySet[Any]:
    """Return the events by which a rule, or any rule, put a tag on a return.

    ``undone``: those of tags that a person or a program took off again. What merging or undoing
    took off was nobody's wish.
    """
    events = apps.get_model("returns", "ReturnTagEvent")._default_manager
    put: models.QuerySet[Any] = events.filter(pgh_label="tag.added", pgh_context__has_key="rule")
    if rule is not None:
        put = put.filter(pgh_context__rule=rule)
    if since:
        put = put.filter(pgh_created_at__gte=since)
    if before:
        put = put.filter(pgh_created_at__lt=before)
    if not undone:
        return put
    taken_off = events.filter(
        pgh_label="tag.removed",
        pgh_context__has_any_keys=["user", "program"],
        entity=OuterRef("entity"),
        tag=OuterRef("tag"),
        pgh_id__gt=OuterRef("pgh_id"),
    )
    undoing = Exists(taken_off.exclude(pgh_context__has_key="action"))
    return put.filter(undoing)


class ReturnQuerySet(models.QuerySet["Return"]):
    """Rules about returns.

    ``tag_joins`` are the beginnings of the aliases under which tags are joined: their indexes
    repeat a return's creation time and id.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tag_joins: tuple[str, ...] = ()

    def _clone(self) -> Self:
        clone: Self = super()._clone()  # type: ignore[misc]
        clone.tag_joins = self.tag_joins
        return clone

    def in_state(self, *states: str) -> Self:
        """Keep returns in one of these states."""
        return self.filter(state__in=states) if len(states) > 1 else self.filter(state=states[0])

    def created(self, comparison: str, moment: datetime) -> Self:
        """Keep returns whose creation compares so with a moment: ``gte`` or ``lt``."""
        found = self.filter(**{f"created_at__{comparison}": moment})
        if READ in self.tag_joins:
            found = found.filter(**{f"{READ}{TAGGED_AT}__{comparison}": moment})
        return found

    def waiting(self, hours: float, *, over: bool, now: datetime) -> Self:
        """Keep open returns that arrived longer ago, or less long ago, than the hours."""
        limit = now - timedelta(hours=hours)
        comparison = "lt" if over else "gte"
        return self.in_state("ArrivedToWarehouse").filter(
            **{f"arrived_to_warehouse_at__{comparison}": limit}
        )

    def open_at(self, moment: datetime) -> Self:
        """Keep returns that had arrived before a moment and were not completed before it."""
        still = Q(completed_at__isnull=True) | Q(completed_at__gte=moment)
        return self.filter(still, arrived_to_warehouse_at__lt=moment)

    def took(self, hours: float, *, over: bool) -> Self:
        """Keep returns completed so many hours or more after they arrived, or fewer."""
        taken = F("completed_at") - F("arrived_to_warehouse_at")
        limit = timedelta(hours=hours)
        span = {"taken__gte": limit} if over else {"taken__gte": NO_TIME, "taken__lt": limit}
        return self.alias(taken=taken).filter(**span)

    def took_unknown_time(self) -> Self:
        """Keep completed returns that did not arrive, or arrived after they were completed."""
        early = Q(completed_at__lt=F("arrived_to_warehouse_at"))
        return self.filter(early | Q(arrived_to_warehouse_at__isnull=True), state="Completed")

    def arrived_on(self, weekday: int) -> Self:
        """Keep returns that arrived on a day of the week, in ``TIME_ZONE``; Monday is 1."""
        day = ExtractIsoWeekDay("arrived_to_warehouse_at", tzinfo=get_default_timezone())
        return self.alias(weekday=day).filter(weekday=weekday)

    def tagged_by_rule(
        self,
        rule: str | None,
        since: datetime | None = None,
        before: datetime | None = None,
        *,
        undone: bool = False,
    ) -> Self:
        """Keep returns on which a rule, or any rule, put a tag within a span of time.

        ``undone``: that a person or a program took off again.
        """
        put = put_by_rules(rule, since, before, undone=undone)
        return self.filter(Exists(put.filter(entity=OuterRef("pk"))))

    def on_the_way(self, hours: float, *, over: bool, now: datetime) -> Self:
        """Keep returns created longer ago, or less long ago, that have not arrived yet."""
        limit = now - timedelta(hours=hours)
        return self.in_state("ReturnCreated").created("lt" if over else "gte", limit)

    def noted(self, texts: Iterable[str]) -> Self:
        """Keep returns whose notes contain one of the texts, from the beginning of a word on."""
        found = (Q(notes_key__contains=WordsKey(models.Value(text))) for text in texts)
        return self.filter(reduce(or_, found))

    def at_least_in_order(self, place: int) -> Self:
        """Keep returns that are at least the second, third, ... of their order, by creation."""
        created = OuterRef("created_at")
        before = Q(created_at__lt=created) | Q(created_at=created, pk__lt=OuterRef("pk"))
        earlier = self.model._default_manager.filter(before, order_key=OuterRef("order_key"))
        return self.filter(Exists(earlier.order_by()[place - 2 : place - 1]))

    def numbered(self, text: str, columns: Iterable[str]) -> Self:
        """Keep returns of which one of these numbers begins or ends with the text.

        Looks at each return by itself: nothing is ranked, and nothing is cut short.
        """
        found = Q()
        for part in {text, text.lstrip("0 ") or text}:
            key = SearchKey(models.Value(part))
            for column in columns:
                found |= Q(**{f"{column}__startswith": key}) | Q(**{f"{column}__endswith": key})
        return self.filter(found)

    def among(self, ids: Sequence[int]) -> Self:
        """Keep the returns with these ids."""
        return self.filter(pk__any_of=list(ids))

    def tagged(self, tag_ids: Iterable[int]) -> Self:
        """Keep returns that carry all of these tags.

        Each tag is joined by the return's id and its creation time, so that the list's order
        can be read from the index of whichever tag is the rarest.
        """
        found = self
        for tag_id in tag_ids:
            join = f"{TAGGED}{tag_id}"
            same_return = Q(taggings__tag=tag_id, taggings__entity_created_at=F("created_at"))
            found = found.alias(**{join: FilteredRelation("taggings", condition=same_return)})
            found = found.filter(**{f"{join}__isnull": False}).alias(
                **{
                    f"{join}{TAGGED_AT}": F(f"{join}__entity_created_at"),
                    f"{join}{TAGGED_ID}": F(f"{join}__entity_id"),
                }
            )
            found.tag_joins += (join,)
        return found

    def tagged_any(self, tag_ids: Iterable[int]) -> Self:
        """Keep returns that carry at least one of these tags."""
        return self.filter(self._has_any(tag_ids))

    def read_by_tags(self, tag_ids: Sequence[int]) -> Self:
        """Keep what ``tagged_any`` keeps, read from the tags' indexes; all when none is named.

        As quick for rare tags as for common ones, but only in order of creation, and where
        nothing else leaves few of these returns.
        """
        if not tag_ids:
            return self
        found = self.all()
        query, taggings = found.query, self._taggings()
        parent = query.get_initial_alias()
        join = TaggingsInOrder(tuple(tag_ids), taggings._meta.db_table, parent)
        query.alias_map[READ] = join  # type: ignore[assignment]
        query.alias_refcount[READ] = 1
        found = found.alias(
            **{
                f"{READ}{TAGGED_AT}": Col(READ, taggings._meta.get_field("entity_created_at")),
                f"{READ}{TAGGED_ID}": Col(READ, taggings._meta.get_field("entity")),
            }
        )
        found.tag_joins += (READ,)
        return found

    def untagged(self, tag_ids: Iterable[int]) -> Self:
        """Keep returns that carry none of these tags."""
        return self.filter(~self._has_any(tag_ids))

    def without_tags(self) -> Self:
        """Keep returns that carry no tag at all."""
        of_return = self._taggings()._default_manager.filter(entity=OuterRef("pk"))
        return self.filter(~Exists(of_return))

    def _has_any(self, tag_ids: Iterable[int]) -> Exists:
        of_return = self._taggings()._default_manager.filter(entity=OuterRef("pk"))
        return Exists(of_return.filter(tag__in=list(tag_ids)))

    def _taggings(self) -> Any:
        return self.model._meta.get_field("taggings").related_model

    def in_order_of(self, column: str, *, descending: bool) -> Self:
        """Order by a column, and by id where it is equal."""
        sign = "-" if descending else ""
        read = self.query.alias_map.get(READ)
        if column != "created_at" or not isinstance(read, TaggingsInOrder):
            return self.order_by(f"{sign}{column}", f"{sign}pk")
        found = self.order_by(f"{sign}{READ}{TAGGED_AT}", f"{sign}pk")
        found.query.alias_map[READ] = replace(read, descending=descending)
        return found

    def beyond(self, column: str, value: Any, pk: int, *, descending: bool) -> Self:
        """Keep what follows the row with this value and id in ``in_order_of(...)``.

        Compared as a row value: an OR of two comparisons would not use the index.
        """
        follows = TupleLessThan if descending else TupleGreaterThan
        found = self.filter(follows(Tuple(column, "pk"), (value, pk)))
        if column != "created_at":
            return found
        # The index of a tag repeats created_at and id; start there as well.
        for join in self.tag_joins:
            repeated = Tuple(f"{join}{TAGGED_AT}", f"{join}{TAGGED_ID}")
            found = found.filter(follows(repeated, (value, pk)))
        return found

    def of_the_order_of(self, record: "Return") -> Self:
        """Keep the other returns of a return's order, the newest first."""
        if not record.order_key:
            return self.none()
        same_order = self.filter(order_key=record.order_key).exclude(pk=record.pk)
        return same_order.in_order_of("created_at", descending=True)

    def with_tag_ids(self) -> Self:
        """Add ``tag_ids``, the ids of each return's tags."""
        of_return = self._taggings()._default_manager.filter(entity=OuterRef("pk"))
        of_return = of_return.values("tag_id")
        return self.annotate(tag_ids=ArraySubquery(of_return))
