# ruff: noqa: S608 - built from our own column names alone
"""The database triggers that write the timeline, so that bulk and raw writes are in it too."""

import pgtrigger
from django.db import models
from pghistory.models import Event

from config.triggers import after, after_update
from returns.models.facts import FACTS_BY_KIND, LINE_ITEMS, Fact, Kind

TRACKED_FACTS = [fact for fact in FACTS_BY_KIND if fact.is_tracked]
# Most records change these. Only while one is corrected, its changes are recorded.
TRACKED_CORRECTIONS = [f for f in FACTS_BY_KIND if f.is_correctable and not f.is_tracked]

_CONTEXT = """
    NULLIF(current_setting('pghistory.context_metadata', true), '')::jsonb,
    NULLIF(current_setting('pghistory.context_id', true), '')::uuid, now()
"""


class BigEvent(Event):
    """An event of the timeline, written by database triggers only."""

    pgh_id = models.BigAutoField(primary_key=True)

    class Meta:
        abstract = True


def return_changed() -> pgtrigger.Trigger:
    """Return the trigger that records updates of returns: each changed field, before and after."""
    columns = [*(fact.column for fact in TRACKED_FACTS), "corrections"]
    old, new = (
        ", ".join(f"{row}.{name}" for name in columns if name != LINE_ITEMS) for row in "on"
    )
    is_changed = {name: f"o.{name} IS DISTINCT FROM n.{name}" for name in columns}
    # Line items come later than their return. That they are known now is no change.
    is_changed[LINE_ITEMS] += f" AND o.{LINE_ITEMS} IS NOT NULL"
    values = {fact.column: _before_and_after(fact) for fact in TRACKED_FACTS}
    values["corrections"] = _names_of_corrections()
    for fact in TRACKED_CORRECTIONS:
        is_changed[fact.column] = _is_changed_correction(fact.column)
        values[fact.column] = _before_and_after(fact)
    changes = ", ".join(
        f"'{name}', CASE WHEN {is_changed[name]} THEN {value} END" for name, value in values.items()
    )
    others = "".join(f" OR ({is_changed[fact.column]})" for fact in TRACKED_CORRECTIONS)
    # Run through EXECUTE, so that it is planned for these rows: the cached plan of an update of one
    # row would take quadratic time for an update of many.
    return after_update(
        "changed",
        f"""EXECUTE $sql$
            INSERT INTO returns_returnevent
                (pgh_label, pgh_context, pgh_context_id, pgh_created_at, pgh_obj_id, changes)
            SELECT 'changed', {_CONTEXT}, n.id, jsonb_strip_nulls(jsonb_build_object({changes}))
            FROM old_values o JOIN new_values n ON o.id = n.id
            WHERE ROW({old}) IS DISTINCT FROM ROW({new}) OR ({is_changed[LINE_ITEMS]}){others}
        $sql$;""",
    )


def _before_and_after(fact: Fact) -> str:
    # For a long text, the timeline only says that it changed.
    values = "" if fact.kind is Kind.PROSE else f"o.{fact.column}, n.{fact.column}"
    return f"jsonb_build_array({values})"


def _is_changed_correction(column: str) -> str:
    was, is_now = (f"jsonb_exists({row}.corrections, '{column}')" for row in "on")
    return f"o.{column} IS DISTINCT FROM n.{column} AND ({was} OR {is_now})"


def _names_of_corrections() -> str:
    before, after = (
        f"ARRAY(SELECT jsonb_object_keys({row}.corrections) ORDER BY 1)" for row in "on"
    )
    return f"jsonb_build_array({before}, {after})"


def tag_replaced() -> pgtrigger.Trigger:
    """Return the trigger that records an update of a tagging as one tag removed, one added."""
    pairs = ("entity_id, tag_id FROM old_values", "entity_id, tag_id FROM new_values")
    # EXCEPT never takes quadratic time, whatever number of rows it was planned for.
    return after_update(
        "tag_replaced",
        "".join(
            f"""INSERT INTO returns_returntagevent
                (pgh_label, pgh_context, pgh_context_id, pgh_created_at, entity_id, tag_id)
            SELECT '{label}', {_CONTEXT}, entity_id, tag_id
            FROM (SELECT {these} EXCEPT SELECT {those}) AS taggings; """
            for label, these, those in (
                ("tag.removed", *pairs),
                ("tag.added", *reversed(pairs)),
            )
        ),
    )


def _queue_for_rules(select: str) -> str:
    """Return SQL that queues selected returns for the rules that run at their moments."""
    return f"""IF EXISTS (SELECT FROM returns_tagrule WHERE is_on AND moment <> 'hourly') THEN
        EXECUTE $sql$
            INSERT INTO returns_ruleevent (record_id, moment)
            SELECT reached.id, reached.moment FROM ({select}) AS reached (id, moment)
            WHERE reached.moment IN (SELECT moment FROM returns_tagrule WHERE is_on)
            ORDER BY reached.id
        $sql$;
    END IF;"""


def moments_of_new() -> pgtrigger.Trigger:
    """Return the trigger that queues new returns for the rules.

    A return that is imported late may have reached several moments at once.
    """
    select = f"""
        SELECT id, 'created' FROM new_values
        UNION ALL SELECT id, 'arrived' FROM new_values WHERE arrived_to_warehouse_at IS NOT NULL
        UNION ALL SELECT id, 'completed' FROM new_values WHERE completed_at IS NOT NULL
        UNION ALL SELECT id, 'items' FROM new_values WHERE {LINE_ITEMS} IS NOT NULL
    """
    return after(pgtrigger.Insert, "moments_of_new", _queue_for_rules(select), new="new_values")


def moments_of_changed() -> pgtrigger.Trigger:
    """Return the trigger that queues changed returns for the rules: at the moments they reach."""
    changed = "FROM old_values o JOIN new_values n ON o.id = n.id"
    select = f"""
        SELECT n.id, 'arrived' {changed}
        WHERE o.arrived_to_warehouse_at IS NULL AND n.arrived_to_warehouse_at IS NOT NULL
        UNION ALL
        SELECT n.id, 'completed' {changed}
        WHERE o.completed_at IS NULL AND n.completed_at IS NOT NULL
        UNION ALL
        SELECT n.id, 'items' {changed} WHERE o.{LINE_ITEMS} IS DISTINCT FROM n.{LINE_ITEMS}
    """
    return after_update("moments_of_changed", _queue_for_rules(select))
