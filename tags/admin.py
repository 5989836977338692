"""The vocabulary in the admin; every change goes through ``tags.vocabulary``."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from tags import vocabulary
from tags.models import Tag, TagGroup
from tags.vocabulary import VocabularyError


class GroupForm(forms.ModelForm):
    """A group; one that becomes exclusive must not have two tags on one record."""

    class Meta:
        model = TagGroup
        fields = ["name", "color", "exclusive", "position"]

    def clean_name(self) -> str:
        """Return the name, or say which group has it."""
        name: str = self.cleaned_data["name"]
        found = vocabulary.find_group(name)
        if found and found != self.instance:
            raise VocabularyError(f"A group of this name exists: {found}.")
        return name

    def clean_exclusive(self) -> bool:
        """Return whether the group is exclusive, or say how many records carry two of it."""
        exclusive: bool = self.cleaned_data["exclusive"]
        if exclusive and "exclusive" in self.changed_data and self.instance.pk:
            _refuse(vocabulary.clashes(list(self.instance.tags.all())))
        return exclusive


class TagForm(forms.ModelForm):
    """A tag; in an exclusive group it must not meet another tag of the group on one record."""

    class Meta:
        model = Tag
        fields = ["name", "group", "position"]

    def clean_name(self) -> str:
        """Return the name, or say why this tag cannot have it."""
        name = vocabulary.clean_tag_name(self.cleaned_data["name"])
        found = vocabulary.find_tag(name)
        if found and found != self.instance:
            raise VocabularyError(f"A tag of this name exists: {found}, in {found.group}.")
        return name

    def clean_group(self) -> TagGroup:
        """Return the group, or say how many records the tag would meet another one on."""
        group: TagGroup = self.cleaned_data["group"]
        if group.exclusive and "group" in self.changed_data and self.instance.pk:
            _refuse(vocabulary.clashes([self.instance, *group.tags.all()]))
        return group


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
        except VocabularyError as error:
            self.message_user(request, error.message, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())


@admin.register(TagGroup)
class TagGroupAdmin(VocabularyAdmin):
    """Groups, in the order in which people see them."""

    form = GroupForm
    list_display = ["name", "color", "exclusive", "position"]

    def save_model(self, request: HttpRequest, obj: TagGroup, form: Any, change: bool) -> None:
        """Save the group."""
        vocabulary.save_group(obj)

    def delete_model(self, request: HttpRequest, obj: TagGroup) -> None:
        """Delete the group."""
        vocabulary.delete(obj)


@admin.register(Tag)
class TagAdmin(VocabularyAdmin):
    """Tags by group and rank."""

    form = TagForm
    list_display = ["name", "group", "position"]
    list_filter = ["group"]
    list_select_related = ["group"]
    search_fields = ["name"]
    show_facets = admin.ShowFacets.NEVER

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Say in one line how many records carry the tag; the usual way loads them all."""
        uses = [text for tag in objs if (text := vocabulary.uses_of(tag))]
        return [str(tag) for tag in objs], {"tags": len(objs)}, set(), uses

    def save_model(self, request: HttpRequest, obj: Tag, form: Any, change: bool) -> None:
        """Save the tag, and move its taggings along when its group changed."""
        vocabulary.save_tag(obj)

    def delete_model(self, request: HttpRequest, obj: Tag) -> None:
        """Delete the tag."""
        vocabulary.delete(obj)


def _refuse(reason: str) -> None:
    if reason:
        raise VocabularyError(reason)
