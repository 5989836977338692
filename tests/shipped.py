"""What the migrations bring into an empty database, brought again where a test emptied it."""

from importlib import import_module

from django.apps import apps

_groups = import_module("tags.migrations.0004_recommended_vocabulary")
_urgent = import_module("tags.migrations.0010_urgent_tags")
_views = import_module("returns.migrations.0006_shipped_views")
_rules = import_module("returns.migrations.0014_shipped_rules")
_items = import_module("returns.migrations.0056_shipped_for_items")
_frequent = import_module("returns.migrations.0063_frequent_returner")

TAGS = {tag for *_, tags in _groups.GROUPS for tag in tags}
NAMES_OF_RULES = [name for name, *_ in (*_rules.RULES, _items.RULE, _frequent.RULE)]


def load_vocabulary() -> None:
    """Load the recommended vocabulary, unless there is one."""
    _groups.load(apps, None)
    _urgent.make_urgent(apps, None)


def load_views() -> None:
    """Create the saved views of the roles."""
    _views.ship(apps, None)
    _items.ship_view(apps, None)


def load_rules() -> None:
    """Create the rules, unless there are some."""
    _rules.ship(apps, None)
    _items.ship_rule(apps, None)
    _frequent.ship_rule(apps, None)
