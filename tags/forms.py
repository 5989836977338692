"""Forms about tags."""

from typing import Any

from django import forms

from tags.models import Tag, TagGroup
from tags.vocabulary import VocabularyError, create_tag, find_tag


class AddTagForm(forms.Form):
    """The name of a tag to add. With a group, a tag that does not exist yet is created in it."""

    add = forms.CharField(strip=True, error_messages={"required": "Type the name of a tag."})
    group = forms.ModelChoiceField(
        TagGroup.objects.all(),
        required=False,
        error_messages={"invalid_choice": "There is no such group any more."},
    )

    def __init__(self, *args: Any, may_create: bool, **kwargs: Any) -> None:
        self.may_create = may_create
        super().__init__(*args, **kwargs)

    def clean_add(self) -> str:
        """Refuse a name that no tag can have, and one that this person may not create."""
        name: str = self.cleaned_data["add"]
        self.found = find_tag(name)
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
            return create_tag(add, group)
        raise VocabularyError(
            f"There is no tag “{add}”. Choose the group to create it in.", code="missing"
        )
