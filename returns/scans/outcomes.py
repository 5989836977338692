"""What a scan tells its person: which return it is, and what that means for the work."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from returns.lists.reading import FIELDS_NOT_SHOWN
from returns.lists.rows import Row, build_rows
from returns.models import Deadline, Return, Scan, State, Verdict
from returns.record.card import status_sentence
from returns.search import search_scans
from tags.vocabulary import load_vocabulary

# How many returns are offered if several match.
MAX_SCAN_CHOICES = 20


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is known now about a scan.

    ``row`` is its only return, and ``sentence`` says where that is. ``before`` is when the person
    last scanned this return, or else the same text, in this session. If several returns match,
    ``choices`` are the newest of them, and ``total`` is their number.
    """

    scan: Scan
    verdict: Verdict
    row: Row | None = None
    sentence: str = ""
    before: datetime | None = None
    choices: Sequence[Row] = ()
    total: int = 0

    @property
    def is_cut_short(self) -> bool:
        """Whether more returns match than are offered."""
        return self.total > len(self.choices)


def outcome_of(scan: Scan, now: datetime) -> Outcome:
    """Return what is known now about a scan, which may not be stored yet."""
    ids = [scan.record_id] if scan.record_id else search_scans([scan.text]).get(scan.text, [])
    rows = _newest_rows(ids)
    if len(rows) != 1:
        verdict, before = Verdict.SEVERAL if rows else Verdict.UNKNOWN, _scanned_before(scan)
        return Outcome(scan, verdict, before=before, choices=rows, total=len(ids))
    (row,) = rows
    before = _scanned_before(scan, row.record)
    verdict = Verdict.REPEATED if before else verdict_on(row, now)
    return Outcome(scan, verdict, row, status_sentence(row.record, now), before)


def verdict_on(row: Row, now: datetime) -> Verdict:
    """Return the verdict on a return that was not scanned before."""
    if row.record.state == State.COMPLETED:
        return Verdict.COMPLETED
    is_late = row.due is not None and row.due.standing(now) == Deadline.LATE
    is_raised = any(tag.raises for tag in row.tags)
    return Verdict.URGENT if is_late or is_raised else Verdict.OPEN


def _newest_rows(ids: Sequence[int]) -> list[Row]:
    if not ids:
        return []
    records = Return.objects.among(ids).with_tag_ids().defer(*FIELDS_NOT_SHOWN)
    newest = records.in_order_of("created_at", descending=True)[:MAX_SCAN_CHOICES]
    return build_rows(list(newest), load_vocabulary(), with_due=True)


def _scanned_before(scan: Scan, record: Return | None = None) -> datetime | None:
    scans = Scan.objects.filter(person=scan.person_id, in_session=True)
    # Its number may have been unknown then.
    same_text = Q(record=None, text=scan.text)
    scans = scans.filter(Q(record=record) | same_text if record else Q(text=scan.text))
    if scan.pk:
        scans = scans.filter(pk__lt=scan.pk)
    return scans.order_by("-pk").values_list("at", flat=True).first()
