"""Corrections of a return by an admin. Besides the feed, nothing else writes facts."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pghistory
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from returns.models import Return
from returns.models.facts import CORRECTABLE_COLUMNS, NOTES_COLUMN, STATE_COLUMNS


def redacted_notes_sentence() -> str:
    """Return why nobody can write the notes of a redacted return."""
    return _("The notes of this return were redacted, so nobody can write them again.")


def correct(record: Return, changes: Mapping[str, Any], by: User) -> list[str]:
    """Correct fields of a return, and return the names of those that changed.

    The values sent by the WMS are kept in ``Return.corrections``. Setting a field to that value
    ends its correction. ``record`` is refreshed. Raises ``ValueError`` for a field that cannot be
    corrected, ``ValidationError`` for notes of a redacted return, and ``IntegrityError`` if the
    state and the times would contradict each other.
    """
    if not_correctable := changes.keys() - set(CORRECTABLE_COLUMNS):
        raise ValueError(f"Cannot be corrected: {', '.join(sorted(not_correctable))}")
    with transaction.atomic(), pghistory.context(user=by.pk, source="correction"):
        # Lock before reading: the feed may write the same return.
        current = Return.objects.select_for_update(no_key=True).get(pk=record.pk)
        if current.redacted_at and changes.get(NOTES_COLUMN):
            raise ValidationError({NOTES_COLUMN: redacted_notes_sentence()})
        changed = [name for name, value in changes.items() if value != getattr(current, name)]
        if changed:
            _write(current, {name: changes[name] for name in changed})
    record.refresh_from_db()
    return changed


def held_fields(names: set[str]) -> set[str]:
    """Return the fields that the feed no longer changes after a correction of these.

    The state and its times are corrected together.
    """
    return names | set(STATE_COLUMNS) if names & set(STATE_COLUMNS) else names


def to_json_value(value: str | datetime | None) -> str | None:
    """Return a value as stored in ``Return.corrections``: times as ISO 8601 text in UTC."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value


def _write(current: Return, changes: Mapping[str, Any]) -> None:
    names = held_fields(set(changes))
    current_values = {name: to_json_value(getattr(current, name)) for name in names}
    sent_by_wms = current_values | current.corrections
    for name, value in changes.items():
        setattr(current, name, value)
    current.corrections = _differing(current, sent_by_wms)
    current.save(update_fields=[*changes, "corrections"])


def _differing(current: Return, sent_by_wms: Mapping[str, Any]) -> dict[str, Any]:
    differing = {
        name for name, sent in sent_by_wms.items() if to_json_value(getattr(current, name)) != sent
    }
    return {name: sent for name, sent in sent_by_wms.items() if name in held_fields(differing)}
