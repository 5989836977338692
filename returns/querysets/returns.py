"""Which returns: each method is one rule and can be chained."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.db import models
from django.db.models import (
    Count,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    Subquery,
)
from django.db.models.functions import Coalesce, ExtractIsoWeekDay, JSONObject
from django.db.models.lookups import LessThan
from django.utils.timezone import get_default_timezone

from returns.expressions import SearchKey, WordsKey, id_array
from returns.querysets.joined import JoinedQuerySet

if TYPE_CHECKING:
    from returns.models import Return

PROCESSING_TIME = ExpressionWrapper(
    F("completed_at") - F("arrived_to_warehouse_at"), output_field=DurationField()
)
# Completed without an arrival, or before it. An index has the same condition. PostgreSQL knows how
# many differences of the times are negative; of one time before another it expects a third.
UNKNOWN_PROCESSING_TIME = Q(state="Completed") & (
    Q(LessThan(PROCESSING_TIME, timedelta(0))) | Q(arrived_to_warehouse_at__isnull=True)
)


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


class ReturnQuerySet(JoinedQuerySet["Return"]):
    """Rules about returns, their rules, their order and their comments."""

    def in_state(self, *states: str) -> Self:
        """Keep returns in one of these states."""
        return self.filter(state__in=states) if len(states) > 1 else self.filter(state=states[0])

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
        limit = timedelta(hours=hours)
        bounds = {"time__gte": limit} if over else {"time__gte": timedelta(0), "time__lt": limit}
        return self.alias(time=PROCESSING_TIME).filter(**bounds)

    def with_unknown_processing_time(self) -> Self:
        """Keep completed returns without an arrival, or with one after their completion."""
        return self.filter(UNKNOWN_PROCESSING_TIME)

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
        queryset = self.filter(reduce(or_, conditions))
        queryset.has_words = True
        return queryset

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
        return self.filter(pk__any_of=id_array(ids))

    def with_items_counted_in(self, columns: Iterable[str]) -> Self:
        """Keep returns with an item of at least one of some kinds, given by their columns."""
        return self.filter(reduce(or_, (Q(**{f"{column}__gt": 0}) for column in columns)))

    def with_known_items(self) -> Self:
        """Keep returns whose line items the WMS has sent, also if there are none."""
        return self.filter(item_count__isnull=False)

    def worth(self, amount: Decimal, *, over: bool) -> Self:
        """Keep returns whose value, in its own currency, is over this amount, or at most that."""
        return self.filter(**{f"value__amount__{'gt' if over else 'lte'}": amount})

    def with_value_in(self, currency: str) -> Self:
        """Keep returns whose value is known, and in this currency."""
        return self.filter(value__currency=currency)

    def same_order_as(self, record: "Return") -> Self:
        """Keep the other returns of a return's order, newest first."""
        if not record.order_key:
            return self.none()
        same_order = self.filter(order_key=record.order_key).exclude(pk=record.pk)
        return same_order.in_order_of("created_at", descending=True)

    def commented(self, *, yes: bool) -> Self:
        """Keep returns with a comment that is not deleted, or those without one."""
        has_comment = Exists(self._comments())
        return self.filter(has_comment if yes else ~has_comment)

    def with_comment_count(self) -> Self:
        """Annotate each return with ``comment_count``, the number of its comments."""
        count = self._comments().values("record").annotate(count=Count("pk")).values("count")
        return self.annotate(comment_count=Coalesce(Subquery(count), 0))

    def claimed_by(self, person_id: int) -> Self:
        """Keep returns on which a person has an open claim."""
        return self.filter(pk__in=self._open_claims().filter(person=person_id).values("record"))

    def unclaimed(self) -> Self:
        """Keep returns on which nobody has an open claim."""
        return self.filter(~Exists(self._open_claims().filter(record=OuterRef("pk"))))

    def with_claimant(self) -> Self:
        """Annotate each return with ``claimant``, the names of who has claimed it, or None."""
        names = ("username", "first_name", "last_name")
        claims = self._open_claims().filter(record=OuterRef("pk"))
        person = JSONObject(**{name: f"person__{name}" for name in names})
        return self.annotate(claimant=Subquery(claims.values_list(person)[:1]))

    def _open_claims(self) -> models.QuerySet[Any]:
        claims = apps.get_model("returns", "Claim")._default_manager
        return claims.filter(ended_at=None).order_by()

    def _comments(self) -> models.QuerySet[Any]:
        comments = apps.get_model("returns", "Comment")._default_manager
        return comments.filter(record=OuterRef("pk"), deleted_at=None).order_by()
