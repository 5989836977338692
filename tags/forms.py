"""Forms for tags, tag groups and choices of tags."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tags import editing, usage
from tags.conflicts import group_name_conflict, name_conflict, similar_name
from tags.history import version_of
from tags.labels import tag_labelled
from tags.models import Tag, TagGroup
from tags.sent_names import find_similar
from tags.tagging import Person
from tags.vocabulary import VocabularyError, clean_tag_name, find_tag, near_names


class AddTagForm(forms.Form):
    """The name of a tag to add, and the group to create it in if there is no such tag yet.

    ``anyway`` is that group if the person wants the tag although a similar one exists.
    """

    add = forms.CharField(
        strip=True, error_messages={"required": gettext_lazy("Enter a tag name.")}
    )
    group = forms.ModelChoiceField(
        TagGroup.objects.all(),
        required=False,
        error_messages={"invalid_choice": gettext_lazy("This group no longer exists.")},
    )
    anyway = forms.ModelChoiceField(
        TagGroup.objects.all(),
        required=False,
        error_messages={"invalid_choice": gettext_lazy("This group no longer exists.")},
    )
    # The tag whose name is similar, if there is no tag of this one.
    similar: Tag | None = None
    # Tags whose names are near, if there is neither.
    near: Sequence[str] = ()

    def __init__(self, *args: Any, by: Person, **kwargs: Any) -> None:
        self.by = by
        self.may_create = by is not None and by.has_perm("tags.add_tag")
        super().__init__(*args, **kwargs)

    def clean_add(self) -> str:
        """Reject names that no tag can have, retired tags, and tags the person may not create."""
        name: str = self.cleaned_data["add"]
        self.existing = find_tag(name) or tag_labelled(name)
        if self.existing and self.existing.retired_at:
            text = _("“%(tag)s” is retired. Choose another tag.") % {"tag": self.existing}
            raise VocabularyError(text)
        if not self.existing:
            other = find_similar(clean_tag_name(name))
            self.similar = other and (other.synonym_of or other)
            self.near = () if self.similar else near_names(name)
        if not self.existing and not self.may_create:
            advice = _("A warehouse manager can create it.")
            raise VocabularyError(f"{self._missing(name)} {advice}")
        return name

    def tag(self) -> Tag | None:
        """Return the named tag, created if it is new. On failure, add an error and return None."""
        try:
            return self.existing or self._new_tag(**self.cleaned_data)
        except VocabularyError as error:
            self.add_error("add", error)
            return None

    @property
    def needs_group(self) -> bool:
        """Tell whether the name is new, so that a group to create it in must be chosen.

        Also if one was chosen, when there is a similar tag.
        """
        return self.has_error("add", "needs-group")

    @property
    def error_text(self) -> str:
        """Return all errors as one text."""
        return " ".join(text for texts in self.errors.values() for text in map(str, texts))

    def _new_tag(self, add: str, group: TagGroup | None, anyway: TagGroup | None) -> Tag:
        chosen = anyway or (None if self.similar else group)
        if chosen:
            return editing.create_tag(add, chosen, self.by)
        text = self._missing(add)
        if self.similar is None:
            advice = _("Choose a group to create it in.")
            text = f"{text} {advice}"
        raise VocabularyError(text, code="needs-group")

    def _missing(self, name: str) -> str:
        if self.similar is None:
            return _("There is no tag “%(name)s”.") % {"name": name}
        text = _("There is no tag “%(name)s”, but there is “%(similar)s”.")
        if self.similar.retired_at:
            text = _("There is no tag “%(name)s”, but there is “%(similar)s”, which is retired.")
        return text % {"name": name, "similar": self.similar}


class _EntryForm(forms.ModelForm):  # type: ignore[type-arg]
    """A tag or a group, with the version that the person saw.

    Saving fails if somebody else has changed it since, so that their change is not lost.
    """

    seen = forms.CharField(label="", required=False, widget=forms.HiddenInput)
    # A name that the person may confirm, because another one is similar.
    name_to_confirm = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["seen"] = version_of(self.instance)


class GroupForm(_EntryForm):
    """A tag group. It cannot become exclusive while a record has two of its tags."""

    class Meta:
        model = TagGroup
        fields = ["name", "description", "color", "exclusive", "required_when", "position"]
        labels = {
            "color": gettext_lazy("Colour"),
            "exclusive": gettext_lazy("Only one tag per return"),
        }
        help_texts = {
            "exclusive": gettext_lazy(
                "Adding a tag of this group replaces the one the return has."
            ),
            "position": gettext_lazy("Groups are listed by position, lowest first."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stages = [("", _("Not required")), *usage.stages().items()]
        self.fields["required_when"] = forms.ChoiceField(
            choices=stages,
            required=False,
            label=_("Required when"),
            help_text=_(
                "Returns that need a tag of this group but have none are listed separately."
            ),
        )

    def clean_name(self) -> str:
        """Reject the name of another group."""
        name: str = self.cleaned_data["name"]
        _raise_if(group_name_conflict(TagGroup(pk=self.instance.pk, name=name)))
        return name

    def clean_exclusive(self) -> bool:
        """Reject an exclusive group while records have two of its tags."""
        exclusive: bool = self.cleaned_data["exclusive"]
        if exclusive and "exclusive" in self.changed_data and self.instance.pk:
            _raise_if(usage.describe_conflicts(list(self.instance.tags.all())))
        return exclusive


class TagForm(_EntryForm):
    """A tag. It cannot move to an exclusive group if records have another tag of that group.

    ``anyway`` is its name again, if the person confirms it although another one is similar.
    """

    anyway: forms.Field = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Tag
        fields = ["name", "description", "group", "raises", "position"]
        help_texts = {
            "raises": gettext_lazy("Returns with this tag go to the top of the queue."),
            "position": gettext_lazy("The tags of a group are listed by position, lowest first."),
        }

    def clean_name(self) -> str:
        """Reject names that no tag can have, and the name of another tag."""
        name = clean_tag_name(self.cleaned_data["name"])
        _raise_if(name_conflict(Tag(pk=self.instance.pk, name=name)))
        return name

    def clean_group(self) -> TagGroup:
        """Reject an exclusive group if records have this tag and another one of that group."""
        group: TagGroup = self.cleaned_data["group"]
        if group.exclusive and "group" in self.changed_data and self.instance.pk:
            _raise_if(usage.describe_conflicts([self.instance, *group.tags.all()]))
        return group

    def clean(self) -> dict[str, Any]:
        """Reject a new name that is similar to another one, until the person confirms it."""
        values = super().clean() or {}
        name = values.get("name", "")
        is_new = name and "name" in self.changed_data and not self.is_confirmed(name)
        if is_new and (other := find_similar(name, besides=self.instance.pk)):
            self.name_to_confirm = name
            self.add_error("name", VocabularyError(similar_name(other)))
        return values

    def is_confirmed(self, name: str) -> bool:
        """Tell whether the person wants this name although another one is similar."""
        return bool(self.cleaned_data.get("anyway") == name)


class ChangeTagForm(TagForm):
    """An existing tag, with the choice to keep the old name of a renamed tag."""

    keep_name = forms.BooleanField(
        label=gettext_lazy("Keep the old name as a synonym"),
        required=False,
        initial=True,
        help_text=gettext_lazy("Files and the feed can then still use the old name."),
    )


class BulkForm(forms.Form):
    """The tags to add to many records, and the tags to remove."""

    add = forms.ModelMultipleChoiceField(
        Tag.objects.filter(retired_at__isnull=True).select_related("group"),
        required=False,
        error_messages={
            "invalid_choice": gettext_lazy("One of these tags was deleted or retired.")
        },
    )
    remove = forms.ModelMultipleChoiceField(
        Tag.objects.all(),
        required=False,
        error_messages={"invalid_choice": gettext_lazy("One of these tags no longer exists.")},
    )

    def chosen_ids(self, field_name: str) -> list[int]:
        """Return the submitted or initial tag ids of the field ``add`` or ``remove``."""
        value = self[field_name].value() or []
        return [int(number) for number in value if str(number).isdecimal()]


class MergeForm(forms.Form):
    """The tags to merge, and the tag to merge them into, which may be one of them."""

    tag = forms.ModelMultipleChoiceField(
        Tag.objects.all(),
        error_messages={
            "required": gettext_lazy("Choose the tags to merge on the Tags page."),
            "invalid_choice": gettext_lazy("One of these tags no longer exists."),
        },
    )
    into = forms.ModelChoiceField(
        Tag.objects.filter(retired_at__isnull=True).select_related("group"),
        required=False,
        label=gettext_lazy("Merge into"),
        empty_label=gettext_lazy("Choose a tag"),
        error_messages={"invalid_choice": gettext_lazy("This tag was deleted or retired.")},
    )


def _raise_if(problem: str) -> None:
    if problem:
        raise VocabularyError(problem)
