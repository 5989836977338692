"""Triggers that run once after each statement, so that bulk and raw writes run them too."""

import pgtrigger


def after(
    operation: pgtrigger.Operation,
    name: str,
    sql: str,
    *,
    declare: list[tuple[str, str]] | None = None,
    **tables: str,
) -> pgtrigger.Trigger:
    """Return a statement-level trigger that runs ``sql`` after an operation.

    ``tables`` are the names of the ``old`` and ``new`` transition tables.
    """
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.After,
        operation=operation,
        level=pgtrigger.Statement,
        referencing=pgtrigger.Referencing(**tables),  # type: ignore[no-untyped-call]
        declare=declare,
        func=f"{' '.join(sql.split())} RETURN NULL;",
    )


def after_update(
    name: str, sql: str, declare: list[tuple[str, str]] | None = None
) -> pgtrigger.Trigger:
    """Return a trigger that runs after updates, with ``old_values`` and ``new_values``."""
    return after(pgtrigger.Update, name, sql, declare=declare, old="old_values", new="new_values")
