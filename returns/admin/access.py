"""The record of access and the use of tokens, to look into; nobody changes them."""

from django.contrib import admin
from django.utils.translation import pgettext_lazy

from returns.admin.read_only import ReadOnlyAdmin
from returns.models import AccessEvent, TokenUse
from returns.trail.sentences import describe


@admin.register(AccessEvent)
class AccessEventAdmin(ReadOnlyAdmin):
    """Events by kind, found by name or address."""

    fields = ("at", "kind", "name", "address", "what")
    list_display = fields
    list_filter = ("kind", "at")
    search_fields = ("name", "address")

    @admin.display(description=pgettext_lazy("column", "What happened"))
    def what(self, obj: AccessEvent) -> str:
        """Return the sentence that the page of the record shows."""
        return describe(obj)


@admin.register(TokenUse)
class TokenUseAdmin(ReadOnlyAdmin):
    """Calls by day, token and address."""

    list_display = ("day", "token", "address", "calls", "refused")
    list_filter = ("day",)
    list_select_related = ("token",)
    search_fields = ("token__name", "address")
