"""Django's admin for returns and people; importing a module registers its models."""

from django.contrib import admin
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from config.brand import desk_name
from returns.admin import (
    access,
    carriers,
    deleted,
    people,
    redactions,
    returns,
    second_factors,
    tokens,
)

admin.site.site_header = admin.site.site_title = lazy(desk_name, str)()
admin.site.index_title = _("Administration")

__all__ = [
    "access",
    "carriers",
    "deleted",
    "people",
    "redactions",
    "returns",
    "second_factors",
    "tokens",
]
