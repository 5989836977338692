from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import import_string


class ReturnsConfig(AppConfig):
    """Returns, their tags, and the people who work with them."""

    name = "returns"

    def ready(self) -> None:
        """Keep the roles true after every migrate."""
        post_migrate.connect(_set_up_roles, sender=self)


def _set_up_roles(**_: Any) -> None:
    import_string("returns.roles.set_up_roles")()
