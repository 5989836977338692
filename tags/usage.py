"""How much the tags are used, and which records stand in the way of a change."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Count
from django.utils import timezone

from tags import tagging
from tags.models import Tag, TagGroup
from tags.vocabulary import TagChip, vocabulary

# Records that carry a tag are counted up to here.
COUNTED_USES = 10_000
RECENT_DAYS = 30


@dataclass(frozen=True, slots=True)
class Usage:
    """How many records carry a tag, how many got it in the last 30 days, and when the last did.

    Numbers are exact up to ``COUNTED_USES``; one more than that means "more".
    """

    total: int = 0
    recent: int = 0
    last: datetime | None = None

    @property
    def total_in_words(self) -> str:
        """Return the number of records that carry the tag."""
        return _in_words(self.total)

    @property
    def recent_in_words(self) -> str:
        """Return the number of records that got the tag lately."""
        return _in_words(self.recent)


def _in_words(count: int) -> str:
    return f"{count:,}" if count <= COUNTED_USES else f"{COUNTED_USES:,}+"


@dataclass(frozen=True, slots=True)
class ListedTag:
    """A tag on the page of the vocabulary, and where its records are listed."""

    chip: TagChip
    addresses: list[str]


@dataclass(frozen=True, slots=True)
class ListedGroup:
    """A group on the page of the vocabulary; ``missing`` leads to the records that lack it."""

    group: TagGroup
    tags: list[ListedTag]
    missing: list[tuple[str, str]]


def usage_of_tags() -> dict[int, Usage]:
    """Return the usage of every tag by its id. One query for each kind of record."""
    found: dict[int, Usage] = {}
    since = timezone.now() - timedelta(days=RECENT_DAYS)
    for kind in tagging.kinds_of_tagging():
        with connection.cursor() as cursor:
            limit = COUNTED_USES + 1
            cursor.execute(tagging.in_sql(USAGE, kind), [limit, since, limit])
            for tag_id, total, recent, last in cursor.fetchall():
                found[tag_id] = _sum(found.get(tag_id, Usage()), Usage(total, recent, last))
    return found


def _sum(one: Usage, other: Usage) -> Usage:
    times = [time for time in (one.last, other.last) if time]
    return Usage(one.total + other.total, one.recent + other.recent, max(times, default=None))


def uses_of(tag: Tag) -> str:
    """Say how many records carry the tag, counted up to ``COUNTED_USES``; "" when none does."""
    for kind in tagging.kinds_of_tagging():
        count = kind._default_manager.filter(tag=tag)[: COUNTED_USES + 1].count()
        if count > COUNTED_USES:
            return f"More than {tagging.records_carry(kind, COUNTED_USES)} “{tag}”."
        if count:
            return f"{tagging.records_carry(kind, count)} “{tag}”."
    return ""


@transaction.atomic
def clashes(tags: list[Tag]) -> str:
    """Say which records carry two or more of these tags; "" when none does."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
    for kind in tagging.kinds_of_tagging():
        carried = kind._default_manager.filter(tag__in=tags).values("entity")
        twice = carried.annotate(tags=Count("pk")).filter(tags__gt=1)
        if count := twice.count():
            first = list(twice.order_by("entity").values_list("entity", flat=True)[:4])
            examples = tagging.example_of(kind, first)
            return f"{tagging.records_carry(kind, count)} two tags of this group: {examples}."
    return ""


def listed() -> list[ListedGroup]:
    """Return every group with its tags, those that are retired last."""
    words = vocabulary().values()
    return [
        ListedGroup(
            group,
            sorted(
                (ListedTag(chip, _addresses(chip)) for chip in words if chip.group_id == group.pk),
                key=lambda tag: tag.chip.retired,
            ),
            missing(group),
        )
        for group in TagGroup.objects.all()
    ]


def _addresses(chip: TagChip) -> list[str]:
    addresses = [kind.address_of(tag=chip.name) for kind in tagging.kinds_of_tagging()]
    return [address for address in addresses if address]


def missing(group: TagGroup) -> list[tuple[str, str]]:
    """Return, where the group is required, the words and the address of the records without it."""
    return [
        (f"{kind.stages[group.required_when]} without {group}", _address(kind, group))
        for kind in tagging.kinds_of_tagging()
        if group.required_when in kind.stages
    ]


def _address(kind: Any, group: TagGroup) -> str:
    address: str = kind.address_of(missing_group=group.name, stage=group.required_when)
    return address


def stages() -> dict[str, str]:
    """Return the stages from which on a group may be required, with their words."""
    return {
        stage: words for kind in tagging.kinds_of_tagging() for stage, words in kind.stages.items()
    }


USAGE = """
    SELECT tag.id, used.total, recent.total, recent.last FROM tags_tag tag
    CROSS JOIN LATERAL (
        SELECT count(*) AS total
        FROM (SELECT FROM {tagging} WHERE tag_id = tag.id LIMIT %s) AS capped
    ) AS used
    CROSS JOIN LATERAL (
        SELECT count(*) AS total, (
            SELECT max(tagged_at) FROM {tagging} WHERE tag_id = tag.id
        ) AS last
        FROM (
            SELECT FROM {tagging} WHERE tag_id = tag.id AND tagged_at >= %s LIMIT %s
        ) AS capped
    ) AS recent
    WHERE tag.synonym_of_id IS NULL
"""
