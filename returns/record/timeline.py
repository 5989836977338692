"""The timeline of a return: what happened to it, who did it, and when.

Newest first, because people who call ask what happened last.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from uuid import UUID, uuid4

from django.utils.dateparse import parse_datetime
from django.utils.text import capfirst

from returns.models import Comment, Return, State
from returns.models.facts import FACTS_BY_COLUMN, STATE_COLUMNS, Kind
from returns.record.comments import comments_of
from returns.record.corrections import to_json_value
from returns.record.events import TAG_ADDED, TAG_REMOVED, Event, events_of
from tags.tagging import UNDO_SOURCE
from tags.vocabulary import TagChip, Vocabulary

MAX_ENTRIES = 50
MAX_ENTRIES_OF_WHOLE = 2_000
# If more changes of tags follow one another, the older ones are folded away.
MAX_UNFOLDED_TAG_CHANGES = 4
STATE_TIME_FIELDS: dict[State, str] = {
    State.CREATED: "created_at",
    State.ARRIVED: "arrived_to_warehouse_at",
    State.COMPLETED: "completed_at",
}

# What happened to a fact, by the source of the event.
VERBS = {"correction": "corrected", UNDO_SOURCE: "restored"}

Value = str | datetime | None


@dataclass(frozen=True, slots=True)
class Change:
    """A changed fact: a text, and its values before and after if ``has_values``."""

    text: str
    before: Value = None
    after: Value = None
    has_values: bool = True
    is_time: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the timeline: a reached state, changed facts, changed tags, or a comment."""

    at: datetime
    who: str = ""
    state: str = ""
    changes: list[Change] = field(default_factory=list)
    added: list[TagChip] = field(default_factory=list)
    removed: list[TagChip] = field(default_factory=list)
    comment: Comment | None = None
    corrected: bool = False

    @property
    def is_tag_change(self) -> bool:
        """Tell whether tags were added or removed."""
        return bool(self.added or self.removed)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive entries. ``folded`` ones are hidden until a person opens them."""

    entries: list[Entry]
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Timeline:
    """The entries to show. If ``more``, some between ``newest`` and ``oldest`` are left out.

    ``token`` is for the form of a new comment, see ``add_comment``.
    """

    record: Return
    newest: list[Stretch]
    oldest: list[Entry]
    more: bool
    whole: bool
    token: UUID = field(default_factory=uuid4)


def timeline_of(record: Return, vocabulary: Vocabulary, *, whole: bool) -> Timeline:
    """Return the timeline of a return. At most three queries.

    It has the newest ``MAX_ENTRIES`` entries, or if ``whole`` up to ``MAX_ENTRIES_OF_WHOLE``.
    """
    limit = MAX_ENTRIES_OF_WHOLE if whole else MAX_ENTRIES
    events, comments = events_of(record, limit + 1), comments_of(record, limit + 1)
    entries = _newest_first(
        [*_event_entries(events, record, vocabulary), *_comment_entries(comments)]
    )
    more = len(events) > limit or len(comments) > limit or len(entries) > limit
    entries = entries[:limit]
    # Entries before the last one were not read, so earlier states are shown apart from these.
    states = _state_entries(record)
    early = [state for state in states if more and entries and state.at < entries[-1].at]
    newest = _newest_first([*entries, *states[: len(states) - len(early)]])
    return Timeline(record, list(_folded(newest)), early, more, whole)


def _newest_first(entries: Iterable[Entry]) -> list[Entry]:
    """Sort by time, newest first. The sort is stable: later states come first at equal times."""
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def _comment_entries(comments: list[Comment]) -> list[Entry]:
    return [Entry(comment.created_at, comment=comment) for comment in comments]


# States


def _state_entries(record: Return) -> list[Entry]:
    """Return an entry for each reached state, by the times of the WMS, newest first."""
    times = {state: getattr(record, name) for state, name in reversed(STATE_TIME_FIELDS.items())}
    return _newest_first(
        Entry(at, record.source, state=state.value, corrected=_is_corrected(record, state))
        for state, at in times.items()
        if at
    )


def _is_corrected(record: Return, state: State) -> bool:
    name = STATE_TIME_FIELDS[state]
    sent = record.corrections.get(name, ...)
    return sent is not ... and sent != to_json_value(getattr(record, name))


# Events recorded by the database


def _event_entries(events: list[Event], record: Return, vocabulary: Vocabulary) -> Iterator[Entry]:
    for (is_tag_change, *_), group in groupby(events, key=_action):
        if is_tag_change:
            yield _tag_entry(list(group), vocabulary)
        else:
            yield from (entry for event in group if (entry := _change_entry(event, record)))


def _action(event: Event) -> tuple[bool, UUID | None, datetime, str]:
    """Return what is equal for the events of one action. Its tags make one entry."""
    return event.label != "changed", event.context_id, event.at, event.who


def _tag_entry(events: list[Event], vocabulary: Vocabulary) -> Entry:
    events = sorted(events, key=lambda event: event.id)
    added = [_chip(event, vocabulary) for event in events if event.label == TAG_ADDED]
    removed = [_chip(event, vocabulary) for event in events if event.label == TAG_REMOVED]
    return Entry(events[0].at, events[0].who, added=added, removed=removed)


def _chip(event: Event, vocabulary: Vocabulary) -> TagChip:
    """Return the tag by its current name, or a deleted one by its last name."""
    tag_id = event.tag_id or 0
    name = event.deleted_name or "a tag"
    deleted = TagChip(tag_id, name, "gray", 0, "", False, 0, f"{name} (deleted since)")
    return vocabulary.get(tag_id, deleted)


def _change_entry(event: Event, record: Return) -> Entry | None:
    """Return the changed facts, or None if the entry of a reached state shows them already."""
    if _is_shown_by_state(event, record):
        return None
    changes = list(_changes(event))
    return Entry(event.at, event.who, changes=changes) if changes else None


def _is_shown_by_state(event: Event, record: Return) -> bool:
    """Tell whether the feed moved the return forward, at a time that it still has."""
    changes = event.changes
    if event.source in ("correction", UNDO_SOURCE) or changes.keys() - set(STATE_COLUMNS):
        return False
    before, after = changes.get("state", (None, None))
    is_forward = after in State.values and _rank(before) < _rank(after)
    return is_forward and all(
        old is None and to_json_value(getattr(record, name)) == to_json_value(_time(new))
        for name, (old, new) in changes.items()
        if name != "state"
    )


def _rank(state: str | None) -> int:
    return State.values.index(state) if state in State.values else -1


def _time(value: str | None) -> datetime | None:
    return parse_datetime(value) if value else None


# Changed facts


def _changes(event: Event) -> Iterator[Change]:
    for name, values in event.changes.items():
        if name != "corrections" and not _follows_from_state(name, event.changes):
            yield _change(name, values, event)
    yield from _ended_corrections(event)


def _change(name: str, values: list[str | None], event: Event) -> Change:
    fact = FACTS_BY_COLUMN[name]
    verb = VERBS.get(event.source, "changed")
    text = f"{capfirst(fact.change_name)} {verb}"
    if fact.kind is Kind.PROSE:
        return Change(text, has_values=False)
    before, after = values
    if fact.kind is Kind.STATE:
        return _state_change(before, after, event)
    if fact.is_time:
        return Change(text, _time(before), _time(after), is_time=True)
    return Change(text, before, after)


def _state_change(before: str | None, after: str | None, event: Event) -> Change:
    if event.source in VERBS:
        text = f"State {VERBS[event.source]}"
    elif _rank(after) < _rank(before):
        text = "Moved back by the WMS" if event.source else "Moved back"
    else:
        text = "State changed"
    labels = dict[str | None, str](State.choices)
    return Change(text, labels.get(before, before), labels.get(after, after))


def _follows_from_state(name: str, changes: dict[str, list[str | None]]) -> bool:
    """Tell whether a time was only set or cleared together with the state."""
    return name in STATE_COLUMNS[1:] and "state" in changes and None in changes[name]


def _ended_corrections(event: Event) -> Iterator[Change]:
    before, after = event.changes.get("corrections", ([], []))
    ended = set(before) - set(after)
    if not ended:
        return
    names = [FACTS_BY_COLUMN[name].change_name for name in sorted(ended - set(STATE_COLUMNS))]
    if ended & set(STATE_COLUMNS):
        names.append("state and times")
    fields = ", ".join(names)
    if event.source == "correction":
        text = f"Correction ended, back to the value sent by the WMS: {fields}"
    else:
        text = f"Correction ended, the WMS sent another value: {fields}"
    yield Change(text, has_values=False)


# Folding


def _folded(entries: list[Entry]) -> Iterator[Stretch]:
    """Fold the older entries of a long run of tag changes."""
    for is_tag_change, group in groupby(entries, key=lambda entry: entry.is_tag_change):
        run = list(group)
        if is_tag_change and len(run) > MAX_UNFOLDED_TAG_CHANGES + 1:
            yield Stretch(run[:MAX_UNFOLDED_TAG_CHANGES])
            yield Stretch(run[MAX_UNFOLDED_TAG_CHANGES:], folded=True)
        else:
            yield Stretch(run)
