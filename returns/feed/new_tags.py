"""The feed may bring only so many new names of tags: every page with a menu of tags lists them."""

from collections.abc import Sequence

from django.conf import settings

from returns.feed.records import RecordError, ReturnRecord, split_tags
from tags.sent_names import count_unsorted, find_all

MAX_NAMES_AT_ONCE = 10_000  # that are looked up


def refuse_new_tags(records: Sequence[ReturnRecord]) -> dict[int, RecordError]:
    """Return an error for each record with a new name for which there is no room, by its index."""
    names = sorted({name for record in records for name in split_tags(record.tag or "")})
    if not names:
        return {}
    looked_up = names[:MAX_NAMES_AT_ONCE]
    known = find_all(looked_up)
    unknown = [name for name in looked_up if name not in known]
    if not unknown and looked_up == names:
        return {}
    room = max(0, settings.FEED_NEW_TAGS - count_unsorted())
    refused = {*unknown[room:], *names[MAX_NAMES_AT_ONCE:]}
    if not refused:
        return {}
    return {
        at: _no_room(min(over))
        for at, record in enumerate(records)
        if (over := refused.intersection(split_tags(record.tag or "")))
    }


def _no_room(name: str) -> RecordError:
    return RecordError(
        "tag",
        f"“{name}” would be a new tag, but the group “Unsorted” may have only "
        f"{settings.FEED_NEW_TAGS} tags. Move tags to other groups, or merge them",
    )
