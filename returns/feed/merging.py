"""Merging of records: what is known about a return, from all the records that were sent about it.

Of each fact, the newest record that has it decides; what a record does not have, it says nothing
about. So records may arrive in any order, in any batches and any number of times, with any facts
left out, and the result is the same.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from json import dumps
from operator import attrgetter
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format

from returns.feed.records import TIME_COLUMNS, RecordError, ReturnRecord, check_state, split_tags
from returns.models import State
from returns.models.facts import FACTS, FACTS_BY_COLUMN, STATE_COLUMNS

# How new a record is: its update, the rank of its state, its completion and its arrival.
Stamp = tuple[datetime, int, datetime, datetime]

EARLIEST = datetime.min.replace(tzinfo=UTC)
NOT_SENT: Stamp = (EARLIEST, -1, EARLIEST, EARLIEST)
STATE_RANKS = {str(state): rank for rank, state in enumerate(State.values)}
FACT_COLUMNS = tuple(fact.column for fact in FACTS)
# No record changes these of a return.
IDENTITY = ("source", "return_reference_number")
# Every record has its update and its state, so these come with the newest one.
MERGED_COLUMNS = tuple(
    name for name in FACT_COLUMNS if name not in {*IDENTITY, "updated_at", "state"}
)
# The WMS leaves these out if a return lacks them, and sends the others empty.
OMITTED_COLUMNS = frozenset(fact.column for fact in FACTS if fact.is_omitted)
SENT_EMPTY_COLUMNS = frozenset(MERGED_COLUMNS) - OMITTED_COLUMNS
UNKNOWN_FIELD = "unknown_fields."  # before the name of an unknown field in ``Known.stamps``
# An admin's correction holds while the WMS repeats what it sent for all of these columns.
CORRECTED_TOGETHER = (
    STATE_COLUMNS,
    *((name,) for name in FACT_COLUMNS if name not in STATE_COLUMNS),
)
_fact_values = attrgetter(*FACT_COLUMNS)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known about a return.

    ``facts`` are the values that were sent, by column, and ``corrected`` the values that an admin
    put in their place. ``stamps`` has the facts that the newest record did not have, with the stamp
    of the record that they are from, or ``NOT_SENT``. ``tags`` are the names of all tags ever sent.
    """

    facts: dict[str, Any]
    unknown_fields: Mapping[str, Any]
    corrected: dict[str, Any]
    stamps: Mapping[str, Stamp]
    tags: tuple[str, ...]


class FactChange(NamedTuple):
    """What a record changes: a column or the name of an unknown field, before and after."""

    name: str
    before: Any
    after: Any


def merge(known: Known | None, record: ReturnRecord) -> Known:
    """Return what is known after a record; the same object if the record adds nothing.

    Raises ``RecordError`` if the record's state needs a time that no record has, or if the return
    would get too many tags.
    """
    facts = dict(zip(FACT_COLUMNS, _fact_values(record), strict=True))
    if known is None:
        check_state(facts)
        return _first_known(record, facts)
    if _repeats(record, facts, known):
        return known
    if record.is_rounded:
        facts |= {name: _more_exact(known.facts[name], facts[name]) for name in TIME_COLUMNS}
        # Our own export shows corrections; a file that repeats them does not speak for the WMS.
        facts |= {
            name: known.facts[name]
            for name, value in known.corrected.items()
            if facts[name] == value or (value and _more_exact(value, facts[name]) == value)
        }
    newest = _stamp(known.facts, known.stamps, known)
    merged = _merge_facts(known, newest, record, facts)
    if len(merged.tags) > max(len(known.tags), settings.RETURN_TAGS):
        reason = f"the return would have had {len(merged.tags)} tags"
        raise RecordError("tag", f"{reason}; at most {settings.RETURN_TAGS} are allowed")
    if record.is_update_derived and _same_but_for_update(known, merged):
        # Nobody said the time of this update, so it alone is no news.
        merged = replace(known, tags=merged.tags)
    if merged == known and _rank(merged.unknown_fields) == _rank(known.unknown_fields):
        return known  # compared as text too, because 1 == 1.0
    try:
        check_state(merged.facts)
    except RecordError:
        if _stamp(facts, record.absent, known) > newest:
            raise
        # An older record, whose times contradict the newest one, may have other facts.
        return merge(known, replace(record, absent=record.absent | set(STATE_COLUMNS[1:])))
    return replace(merged, corrected=_corrections_that_hold(known, merged))


def _first_known(record: ReturnRecord, facts: dict[str, Any]) -> Known:
    stamps = dict.fromkeys(SENT_EMPTY_COLUMNS & record.absent, NOT_SENT)
    if empty := [name for name in OMITTED_COLUMNS - record.absent if not facts[name]]:
        stamps |= dict.fromkeys(empty, _stamp(facts, record.absent))
    return Known(facts, record.unknown_fields, {}, stamps, split_tags(record.tag or ""))


def _repeats(record: ReturnRecord, facts: dict[str, Any], known: Known) -> bool:
    """Tell quickly whether a record has no news; False if that is not plain to see."""
    return (
        facts == known.facts
        and not record.unknown_fields
        and known.stamps.keys() <= record.absent
        and all(facts[name] or name in record.absent for name in OMITTED_COLUMNS)
        and (not record.tag or set(known.tags).issuperset(split_tags(record.tag)))
    )


def with_stamps_of_correction(known: Known) -> Known:
    """Return what is known, with no fact from a record newer than the newest one.

    A correction of the update may have moved that one back.
    """
    if "updated_at" not in known.corrected:
        return known
    newest = _stamp(known.facts, known.stamps, known)
    stamps = {name: min(stamp, newest) for name, stamp in known.stamps.items()}
    return replace(known, stamps=_without_usual(stamps, known.facts, newest))


def differences(before: Known, after: Known) -> list[FactChange]:
    """Return which values that people see differ, in the order of the facts."""
    pairs = [
        (before.facts | before.corrected, after.facts | after.corrected, FACT_COLUMNS),
        (before.unknown_fields, after.unknown_fields, after.unknown_fields),
    ]
    return [
        FactChange(name, old.get(name), new[name])
        for old, new, names in pairs
        for name in names
        if old.get(name) != new[name]
    ]


def fact_label(name: str) -> str:
    """Return the name of a fact on screen; an unknown field has its own name."""
    return FACTS_BY_COLUMN[name].label if name in FACTS_BY_COLUMN else name


def fact_text(name: str, value: Any) -> str:
    """Return a value of a fact as people read it; "" if there is none."""
    if value is None:
        return ""
    if name == "state":
        return str(State(value).label)
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "j M Y, H:i:s")
    return value if isinstance(value, str) else dumps(value, ensure_ascii=False)


def _merge_facts(
    known: Known, newest: Stamp, record: ReturnRecord, sent: Mapping[str, Any]
) -> Known:
    stamp = _stamp(sent, record.absent, known)
    facts, unknown_fields = dict(known.facts), dict(known.unknown_fields)
    stamps: dict[str, Stamp] = {}
    if stamp > newest:
        facts |= {"updated_at": sent["updated_at"], "state": sent["state"]}
    for name in MERGED_COLUMNS:
        before = known.stamps.get(name) or _usual_stamp(name, known.facts, newest)
        is_said = name not in record.absent
        if is_said and (stamp, _rank(sent[name])) > (before, _rank(facts[name])):
            facts[name], before = sent[name], stamp
        stamps[name] = before
    for name in known.unknown_fields.keys() | record.unknown_fields.keys():
        key = f"{UNKNOWN_FIELD}{name}"
        before = known.stamps.get(key) or (newest if name in known.unknown_fields else NOT_SENT)
        value = record.unknown_fields.get(name)
        is_said = name in record.unknown_fields
        if is_said and (stamp, _rank(value)) > (before, _rank(unknown_fields.get(name))):
            unknown_fields[name], before = value, stamp
        stamps[key] = before
    kept = _without_usual(stamps, facts, max(stamp, newest))
    old_tags = set(known.tags)
    new_tags = (name for name in split_tags(record.tag or "") if name not in old_tags)
    return Known(facts, unknown_fields, known.corrected, kept, (*known.tags, *new_tags))


def _stamp(facts: Mapping[str, Any], absent: Collection[str], known: Known | None = None) -> Stamp:
    """Return how new a record is that has these facts, but for those that are absent.

    An update whose time an admin has corrected is as new as the admin says, also when it is sent
    again. So a return that a wrong time in the future had frozen takes newer records.
    """
    updated_at = facts["updated_at"]
    if known and known.corrected and updated_at == known.facts["updated_at"]:
        updated_at = known.corrected.get("updated_at", updated_at)
    completed_at, arrived_at = (
        (None if name in absent else facts[name]) or EARLIEST
        for name in ("completed_at", "arrived_to_warehouse_at")
    )
    return updated_at, STATE_RANKS[facts["state"]], completed_at, arrived_at


def _usual_stamp(name: str, facts: Mapping[str, Any], newest: Stamp) -> Stamp:
    """Return the stamp of a fact for which none is kept."""
    return NOT_SENT if name in OMITTED_COLUMNS and not facts[name] else newest


def _without_usual(
    stamps: Mapping[str, Stamp], facts: Mapping[str, Any], newest: Stamp
) -> dict[str, Stamp]:
    return {
        name: stamp for name, stamp in stamps.items() if stamp != _usual_stamp(name, facts, newest)
    }


def _rank(value: object) -> tuple[bool, Any]:
    """Return the order of values that were sent with the same stamp: an empty one comes first."""
    if isinstance(value, (str, datetime)):
        return bool(value), value
    return value is not None, "" if value is None else dumps(value, sort_keys=True)


def _more_exact(known: Any, sent: Any) -> Any:
    """Return the known time, if the time from a file is the same one, cut to what cells show."""
    if not isinstance(known, datetime) or not isinstance(sent, datetime) or sent.microsecond:
        return sent
    local = sent.astimezone(ZoneInfo(settings.TIME_ZONE))
    if local.second:
        shown = timedelta(seconds=1)
    elif local.hour or local.minute:
        shown = timedelta(minutes=1)
    else:
        shown = timedelta(days=1)
    return known if sent <= known < sent + shown else sent


def _same_but_for_update(before: Known, after: Known) -> bool:
    same = after.facts | {"updated_at": before.facts["updated_at"]} == before.facts
    return same and after.unknown_fields == before.unknown_fields


def _corrections_that_hold(before: Known, after: Known) -> dict[str, Any]:
    return {
        name: before.corrected[name]
        for names in CORRECTED_TOGETHER
        if all(before.facts[name] == after.facts[name] for name in names)
        for name in names
        if name in before.corrected
    }
