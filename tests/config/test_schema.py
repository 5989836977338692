"""Commands begin with the tables that they need."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from config.schema import unapplied_migrations

# Some migrations run outside of transactions.
pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
COMMANDS = [
    ("generate_returns", "1", "--allow-external"),
    ("import_returns", "/dev/null"),
    ("setup_roles",),
]


@pytest.fixture
def _behind(transactional_db):
    """Go back by one migration of the returns, and forward after the test."""
    graph = MigrationLoader(connection).graph
    [last] = graph.leaf_nodes("returns")
    [before] = [node for node in graph.node_map[last].parents if node.key[0] == "returns"]
    call_command("migrate", *before.key, verbosity=0)
    yield
    call_command("migrate", verbosity=0)


@pytest.mark.usefixtures("_behind")
@pytest.mark.parametrize("command", COMMANDS[1:])
def test_a_local_trial_is_migrated_first(command, settings):
    settings.LOCAL = True
    call_command(*command)
    assert unapplied_migrations() == 0


@pytest.mark.usefixtures("_behind")
@pytest.mark.parametrize("command", COMMANDS)
def test_another_database_is_not_migrated_unasked(command, settings):
    settings.LOCAL = False
    with pytest.raises(CommandError, match=r"not migrated: run `manage.py migrate` first\."):
        call_command(*command)
    assert unapplied_migrations() == 1
