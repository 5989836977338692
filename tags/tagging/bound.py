"""The number of tags that a record may have, whoever adds them; see the setting RETURN_TAGS.

Callers have locked the records, so nobody else adds a tag meanwhile.
"""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import connection

from config.stored_texts import StoredText, stored_ntext
from tags.models import Tag, Tagging
from tags.tagging.kinds import id_array, with_tables
from tags.vocabulary import VocabularyError


class TooManyTagsError(VocabularyError):
    """A record would have more tags than it may; the message says how many that is."""


def describe_bound(_: type[Tagging]) -> StoredText:
    """Return for example "A return can have up to 100 tags."; the setting names returns too."""
    most = settings.RETURN_TAGS
    return stored_ntext(
        "A return can have up to %(count)s tag.",
        "A return can have up to %(count)s tags.",
        most,
        count=most,
    )


def is_within_reach() -> bool:
    """Tell whether there are more tags than a record may have; otherwise no record is full."""
    return Tag.objects.count() > settings.RETURN_TAGS


def find_full(
    tagging: type[Tagging],
    entity_ids: Sequence[int],
    adds: Sequence[int],
    removes: Sequence[int] = (),
) -> list[int]:
    """Return the ids of the records that would have too many tags after adding and removing these.

    Records that have all of the tags to add are not among them.
    """
    if not adds or not is_within_reach():
        return []
    most = settings.RETURN_TAGS
    with connection.cursor() as cursor:
        # Hardly any, found by the index alone.
        params: list[Any] = [id_array(entity_ids), most - len(adds)]
        cursor.execute(with_tables(FIND_NEARLY_FULL, tagging), params)
        nearly_full = [row[0] for row in cursor.fetchall()]
        if not nearly_full:
            return []
        params = [list(adds), list(removes), nearly_full, most]
        cursor.execute(with_tables(FIND_FULL, tagging), params)
        return [row[0] for row in cursor.fetchall()]


FIND_NEARLY_FULL = """
    SELECT entity_id FROM {tagging} WHERE entity_id = ANY(%s::bigint[])
    GROUP BY entity_id HAVING count(*) > %s
"""
# A tag of an exclusive group gives way to the one that is added.
FIND_FULL = """
    WITH given AS MATERIALIZED (SELECT id, slot FROM tags_tag WHERE id = ANY(%s::bigint[]))
    SELECT has.entity_id FROM {tagging} has, (SELECT count(*) AS count FROM given) adds
    WHERE has.tag_id <> ALL(%s::bigint[]) AND NOT EXISTS (
        SELECT FROM given WHERE slot <> 0 AND slot = has.slot AND id <> has.tag_id
    ) AND has.entity_id = ANY(%s::bigint[])
    GROUP BY has.entity_id, adds.count
    HAVING count(*) + adds.count
        - count(*) FILTER (WHERE has.tag_id IN (SELECT id FROM given)) > %s
    AND count(*) FILTER (WHERE has.tag_id IN (SELECT id FROM given)) < adds.count
"""
