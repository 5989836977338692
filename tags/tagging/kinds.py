"""The models of taggings, their tables and records, and the context of the events they cause."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pghistory
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Model
from django.utils.translation import override

from config.stored_texts import StoredText
from tags.models import TagAction, Tagging

# The source, in the context of events, of what undoing an import does.
UNDO_SOURCE = "undo"
# Who changes tags; None for the feed, a file or a rule.
type Person = User | AnonymousUser | None


def done_by(by: Person) -> AbstractContextManager[Any]:
    """Name the person in the events that the database writes to the timeline."""
    return pghistory.context(user=by.pk) if by else nullcontext()


def as_part_of(action: TagAction) -> AbstractContextManager[Any]:
    """Mark the events as part of a merge or of undoing.

    Nobody decided on these changes for the single record, unlike tagging one or many records.
    """
    return pghistory.context(action=action.pk)


def kinds_of_tagging() -> list[Any]:
    """Return the concrete models of taggings, one for each kind of record that can be tagged."""
    return [model for model in apps.get_models() if issubclass(model, Tagging)]


def entity_of(tagging: type[Tagging]) -> type[Model]:
    """Return the model of the tagged records."""
    entity: Any = tagging._meta.get_field("entity")  # type: ignore[misc]  # of the concrete model
    model: type[Model] = entity.related_model
    return model


def existing_records(tagging: type[Tagging], entity_ids: Sequence[int]) -> set[int]:
    """Return those of the ids that are records."""
    records = entity_of(tagging)._base_manager.filter(pk__in=entity_ids)
    return set(records.values_list("pk", flat=True))


def with_tables(statement: str, tagging: type[Tagging]) -> str:
    """Return the SQL statement with the table names of a kind of tagging filled in."""
    return statement.format(
        tagging=tagging._meta.db_table,
        entity=entity_of(tagging)._meta.db_table,
        event=getattr(tagging, "pgh_event_models", {}).get("tag.added", tagging)._meta.db_table,
        people=apps.get_model(settings.AUTH_USER_MODEL)._meta.db_table,
    )


def id_array(ids: Iterable[int]) -> str:
    """Return ids as a PostgreSQL array literal; the driver takes ten times as long for a list."""
    return f"{{{','.join(map(str, ids))}}}"


def count_label(tagging: type[Tagging], count: int) -> StoredText:
    """Return a number of records as text: "1 return", "2 returns".

    The texts of the catalogues are made of the names of the model, as they stand in the code.
    """
    entity = entity_of(tagging)._meta
    with override(None):
        one, many = str(entity.verbose_name), str(entity.verbose_name_plural)
    return StoredText(f"%(count)s {one}", {"count": count}, f"%(count)s {many}", count)


def example_names(tagging: type[Tagging], entity_ids: list[int]) -> str:
    """Return the names of up to three of the records, with "…" if there are more."""
    records = entity_of(tagging)._base_manager.in_bulk(entity_ids[:3]).values()
    names = ", ".join(sorted(map(str, records)))
    return f"{names}, …" if len(entity_ids) > len(records) else names
