"""The events of a return as recorded by the database: what changed, when, and who did it."""

from dataclasses import dataclass
from datetime import datetime
from json import loads
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.shipped_names import rule_label
from config.stored_texts import from_stored
from returns.display.values import Origin
from returns.models import Return
from tags.tagging import UNDO_SOURCE

# Labels of the sources in the context of an event.
SOURCE_LABELS = {
    "feed": gettext_lazy("the feed"),
    "simulated feed": gettext_lazy("the feed"),
    "file": gettext_lazy("a file"),
    "demo": gettext_lazy("the demo"),
    "generator": gettext_lazy("the demo"),
}
FORMER_PERSON = gettext_lazy("a former user")
UNKNOWN_ACTOR = gettext_lazy("a direct change in the database")
TAG_ADDED, TAG_REMOVED = "tag.added", "tag.removed"


@dataclass(frozen=True, slots=True)
class Event:
    """A change of a return or of one of its tags.

    ``changes`` maps each changed field to its values before and after; it is empty for a tag.
    ``tag_id`` is the tag, and ``deleted_name`` its name if it was deleted since. Events of one
    action have the same ``context_id``.
    """

    label: str
    id: int
    at: datetime
    who: str
    source: str
    context_id: UUID | None
    changes: dict[str, list[Any]]
    tag_id: int | None
    deleted_name: str


def events_of(record: Return, limit: int) -> list[Event]:
    """Return the newest events of a return, newest first. One query, on two indexes."""
    with connection.cursor() as cursor:
        cursor.execute(EVENTS, {"record": record.pk, "limit": limit})
        return [_event(*row) for row in cursor.fetchall()]


def origins_of(record: Return) -> dict[int, Origin]:
    """Map the id of each tag on a return to who added it and when. One query, on indexes.

    Nobody knows who it was, "", if the event has been kept long enough; see ``returns.retention``.
    """
    with connection.cursor() as cursor:
        cursor.execute(ORIGINS, [record.pk])
        return {
            tag_id: Origin(actor_name(_parse_context(context), name) if is_known else "", at)
            for tag_id, at, context, is_known, name in cursor.fetchall()
        }


def actor_name(context: dict[str, Any], name: str | None) -> str:
    """Return who caused an event: a person (by ``name``), a rule, a program or a source."""
    if not context:
        return str(UNKNOWN_ACTOR)
    if "user" in context:
        person = name or str(FORMER_PERSON)
        if context.get("source") == UNDO_SOURCE:
            return _("%(person)s, undoing an import") % {"person": person}
        return person
    if "rule" in context:
        return _("the rule “%(name)s”") % {"name": rule_label(str(context["rule"]))}
    if "program" in context:
        return from_stored(str(context["program"]))
    source = str(context.get("source", ""))
    return str(SOURCE_LABELS.get(source, source or UNKNOWN_ACTOR))


def _parse_context(text: str | None) -> dict[str, Any]:
    context = loads(text) if text else None
    return context if isinstance(context, dict) else {}


def _event(
    label: str,
    id_: int,
    at: datetime,
    context_text: str | None,
    name: str | None,
    context_id: UUID | None,
    changes: str,
    *tag: Any,
) -> Event:
    context = _parse_context(context_text)
    who, source = actor_name(context, name), str(context.get("source", ""))
    return Event(label, id_, at, who, source, context_id, loads(changes), *tag)


# A direct change in the database can have any context, so the user's id is checked first.
USER_ID = "CASE WHEN e.context->>'user' ~ '^[0-9]{1,9}$' THEN e.context->>'user' END::int"
PERSON_NAME = "COALESCE(NULLIF(trim(u.first_name || ' ' || u.last_name), ''), u.username)"
# The last event before the time of the tagging, because merging tags keeps the time and the person.
ORIGINS = f"""
    SELECT e.tag_id, e.at, e.context, e.is_known, {PERSON_NAME}
    FROM (
        SELECT t.tag_id, t.tagged_at AS at, CASE
            WHEN t.tagged_by_id IS NULL THEN made.pgh_context
            ELSE jsonb_build_object('user', t.tagged_by_id)
        END AS context, t.tagged_by_id IS NOT NULL OR made.pgh_id IS NOT NULL AS is_known
        FROM returns_returntag t LEFT JOIN LATERAL (
            SELECT pgh_id, pgh_context FROM returns_returntagevent
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
    SELECT e.label, e.id, e.at, e.context, {PERSON_NAME},
        e.context_id, e.changes, e.tag_id, COALESCE(deleted.name, '')
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
        -- A tag that was deleted, restored and deleted again has two events.
        SELECT name FROM tags_tagevent WHERE pgh_obj_id = e.tag_id ORDER BY pgh_id DESC LIMIT 1
    ) deleted ON true
    ORDER BY e.at DESC, e.label = 'changed', e.id DESC
    LIMIT %(limit)s
"""  # noqa: S608
