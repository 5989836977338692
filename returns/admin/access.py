"""The record of access and the use of tokens, to look into; nobody changes them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import pgettext_lazy

from returns.admin.paging import CappedPaginator
from returns.models import AccessEvent, TokenUse
from returns.trail.sentences import describe


class ReadOnlyAdmin(admin.ModelAdmin):
    """Records that only the program writes."""

    actions = None
    show_full_result_count = False
    list_per_page = 50
    paginator = CappedPaginator

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: the program writes them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: nobody may change what happened."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: they are deleted by themselves when they are old."""
        return False


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
