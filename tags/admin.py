"""The vocabulary in the admin; every change goes through ``tags.editing``."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from tags import editing, usage
from tags.forms import ChangeTagForm, GroupForm, TagForm
from tags.models import Tag, TagGroup


class VocabularyAdmin(admin.ModelAdmin):
    """Base of the admins of groups and tags: no bulk actions, and errors on saving are shown."""

    actions = None
    view_on_site = False

    @admin.display(description=_("name"), ordering="name")
    def label(self, obj: Tag | TagGroup) -> str:
        """Return the name as the reader knows it."""
        return obj.label

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Log under the name that is stored; everybody reads the log."""
        with override(None):
            return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Log under the name that is stored."""
        with override(None):
            return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Log under the name that is stored."""
        with override(None):
            return super().log_deletions(request, queryset)

    def changeform_view(self, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show or save the form. Show an error that was only raised while saving."""
        return self._show_validation_error(super().changeform_view, *args, **kwargs)

    def delete_view(self, *args: Any, **kwargs: Any) -> HttpResponse:
        """Ask for confirmation, then delete. Show an error that was only raised while deleting."""
        return self._show_validation_error(super().delete_view, *args, **kwargs)

    def _show_validation_error(
        self, view: Callable[..., HttpResponse], request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except ValidationError as error:
            self.message_user(request, str(error.message), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())


@admin.register(TagGroup)
class TagGroupAdmin(VocabularyAdmin):
    """Groups in display order."""

    form = GroupForm
    list_display = ["label", "color", "exclusive", "required_when", "position"]

    def save_model(self, request: HttpRequest, obj: TagGroup, form: Any, change: bool) -> None:
        """Save the group."""
        editing.save_group(obj, request.user, form.cleaned_data["seen"])

    def delete_model(self, request: HttpRequest, obj: TagGroup) -> None:
        """Delete the group."""
        editing.remove(obj, request.user)


class ConfirmedTagForm(ChangeTagForm):
    """A tag whose name is confirmed by a checkbox, because the admin has only its own buttons."""

    anyway = forms.BooleanField(
        label=_("Similar name"),
        required=False,
        help_text=_("Tick this if the name is meant to be similar to that of another tag."),
    )

    def is_confirmed(self, name: str) -> bool:
        """Tell whether the checkbox is ticked."""
        return bool(self.cleaned_data.get("anyway"))


@admin.register(Tag)
class TagAdmin(VocabularyAdmin):
    """Tags by group and position."""

    form = ConfirmedTagForm
    fields = (*TagForm.Meta.fields, "keep_name", "anyway", "seen")
    list_display = ["label", "group", "position", "retired_at"]
    list_filter = ["group"]
    list_select_related = ["group"]
    search_fields = ["name"]
    show_facets = admin.ShowFacets.NEVER

    def get_fields(self, request: HttpRequest, obj: Tag | None = None) -> Any:
        """Return the fields; a new tag has no old name to keep."""
        return [name for name in self.fields if obj or name != "keep_name"]

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Return the number of records with the tag in one line; Django would load all of them."""
        uses = [text for tag in objs if (text := usage.describe_uses(tag))]
        return [str(tag) for tag in objs], {"tags": len(objs)}, set(), uses

    def save_model(self, request: HttpRequest, obj: Tag, form: Any, change: bool) -> None:
        """Save the tag. If its group changed, the database updates its taggings."""
        keep_name = form.cleaned_data.get("keep_name", False)
        editing.save_tag(obj, request.user, form.cleaned_data["seen"], keep_name=keep_name)

    def delete_model(self, request: HttpRequest, obj: Tag) -> None:
        """Delete the tag."""
        editing.remove(obj, request.user)
