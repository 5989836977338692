"""Returns joined with their tags and items, and the orders in which these can be read."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Self

from django.apps import apps
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import DateTimeField, Exists, F, FilteredRelation, OuterRef, Q
from django.db.models.expressions import Col, CombinedExpression, OrderBy
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.db.models.functions import Cast, Concat

from returns.expressions import TAGGINGS_ALIAS, OrderedTaggings, ReturnsBetween, SearchKey

# The annotation by which lists are sorted by value: the currency, then the amount as a text. Its
# columns are read from the index of values, which repeats the id of the return.
VALUE_KEY = "value_key"
CURRENCY_LENGTH = 3
COLUMNS_IN_ORDER = {VALUE_KEY: ("value__currency", "value__amount", "value__record_id")}
# A joined tag's alias begins with this prefix, and this is that of joined items. The suffixes name
# the columns of their indexes that repeat the return's creation time and id.
TAG_ALIAS_PREFIX, ITEM_ALIAS = "tagged_", "with_item"
CREATED_AT_SUFFIX, ENTITY_ID_SUFFIX = "_created_at", "_entity_id"
# The same times, for which no index has the order.
_CREATED_AT = CombinedExpression(
    F("created_at"), "+", models.Value(timedelta(0)), output_field=DateTimeField()
)


class JoinedQuerySet[Record: models.Model](models.QuerySet[Record]):
    """Rules about the tags and items of returns, and about the order of a list.

    ``joins_by_creation`` holds the aliases under which tags and items are joined. Their indexes
    repeat a return's creation time and id, so conditions on these can be applied to them as well.
    ``is_read_whole`` tells that no index is read in order of creation, see ``read_whole``.
    ``has_words`` tells that notes are filtered by words, see ``created_between``.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.joins_by_creation: tuple[str, ...] = ()
        self.is_read_whole = False
        self.has_words = False

    def _clone(self) -> Self:
        clone: Self = super()._clone()  # type: ignore[misc]
        clone.joins_by_creation = self.joins_by_creation
        clone.is_read_whole = self.is_read_whole
        clone.has_words = self.has_words
        return clone

    def created(self, lookup: str, moment: datetime) -> Self:
        """Keep returns by their creation time; ``lookup`` is ``gte`` or ``lt``."""
        queryset = self.filter(**{f"created_at__{lookup}": moment})
        for join in self.joins_by_creation:
            # Of tags after a moment, PostgreSQL would expect too few: of both conditions.
            if lookup == "lt" or join in {TAGGINGS_ALIAS, ITEM_ALIAS}:
                queryset = queryset.filter(**{f"{join}{CREATED_AT_SUFFIX}__{lookup}": moment})
        return queryset

    def created_between(self, since: datetime, before: datetime | None) -> Self:
        """Keep the few returns that were created from one moment on, and before another if any.

        Where words of notes are filtered, these returns are read first: PostgreSQL would look up
        all returns with a word as well.
        """
        bounds = {"gte": since} | ({"lt": before} if before else {})
        queryset = self.all()
        for lookup, moment in bounds.items():
            queryset = queryset.filter(**{f"created_at__{lookup}": moment})
            for join in self.joins_by_creation:
                queryset = queryset.filter(**{f"{join}{CREATED_AT_SUFFIX}__{lookup}": moment})
        if self.has_words:
            query = queryset.query
            alias = query.get_initial_alias()
            table = query.alias_map[alias].table_name
            query.alias_map[alias] = ReturnsBetween(table, alias, since, before)
        return queryset

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
            queryset.joins_by_creation += (join,)
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
        queryset.joins_by_creation += (TAGGINGS_ALIAS,)
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

    def with_sku(self, sku: str) -> Self:
        """Keep returns with an item of this SKU, whatever its case, spaces and dashes.

        Joined, so that PostgreSQL can read the list's order from the index of the SKU. By the id
        alone: of a second condition, PostgreSQL would expect that hardly any row meets it.
        """
        condition = Q(
            items__sku_key=SearchKey(models.Value(sku)),
            items__is_first_of_sku=True,
        )
        queryset = self.alias(**{ITEM_ALIAS: FilteredRelation("items", condition=condition)})
        queryset = queryset.filter(**{f"{ITEM_ALIAS}__isnull": False}).alias(
            **{
                f"{ITEM_ALIAS}{CREATED_AT_SUFFIX}": F(f"{ITEM_ALIAS}__record_created_at"),
                f"{ITEM_ALIAS}{ENTITY_ID_SUFFIX}": F(f"{ITEM_ALIAS}__record_id"),
            }
        )
        queryset.joins_by_creation += (ITEM_ALIAS,)
        return queryset

    def with_serial_number(self, number: str) -> Self:
        """Keep returns with an item of this serial number, whatever its case and spaces."""
        key = SearchKey(models.Value(number))
        items = self._items().filter(record=OuterRef("pk"), serial_key=key)
        return self.filter(Exists(items.order_by()))

    def _items(self) -> models.QuerySet[Any]:
        items: models.QuerySet[Any] = apps.get_model("returns", "ReturnItem")._default_manager.all()
        return items

    def read_whole(self) -> Self:
        """Return the same rows, which are found first and then sorted.

        Otherwise PostgreSQL may read an index in order of creation until it has enough rows.
        """
        queryset = self.all()
        queryset.is_read_whole = True
        return queryset

    def in_order_of(self, column: str, *, descending: bool) -> Self:
        """Order by a column, and by id where its values are equal."""
        sign = "-" if descending else ""
        if column == "created_at" and self.is_read_whole:
            return self.order_by(OrderBy(_CREATED_AT, descending=descending), f"{sign}pk")
        if column == "created_at" and ITEM_ALIAS in self.joins_by_creation:
            return self.order_by(f"{sign}{ITEM_ALIAS}{CREATED_AT_SUFFIX}", f"{sign}pk")
        taggings = self.query.alias_map.get(TAGGINGS_ALIAS)
        if column != "created_at" or not isinstance(taggings, OrderedTaggings):
            columns = COLUMNS_IN_ORDER.get(column, (column, "pk"))
            return self.order_by(*(f"{sign}{name}" for name in columns))
        queryset = self.order_by(f"{sign}{TAGGINGS_ALIAS}{CREATED_AT_SUFFIX}", f"{sign}pk")
        queryset.query.alias_map[TAGGINGS_ALIAS] = replace(taggings, descending=descending)
        return queryset

    def after_row(self, column: str, value: Any, pk: int, *, descending: bool) -> Self:
        """Keep the rows that follow the row with this value and id in ``in_order_of(...)``.

        Compared as a row value: an OR of two comparisons would not use the index.
        """
        lookup = TupleLessThan if descending else TupleGreaterThan
        if column == VALUE_KEY:
            values = value[:CURRENCY_LENGTH], Decimal(value[CURRENCY_LENGTH:]), pk
            return self.filter(lookup(Tuple(*COLUMNS_IN_ORDER[column]), values))
        queryset = self.filter(lookup(Tuple(column, "pk"), (value, pk)))
        if column != "created_at":
            return queryset
        # A tag's index repeats created_at and id: start there as well.
        for join in self.joins_by_creation:
            repeated = Tuple(f"{join}{CREATED_AT_SUFFIX}", f"{join}{ENTITY_ID_SUFFIX}")
            queryset = queryset.filter(lookup(repeated, (value, pk)))
        return queryset

    def with_value_key(self) -> Self:
        """Annotate each return with ``value_key``: "TRY1299.8000", or "" if there is no value."""
        parts = (Cast(f"value__{name}", models.TextField()) for name in ("currency", "amount"))
        return self.annotate(**{VALUE_KEY: Concat(*parts)})

    def with_tag_ids(self) -> Self:
        """Annotate each return with ``tag_ids``, a list of the ids of its tags."""
        taggings = self._taggings()._default_manager.filter(entity=OuterRef("pk"))
        return self.annotate(tag_ids=ArraySubquery(taggings.values("tag_id")))
