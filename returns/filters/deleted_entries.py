"""Delete saved views, rules, deadlines and macros so that they can be restored."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core import serializers
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from returns.models import DeletedEntry

RESTORABLE = timedelta(days=30)


@transaction.atomic
def delete(entry: Model, by: User) -> DeletedEntry | None:
    """Delete an entry and keep what it held; None if somebody has deleted it already."""
    stored = (
        type(entry)._default_manager.select_for_update(of=("self",)).filter(pk=entry.pk).first()
    )
    if stored is None:
        return None
    (held,) = serializers.serialize("python", [stored])
    kind = type(entry)._meta.label_lower
    name = held["fields"]["name"]
    deleted = DeletedEntry.objects.create(kind=kind, name=name, held=held, deleted_by=by)
    stored.delete()
    return deleted


def restore(deleted: DeletedEntry, **changed: Any) -> None:
    """Bring a deleted entry back as it was, but for the ``changed`` fields.

    Raises ``ValidationError`` if that is not possible any more.
    """
    (entry,) = serializers.deserialize("python", [deleted.held], ignorenonexistent=True)
    for name, value in changed.items():
        setattr(entry.object, name, value)
    try:
        with transaction.atomic():
            # Of two people who restore it, the second waits here, and then finds its name taken.
            entry.save(force_insert=True)
            connection.check_constraints()
            DeletedEntry.objects.filter(pk=deleted.pk).delete()
    except IntegrityError as error:
        raise ValidationError(
            _(
                "“%(name)s” cannot be restored: its name is in use again, or what it belonged to "
                "has been deleted."
            )
            % {"name": deleted}
        ) from error


def expired(now: datetime | None = None) -> QuerySet[DeletedEntry]:
    """Return the entries that were deleted too long ago to be restored."""
    return DeletedEntry.objects.filter(deleted_at__lt=(now or timezone.now()) - RESTORABLE)
