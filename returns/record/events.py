"""The events of a return as the database kept them: what changed, when, and who did it."""

from dataclasses import dataclass
from datetime import datetime
from json import loads
from typing import Any
from uuid import UUID

from django.db import connection

from returns.display.values import Origin
from returns.models import Return

# By the source of an event's context.
SOURCES = {
    "feed": "the feed",
    "simulated feed": "the feed",
    "file": "a file",
    "demo": "the demo",
    "generator": "the demo",
}
GONE = "a person who left"
UNKNOWN = "somebody at the database"
TAG_ADDED, TAG_REMOVED = "tag.added", "tag.removed"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a return.

    ``changes`` has by field the value before and the one after. Of a tagging it is empty, and
    ``tag_id`` tells the tag; ``lost_name`` is the tag's name when it was deleted since.
    ``context_id`` is the same for all that one action did.
    """

    label: str
    id: int
    at: datetime
    who: str
    source: str
    context_id: UUID | None
    changes: dict[str, list[Any]]
    tag_id: int | None
    lost_name: str


def events_of(record: Return, limit: int) -> list[Event]:
    """Return the newest events of a return, the newest first. One query, by two indexes."""
    with connection.cursor() as cursor:
        cursor.execute(EVENTS, {"record": record.pk, "limit": limit})
        return [_event(*row) for row in cursor.fetchall()]


def origins_of(record: Return) -> dict[int, Origin]:
    """Return by the id of each tag on a return who put it there. One query, by indexes."""
    with connection.cursor() as cursor:
        cursor.execute(ORIGINS, [record.pk])
        return {
            tag_id: Origin(who_did(_context(context), name), at)
            for tag_id, at, context, name in cursor.fetchall()
        }


def who_did(context: dict[str, Any], name: str | None) -> str:
    """Say who did it, by the context of an event and the name of the person in it."""
    if not context:
        return UNKNOWN
    if "user" in context:
        return name or GONE
    if "rule" in context:
        return f"the rule “{context['rule']}”"
    if "program" in context:
        return str(context["program"])
    source = str(context.get("source", ""))
    return SOURCES.get(source, source or UNKNOWN)


def _context(given: str | None) -> dict[str, Any]:
    known = loads(given) if given else None
    return known if isinstance(known, dict) else {}


def _event(
    label: str,
    id_: int,
    at: datetime,
    context: str | None,
    name: str | None,
    context_id: UUID | None,
    changes: str,
    *tag: Any,
) -> Event:
    known = _context(context)
    source = str(known.get("source", ""))
    return Event(label, id_, at, who_did(known, name), source, context_id, loads(changes), *tag)


# Whoever writes by hand may set any context, so a user's id is read with care.
USER_ID = "CASE WHEN e.context->>'user' ~ '^[0-9]{1,9}$' THEN e.context->>'user' END::int"
NAME = "COALESCE(NULLIF(trim(u.first_name || ' ' || u.last_name), ''), u.username)"
# The event is the last one before the tagging was made: merging keeps that moment, and the person.
ORIGINS = f"""
    SELECT e.tag_id, e.at, e.context, {NAME}
    FROM (
        SELECT t.tag_id, t.tagged_at AS at, CASE
            WHEN t.tagged_by_id IS NULL THEN made.pgh_context
            ELSE jsonb_build_object('user', t.tagged_by_id)
        END AS context
        FROM returns_returntag t LEFT JOIN LATERAL (
            SELECT pgh_context FROM returns_returntagevent
            JOIN tags_tag tag ON tag.id = tag_id AND t.tag_id IN (tag.id, tag.synonym_of_id)
            WHERE entity_id = t.entity_id AND pgh_label = '{TAG_ADDED}'
            AND pgh_created_at <= t.tagged_at
            ORDER BY pgh_created_at DESC, pgh_id DESC LIMIT 1
        ) made ON true
        WHERE t.entity_id = %s
    ) e
    LEFT JOIN auth_user u ON u.id = {USER_ID}
"""  # noqa: S608
EVENTS = f"""
    SELECT e.label, e.id, e.at, e.context, {NAME},
        e.context_id, e.changes, e.tag_id, COALESCE(lost.name, '')
    FROM (
        (SELECT pgh_label AS label, pgh_id AS id, pgh_created_at AS at, pgh_context AS context,
            pgh_context_id AS context_id, changes, NULL::bigint AS tag_id
        FROM returns_returnevent WHERE pgh_obj_id = %(record)s
        ORDER BY pgh_created_at DESC, pgh_id DESC LIMIT %(limit)s)
        UNION ALL
        (SELECT pgh_label, pgh_id, pgh_created_at, pgh_context, pgh_context_id, '{{}}', tag_id
        FROM returns_returntagevent WHERE entity_id = %(record)s
        ORDER BY pgh_created_at DESC, pgh_id DESC LIMIT %(limit)s)
    ) e
    LEFT JOIN auth_user u ON u.id = {USER_ID}
    LEFT JOIN LATERAL (
        -- One that was deleted, brought back and deleted again has two.
        SELECT name FROM tags_tagevent WHERE pgh_obj_id = e.tag_id ORDER BY pgh_id DESC LIMIT 1
    ) lost ON true
    ORDER BY e.at DESC, e.label = 'changed', e.id DESC
    LIMIT %(limit)s
"""  # noqa: S608
