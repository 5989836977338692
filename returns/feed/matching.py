"""Matching the columns of an upload by hand: what the form begins with, and what it leads to."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import QueryDict

from returns.feed import saved_mappings, uploads
from returns.feed.mapping_forms import MappingForm, StateWord
from returns.feed.mappings import ColumnMapping, from_json
from returns.feed.outlines import Outline, guess
from returns.models import Upload

# What is asked of the form: to show the words of another column, or to save it.
SHOW_WORDS, SAVE = "words", "save"


@dataclass(frozen=True)
class Matching:
    """The form for matching the columns of an upload, with what it is about.

    ``records`` is the chosen list of JSON, ``words`` the words of the state column, and
    ``suggested`` the name of the mapping with which the form is filled in, if nobody chose one.
    """

    upload: Upload
    outline: Outline
    records: str
    form: MappingForm
    words: list[str]
    suggested: str

    def state_words(self) -> list[StateWord]:
        """Return the words of the state column with what they mean."""
        return self.form.state_words(self.words)

    def apply(self, person: User) -> bool:
        """Read the upload as the form says, and remember the mapping if it has a name.

        Returns False if the form is not valid; it then has the errors.
        """
        if not self.form.is_complete(self.words):
            return False
        mapping = self.form.to_mapping(self.words, self.records)
        if name := self.form.cleaned_data["name"]:
            try:
                saved_mappings.save_mapping(name, mapping, self.outline.header, person)
            except ValidationError as error:
                self.form.add_error(None, error)
                return False
        uploads.choose_columns(self.upload, mapping, name)
        return True


def match(upload: Upload, data: QueryDict) -> Matching | None:
    """Return how the columns of an upload are matched, as submitted; None if it is no table."""
    chosen = from_json(upload.mapping)
    records = data.get("records", chosen.records if chosen else "")
    outline = uploads.outline_of(upload, records)
    if outline is None:
        return None
    if chosen:
        mapping, suggested, name = chosen, "", upload.mapping_name
    else:
        mapping, suggested = _suggest(outline.header)
        name = saved_mappings.free_name(suggested or PurePath(upload.name).stem)
    submitted = data if data.get("action") in (SHOW_WORDS, SAVE) else None
    form = MappingForm(outline.header, mapping, submitted, name)
    column = form.state_column()
    words: list[str] = []
    if column in outline.header:
        words = uploads.words_of(upload, outline.header.index(column), records)
    return Matching(upload, outline, records, form, words, suggested)


def _suggest(header: Sequence[str]) -> tuple[ColumnMapping, str]:
    """Return the mapping that fits a header, and its name, or what the headers themselves say."""
    suggested = saved_mappings.suggest(header)
    return (suggested.mapping, suggested.name) if suggested else (guess(header), "")
