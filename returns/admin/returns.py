"""Returns in the admin: searched by number, corrected with a trace, never added or deleted."""

from datetime import datetime
from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from config.dates import to_the_minute
from config.markup import format_html_join
from returns.admin.forms import CorrectionForm
from returns.admin.paging import CappedPaginator
from returns.models import Return, State
from returns.models.facts import CORRECTABLE_COLUMNS, FACTS, FACTS_BY_COLUMN, STATE_COLUMNS, Kind
from returns.record.corrections import correct, to_json_value
from returns.record.parcel import parcel_of
from returns.search import search_ends

KEY_FIELD = "return_reference_number"
READ_ONLY_FACTS = (
    KEY_FIELD,
    *(
        fact.column
        for fact in FACTS
        if not fact.is_correctable and fact.kind is not Kind.ITEMS and fact.column != KEY_FIELD
    ),
)
OTHER_FIELDS = ("contents", "tag_names", "corrected_fields", "unknown_fields")


@admin.register(Return)
class ReturnAdmin(admin.ModelAdmin):
    """Corrections of returns; all other fields are read-only."""

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
    # There is an index for this order; another one would sort the whole table.
    ordering = ["-created_at", "-id"]
    sortable_by = ["created_at"]
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    search_fields = ["return_reference_number"]
    search_help_text = _("Order, return or tracking number: all of it, its beginning or its end.")
    readonly_fields = [*READ_ONLY_FACTS, *OTHER_FIELDS]
    fieldsets = [
        (None, {"fields": READ_ONLY_FACTS}),
        (_("State"), {"fields": [*STATE_COLUMNS, "seen"]}),
        (
            _("Facts"),
            {"fields": [name for name in CORRECTABLE_COLUMNS if name not in STATE_COLUMNS]},
        ),
        (_("Other"), {"fields": OTHER_FIELDS}),
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
        """Search by the indexed keys; any other lookup would read the whole table."""
        term = search_term.strip()
        if not term:
            return queryset, False
        exact = queryset.filter(return_reference_number=term)
        return (exact if exact.exists() else queryset.among(search_ends(term).ids)), False

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Return | None:
        """Return the record, locked if it is being corrected, until the correction is written."""
        record: Return | None = super().get_object(request, object_id, from_field)
        if record and request.method == "POST":
            list(Return.objects.select_for_update(no_key=True).filter(pk=record.pk).values("pk"))
            record.refresh_from_db()
        return record

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """Redirect to the timeline, which has every change of the return, whoever made it."""
        record = self.get_object(request, unquote(object_id))
        if record is None:
            raise Http404(gettext("There is no such return."))
        if not self.has_view_or_change_permission(request, record):
            raise PermissionDenied
        return redirect(f"{record.get_absolute_url()}#timeline")

    def save_model(self, request: HttpRequest, obj: Return, form: Any, change: bool) -> None:
        """Write the fields that the person changed."""
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        correct(obj, changes, by=cast("User", request.user))

    @admin.display(description=_("In the parcel"))
    def contents(self, obj: Return) -> SafeString | str:
        """Return each line item; the WMS alone changes them."""
        parcel = parcel_of(obj)
        if not parcel.is_known:
            return gettext("The WMS has not said what is in it.")
        lines = (
            (item.line_reference, item.sku, item.serial_number, item.outcome)
            for item in (line.item for line in (*parcel.lines, *parcel.folded))
        )
        return format_html_join("", "<div>{} · {} · {} · {}</div>", lines) or gettext(
            "The WMS says that nothing was in it."
        )

    @admin.display(description=_("Tags"))
    def tag_names(self, obj: Return) -> str:
        """Return the names of the return's tags; they are changed on the return's page."""
        taggings = obj.taggings.select_related("tag__group").order_by(
            "tag__group__position", "tag__position", "tag__name"
        )
        names = ", ".join(str(tagging.tag) for tagging in taggings)
        if not names:
            return gettext("None (to change tags, open the return’s page)")
        return gettext("%(tags)s (to change tags, open the return’s page)") % {"tags": names}

    @admin.display(description=_("Corrections"))
    def corrected_fields(self, obj: Return) -> SafeString | str:
        """Return each corrected field with the value that the WMS sent."""
        lines = [
            (_correction(name, sent),)
            for name, sent in sorted(obj.corrections.items())
            if sent != to_json_value(getattr(obj, name))
        ]
        none = pgettext("corrections", "None")
        return format_html_join("", "<div>{}</div>", lines) or none


def _correction(name: str, sent: str | None) -> str:
    kind, field = FACTS_BY_COLUMN[name].kind, FACTS_BY_COLUMN[name].label
    time = parse_datetime(sent) if sent and kind is Kind.TIME else None
    if isinstance(time, datetime):
        local = timezone.localtime(time)
        values = {"field": field, "time": f"{to_the_minute(local)}:{local:%S}"}
        return gettext("%(field)s: corrected; the WMS sent %(time)s") % values
    word = dict(State.choices).get(sent, sent) if kind is Kind.STATE and sent else sent
    if not word:
        return gettext("%(field)s: corrected; the WMS sent nothing") % {"field": field}
    values = {"field": field, "value": str(word)}
    return gettext("%(field)s: corrected; the WMS sent “%(value)s”") % values
