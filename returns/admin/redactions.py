"""The record of redactions in the admin: read-only."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from returns.admin.paging import CappedPaginator
from returns.models import Redaction


@admin.register(Redaction)
class RedactionAdmin(admin.ModelAdmin):
    """Who redacted what, when and why. Redactions never change."""

    actions = None
    list_display = ["at", "kind", "reference", "returns", "orders", "by", "reason"]
    list_filter = ["kind"]
    list_select_related = ["by"]
    list_per_page = 50
    paginator = CappedPaginator
    ordering = ["-id"]
    sortable_by = ["at"]
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    search_fields = ["reference"]
    search_help_text = _("The whole reference of a return or an order.")
    fields = ("at", "kind", "reference", "returns", "orders", "by", "reason")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: redacting writes it."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Redaction | None = None) -> bool:
        """Refuse: a redaction never changes."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Redaction | None = None) -> bool:
        """Refuse: a redaction stays."""
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        """Search by the indexed column."""
        term = search_term.strip()
        return (queryset.filter(reference=term) if term else queryset), False
