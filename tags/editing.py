"""Change the vocabulary: each change is kept in its history, and can be undone."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import DataError, IntegrityError, connection, transaction
from django.db.models import F, Model, ProtectedError
from django.utils import timezone

from config.ordering import moved
from config.versions import check_version
from tags import history
from tags.history import Row, RowChange, change_of, kind_of, row_of
from tags.models import Tag, TagGroup
from tags.tagging import Person
from tags.vocabulary import VocabularyError, clean_tag_name, find_group, find_name

type Word = Tag | TagGroup

NO_LONGER = "until"
MANY_SIBLINGS = 3_000  # their positions are small integers
TOO_LONG = "This name is too long once its letters are taken apart."


def create_tag(name: str, group: TagGroup, by: Person) -> Tag:
    """Create a tag as the last of its group.

    Raises ``VocabularyError`` when the name is impossible or taken, also by somebody who
    created it at this very moment.
    """
    return save_tag(Tag(name=name, group=group), by)


def save_tag(tag: Tag, by: Person, seen: str = "", *, keep_name: bool = False) -> Tag:
    """Create a tag, or rename, describe, rank, retire or move it; its slot follows its group.

    ``seen`` is the ``version_of`` the tag that the person saw, if they saw one. ``keep_name``:
    after renaming it, the old name goes on meaning it.
    Raises ``VocabularyError`` when the name is impossible or taken, and when records would carry
    two tags of an exclusive group; ``ChangedMeanwhileError`` when it is not what the person saw.
    """
    tag.name = clean_tag_name(tag.name)
    with _refused_in_words(lambda error: _refusal(tag, error)):
        before = _before(tag, seen)
        # Lock before reading: an admin may make the group exclusive at this moment.
        group = _locked(TagGroup, tag.group_id)
        if group is None:
            raise VocabularyError("This group was deleted meanwhile.")
        tag.slot = group.slot
        taken = find_name(tag.name) if before else None
        freed = [_forget(taken)] if taken and taken.synonym_of_id == tag.pk else []
        tag.save()
        old = before["name"] if before and keep_name else ""
        # A new name that differs in its case alone is found by the old one.
        synonym = None if not old or find_name(old) else _synonym(tag, old)
        _keep(tag, before, by, freed, synonym)
    return tag


def _forget(synonym: Tag) -> RowChange:
    """Free the name of a synonym, but keep its row: filters may have kept the id."""
    before = row_of(synonym)
    synonym.name, synonym.is_forgotten = f"{synonym.name[:30]} {NO_LONGER} {synonym.pk}", True
    synonym.save(update_fields=["name", "is_forgotten"])
    return change_of(synonym, before, row_of(synonym))


def save_group(group: TagGroup, by: Person, seen: str = "") -> TagGroup:
    """Create a group, or rename, describe, rank or colour it, or make it exclusive or required.

    Raises ``VocabularyError`` when the name is taken, and when the group would become exclusive
    while records carry two of its tags; ``ChangedMeanwhileError`` when it is not what the person
    saw.
    """
    group.name = " ".join(group.name.split())
    with _refused_in_words(lambda error: _refusal_of_group(group, error)):
        before = _before(group, seen)
        group.save()
        _keep(group, before, by)
    return group


def retire(tag: Tag, by: Person, *, on: bool) -> None:
    """Offer the tag no longer, or again. It stays on records either way."""
    tag.refresh_from_db()
    tag.retired_at = (tag.retired_at or timezone.now()) if on else None
    save_tag(tag, by)


def add_synonym(tag: Tag, name: str, by: Person) -> Tag:
    """Let another name mean the tag, too. Raises ``VocabularyError`` when the name is taken."""
    name = clean_tag_name(name)
    with _refused_in_words(lambda error: _refusal(Tag(name=name, synonym_of=tag), error)):
        synonym = _synonym(tag, name)
        words = f"“{synonym}” means “{tag}”."
        history.record(words, [change_of(synonym, None, row_of(synonym))], by)
    return synonym


def _synonym(tag: Tag, name: str) -> Tag:
    return Tag.names.create(name=name, synonym_of=tag, synonym_slot=_slot(tag.pk))


def remove_synonym(tag: Tag, synonym_id: int, by: Person) -> str:
    """Let a name mean the tag no longer; return the name, "" when it did not mean it.

    It may be the name of a tag that was merged: views and rules that keep its id go on meaning
    this tag.
    """
    with transaction.atomic():
        synonym = _locked(Tag, synonym_id)
        if synonym is None or synonym.synonym_of_id != tag.pk or synonym.is_forgotten:
            return ""
        name = str(synonym.name)
        history.record(f"“{name}” no longer means “{tag}”.", [_forget(synonym)], by)
    return name


def remove(word: Word, by: Person) -> None:
    """Delete a tag that no record carries, with its synonyms, or a group without tags.

    Raises ``VocabularyError`` for one in use.
    """
    with _refused_in_words(lambda _: f"“{word}” is in use, so it stays."):
        _take_the_time()
        gone = [*_synonyms(word), word]
        changes = [change_of(each, row_of(each), None) for each in gone]
        history.record(f"Deleted “{word}”.", changes, by)
        for each in gone:
            each.delete()


def move(word: Word, by: Person, *, up: bool) -> None:
    """Move a tag one place within its group, or a group among the groups."""
    with transaction.atomic():
        siblings = list(_siblings(word).select_for_update(no_key=True))
        ordered = moved(siblings, word, up=up)
        if ordered == siblings:
            return
        before = {sibling.pk: row_of(sibling) for sibling in siblings}
        step = 10 if len(siblings) < MANY_SIBLINGS else 1
        for place, sibling in enumerate(ordered, start=1):
            sibling.position = place * step
            sibling.save(update_fields=["position"])
        changes = [change_of(each, before[each.pk], row_of(each)) for each in ordered]
        changed = [change for change in changes if change["before"] != change["after"]]
        history.record(f"Moved “{word}” {'up' if up else 'down'}.", changed, by)


def _siblings(word: Word) -> Any:
    if isinstance(word, Tag):
        of_group = Tag.objects.filter(group=word.group_id)
        # As they are listed, those that are retired last.
        return of_group.order_by(F("retired_at").asc(nulls_first=True), "position", "name")
    return TagGroup.objects.order_by("position", "name")


def _synonyms(word: Word) -> list[Tag]:
    return list(Tag.names.filter(synonym_of=word.pk)) if isinstance(word, Tag) else []


def _locked(model: type[Model], pk: int | None) -> Any:
    """Lock a tag, a synonym or a group, and return it; None when there is none."""
    # Without the order of the model, which joins another table.
    return model._base_manager.select_for_update(no_key=True).filter(pk=pk).order_by("pk").first()


def _slot(tag_id: int) -> int:
    """Lock the tag and return its slot; it must be one, and no synonym."""
    tag = _locked(Tag, tag_id)
    if tag is None or tag.slot is None:
        raise VocabularyError("This tag is not there any more.")
    slot: int = tag.slot
    return slot


# Keeping the history


def _before(word: Word, seen: str) -> Row | None:
    """Lock the word and return its row; None for a new one."""
    _take_the_time()
    if word.pk is None:
        return None
    stored = _locked(type(word), word.pk)
    if stored is None:
        raise VocabularyError(f"“{word}” was deleted meanwhile.")
    if isinstance(stored, Tag) and stored.synonym_of:
        raise VocabularyError(f"“{stored}” was merged into “{stored.synonym_of}” meanwhile.")
    if seen:
        check_version(history.version_of(stored), seen, f"“{stored}”")
    return row_of(stored)


def _keep(
    word: Word,
    before: Row | None,
    by: Person,
    freed: Sequence[RowChange] = (),
    synonym: Tag | None = None,
) -> None:
    word.refresh_from_db()
    after = row_of(word)
    if before == after:
        return
    changes = [*freed, change_of(word, before, after)]
    words = _words(word, before or {}, after)
    if synonym:
        changes.append(change_of(synonym, None, row_of(synonym)))
        words += f" “{synonym}” goes on meaning it."
    history.record(words, changes, by)


def _words(word: Word, before: Row, after: Row) -> str:
    """Say what changed, in the words of the page."""
    if not before:
        return f"Created “{word}”{f' in {word.group}' if isinstance(word, Tag) else ''}."
    changed = {name for name in after if before[name] != after[name]}
    said = []
    if "name" in changed:
        said.append(f"renamed “{before['name']}” to “{word}”")
    if "group_id" in changed and isinstance(word, Tag):
        said.append(f"moved it to {word.group}")
    if "retired_at" in changed:
        said.append("retired it" if after["retired_at"] else "brought it back")
    if "exclusive" in changed:
        said.append("one tag on each record" if after["exclusive"] else "several tags on a record")
    if "required_when" in changed:
        said.append("required it" if after["required_when"] else "required it no longer")
    if "raises" in changed:
        said.append("urgent from now on" if after["raises"] else "urgent no longer")
    others = {"description": "described it", "color": "coloured it", "position": "ranked it"}
    said += [words for name, words in others.items() if name in changed]
    text = ", ".join(said) + "."
    return text[0].upper() + text[1:] if "name" in changed else f"“{word}”: {text}"


def _take_the_time() -> None:
    """Lift the limit of a page's statements: a change of the vocabulary may touch every tagging."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")


# What the database refuses, in words


@contextmanager
def _refused_in_words(refusal: Any) -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except (IntegrityError, DataError, ProtectedError) as error:
        raise VocabularyError(refusal(error)) from error


def _refusal_of_group(group: TagGroup, error: Exception) -> str:
    if isinstance(error, DataError):
        return TOO_LONG
    taken = find_group(group.name)
    if taken and taken.pk != group.pk:
        return f"A group of this name exists: {taken}."
    return f"Some records carry two tags of {group}, so it cannot allow only one on each."


def _refusal(tag: Tag, error: Exception) -> str:
    if isinstance(error, DataError):
        return TOO_LONG
    return name_is_taken(tag) or (
        f"Some records carry another tag of {tag.group}, which allows one on each."
    )


def name_is_taken(tag: Tag) -> str:
    """Say which other tag has the tag's name; "" when none has, or it is one of its own."""
    taken = find_name(tag.name)
    if taken is None or (tag.pk and tag.pk in {taken.pk, taken.synonym_of_id}):
        return ""
    if taken.synonym_of:
        return f"“{taken}” is another name of {taken.synonym_of}, in {taken.synonym_of.group}."
    return f"A tag of this name exists: {taken}, in {taken.group}."


# Undoing


def put_back(change: RowChange) -> None:
    """Bring a tag or a group back to what it was before a change.

    Only what the change changed is brought back. Raises ``VocabularyError`` when that has changed
    again since, or cannot be.
    """
    before, after = change["before"], change["after"]
    model: Any = next(model for model in (Tag, TagGroup) if change["kind"] == kind_of(model()))
    stored = _locked(model, change["id"])
    name = (after or before or {})["name"]
    if (stored is None) != (after is None):
        raise VocabularyError(f"“{name}” has changed since. Undo the later changes first.")
    word = stored or model(pk=change["id"])
    with _refused_in_words(lambda error: _why_it_stays(word, error)):
        if before is None:
            _unmake(word, after)
        else:
            _restore(word, before, after)


def _unmake(word: Any, after: Row | None) -> None:
    """Delete what a change had created, if nothing came of it since."""
    now = row_of(word)
    # What an earlier program kept may lack a field.
    if any(now[name] != value for name, value in (after or {}).items()) or _synonyms(word):
        raise VocabularyError(f"“{word}” has changed since. Undo the later changes first.")
    word.delete()


def _restore(word: Any, before: Row, after: Row | None) -> None:
    now = row_of(word)
    changed = [name for name in before if after is None or before[name] != after[name]]
    if after and any(now[name] != after[name] for name in changed):
        raise VocabularyError(f"“{word}” has changed since. Undo the later changes first.")
    for name in changed:
        value = before[name]
        moment = name == "retired_at" and value
        setattr(word, name, datetime.fromisoformat(value) if moment else value)
    if isinstance(word, Tag):
        word.slot, word.synonym_slot = _slots_of(word)
    word.save(force_insert=after is None)


def _slots_of(tag: Tag) -> tuple[int | None, int | None]:
    """Return the slot of the tag's group, or that of the tag whose synonym it is."""
    if tag.synonym_of_id:
        return None, _slot(tag.synonym_of_id)
    group = _locked(TagGroup, tag.group_id)
    if group is None:
        raise VocabularyError(f"The group of “{tag}” is gone. Bring it back first.")
    return group.slot, None


def _why_it_stays(word: Any, error: Exception) -> str:
    if isinstance(word, TagGroup):
        taken = find_group(word.name)
        if taken and taken.pk != word.pk:
            return f"A group of this name exists: {taken}."
        return f"Records or tags stand in the way of undoing this for {word}."
    if isinstance(error, ProtectedError) or not name_is_taken(word):
        return f"“{word}” is in use, so this cannot be undone."
    return name_is_taken(word)
