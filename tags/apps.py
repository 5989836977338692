from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TagsConfig(AppConfig):
    """The vocabulary and tagging. Knows nothing about the records that are tagged."""

    name = "tags"
    verbose_name = _("Tags")
