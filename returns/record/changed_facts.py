"""The changed facts of a return, as the timeline tells them."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.text import capitalized
from returns.models import State
from returns.models.facts import FACTS_BY_COLUMN, LINE_ITEMS, STATE_COLUMNS, Kind
from returns.record.change import Change
from returns.record.changed_items import item_changes
from returns.record.events import Event
from tags.tagging import UNDO_SOURCE

# What happened to a fact, by the source of the event.
VERBS = {
    "correction": gettext_lazy("%(fact)s corrected"),
    UNDO_SOURCE: gettext_lazy("%(fact)s restored"),
}


def changes_of(event: Event) -> Iterator[Change]:
    """Yield the changed facts of an event."""
    for name, values in event.changes.items():
        if name == LINE_ITEMS:
            yield from item_changes(values)
        elif name != "corrections" and not _follows_from_state(name, event.changes):
            yield _change(name, values, event)
    yield from _ended_corrections(event)


def _change(name: str, values: list[str | None], event: Event) -> Change:
    fact = FACTS_BY_COLUMN[name]
    text = _happened(str(fact.change_name), event)
    if not values:  # of a long text, or redacted
        return Change(text, has_values=False)
    before, after = values
    if fact.kind is Kind.STATE:
        return _state_change(text, before, after, event)
    if fact.is_time:
        return Change(text, parse_time(before), parse_time(after))
    return Change(text, before, after)


def _state_change(text: str, before: str | None, after: str | None, event: Event) -> Change:
    if event.source not in VERBS and rank(after) < rank(before):
        text = _("Moved back by the WMS") if event.source else _("Moved back")
    return Change(text, _state_label(before), _state_label(after))


def _state_label(state: str | None) -> str | None:
    return str(State(state).label) if state in State.values else state


def _happened(name: str, event: Event) -> str:
    """Return what happened to a fact: "Carrier changed"."""
    return str(VERBS.get(event.source, _("%(fact)s changed"))) % {"fact": capitalized(name)}


def _follows_from_state(name: str, changes: dict[str, list[str | None]]) -> bool:
    """Tell whether a time was only set or cleared together with the state."""
    return name in STATE_COLUMNS[1:] and "state" in changes and None in changes[name]


def _ended_corrections(event: Event) -> Iterator[Change]:
    before, after = event.changes.get("corrections", ([], []))
    ended = set(before) - set(after)
    if not ended:
        return
    facts = (FACTS_BY_COLUMN[name] for name in sorted(ended - set(STATE_COLUMNS)))
    names = [str(fact.change_name) for fact in facts]
    if ended & set(STATE_COLUMNS):
        names.append(_("state and times"))
    fields = ", ".join(names)
    if event.source == "correction":
        text = _("Correction ended, back to the value sent by the WMS: %(facts)s")
    else:
        text = _("Correction ended, the WMS sent another value: %(facts)s")
    yield Change(text % {"facts": fields}, has_values=False)


def rank(state: str | None) -> int:
    """Return the place of a state among the states; -1 if there is none."""
    return State.values.index(state) if state in State.values else -1


def parse_time(value: str | None) -> datetime | None:
    """Return a time as an event holds it."""
    return parse_datetime(value) if value else None
