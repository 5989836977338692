"""The vocabulary in the admin; every change goes through ``tags.editing``."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from tags import editing, usage
from tags.forms import GroupForm, TagForm
from tags.models import Tag, TagGroup


class VocabularyAdmin(admin.ModelAdmin):
    """What groups and tags have in common: no bulk actions, and refusals are words."""

    actions = None
    view_on_site = False

    def changeform_view(self, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the form; a clash that came up only while saving is said in words."""
        return self._with_refusal_in_words(super().changeform_view, *args, **kwargs)

    def delete_view(self, *args: Any, **kwargs: Any) -> HttpResponse:
        """Ask, then delete; a use that came up only while deleting is said in words."""
        return self._with_refusal_in_words(super().delete_view, *args, **kwargs)

    def _with_refusal_in_words(
        self, view: Callable[..., HttpResponse], request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except ValidationError as error:
            self.message_user(request, error.message, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())


@admin.register(TagGroup)
class TagGroupAdmin(VocabularyAdmin):
    """Groups, in the order in which people see them."""

    form = GroupForm
    list_display = ["name", "color", "exclusive", "required_when", "position"]

    def save_model(self, request: HttpRequest, obj: TagGroup, form: Any, change: bool) -> None:
        """Save the group."""
        editing.save_group(obj, request.user, form.cleaned_data["seen"])

    def delete_model(self, request: HttpRequest, obj: TagGroup) -> None:
        """Delete the group."""
        editing.remove(obj, request.user)


@admin.register(Tag)
class TagAdmin(VocabularyAdmin):
    """Tags by group and rank."""

    form = TagForm
    list_display = ["name", "group", "position", "retired_at"]
    list_filter = ["group"]
    list_select_related = ["group"]
    search_fields = ["name"]
    show_facets = admin.ShowFacets.NEVER

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Say in one line how many records carry the tag; the usual way loads them all."""
        uses = [text for tag in objs if (text := usage.uses_of(tag))]
        return [str(tag) for tag in objs], {"tags": len(objs)}, set(), uses

    def save_model(self, request: HttpRequest, obj: Tag, form: Any, change: bool) -> None:
        """Save the tag, and move its taggings along when its group changed."""
        editing.save_tag(obj, request.user, form.cleaned_data["seen"])

    def delete_model(self, request: HttpRequest, obj: Tag) -> None:
        """Delete the tag."""
        editing.remove(obj, request.user)
