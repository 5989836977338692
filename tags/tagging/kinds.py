"""The kinds of taggings there are, and who writes them."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pghistory
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Model

from tags.models import TagAction, Tagging

# Who does it; nobody when it is the feed, a file, the demo.
type Person = User | AnonymousUser | None


def done_by(by: Person) -> AbstractContextManager[Any]:
    """Name the person in the events that the database writes."""
    return pghistory.context(user=by.pk) if by else nullcontext()


def as_part_of(action: TagAction) -> AbstractContextManager[Any]:
    """Say in these events that they belong to a merge, or to undoing.

    Nobody wished for them on the record itself, as they do who tag one or many.
    """
    return pghistory.context(action=action.pk)


def kinds_of_tagging() -> list[Any]:
    """Return the models of taggings, one for each kind of record that can be tagged."""
    return [model for model in apps.get_models() if issubclass(model, Tagging)]


def entity_of(tagging: type[Tagging]) -> type[Model]:
    """Return the model of the records that this kind of tagging is of."""
    entity: Any = tagging._meta.get_field("entity")  # type: ignore[misc]  # of the concrete model
    model: type[Model] = entity.related_model
    return model


def in_sql(statement: str, tagging: type[Tagging]) -> str:
    """Return the statement with the tables of this kind of tagging."""
    return statement.format(
        tagging=tagging._meta.db_table,
        entity=entity_of(tagging)._meta.db_table,
        people=apps.get_model(settings.AUTH_USER_MODEL)._meta.db_table,
    )


def records_carry(tagging: type[Tagging], count: int) -> str:
    """Say how many records carry something: "1 return carries", "2 returns carry"."""
    return f"{records(tagging, count)} {'carries' if count == 1 else 'carry'}"


def records(tagging: type[Tagging], count: int) -> str:
    """Say how many records: "1 return", "2 returns"."""
    entity = entity_of(tagging)._meta
    return f"{count:,} {entity.verbose_name if count == 1 else entity.verbose_name_plural}"


def example_of(tagging: type[Tagging], entity_ids: list[int]) -> str:
    """Return the names of these records in words, the first three of them."""
    records = entity_of(tagging)._base_manager.in_bulk(entity_ids[:3]).values()
    names = ", ".join(sorted(map(str, records)))
    return f"{names}, …" if len(entity_ids) > len(records) else names
