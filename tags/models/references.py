# ruff: noqa: S608 - built from our own constants alone
"""Foreign keys that are checked once for each statement, as PostgreSQL checks its own for each row.

That check takes 3 µs, also if all rows have the same value: a fifth of the time of bulk tagging.
These triggers ask for each value once, and lock its row, as PostgreSQL does: nobody can delete it
until the transaction ends, and who deletes it first is waited for. So what they guard is as safe as
by a foreign key, but for transactions above READ COMMITTED.
"""

import pgtrigger

from config.triggers import after, after_update

GIVEN = [("given", "bigint[]")]


def refers(column: str, table: str, rule: str) -> list[pgtrigger.Trigger]:
    """Return triggers that refuse rows whose column is not an id of the table, by the rule's name.

    Its counterpart is ``is_referred_to``, on that table.
    """
    check = f"""given := ARRAY(
            SELECT DISTINCT {column} FROM new_values WHERE {column} IS NOT NULL
        );
        IF cardinality(given) > (
            SELECT count(*) FROM (
                SELECT FROM {table} WHERE id = ANY(given) ORDER BY id FOR KEY SHARE
            ) AS there
        ) THEN {_refuse(rule, f"{column} is not in {table}")} END IF;"""
    return [
        after(pgtrigger.Insert, f"{rule}_new", check, declare=GIVEN, new="new_values"),
        after_update(f"{rule}_changed", check, declare=GIVEN),
    ]


def is_referred_to(table: str, column: str, rule: str) -> pgtrigger.Trigger:
    """Return a trigger that refuses to delete a row to which the column of a table refers."""
    check = f"""IF EXISTS (
            SELECT FROM old_values AS gone CROSS JOIN LATERAL (
                SELECT FROM {table} WHERE {column} = gone.id LIMIT 1
            ) AS referring
        ) THEN {_refuse(rule, f"{table} still refers to it")} END IF;"""
    return after(pgtrigger.Delete, f"{rule}_gone", check, declare=GIVEN, old="old_values")


def _refuse(rule: str, why: str) -> str:
    return f"""RAISE foreign_key_violation
        USING MESSAGE = '{rule}: {why}', CONSTRAINT = '{rule}';"""
