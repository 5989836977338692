"""Migrations only add, so that the last release goes on serving; docs/upgrades.md says how."""

import re
from collections.abc import Iterator

import pytest
from django.contrib.postgres import operations as postgres
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ModelState, ProjectState
from django.db.models.functions import Lower

# The first migration of each app that the rule holds for; what is older was applied long ago.
FIRST = {"returns": "0076", "tags": "0015"}
TAKEN_AWAY = (
    *(migrations.RemoveField, migrations.DeleteModel, migrations.RenameField),
    *(migrations.RenameModel, migrations.AlterModelTable),
)
HELD_LONG = {
    migrations.AddIndex: "AddIndexConcurrently",
    migrations.RemoveIndex: "RemoveIndexConcurrently",
    migrations.AddConstraint: "AddConstraintNotValid, and ValidateConstraint in the next migration",
}
WRONG_SQL = {
    r"DROP\s+(TABLE|COLUMN)|RENAME\s+(TO|COLUMN)|SET\s+NOT\s+NULL": "takes away",
    r"ALTER\s+COLUMN\s+\S+\s+(SET\s+DATA\s+)?TYPE": "rewrites the table",
    r"CREATE\s+(UNIQUE\s+)?INDEX\s+(?!CONCURRENTLY)": "CREATE INDEX CONCURRENTLY",
}


def complaints(
    migration: migrations.Migration, state: ProjectState, label: str = "returns"
) -> Iterator[str]:
    """Yield what the migration must not do while the last release serves.

    One with ``contracts``, a sentence, may take away what the last release no longer uses.
    """
    state = state.clone()
    contracts = bool(getattr(migration, "contracts", ""))
    new = set()
    for operation in migration.operations:
        name = getattr(operation, "model_name", getattr(operation, "name", "")).lower()
        if isinstance(operation, migrations.CreateModel):
            new.add(name)
        elif name not in new:
            yield from _complaints(operation, state.models.get((label, name)), contracts)
        operation.state_forwards(label, state)


def _complaints(
    operation: migrations.operations.base.Operation, model: ModelState | None, contracts: bool
) -> Iterator[str]:
    what = operation.describe()
    if not contracts:
        yield from _taken_away(what, operation, model)
    if isinstance(operation, migrations.AddField):
        field = operation.field
        if isinstance(field, models.GeneratedField):
            yield f"{what}: rewrites the table; store it in a new column, and fill it in steps"
        elif not (field.null or field.many_to_many or field.has_db_default()):
            yield f"{what}: the last release does not write it; give it null or db_default"
    if type(operation) in HELD_LONG:
        yield f"{what}: locks the table for long; use {HELD_LONG[type(operation)]}"
    if isinstance(operation, migrations.SeparateDatabaseAndState):
        for each in operation.database_operations:
            yield from _complaints(each, model, contracts)


def _taken_away(
    what: str, operation: migrations.operations.base.Operation, model: ModelState | None
) -> Iterator[str]:
    if isinstance(operation, TAKEN_AWAY):
        yield f"{what}: the last release still uses it"
    if isinstance(operation, migrations.AlterField) and model:
        yield from _narrower(what, model.get_field(operation.name), operation.field)
    if isinstance(operation, migrations.RunSQL):
        for pattern, reason in WRONG_SQL.items():
            if re.search(pattern, str(operation.sql), re.IGNORECASE):
                yield f"{what}: {reason}"


def _narrower(what: str, before: models.Field, after: models.Field) -> Iterator[str]:
    if before.null and not after.null and not after.has_db_default():
        yield f"{what}: the last release still writes NULL"
    if (after.max_length or 10**9) < (before.max_length or 10**9):
        yield f"{what}: the last release still writes longer texts"
    if before.get_internal_type() != after.get_internal_type():
        yield f"{what}: rewrites the table; add a new field"


def _migrations() -> list[tuple[str, str]]:
    loader = MigrationLoader(None)
    return sorted(
        key for key in loader.disk_migrations if key[0] in FIRST and key[1] >= FIRST[key[0]]
    )


@pytest.mark.parametrize(("label", "name"), _migrations() or [("returns", "0075_guards")])
def test_a_migration_takes_nothing_away_and_holds_no_lock_for_long(label, name):
    loader = MigrationLoader(None)
    state = loader.project_state((label, name), at_end=False)
    wrong = list(complaints(loader.disk_migrations[label, name], state, label))
    assert name < FIRST[label] or wrong == []


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        (migrations.RemoveField("return", "notes"), "still uses it"),
        (migrations.DeleteModel("Return"), "still uses it"),
        (migrations.RenameField("return", "notes", "remarks"), "still uses it"),
        (migrations.RenameModel("Return", "Parcel"), "still uses it"),
        (migrations.AddField("return", "warehouse", models.CharField(max_length=9)), "db_default"),
        (migrations.AlterField("return", "arrived_at", models.DateTimeField()), "writes NULL"),
        (migrations.AlterField("return", "notes", models.CharField(max_length=5)), "longer texts"),
        (migrations.AlterField("return", "notes", models.TextField()), "rewrites"),
        (
            migrations.AddIndex("return", models.Index(fields=["notes"], name="notes")),
            "AddIndexConcurrently",
        ),
        (
            migrations.AddConstraint(
                "return", models.UniqueConstraint(Lower("notes"), name="one_note")
            ),
            "AddConstraintNotValid",
        ),
        (migrations.RunSQL("alter table returns_return drop column notes"), "takes away"),
        (migrations.RunSQL("CREATE INDEX notes ON returns_return (notes)"), "CONCURRENTLY"),
    ],
)
def test_what_the_last_release_would_notice_is_found(operation, reason):
    (complaint,) = complaints(_migration(operation), _state())
    assert reason in complaint


@pytest.mark.parametrize(
    "operation",
    [
        migrations.CreateModel("Box", [("id", models.BigAutoField(primary_key=True))]),
        migrations.AddField("return", "warehouse", models.CharField(max_length=9, db_default="")),
        migrations.AddField("return", "weight", models.IntegerField(null=True)),
        migrations.AlterField("return", "notes", models.CharField(max_length=50)),
        postgres.AddIndexConcurrently("return", models.Index(fields=["notes"], name="notes")),
        migrations.RunSQL("CREATE INDEX CONCURRENTLY notes ON returns_return (notes)"),
    ],
)
def test_what_only_adds_is_right(operation):
    assert list(complaints(_migration(operation), _state())) == []


def test_a_migration_that_says_so_takes_away_what_the_last_release_no_longer_uses():
    migration = _migration(migrations.RemoveField("return", "notes"))
    migration.contracts = "Nobody reads the notes since 0.2.0."
    assert list(complaints(migration, _state())) == []


def _migration(operation: migrations.operations.base.Operation) -> migrations.Migration:
    migration = migrations.Migration("0076_for_a_test", "returns")
    migration.operations = [operation]
    return migration


def _state() -> ProjectState:
    fields = [
        ("id", models.BigAutoField(primary_key=True)),
        ("notes", models.CharField(max_length=20)),
        ("arrived_at", models.DateTimeField(null=True)),
    ]
    state = ProjectState()
    state.add_model(ModelState("returns", "Return", fields))
    return state
