"""An admin's correction of a return: the one writer of facts beside the feed."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pghistory
from django.contrib.auth.models import User
from django.db import transaction

from returns.models import Return
from returns.models.facts import CORRECTABLE_COLUMNS, STATE_COLUMNS


def correct(record: Return, changes: Mapping[str, Any], by: User) -> list[str]:
    """Set fields of a return and keep what the WMS had sent; return the names that changed.

    A field set back to the WMS's own value is a correction no longer. ``record`` is brought up
    to date. Raises ``ValueError`` for a field that is not corrected so, and ``IntegrityError``
    when the state and the times would disagree.
    """
    if strange := changes.keys() - set(CORRECTABLE_COLUMNS):
        raise ValueError(f"Not open to correction: {', '.join(sorted(strange))}")
    with transaction.atomic(), pghistory.context(user=by.pk, source="correction"):
        # Lock before reading: the feed may write the same return.
        current = Return.objects.select_for_update(no_key=True).get(pk=record.pk)
        changed = [name for name, value in changes.items() if value != getattr(current, name)]
        if changed:
            _write(current, {name: changes[name] for name in changed})
    record.refresh_from_db()
    return changed


def affected(names: set[str]) -> set[str]:
    """Return the fields that a correction of these holds on to: the state brings its times."""
    return names | set(STATE_COLUMNS) if names & set(STATE_COLUMNS) else names


def as_sent(value: str | datetime | None) -> str | None:
    """Return a field's value as ``Return.corrections`` keeps it: times as ISO 8601 text in UTC."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value


def _write(current: Return, changes: Mapping[str, Any]) -> None:
    now_sent = {name: as_sent(getattr(current, name)) for name in affected(set(changes))}
    sent_by_wms = now_sent | current.corrections
    for name, value in changes.items():
        setattr(current, name, value)
    current.corrections = _that_differ(current, sent_by_wms)
    current.save(update_fields=[*changes, "corrections"])


def _that_differ(current: Return, sent_by_wms: Mapping[str, Any]) -> dict[str, Any]:
    differing = {
        name for name, sent in sent_by_wms.items() if as_sent(getattr(current, name)) != sent
    }
    return {name: sent for name, sent in sent_by_wms.items() if name in affected(differing)}
