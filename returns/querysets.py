"""Which returns, and in what order: each method is one rule and can be chained."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Count, Exists, F, FilteredRelation, OuterRef, Q, Subquery
from django.db.models.expressions import Col
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.db.models.functions import Coalesce, ExtractIsoWeekDay
from django.utils.timezone import get_default_timezone

from returns.expressions import TAGGINGS_ALIAS, OrderedTaggings, SearchKey, WordsKey

if TYPE_CHECKING:
    from returns.models import Return

# Columns of Return that hold the keys of the three numbers that people search by.
REFERENCE_KEY, ORDER_KEY, TRACKING_KEY = "return_key", "order_key", "tracking_key"
SEARCH_KEYS = (ORDER_KEY, REFERENCE_KEY, TRACKING_KEY)


# A joined tag's alias begins with this prefix. The suffixes name the columns of its index that
# repeat the return's creation time and id.
TAG_ALIAS_PREFIX = "tagged_"
CREATED_AT_SUFFIX, ENTITY_ID_SUFFIX = "_created_at", "_entity_id"


def rule_tag_events(
    rule: str | None = None,
    since: datetime | None = None,
    before: datetime | None = None,
    *,
    undone: bool = False,
) -> models.QuerySet[Any]:
    """Return the events in which a rule, or any rule, added a tag to a return.

    ``undone`` keeps those whose tag a person or a program has removed since. Removals by merging
    tags or by undoing an action do not count: nobody decided them for this return.
    """
    events = apps.get_model("returns", "ReturnTagEvent")._default_manager
    added: models.QuerySet[Any] = events.filter(pgh_label="tag.added", pgh_context__has_key="rule")
    if rule is not None:
        added = added.filter(pgh_context__rule=rule)
    if since:
        added = added.filter(pgh_created_at__gte=since)
    if before:
        added = added.filter(pgh_created_at__lt=before)
    if not undone:
        return added
    removals = events.filter(
        pgh_label="tag.removed",
        pgh_context__has_any_keys=["user", "program"],
        entity=OuterRef("entity"),
        tag=OuterRef("tag"),
        pgh_id__gt=OuterRef("pgh_id"),
    )
    return added.filter(Exists(removals.exclude(pgh_context__has_key="action")))


class ReturnQuerySet(models.QuerySet["Return"]):
    """Rules about returns.

    ``tag_joins`` holds the aliases under which tags are joined. Their indexes repeat a return's
    creation time and id, so conditions on these can be applied to the index as well.
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

    def created(self, lookup: str, moment: datetime) -> Self:
        """Keep returns by their creation time; ``lookup`` is ``gte`` or ``lt``."""
        queryset = self.filter(**{f"created_at__{lookup}": moment})
        if TAGGINGS_ALIAS in self.tag_joins:
            repeated = f"{TAGGINGS_ALIAS}{CREATED_AT_SUFFIX}"
            queryset = queryset.filter(**{f"{repeated}__{lookup}": moment})
        return queryset

    def waiting(self, hours: float, *, over: bool, now: datetime) -> Self:
        """Keep arrived, not yet completed returns that have waited over, or under, these hours."""
        limit = now - timedelta(hours=hours)
        lookup = "lt" if over else "gte"
        return self.in_state("ArrivedToWarehouse").filter(
            **{f"arrived_to_warehouse_at__{lookup}": limit}
        )

    def open_at(self, moment: datetime) -> Self:
        """Keep returns that had arrived, but were not yet completed, at a moment."""
        not_completed = Q(completed_at__isnull=True) | Q(completed_at__gte=moment)
        return self.filter(not_completed, arrived_to_warehouse_at__lt=moment)

    def with_processing_time(self, hours: float, *, over: bool) -> Self:
        """Keep returns whose processing took at least these hours, or with ``over=False`` less."""
        time = F("completed_at") - F("arrived_to_warehouse_at")
        limit = timedelta(hours=hours)
        bounds = {"time__gte": limit} if over else {"time__gte": timedelta(0), "time__lt": limit}
        return self.alias(time=time).filter(**bounds)

    def with_unknown_processing_time(self) -> Self:
        """Keep completed returns without an arrival, or with one after their completion."""
        negative = Q(completed_at__lt=F("arrived_to_warehouse_at"))
        return self.filter(negative | Q(arrived_to_warehouse_at__isnull=True), state="Completed")

    def arrived_on_weekday(self, weekday: int) -> Self:
        """Keep returns that arrived on a weekday in ``TIME_ZONE``; Monday is 1."""
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
        """Keep returns to which a rule, or any rule, added a tag within a period.

        ``undone`` keeps those from which a person or a program has removed that tag since.
        """
        events = rule_tag_events(rule, since, before, undone=undone)
        return self.filter(Exists(events.filter(entity=OuterRef("pk"))))

    def on_the_way(self, hours: float, *, over: bool, now: datetime) -> Self:
        """Keep returns that have not arrived, created more, or less, than these hours ago."""
        limit = now - timedelta(hours=hours)
        return self.in_state("ReturnCreated").created("lt" if over else "gte", limit)

    def with_notes_containing(self, texts: Iterable[str]) -> Self:
        """Keep returns whose notes contain one of the texts, starting at the start of a word."""
        conditions = (Q(notes_key__contains=WordsKey(models.Value(text))) for text in texts)
        return self.filter(reduce(or_, conditions))

    def with_carrier(self, texts: Sequence[str]) -> Self:
        """Keep returns whose carrier is spelt in one of these ways."""
        # With one text alone, an index has the rows in the order of the list.
        one = len(texts) == 1
        return self.filter(cargo_carrier=texts[0]) if one else self.filter(cargo_carrier__in=texts)

    def at_least_nth_of_order(self, number: int) -> Self:
        """Keep returns that are at least the second, third, ... of their order, by creation."""
        created = OuterRef("created_at")
        is_earlier = Q(created_at__lt=created) | Q(created_at=created, pk__lt=OuterRef("pk"))
        earlier = self.model._default_manager.filter(is_earlier, order_key=OuterRef("order_key"))
        return self.filter(Exists(earlier.order_by()[number - 2 : number - 1]))

    def with_number(self, text: str, columns: Iterable[str]) -> Self:
        """Keep returns in which one of these number columns begins or ends with the text.

        Each return is compared by itself: nothing is ranked or cut short.
        """
        condition = Q()
        for part in {text, text.lstrip("0 ") or text}:
            key = SearchKey(models.Value(part))
            for column in columns:
                condition |= Q(**{f"{column}__startswith": key}) | Q(**{f"{column}__endswith": key})
        return self.filter(condition)

    def among(self, ids: Sequence[int]) -> Self:
        """Keep the returns with these ids."""
        return self.filter(pk__any_of=list(ids))

    def tagged(self, tag_ids: Iterable[int]) -> Self:
        """Keep returns that have all of these tags.

        Each tag is joined by both the id and the creation time of the return, so that PostgreSQL
        can read the list's order from the index of the rarest tag.
        """
        queryset = self
        for tag_id in tag_ids:
            join = f"{TAG_ALIAS_PREFIX}{tag_id}"
            same_return = Q(taggings__tag=tag_id, taggings__entity_created_at=F("created_at"))
            queryset = queryset.alias(**{join: FilteredRelation("taggings", condition=same_return)})
            queryset = queryset.filter(**{f"{join}__isnull": False}).alias(
                **{
                    f"{join}{CREATED_AT_SUFFIX}": F(f"{join}__entity_created_at"),
                    f"{join}{ENTITY_ID_SUFFIX}": F(f"{join}__entity_id"),
                }
            )
            queryset.tag_joins += (join,)
        return queryset

    def tagged_any(self, tag_ids: Iterable[int]) -> Self:
        """Keep returns that have at least one of these tags."""
        return self.filter(self._has_any(tag_ids))

    def tagged_any_by_creation(self, tag_ids: Sequence[int]) -> Self:
        """Keep the same returns as ``tagged_any``, read through the tags' indexes.

        As fast for rare tags as for common ones, but only in order of creation and without
        another filter that keeps few returns. Without tags, all returns are kept.
        """
        if not tag_ids:
            return self
        queryset = self.all()
        query, taggings = queryset.query, self._taggings()
        parent = query.get_initial_alias()
        join = OrderedTaggings(tuple(tag_ids), taggings._meta.db_table, parent)
        query.alias_map[TAGGINGS_ALIAS] = join  # type: ignore[assignment]
        query.alias_refcount[TAGGINGS_ALIAS] = 1
        created_at, entity = map(taggings._meta.get_field, ("entity_created_at", "entity"))
        queryset = queryset.alias(
            **{
                f"{TAGGINGS_ALIAS}{CREATED_AT_SUFFIX}": Col(TAGGINGS_ALIAS, created_at),
                f"{TAGGINGS_ALIAS}{ENTITY_ID_SUFFIX}": Col(TAGGINGS_ALIAS, entity),
            }
        )
        queryset.tag_joins += (TAGGINGS_ALIAS,)
        return queryset

    def untagged(self, tag_ids: Iterable[int]) -> Self:
        """Keep returns that have none of these tags."""
        return self.filter(~self._has_any(tag_ids))

    def without_tags(self) -> Self:
        """Keep returns that have no tag at all."""
        taggings = self._taggings()._default_manager.filter(entity=OuterRef("pk"))
        return self.filter(~Exists(taggings))

    def _has_any(self, tag_ids: Iterable[int]) -> Exists:
        taggings = self._taggings()._default_manager.filter(entity=OuterRef("pk"))
        return Exists(taggings.filter(tag__in=list(tag_ids)))

    def _taggings(self) -> Any:
        return self.model._meta.get_field("taggings").related_model

    def in_order_of(self, column: str, *, descending: bool) -> Self:
        """Order by a column, and by id where its values are equal."""
        sign = "-" if descending else ""
        taggings = self.query.alias_map.get(TAGGINGS_ALIAS)
        if column != "created_at" or not isinstance(taggings, OrderedTaggings):
            return self.order_by(f"{sign}{column}", f"{sign}pk")
        queryset = self.order_by(f"{sign}{TAGGINGS_ALIAS}{CREATED_AT_SUFFIX}", f"{sign}pk")
        queryset.query.alias_map[TAGGINGS_ALIAS] = replace(taggings, descending=descending)
        return queryset

    def after_row(self, column: str, value: Any, pk: int, *, descending: bool) -> Self:
        """Keep the rows that follow the row with this value and id in ``in_order_of(...)``.

        Compared as a row value: an OR of two comparisons would not use the index.
        """
        lookup = TupleLessThan if descending else TupleGreaterThan
        queryset = self.filter(lookup(Tuple(column, "pk"), (value, pk)))
        if column != "created_at":
            return queryset
        # A tag's index repeats created_at and id: start there as well.
        for join in self.tag_joins:
            repeated = Tuple(f"{join}{CREATED_AT_SUFFIX}", f"{join}{ENTITY_ID_SUFFIX}")
            queryset = queryset.filter(lookup(repeated, (value, pk)))
        return queryset

    def same_order_as(self, record: "Return") -> Self:
        """Keep the other returns of a return's order, newest first."""
        if not record.order_key:
            return self.none()
        same_order = self.filter(order_key=record.order_key).exclude(pk=record.pk)
        return same_order.in_order_of("created_at", descending=True)

    def with_tag_ids(self) -> Self:
        """Annotate each return with ``tag_ids``, a list of the ids of its tags."""
        taggings = self._taggings()._default_manager.filter(entity=OuterRef("pk"))
        return self.annotate(tag_ids=ArraySubquery(taggings.values("tag_id")))

    def commented(self, *, yes: bool) -> Self:
        """Keep returns with a comment that is not deleted, or those without one."""
        has_comment = Exists(self._comments())
        return self.filter(has_comment if yes else ~has_comment)

    def with_comment_count(self) -> Self:
        """Annotate each return with ``comment_count``, the number of its comments."""
        count = self._comments().values("record").annotate(count=Count("pk")).values("count")
        return self.annotate(comment_count=Coalesce(Subquery(count), 0))

    def _comments(self) -> models.QuerySet[Any]:
        comments = apps.get_model("returns", "Comment")._default_manager
        return comments.filter(record=OuterRef("pk"), deleted_at=None).order_by()
