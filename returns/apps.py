from typing import Any

from django.apps import AppConfig
from django.core.checks import Tags, register
from django.db.models.signals import post_migrate
from django.utils.module_loading import import_string


class ReturnsConfig(AppConfig):
    """Returns, their tags, and the people who work with them."""

    name = "returns"

    def ready(self) -> None:
        """Keep the roles true after every migrate, and check the clocks beforehand."""
        post_migrate.connect(_set_up_roles, sender=self)
        register(_check_clocks, Tags.database)


def _set_up_roles(**_: Any) -> None:
    import_string("returns.people.roles.set_up_roles")()


def _check_clocks(**given: Any) -> Any:
    return import_string("returns.database.time_zones.check_clocks")(**given)
