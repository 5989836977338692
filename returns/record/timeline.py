"""The timeline of a return: what happened to it, who did it, and when.

The newest stands first: whoever asks on the phone asks what happened last.
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
from returns.record.corrections import as_sent
from returns.record.events import TAG_ADDED, TAG_REMOVED, Event, events_of
from tags.vocabulary import TagChip

SHOWN = 50
SHOWN_AT_MOST = 2_000
# Of more changes of tags in a row than this, the older ones are folded away.
IN_A_ROW = 4
TIME_OF: dict[State, str] = {
    State.CREATED: "created_at",
    State.ARRIVED: "arrived_to_warehouse_at",
    State.COMPLETED: "completed_at",
}

Value = str | datetime | None


@dataclass(frozen=True, slots=True)
class Change:
    """A fact that changed, in words; with its two values, unless it is told without."""

    words: str
    before: Value = None
    after: Value = None
    told: bool = True
    timed: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened: a state reached, facts changed, tags changed, or a comment."""

    at: datetime
    who: str = ""
    state: str = ""
    changes: list[Change] = field(default_factory=list)
    added: list[TagChip] = field(default_factory=list)
    removed: list[TagChip] = field(default_factory=list)
    comment: Comment | None = None
    corrected: bool = False

    @property
    def of_tags(self) -> bool:
        """Tell whether only tags changed."""
        return bool(self.added or self.removed)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Entries that follow one another; ``folded`` ones are shown when a person asks."""

    entries: list[Entry]
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Timeline:
    """What the timeline shows. ``more`` entries lie between ``newest`` and ``oldest``.

    ``token`` is for the form of a new comment, see ``add_comment``.
    """

    record: Return
    newest: list[Stretch]
    oldest: list[Entry]
    more: bool
    whole: bool
    token: UUID = field(default_factory=uuid4)


def timeline_of(record: Return, words: dict[int, TagChip], *, whole: bool) -> Timeline:
    """Return the timeline of a return, ``words`` being the vocabulary. At most three queries.

    Its newest ``SHOWN`` entries, or as a ``whole`` up to ``SHOWN_AT_MOST``.
    """
    limit = SHOWN_AT_MOST if whole else SHOWN
    events, comments = events_of(record, limit + 1), comments_of(record, limit + 1)
    kept = _newest_first([*_of_events(events, record, words), *_of_comments(comments)])
    more = len(events) > limit or len(comments) > limit or len(kept) > limit
    kept = kept[:limit]
    # What lies before the last one kept is not known here, so older states stand apart.
    reached = _reached(record)
    early = [entry for entry in reached if more and kept and entry.at < kept[-1].at]
    newest = _newest_first([*kept, *reached[: len(reached) - len(early)]])
    return Timeline(record, list(_folded(newest)), early, more, whole)


def _newest_first(entries: Iterable[Entry]) -> list[Entry]:
    """Sort by time; of equal times the later part of a return's life stands first."""
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def _of_comments(comments: list[Comment]) -> list[Entry]:
    return [Entry(comment.created_at, comment=comment) for comment in comments]


# The states that were reached


def _reached(record: Return) -> list[Entry]:
    """Return when the return reached its states, by the WMS's own times, the newest first."""
    times = {state: getattr(record, name) for state, name in reversed(TIME_OF.items())}
    return _newest_first(
        Entry(at, record.source, state=state.value, corrected=_is_corrected(record, state))
        for state, at in times.items()
        if at
    )


def _is_corrected(record: Return, state: State) -> bool:
    name = TIME_OF[state]
    sent = record.corrections.get(name, ...)
    return sent is not ... and sent != as_sent(getattr(record, name))


# What the database kept


def _of_events(events: list[Event], record: Return, words: dict[int, TagChip]) -> Iterator[Entry]:
    for (tagging, *_), same in groupby(events, key=_action):
        if tagging:
            yield _of_taggings(list(same), words)
        else:
            yield from (entry for event in same if (entry := _of_change(event, record)))


def _action(event: Event) -> tuple[bool, UUID | None, datetime, str]:
    """What one action did to the tags is told as one."""
    return event.label != "changed", event.context_id, event.at, event.who


def _of_taggings(events: list[Event], words: dict[int, TagChip]) -> Entry:
    events = sorted(events, key=lambda event: event.id)
    added, removed = (
        [_chip(event, words) for event in events if event.label == label]
        for label in (TAG_ADDED, TAG_REMOVED)
    )
    return Entry(events[0].at, events[0].who, added=added, removed=removed)


def _chip(event: Event, words: dict[int, TagChip]) -> TagChip:
    """Return the tag as it is called now; one that was deleted, by its last name."""
    id_ = event.tag_id or 0
    name = event.lost_name or "a tag"
    gone = TagChip(id_, name, "gray", 0, "", False, 0, f"{name} (deleted since)")
    return words.get(id_, gone)


def _of_change(event: Event, record: Return) -> Entry | None:
    """Return what changed; nothing when it only says what the reached states say already."""
    if _is_told_by_the_state(event, record):
        return None
    changes = list(_changes(event))
    return Entry(event.at, event.who, changes=changes) if changes else None


def _is_told_by_the_state(event: Event, record: Return) -> bool:
    """A step forward by the feed, to a time that still is the return's."""
    changes = event.changes
    if event.source == "correction" or changes.keys() - set(STATE_COLUMNS):
        return False
    before, after = changes.get("state", (None, None))
    forward = after in State.values and _rank(before) < _rank(after)
    return forward and all(
        old is None and as_sent(getattr(record, name)) == _as_sent(new)
        for name, (old, new) in changes.items()
        if name != "state"
    )


def _rank(state: str | None) -> int:
    return State.values.index(state) if state in State.values else -1


def _as_sent(value: str | None) -> str | None:
    return as_sent(_time(value))


def _time(value: str | None) -> datetime | None:
    return parse_datetime(value) if value else None


# In words


def _changes(event: Event) -> Iterator[Change]:
    for name, values in event.changes.items():
        if name != "corrections" and not _follows_from_the_state(name, event.changes):
            yield _change(name, values, event)
    yield from _fallen(event)


def _how(event: Event) -> str:
    return "corrected" if event.source == "correction" else "changed"


def _change(name: str, values: list[str | None], event: Event) -> Change:
    fact = FACTS_BY_COLUMN[name]
    words = f"{capfirst(fact.change_name)} {_how(event)}"
    if fact.kind is Kind.PROSE:
        return Change(words, told=False)
    before, after = values
    if fact.kind is Kind.STATE:
        return _change_of_state(before, after, event)
    if fact.is_time:
        return Change(words, _time(before), _time(after), timed=True)
    return Change(words, before, after)


def _change_of_state(before: str | None, after: str | None, event: Event) -> Change:
    words = f"State {_how(event)}"
    if event.source != "correction" and _rank(after) < _rank(before):
        words = "Moved back by the WMS" if event.source else "Moved back"
    labels = dict[str | None, str](State.choices)
    return Change(words, labels.get(before, before), labels.get(after, after))


def _follows_from_the_state(name: str, changes: dict[str, list[str | None]]) -> bool:
    """A time that came or went with the state is the state's own."""
    return name in STATE_COLUMNS[1:] and "state" in changes and None in changes[name]


def _fallen(event: Event) -> Iterator[Change]:
    before, after = event.changes.get("corrections", ([], []))
    fallen = set(before) - set(after)
    if not fallen:
        return
    names = [FACTS_BY_COLUMN[name].change_name for name in sorted(fallen - set(STATE_COLUMNS))]
    if fallen & set(STATE_COLUMNS):
        names.append("state and times")
    back = event.source == "correction"
    why = "Back to what the WMS sent" if back else "The WMS sent another value"
    yield Change(f"{why}: the correction of {', '.join(names)} ended", told=False)


# What would flood the page


def _folded(entries: list[Entry]) -> Iterator[Stretch]:
    """Fold the older ones of many changes of tags in a row away."""
    for of_tags, run in groupby(entries, key=lambda entry: entry.of_tags):
        same = list(run)
        if of_tags and len(same) > IN_A_ROW + 1:
            yield Stretch(same[:IN_A_ROW])
            yield Stretch(same[IN_A_ROW:], folded=True)
        else:
            yield Stretch(same)
