"""Traces of deleted returns in the admin: read-only, found by their reference."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import Q, Value
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from config.markup import format_html
from returns.admin.read_only import ReadOnlyAdmin
from returns.expressions import SearchKey
from returns.models import DeletedReturn


@admin.register(DeletedReturn)
class DeletedReturnAdmin(ReadOnlyAdmin):
    """Traces of deleted returns. They never change."""

    list_display = ["reference", "reason", "deleted_by", "deleted_at"]
    list_select_related = ["deleted_by"]
    ordering = ["-id"]
    sortable_by = ["deleted_at"]
    search_fields = ["reference"]
    search_help_text = _("The whole return reference, in any case, with or without punctuation.")
    fields = ("reference", "reason", "deleted_by", "deleted_at", "record_id", "what_it_held")
    readonly_fields = (
        "reference",
        "reason",
        "deleted_by",
        "deleted_at",
        "record_id",
        "what_it_held",
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        """Leave what the returns held out of lists: it is large."""
        return super().get_queryset(request).defer("held")

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        """Search by the indexed columns; any other lookup would read the whole table."""
        term = search_term.strip()
        if not term:
            return queryset, False
        return queryset.filter(Q(reference=term) | Q(return_key=SearchKey(Value(term)))), False

    @admin.display(description=_("What it held"))
    def what_it_held(self, obj: DeletedReturn) -> str:
        """Return its facts, tags, comments and timeline as JSON."""
        return format_html("<pre>{}</pre>", json.dumps(obj.held, indent=2, ensure_ascii=False))
