from typing import Any

from django.apps import AppConfig, apps
from django.core.checks import Tags, register
from django.db.models.signals import post_migrate
from django.urls import register_converter
from django.urls.converters import get_converters
from django.utils.module_loading import import_string
from django.utils.translation import pgettext_lazy

from config.converters import ReferenceConverter
from config.hosts import check_allowed_hosts


class ReturnsConfig(AppConfig):
    """Returns, their tags, and the people who work with them."""

    name = "returns"
    verbose_name = pgettext_lazy("app", "Returns")

    def ready(self) -> None:
        """Set up the roles after every migrate, and register our checks, macros and converter.

        The admin shows the names of axes, which has none in any language, and of allauth.
        """
        apps.get_app_config("mfa").verbose_name = pgettext_lazy("app", "Second factors")
        apps.get_app_config("axes").verbose_name = pgettext_lazy("app", "Sign-in protection")
        post_migrate.connect(_set_up_roles, sender=self)
        import_string("tags.bulk.provide_extras")(
            "returns.returntag", "returns.macros.running.macro_of"
        )
        if "reference" not in get_converters():  # apps may be set up twice
            register_converter(ReferenceConverter, "reference")
        register(check_allowed_hosts)
        register(_check_time_zone_data, Tags.database)
        register(_check_owner, Tags.database, deploy=True)


def _set_up_roles(**_: Any) -> None:
    import_string("returns.people.roles.set_up_roles")()
    import_string("returns.database.web_role.grant_after_migrate")()


def _check_owner(**options: Any) -> Any:
    return import_string("returns.database.web_role.check_owner")(**options)


def _check_time_zone_data(**options: Any) -> Any:
    return import_string("returns.database.time_zones.check_time_zone_data")(**options)
