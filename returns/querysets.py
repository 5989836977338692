"""Which returns, and in what order: each method is one rule and can be chained."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Exists, F, FilteredRelation, Func, OuterRef, Q
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan

if TYPE_CHECKING:
    from returns.models import Return

# The keys that people search by, as columns of Return.
REFERENCE, ORDER, TRACKING = "return_key", "order_key", "tracking_key"
EVERY_NUMBER = (ORDER, REFERENCE, TRACKING)

# Endings of the aliases under which a tag's index repeats a return's creation time and id.
TAGGED_AT, TAGGED_ID = "_created_at", "_entity_id"


class SearchKey(Func):
    """A number as it is searched: A-Z and 0-9 only, whatever the case, accents and spaces.

    NULL when nothing is left, so a missing number is never found.
    """

    function = "returns_search_key"
    arity = 1


@models.BigAutoField.register_lookup
class AnyOf(models.Lookup):
    """Ids in a list, sent as one array: a thousand parameters would cost more than the search."""

    lookup_name = "any_of"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        """Return the comparison with ANY."""
        column, parameters = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s)", (*parameters, self.rhs)


class ReturnQuerySet(models.QuerySet["Return"]):
    """Rules about returns."""

    def in_state(self, *states: str) -> Self:
        """Keep returns in one of these states."""
        return self.filter(state__in=states) if len(states) > 1 else self.filter(state=states[0])

    def waiting(self, hours: float, *, over: bool, now: datetime) -> Self:
        """Keep open returns that arrived longer ago, or less long ago, than the hours."""
        limit = now - timedelta(hours=hours)
        comparison = "lt" if over else "gte"
        return self.in_state("ArrivedToWarehouse").filter(
            **{f"arrived_to_warehouse_at__{comparison}": limit}
        )

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
            join = f"tagged_{tag_id}"
            same_return = Q(taggings__tag=tag_id, taggings__entity_created_at=F("created_at"))
            found = found.alias(**{join: FilteredRelation("taggings", condition=same_return)})
            found = found.filter(**{f"{join}__isnull": False}).alias(
                **{
                    f"{join}{TAGGED_AT}": F(f"{join}__entity_created_at"),
                    f"{join}{TAGGED_ID}": F(f"{join}__entity_id"),
                }
            )
        return found

    def untagged(self, tag_ids: Iterable[int]) -> Self:
        """Keep returns that carry none of these tags."""
        taggings = self.model._meta.get_field("taggings").related_model
        of_return = taggings._default_manager.filter(entity=OuterRef("pk"))
        return self.filter(~Exists(of_return.filter(tag__in=list(tag_ids))))

    def in_order_of(self, column: str, *, descending: bool) -> Self:
        """Order by a column, and by id where it is equal."""
        sign = "-" if descending else ""
        return self.order_by(f"{sign}{column}", f"{sign}pk")

    def beyond(self, column: str, value: Any, pk: int, *, descending: bool) -> Self:
        """Keep what follows the row with this value and id in ``in_order_of(...)``.

        Compared as a row value: an OR of two comparisons would not use the index.
        """
        follows = TupleLessThan if descending else TupleGreaterThan
        found = self.filter(follows(Tuple(column, "pk"), (value, pk)))
        if column != "created_at":
            return found
        # The index of a tag repeats created_at and id; start there as well.
        for name in self.query.annotations:
            if name.endswith(TAGGED_AT):
                repeated = Tuple(name, name.removesuffix(TAGGED_AT) + TAGGED_ID)
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
        taggings = self.model._meta.get_field("taggings").related_model
        of_return = taggings._default_manager.filter(entity=OuterRef("pk")).values("tag_id")
        return self.annotate(tag_ids=ArraySubquery(of_return))
