# ruff: noqa: S608 - the parts of these statements are the names of our own columns
"""How the database itself keeps the timeline: triggers that no bulk or raw write escapes."""

import pgtrigger
from django.db import models
from pghistory.models import Event

from returns.models.facts import BY_KIND, Fact, Kind
from returns.models.triggers import after, after_update

TOLD = [fact for fact in BY_KIND if fact.is_told]

_CONTEXT = """
    NULLIF(current_setting('pghistory.context_metadata', true), '')::jsonb,
    NULLIF(current_setting('pghistory.context_id', true), '')::uuid, now()
"""


class BigEvent(Event):
    """An event of the timeline; written by database triggers alone."""

    pgh_id = models.BigAutoField(primary_key=True)

    class Meta:
        abstract = True


def return_changed() -> pgtrigger.Trigger:
    """Keep what an update changed of returns: by field, the value before and the one after."""
    names = [*(fact.column for fact in TOLD), "corrections"]
    then, now = (", ".join(f"{row}.{name}" for name in names) for row in "on")
    values = {fact.column: _before_and_after(fact) for fact in TOLD}
    values["corrections"] = _names_of_corrections()
    changes = ", ".join(
        f"'{name}', CASE WHEN o.{name} IS DISTINCT FROM n.{name} THEN {value} END"
        for name, value in values.items()
    )
    # Executed as text, so that it is planned for the rows at hand: a plan that was kept from an
    # update of one row is quadratic in one of many.
    return after_update(
        "changed",
        f"""EXECUTE $sql$
            INSERT INTO returns_returnevent
                (pgh_label, pgh_context, pgh_context_id, pgh_created_at, pgh_obj_id, changes)
            SELECT 'changed', {_CONTEXT}, n.id, jsonb_strip_nulls(jsonb_build_object({changes}))
            FROM old_values o JOIN new_values n ON o.id = n.id
            WHERE ROW({then}) IS DISTINCT FROM ROW({now})
        $sql$;""",
    )


def _before_and_after(fact: Fact) -> str:
    # Of a long text only that it changed is told.
    values = "" if fact.kind is Kind.PROSE else f"o.{fact.column}, n.{fact.column}"
    return f"jsonb_build_array({values})"


def _names_of_corrections() -> str:
    before, after = (
        f"ARRAY(SELECT jsonb_object_keys({row}.corrections) ORDER BY 1)" for row in "on"
    )
    return f"jsonb_build_array({before}, {after})"


def tag_replaced() -> pgtrigger.Trigger:
    """Keep an update that turns one tagging into another: a tag removed and a tag added."""
    pairs = ("entity_id, tag_id FROM old_values", "entity_id, tag_id FROM new_values")
    # EXCEPT, because it is never quadratic, whatever rows the plan was made for.
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


def _moments(select: str) -> str:
    """Queue returns for the rules, where there is one that is on at such a moment."""
    return f"""IF EXISTS (SELECT FROM returns_tagrule WHERE is_on AND moment <> 'hourly') THEN
        EXECUTE $sql$
            INSERT INTO returns_ruleevent (record_id, moment)
            SELECT reached.id, reached.moment FROM ({select}) AS reached (id, moment)
            WHERE reached.moment IN (SELECT moment FROM returns_tagrule WHERE is_on)
            ORDER BY reached.id
        $sql$;
    END IF;"""


def moments_of_new() -> pgtrigger.Trigger:
    """Queue new returns for the rules: one that comes in late has reached several moments."""
    select = """
        SELECT id, 'created' FROM new_values
        UNION ALL SELECT id, 'arrived' FROM new_values WHERE arrived_to_warehouse_at IS NOT NULL
        UNION ALL SELECT id, 'completed' FROM new_values WHERE completed_at IS NOT NULL
    """
    return after(pgtrigger.Insert, "moments_of_new", _moments(select), new="new_values")


def moments_of_changed() -> pgtrigger.Trigger:
    """Queue returns that arrived, or were completed, for the rules."""
    changed = "FROM old_values o JOIN new_values n ON o.id = n.id"
    select = f"""
        SELECT n.id, 'arrived' {changed}
        WHERE o.arrived_to_warehouse_at IS NULL AND n.arrived_to_warehouse_at IS NOT NULL
        UNION ALL
        SELECT n.id, 'completed' {changed}
        WHERE o.completed_at IS NULL AND n.completed_at IS NOT NULL
    """
    return after_update("moments_of_changed", _moments(select))
