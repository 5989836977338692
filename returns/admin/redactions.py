"""The record of redactions in the admin: read-only."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from returns.admin.read_only import ReadOnlyAdmin
from returns.models import Redaction


@admin.register(Redaction)
class RedactionAdmin(ReadOnlyAdmin):
    """Who redacted what, when and why. Redactions never change."""

    list_display = ["at", "kind", "reference", "returns", "orders", "by", "reason"]
    list_filter = ["kind"]
    list_select_related = ["by"]
    ordering = ["-id"]
    sortable_by = ["at"]
    show_facets = admin.ShowFacets.NEVER
    search_fields = ["reference"]
    search_help_text = _("The whole reference of a return or an order.")
    fields = ("at", "kind", "reference", "returns", "orders", "by", "reason")
    readonly_fields = fields

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        """Search by the indexed column."""
        term = search_term.strip()
        return (queryset.filter(reference=term) if term else queryset), False
