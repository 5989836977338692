"""The timeline of a return: what happened to it, who did it, and when.

Newest first, because people who call ask what happened last.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby, islice
from uuid import UUID, uuid4

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from config.markup import format_html_join
from config.shipped_names import tag_label
from returns.claims.reading import claim_steps
from returns.display.values import chip
from returns.models import Comment, Redaction, Return, State
from returns.models.facts import LINE_ITEMS, STATE_COLUMNS
from returns.models.line_items import to_line_items
from returns.record.change import Change
from returns.record.changed_facts import changes_of, parse_time, rank
from returns.record.changed_items import inspection_text, inspections, item_changes
from returns.record.comments import comments_of
from returns.record.corrections import to_json_value
from returns.record.events import TAG_ADDED, TAG_REMOVED, Event, events_of
from returns.record.macros import macro_steps
from returns.record.redactions import redactions_of
from tags.tagging import UNDO_SOURCE
from tags.vocabulary import TagChip, Vocabulary

MAX_ENTRIES = 50
MAX_ENTRIES_OF_WHOLE = 2_000
MAX_INSPECTIONS = 100
# If more changes of tags follow one another, the older ones are folded away.
MAX_UNFOLDED_TAG_CHANGES = 4
STATE_TIME_FIELDS: dict[State, str] = {
    State.CREATED: "created_at",
    State.ARRIVED: "arrived_to_warehouse_at",
    State.COMPLETED: "completed_at",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry: a state, inspected items, changes, tags, a comment, claim, macro or redaction."""

    at: datetime
    who: str = ""
    state: str = ""
    inspection: str = ""
    claim: str = ""
    macro: str = ""
    changes: list[Change] = field(default_factory=list)
    added: list[TagChip] = field(default_factory=list)
    removed: list[TagChip] = field(default_factory=list)
    comment: Comment | None = None
    redaction: Redaction | None = None
    corrected: bool = False

    @property
    def is_tag_change(self) -> bool:
        """Tell whether tags were added or removed."""
        return bool(self.added or self.removed)

    @property
    def added_chips(self) -> SafeString:
        """Return the added tags as pages show them."""
        return _shown_chips(self.added)

    @property
    def removed_chips(self) -> SafeString:
        """Return the removed tags as pages show them."""
        return _shown_chips(self.removed)


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
    """Return the timeline of a return. At most six queries.

    It has the newest ``MAX_ENTRIES`` entries, or if ``whole`` up to ``MAX_ENTRIES_OF_WHOLE``.
    """
    limit = MAX_ENTRIES_OF_WHOLE if whole else MAX_ENTRIES
    events, comments = events_of(record, limit + 1), comments_of(record, limit + 1)
    entries = _newest_first(
        [
            *(Entry(each.at, redaction=each) for each in redactions_of(record)),
            *_event_entries(events, record, vocabulary),
            *_comment_entries(comments),
            *(Entry(at, who, claim=text) for at, who, text in claim_steps(record.pk)),
            *(Entry(at, who, macro=text) for at, who, text in macro_steps(record.pk)),
        ]
    )
    more = len(events) > limit or len(comments) > limit or len(entries) > limit
    entries = entries[:limit]
    # Entries before the last one were not read, so earlier states are shown apart from these.
    states = [*_state_entries(record), *_inspection_entries(record)]
    early = [state for state in states if more and entries and state.at < entries[-1].at]
    newest = _newest_first([*entries, *states[: len(states) - len(early)]])
    return Timeline(record, list(_folded(newest)), early, more, whole)


def path_of_comment(comment: Comment, vocabulary: Vocabulary) -> str:
    """Return the address of a comment: on the page of its return if that shows it."""
    record = comment.record
    timeline = timeline_of(record, vocabulary, whole=False)
    entries = (entry for stretch in timeline.newest for entry in stretch.entries)
    is_shown = any(entry.comment == comment for entry in entries if entry.comment)
    page = record.get_absolute_url()
    whole = reverse("return-timeline", args=[record.pk], query={"timeline": "all"})
    return f"{page if is_shown else whole}#comment-{comment.pk}"


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


def _inspection_entries(record: Return) -> list[Entry]:
    """Return an entry for the items that were inspected within one minute, by the WMS's times."""
    lines = to_line_items(record.line_items) or ()
    some = islice(inspections(lines), MAX_INSPECTIONS)
    return [
        Entry(at, record.source, inspection=inspection_text(inspected))
        for inspected in some
        if (at := inspected[0].processed)
    ]


def _is_corrected(record: Return, state: State) -> bool:
    name = STATE_TIME_FIELDS[state]
    sent = record.corrections.get(name, ...)
    return sent is not ... and sent != to_json_value(getattr(record, name))


# Events recorded by the database


def _event_entries(events: list[Event], record: Return, vocabulary: Vocabulary) -> Iterator[Entry]:
    for action, group in groupby(events, key=_action):
        if action[0]:  # of tags
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
    name = event.deleted_name or _("a tag")
    title = _("%(tag)s (deleted since)") % {"tag": tag_label(name)}
    deleted = TagChip(
        *(tag_id, name, "gray", 0, "", False, 0, title), label=tag_label(name), group_label=""
    )
    return vocabulary.get(tag_id, deleted)


def _shown_chips(tags: Iterable[TagChip]) -> SafeString:
    return format_html_join(" ", "{}", ((chip(tag),) for tag in tags))


def _change_entry(event: Event, record: Return) -> Entry | None:
    """Return the changed facts, or None if the entry of a reached state shows them already."""
    others = {name: values for name, values in event.changes.items() if name != LINE_ITEMS}
    if others and _is_shown_by_state(replace(event, changes=others), record):
        changes = item_changes(event.changes.get(LINE_ITEMS, ([], [])))
    else:
        changes = list(changes_of(event))
    return Entry(event.at, event.who, changes=changes) if changes else None


def _is_shown_by_state(event: Event, record: Return) -> bool:
    """Tell whether the feed moved the return forward, at a time that it still has."""
    changes = event.changes
    if event.source in ("correction", UNDO_SOURCE) or changes.keys() - set(STATE_COLUMNS):
        return False
    before, after = changes.get("state", (None, None))
    is_forward = after in State.values and rank(before) < rank(after)
    return is_forward and all(
        old is None and to_json_value(getattr(record, name)) == to_json_value(parse_time(new))
        for name, (old, new) in changes.items()
        if name != "state"
    )


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
