"""Column mappings by name: those that people saved, and those that come with the program."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy

from config.text import shorten
from returns.feed.layouts import LAYOUTS
from returns.feed.mappings import BY_DATES, ColumnMapping, unique_headers
from returns.feed.spelling import normalize
from returns.models import SavedMapping

MAX_SAVED_HEADERS = 1000
MAX_FREE_NAME = 90  # characters, so that a number fits behind
MIN_FITTING_COLUMNS = 3  # of a mapping that was made for another header
NAME_TAKEN = gettext_lazy("A column mapping for other columns has this name. Choose another name.")


@dataclass(frozen=True)
class NamedMapping:
    """A column mapping and its name. ``is_known`` tells whether a person saved it."""

    name: str
    mapping: ColumnMapping
    is_known: bool


def fingerprint(header: Sequence[str]) -> str:
    """Return what identifies a header, whatever its case, spaces and order of columns."""
    names = sorted(map(normalize, unique_headers(header)))
    return sha256("\n".join(names).encode()).hexdigest()


def find_mapping(name: str) -> NamedMapping | None:
    """Return the mapping with a name, in any case: a saved one, or one of the program."""
    if saved := SavedMapping.objects.filter(name__iexact=name).first():
        return _named(saved)
    for each, mapping in LAYOUTS.items():
        if each.casefold() == name.casefold():
            return NamedMapping(each, mapping, is_known=False)
    return None


def mapping_names() -> list[str]:
    """Return the names of all mappings, those that people saved first."""
    return [*SavedMapping.objects.values_list("name", flat=True), *LAYOUTS]


def find_same(header: Sequence[str]) -> NamedMapping | None:
    """Return the mapping that was saved last for this very header."""
    saved = SavedMapping.objects.filter(fingerprint=fingerprint(header)).order_by("-pk").first()
    return _named(saved) if saved else None


def suggest(header: Sequence[str]) -> NamedMapping | None:
    """Return the mapping that fits a header: one saved for the same header, or any that fits."""
    if same := find_same(header):
        return same
    candidates = [
        *map(_columns_alone, map(_named, SavedMapping.objects.order_by("-pk"))),
        *(NamedMapping(name, mapping, is_known=False) for name, mapping in LAYOUTS.items()),
    ]
    fitting = [
        each
        for each in candidates
        if each.mapping.fits(header) and len(each.mapping.used) >= MIN_FITTING_COLUMNS
    ]
    return max(fitting, key=lambda each: len(each.mapping.used), default=None)


def _columns_alone(named: NamedMapping) -> NamedMapping:
    """Return a mapping without what it says about all rows: that may not hold for another file."""
    fixed = {name: value for name, value in named.mapping.fixed.items() if value == BY_DATES}
    return replace(named, mapping=replace(named.mapping, prefix="", fixed=fixed))


def _named(saved: SavedMapping) -> NamedMapping:
    return NamedMapping(saved.name, ColumnMapping(**saved.definition), is_known=True)


def free_name(name: str) -> str:
    """Return a name that no saved mapping has: this one, or this one with a number."""
    name = shorten(name, MAX_FREE_NAME)
    free, number = name, 1
    while SavedMapping.objects.filter(name__iexact=free).exists():
        number += 1
        free = f"{name} ({number})"
    return free


def list_mappings() -> QuerySet[SavedMapping]:
    """Return the mappings that people saved, by name."""
    return SavedMapping.objects.select_related("by")


def save_mapping(name: str, mapping: ColumnMapping, header: Sequence[str], person: User) -> None:
    """Save a mapping for files with this header, in place of one that has the name and the header.

    Raises ``ValidationError`` if a mapping for another header has the name.
    """
    saved = SavedMapping.objects.filter(name__iexact=name).first() or SavedMapping()
    if saved.pk and saved.fingerprint != fingerprint(header):
        raise ValidationError({"name": NAME_TAKEN})
    saved.name, saved.by = name, person
    _write(saved, mapping, header)


def change_mapping(saved: SavedMapping, name: str, mapping: ColumnMapping, person: User) -> None:
    """Change a saved mapping. Raises ``ValidationError`` if another one has the name."""
    saved.name, saved.by = name, person
    _write(saved, mapping, saved.header)


def _write(saved: SavedMapping, mapping: ColumnMapping, header: Sequence[str]) -> None:
    saved.definition = mapping.to_json()
    saved.header = list(header)[:MAX_SAVED_HEADERS]
    saved.fingerprint = fingerprint(header)
    saved.changed_at = timezone.now()
    try:
        with transaction.atomic():
            saved.save()
    except IntegrityError:
        raise ValidationError({"name": NAME_TAKEN}) from None


def delete_mapping(saved: SavedMapping) -> None:
    """Delete a saved mapping. What was imported with it stays."""
    saved.delete()
