"""Forms about tags, their groups, and the names of tags."""

from typing import Any

from django import forms

from tags import editing, usage
from tags.history import version_of
from tags.models import Tag, TagGroup
from tags.tagging import Person
from tags.vocabulary import VocabularyError, clean_tag_name, find_group, find_tag


class AddTagForm(forms.Form):
    """The name of a tag to add. With a group, a tag that does not exist yet is created in it."""

    add = forms.CharField(strip=True, error_messages={"required": "Type the name of a tag."})
    group = forms.ModelChoiceField(
        TagGroup.objects.all(),
        required=False,
        error_messages={"invalid_choice": "There is no such group any more."},
    )

    def __init__(self, *args: Any, by: Person, **kwargs: Any) -> None:
        self.by = by
        self.may_create = by is not None and by.has_perm("tags.add_tag")
        super().__init__(*args, **kwargs)

    def clean_add(self) -> str:
        """Refuse a name that no tag can have, a retired one, and one that they may not create."""
        name: str = self.cleaned_data["add"]
        self.found = find_tag(name)
        if self.found and self.found.retired_at:
            raise VocabularyError(f"“{self.found}” is retired. Choose another tag.")
        if not self.found and not self.may_create:
            raise VocabularyError(f"There is no tag “{name}”. A warehouse manager can create it.")
        return name

    def tag(self) -> Tag | None:
        """Return the named tag, created when it is new; nothing, and the error in words, if not."""
        try:
            return self.found or self._new_tag(**self.cleaned_data)
        except VocabularyError as error:
            self.add_error("add", error)
            return None

    @property
    def missing(self) -> bool:
        """Tell whether the name is new and waits for the group to create it in."""
        return self.has_error("add", "missing")

    @property
    def words(self) -> str:
        """Say what is wrong in one text, or nothing."""
        return " ".join(text for texts in self.errors.values() for text in map(str, texts))

    def _new_tag(self, add: str, group: TagGroup | None) -> Tag:
        if group:
            return editing.create_tag(add, group, self.by)
        raise VocabularyError(
            f"There is no tag “{add}”. Choose the group to create it in.", code="missing"
        )


class _WordForm(forms.ModelForm):  # type: ignore[type-arg]
    """A tag or a group as somebody saw it: what another person changed meanwhile is not undone."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["seen"] = version_of(self.instance)


class GroupForm(_WordForm):
    """A group; one that becomes exclusive must not have two tags on one record."""

    class Meta:
        model = TagGroup
        fields = ["name", "description", "color", "exclusive", "required_when", "position"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stages = [("", "Not required"), *usage.stages().items()]
        required = self._meta.model._meta.get_field("required_when")
        self.fields["required_when"] = forms.ChoiceField(
            choices=stages, required=False, label="Required when", help_text=required.help_text
        )

    def clean_name(self) -> str:
        """Return the name, or say which group has it."""
        name: str = self.cleaned_data["name"]
        found = find_group(name)
        if found and found != self.instance:
            raise VocabularyError(f"A group of this name exists: {found}.")
        return name

    def clean_exclusive(self) -> bool:
        """Return whether the group is exclusive, or say which records carry two of it."""
        exclusive: bool = self.cleaned_data["exclusive"]
        if exclusive and "exclusive" in self.changed_data and self.instance.pk:
            _refuse(usage.clashes(list(self.instance.tags.all())))
        return exclusive


class TagForm(_WordForm):
    """A tag; in an exclusive group it must not meet another tag of the group on one record."""

    class Meta:
        model = Tag
        fields = ["name", "description", "group", "raises", "position"]

    def clean_name(self) -> str:
        """Return the name, or say why this tag cannot have it."""
        name = clean_tag_name(self.cleaned_data["name"])
        _refuse(editing.name_is_taken(Tag(pk=self.instance.pk, name=name)))
        return name

    def clean_group(self) -> TagGroup:
        """Return the group, or say which records the tag would meet another one on."""
        group: TagGroup = self.cleaned_data["group"]
        if group.exclusive and "group" in self.changed_data and self.instance.pk:
            _refuse(usage.clashes([self.instance, *group.tags.all()]))
        return group


class ChangeTagForm(TagForm):
    """The same of a tag that is there, and what becomes of its name when it gets another."""

    keep_name = forms.BooleanField(
        label="After renaming, the old name goes on meaning it",
        required=False,
        initial=True,
        help_text="Files and the feed may go on sending the old name.",
    )


class BulkForm(forms.Form):
    """The tags to add to many records, and those to remove."""

    add = forms.ModelMultipleChoiceField(
        Tag.objects.filter(retired_at__isnull=True).select_related("group"),
        required=False,
        error_messages={"invalid_choice": "One of these tags is not there any more, or retired."},
    )
    remove = forms.ModelMultipleChoiceField(
        Tag.objects.all(),
        required=False,
        error_messages={"invalid_choice": "One of these tags is not there any more."},
    )

    def chosen(self, way: str) -> list[int]:
        """Return the ids that were sent for ``add`` or ``remove``, or that it begins with."""
        value = self[way].value() or []
        return [int(number) for number in value if str(number).isdecimal()]


class MergeForm(forms.Form):
    """The tags that are chosen, and the one of them, or another, into which they are merged."""

    tag = forms.ModelMultipleChoiceField(
        Tag.objects.all(),
        error_messages={
            "required": "Choose the tags to merge on the page before.",
            "invalid_choice": "One of these tags is not there any more.",
        },
    )
    into = forms.ModelChoiceField(
        Tag.objects.filter(retired_at__isnull=True).select_related("group"),
        required=False,
        label="Merge into",
        empty_label="Choose the tag that stays",
        error_messages={"invalid_choice": "This tag is not there any more, or is retired."},
    )


def _refuse(reason: str) -> None:
    if reason:
        raise VocabularyError(reason)
