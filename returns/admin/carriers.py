"""Carriers in the admin: names, spellings that mean them, and tracking addresses."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from config.markup import format_html_join
from returns.carriers.editing import add_spelling
from returns.carriers.meaning import carrier_keys, carriers_by_key
from returns.carriers.names import read_carrier_names
from returns.models import Carrier, CarrierSpelling

MAX_UNKNOWN_SPELLINGS = 100


class CarrierForm(forms.ModelForm):
    """The form of a carrier."""

    class Meta:
        model = Carrier
        fields = ["name", "tracking_address"]
        widgets = {"tracking_address": forms.TextInput(attrs={"class": "vLargeTextField"})}

    def clean_name(self) -> str:
        """Return the name; refuse one that means another carrier."""
        name: str = self.cleaned_data["name"]
        (key,) = carrier_keys([name])
        other = carriers_by_key([key]).get(key)
        if other and other.pk != self.instance.pk:
            raise forms.ValidationError(
                gettext("“%(spelling)s” already means %(carrier)s.")
                % {"spelling": name, "carrier": other}
            )
        return name


class SpellingFormSet(forms.BaseInlineFormSet):
    """The spellings of a carrier. An error stands beside the spelling that it is about."""

    def clean(self) -> None:
        """Refuse a spelling that means another carrier, and one that is there twice."""
        super().clean()
        kept = [form for form in self.forms if _has_text(form) and form not in self.deleted_forms]
        keys = carrier_keys(form.cleaned_data["text"] for form in kept)
        carriers, seen = carriers_by_key(keys), set[str]()
        for form, key in zip(kept, keys, strict=True):
            values = {"spelling": form.cleaned_data["text"], "carrier": carriers.get(key)}
            if values["carrier"] and values["carrier"].pk != self.instance.pk:
                text = gettext("“%(spelling)s” already means %(carrier)s.")
                form.add_error("text", text % values)
            elif key in seen:
                text = gettext(
                    "“%(spelling)s” is here twice: case, accents, spaces and signs make no "
                    "difference."
                )
                form.add_error("text", text % values)
            seen.add(key)


def _has_text(form: forms.BaseForm) -> bool:
    return bool(getattr(form, "cleaned_data", {}).get("text"))


class SpellingInline(admin.TabularInline):
    """Spellings. Who may change carriers may change them."""

    model = CarrierSpelling
    formset = SpellingFormSet
    extra = 2

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Tell whether the person may see carriers."""
        return request.user.has_perm("returns.view_carrier")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Tell whether the person may change carriers."""
        return request.user.has_perm("returns.change_carrier")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Tell whether the person may change carriers."""
        return request.user.has_perm("returns.change_carrier")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Tell whether the person may change carriers."""
        return request.user.has_perm("returns.change_carrier")


@admin.register(Carrier)
class CarrierAdmin(admin.ModelAdmin):
    """Carriers with their spellings, and the spellings of returns that mean no carrier yet."""

    form = CarrierForm
    inlines = [SpellingInline]
    actions = None
    view_on_site = False
    fields = ["name", "tracking_address", "unknown_spellings"]
    readonly_fields = ["unknown_spellings"]
    list_display = ["name", "all_spellings", "tracking_address"]
    search_fields = ["name", "spellings__text"]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the carriers with their spellings."""
        return super().get_queryset(request).prefetch_related("spellings")

    @admin.display(description=_("Spellings"))
    def all_spellings(self, obj: Carrier) -> str:
        """Return the spellings in one line."""
        return ", ".join(each.text for each in obj.spellings.all())

    @admin.display(description=_("Spellings without a carrier"))
    def unknown_spellings(self, obj: Carrier) -> SafeString | str:
        """Return the spellings that returns have and that mean no carrier yet, one a line."""
        texts = read_carrier_names(whole=True).unknown_texts()
        lines = format_html_join("", "<div>{}</div>", _one_by_one(texts[:MAX_UNKNOWN_SPELLINGS]))
        return lines or pgettext("spellings", "None: each carrier that returns have is known.")

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save the spellings. A carrier's old name goes on meaning it: filters may have it."""
        super().save_related(request, form, formsets, change)
        old = form.initial.get("name", "")
        if change and "name" in form.changed_data and add_spelling(form.instance, old):
            text = gettext("“%(spelling)s” was kept as a spelling of %(carrier)s.")
            values = {"spelling": old, "carrier": form.instance}
            self.message_user(request, text % values, messages.INFO)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show or save the form. Ask for another try if the database refuses it."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except IntegrityError:
            text = gettext(
                "This was not saved: one of the names or spellings was still in use. "
                "Check them and try again."
            )
            self.message_user(request, text, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())


def _one_by_one(texts: Iterable[str]) -> list[tuple[str]]:
    return [(text,) for text in texts]
