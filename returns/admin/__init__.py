"""Django's admin for returns and people; importing a module registers its models."""

from django.conf import settings
from django.contrib import admin

from returns.admin import access, deleted, people, returns, tokens

admin.site.site_header = admin.site.site_title = settings.DESK_NAME
admin.site.index_title = "Administration"

__all__ = ["access", "deleted", "people", "returns", "tokens"]
