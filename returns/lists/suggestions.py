"""Filters to offer when a word was typed into the search box, which finds numbers alone."""

from dataclasses import dataclass

from django.urls import reverse

from config.shipped_names import shipped_name, tag_label
from returns.filters.fields import MAX_NOTE_TEXT_LENGTH
from tags.vocabulary import TagChip, Vocabulary, canonical_names

MAX_SUGGESTED_TAGS = 5


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The list of the returns with a tag, as its reader knows it, or whose notes contain a text."""

    tag: str
    text: str
    address: str


def suggest_filters(text: str, vocabulary: Vocabulary) -> list[Suggestion]:
    """Return the filters that a text without a matching number may have meant.

    Tags are those of this name, label or synonym, and those with a word that begins with the text.
    None for a text without a letter, or too long for notes.
    """
    text = " ".join(text.replace("\0", "").split())
    if len(text) > MAX_NOTE_TEXT_LENGTH or not any(each.isalpha() for each in text):
        return []
    word = "-".join(text.lower().split())
    labelled = shipped_name("tag", "-".join(text.split())) or word
    names = [*canonical_names([text, word, labelled]).values()]
    names += [chip.name for chip in vocabulary.values() if f"-{word}" in _words_of(chip)]
    tags = list(dict.fromkeys(names))[:MAX_SUGGESTED_TAGS]
    return [
        *(
            Suggestion(tag_label(tag), "", reverse("return-list", query={"tag": tag}))
            for tag in tags
        ),
        Suggestion("", text, reverse("return-list", query={"notes": text})),
    ]


def _words_of(chip: TagChip) -> str:
    """Return the words of a tag's name and label, with a hyphen before each."""
    return f"-{chip.name}-{chip.label}".lower().replace(" ", "-")
