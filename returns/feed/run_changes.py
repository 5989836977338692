"""The returns that a run created and changed, as its page lists them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from json import loads
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from config.shipped_names import tag_label
from returns.feed.fact_changes import FactChange, describe_change
from returns.feed.merging import FACT_COLUMNS
from returns.feed.records import TIME_COLUMNS
from returns.feed.statements import NULLABLE_JSON_COLUMNS
from returns.models import FeedRun, Kept, Return, ReturnTag, RunChange
from returns.models.line_items import to_line_items
from tags.tagging import UNDO_SOURCE
from tags.vocabulary import tag_names

CHANGES_PER_PAGE = 50
# Nobody sees a change of other columns.
VISIBLE_COLUMNS = [*FACT_COLUMNS, "unknown_fields", "feed_tags"]
IS_VISIBLE = Q(before=None) | Q(changes__has_any_keys=VISIBLE_COLUMNS)


@dataclass(frozen=True, slots=True)
class ListedChange:
    """What a run did to a return. ``facts`` are names of facts with their texts before and after.

    ``address`` is that of the return, "" if it has been deleted. ``kept`` says why undoing the run
    left it as it is.
    """

    reference: str
    address: str
    is_new: bool
    facts: list[tuple[str, str, str]]
    added: list[str]
    removed: list[str]
    kept: str


@dataclass(frozen=True, slots=True)
class ChangePage:
    """A page of changes. ``beyond`` is the parameter of the next page."""

    shown: list[ListedChange]
    beyond: int | None


def list_changes(run: FeedRun, beyond: int | None = None, *, only_kept: bool = False) -> ChangePage:
    """Return a page of what a run changed, in the order of returns, after the change ``beyond``.

    ``only_kept`` restricts it to returns that undoing the run left as they are.
    """
    changes = _after(RunChange.objects.filter(run=run), beyond)
    changes = changes.exclude(kept="") if only_kept else changes.filter(IS_VISIBLE)
    rows = list(changes.order_by("record_id", "pk")[: CHANGES_PER_PAGE + 1])
    shown = rows[:CHANGES_PER_PAGE]
    records = Return.objects.only("return_reference_number").in_bulk(
        {row.record_id for row in shown}
    )
    tags = _tags_of(run, records)
    listed = [_listed(row, records.get(row.record_id), tags[row.record_id]) for row in shown]
    return ChangePage(listed, shown[-1].pk if len(rows) > CHANGES_PER_PAGE else None)


def _after(changes: QuerySet[RunChange], beyond: int | None) -> QuerySet[RunChange]:
    last = changes.filter(pk=beyond).first() if beyond else None
    if last is None:
        return changes
    return changes.filter(
        Q(record_id=last.record_id, pk__gt=last.pk) | Q(record_id__gt=last.record_id),
        record_id__gte=last.record_id,
    )


def _listed(
    row: RunChange, record: Return | None, tags: Mapping[str, Sequence[str]]
) -> ListedChange:
    return ListedChange(
        row.reference,
        record.get_absolute_url() if record else "",
        row.before is None,
        [describe_change(change) for change in _differences(row.changes)],
        sorted(tags["tag.added"]),
        sorted(tags["tag.removed"]),
        str(Kept(row.kept).label) if row.kept else "",
    )


def _differences(changes: Mapping[str, list[Any]]) -> Iterator[FactChange]:
    for name in FACT_COLUMNS:
        if name in changes:
            before, after = changes[name]
            yield FactChange(name, _value(name, before), _value(name, after))
    old, new = (loads(text) for text in changes.get("unknown_fields", ("{}", "{}")))
    for name in dict.fromkeys([*old, *new]):
        if old.get(name) != new.get(name):
            yield FactChange(name, old.get(name), new.get(name))


def _value(name: str, stored: Any) -> Any:
    if stored and name in NULLABLE_JSON_COLUMNS:
        return to_line_items(loads(stored))
    return parse_datetime(stored) if stored and name in TIME_COLUMNS else stored


def _tags_of(run: FeedRun, ids: Iterable[int]) -> dict[int, dict[str, list[str]]]:
    """Return the labels of the tags that the run added and removed, by return and by event."""
    model: Any = ReturnTag
    events = model.pgh_event_models["tag.added"].objects.filter(
        entity__in=list(ids), pgh_context__run=run.pk
    )
    rows = list(
        events.exclude(pgh_context__source=UNDO_SOURCE)
        .order_by("pgh_id")
        .values_list("entity_id", "pgh_label", "tag_id")
    )
    names = tag_names({tag_id for *_, tag_id in rows})
    tags: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for entity_id, label, tag_id in rows:
        name = names.get(tag_id, "")
        tags[entity_id][label].append(tag_label(name) if name else _("a deleted tag"))
    return tags
