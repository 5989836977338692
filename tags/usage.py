"""How often the tags are used, and which records prevent a change."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.numbers import grouped
from tags import tagging
from tags.editing import lift_statement_timeout
from tags.models import Tag, TagGroup
from tags.vocabulary import TagChip, load_vocabulary

# Records with a tag are counted up to this number.
MAX_COUNTED_USES = 2_000
RECENT_DAYS = 30


@dataclass(frozen=True, slots=True)
class Usage:
    """The number of records with a tag, of those tagged in the last 30 days, and the last time.

    Numbers are exact up to ``MAX_COUNTED_USES``; one more than that means "or more".
    """

    total: int = 0
    recent: int = 0
    last: datetime | None = None

    @property
    def total_text(self) -> str:
        """Return the number of records with the tag for display: "12 returns"."""
        count = count_text(self.total)
        return ngettext("%(count)s return", "%(count)s returns", self.total) % {"count": count}

    @property
    def recent_text(self) -> str:
        """Return the number of recently tagged records for display."""
        return count_text(self.recent)


def count_text(count: int) -> str:
    """Return for example "12", or "2,000+" if there are more than are counted."""
    return grouped(count) if count <= MAX_COUNTED_USES else f"{grouped(MAX_COUNTED_USES)}+"


@dataclass(frozen=True, slots=True)
class ListedTag:
    """A tag on the page of the vocabulary, with the paths of the lists of its records."""

    chip: TagChip
    paths: list[str]


@dataclass(frozen=True, slots=True)
class ListedGroup:
    """A group on the page of the vocabulary.

    ``missing`` are links to the records that need a tag of the group but have none: a label and a
    path each.
    """

    group: TagGroup
    tags: list[ListedTag]
    missing: list[tuple[str, str]]


def usage_of_tags() -> dict[int, Usage]:
    """Return the usage of every tag by its id. One query for each kind of record."""
    usage: dict[int, Usage] = {}
    since = timezone.now() - timedelta(days=RECENT_DAYS)
    for kind in tagging.kinds_of_tagging():
        with connection.cursor() as cursor:
            limit = MAX_COUNTED_USES + 1
            cursor.execute(tagging.with_tables(USAGE, kind), [limit, since, limit])
            for tag_id, total, recent, last in cursor.fetchall():
                usage[tag_id] = _sum(usage.get(tag_id, Usage()), Usage(total, recent, last))
    return usage


def _sum(one: Usage, other: Usage) -> Usage:
    times = [time for time in (one.last, other.last) if time]
    return Usage(one.total + other.total, one.recent + other.recent, max(times, default=None))


def describe_uses(tag: Tag) -> str:
    """Say how many records have the tag, counted up to ``MAX_COUNTED_USES``; "" if none."""
    for kind in tagging.kinds_of_tagging():
        count = kind._default_manager.filter(tag=tag)[: MAX_COUNTED_USES + 1].count()
        if count > MAX_COUNTED_USES:
            records = tagging.count_label(kind, MAX_COUNTED_USES)
            return _("“%(tag)s” is on more than %(records)s.") % {"tag": tag, "records": records}
        if count:
            records = tagging.count_label(kind, count)
            return _("“%(tag)s” is on %(records)s.") % {"tag": tag, "records": records}
    return ""


@transaction.atomic
def describe_conflicts(tags: list[Tag]) -> str:
    """Say which records have two or more of these tags; "" if none."""
    lift_statement_timeout()
    for kind in tagging.kinds_of_tagging():
        tagged = kind._default_manager.filter(tag__in=tags).values("entity")
        conflicting = tagged.annotate(tags=Count("pk")).filter(tags__gt=1)
        if count := conflicting.count():
            first = list(conflicting.order_by("entity").values_list("entity", flat=True)[:4])
            return _("Two tags of this group are on %(records)s: %(examples)s.") % {
                "records": tagging.count_label(kind, count),
                "examples": tagging.example_names(kind, first),
            }
    return ""


def list_groups() -> list[ListedGroup]:
    """Return every group with its tags, retired tags last."""
    chips = load_vocabulary().values()
    return [
        ListedGroup(
            group,
            sorted(
                (ListedTag(chip, _list_paths(chip)) for chip in chips if chip.group_id == group.pk),
                key=lambda tag: tag.chip.retired,
            ),
            _missing_links(group),
        )
        for group in TagGroup.objects.all()
    ]


def _list_paths(chip: TagChip) -> list[str]:
    paths = [kind.list_path(tag=chip.name) for kind in tagging.kinds_of_tagging()]
    return [path for path in paths if path]


def _missing_links(group: TagGroup) -> list[tuple[str, str]]:
    stage = group.required_when
    return [
        (
            _("%(stage)s without %(group)s") % {"stage": kind.stages[stage], "group": group},
            kind.list_path(missing_group=group.name, stage=stage),
        )
        for kind in tagging.kinds_of_tagging()
        if stage in kind.stages
    ]


def stages() -> dict[str, str]:
    """Return the stages in which a group can be required, with their labels."""
    return {
        stage: label for kind in tagging.kinds_of_tagging() for stage, label in kind.stages.items()
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
