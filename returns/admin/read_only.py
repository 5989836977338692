"""Records that the program writes, and that the admin only shows."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from returns.admin.paging import CappedPaginator


class ReadOnlyAdmin(admin.ModelAdmin):
    """Nobody adds, changes or deletes these here; old ones are removed by themselves."""

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
        """Refuse: they stay, or are removed when they are old."""
        return False
