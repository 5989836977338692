"""Returns in the admin: found by their numbers, corrected with a trace, never added or deleted."""

from datetime import datetime
from typing import Any, cast

from django.contrib import admin
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.template.defaultfilters import date
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.functional import cached_property
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from returns.admin.forms import CorrectionForm
from returns.models import Return, State
from returns.models.facts import BY_COLUMN, CORRECTABLE, FACTS, STEPS, Kind
from returns.record.corrections import as_sent, correct
from returns.search import begins_or_ends

PAGED_RETURNS = 10_000
KEY = "return_reference_number"
FIXED = (KEY, *(fact.column for fact in FACTS if not fact.is_correctable and fact.column != KEY))
ALSO_KNOWN = ("tags_on_it", "corrected_fields", "unknown_fields")


class CappedPaginator(Paginator):
    """Pages through the first rows alone: counting a million takes longer than anyone pages."""

    @cached_property
    def count(self) -> int:
        """Return the number of rows, at most ``PAGED_RETURNS``."""
        rows: Any = self.object_list
        return rows.order_by()[:PAGED_RETURNS].count()  # type: ignore[no-any-return]


@admin.register(Return)
class ReturnAdmin(admin.ModelAdmin):
    """Corrections; everything else about a return is read here."""

    form = CorrectionForm
    actions = None
    list_display = [
        "return_reference_number",
        "sales_order_reference_number",
        "tracking_id",
        "state",
        "created_at",
        "arrived_to_warehouse_at",
        "completed_at",
    ]
    list_filter = ["state"]
    list_per_page = 50
    list_select_related = False
    # It has an index; another order would sort a million rows.
    ordering = ["-created_at", "-id"]
    sortable_by = ["created_at"]
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    search_fields = ["return_reference_number"]
    search_help_text = "Order, return or tracking number: whole, its beginning or its end."
    readonly_fields = [*FIXED, *ALSO_KNOWN]
    fieldsets = [
        (None, {"fields": FIXED}),
        ("State", {"fields": [*STEPS, "seen"]}),
        ("Facts", {"fields": [name for name in CORRECTABLE if name not in STEPS]}),
        ("Also known", {"fields": ALSO_KNOWN}),
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: returns come from the WMS."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Return | None = None) -> bool:
        """Refuse: a return and its timeline stay."""
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        """Find by the indexed keys; any other lookup reads a million rows."""
        term = search_term.strip()
        if not term:
            return queryset, False
        exact = queryset.filter(return_reference_number=term)
        return (exact if exact.exists() else queryset.among(begins_or_ends(term).ids)), False

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Return | None:
        """Load a return; one about to be corrected is locked from the comparison to the write."""
        record: Return | None = super().get_object(request, object_id, from_field)
        if record and request.method == "POST":
            list(Return.objects.select_for_update(no_key=True).filter(pk=record.pk).values("pk"))
            record.refresh_from_db()
        return record

    def save_model(self, request: HttpRequest, obj: Return, form: Any, change: bool) -> None:
        """Correct the fields that the person changed."""
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        correct(obj, changes, by=cast("User", request.user))

    @admin.display(description="Tags")
    def tags_on_it(self, obj: Return) -> str:
        """Name the return's tags; they are changed on the return's own page."""
        taggings = obj.taggings.select_related("tag__group").order_by(
            "tag__group__position", "tag__position", "tag__name"
        )
        names = ", ".join(tagging.tag.name for tagging in taggings)
        return f"{names or 'None'} (changed on the page of the return)"

    @admin.display(description="Corrections")
    def corrected_fields(self, obj: Return) -> SafeString | str:
        """Say of each corrected field what the WMS had sent."""
        lines = [
            (BY_COLUMN[name].label, _sent_in_words(name, sent))
            for name, sent in sorted(obj.corrections.items())
            if sent != as_sent(getattr(obj, name))
        ]
        return format_html_join("", "<div>{}: corrected, the WMS sent {}</div>", lines) or "None"


def _sent_in_words(name: str, sent: str | None) -> str:
    kind = BY_COLUMN[name].kind
    time = parse_datetime(sent) if sent and kind is Kind.TIME else None
    if isinstance(time, datetime):
        return date(timezone.localtime(time), "j M Y, H:i:s")
    word = dict(State.choices).get(sent, sent) if kind is Kind.STATE and sent else sent
    return f"“{word}”" if word else "nothing"
