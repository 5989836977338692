"""One return with all that its page shows."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from returns.display.values import Origins
from returns.lists.rows import Row, rows_of
from returns.models import Return, State
from returns.models.facts import FACTS_BY_COLUMN, FACTS_BY_KIND, Absence, Fact, Kind
from returns.record.card import Card, card_of
from returns.record.events import origins_of
from returns.record.sentences import Said, said_of
from returns.record.timeline import Timeline, timeline_of
from tags.vocabulary import TagChip, vocabulary

OTHERS_SHOWN = 20
# Texts, then times; of both, those at the end that tell of the record rather than of the parcel.
# The page shows its reference, its state and its notes in places of their own.
DETAILS = sorted(
    (
        fact
        for fact in FACTS_BY_KIND
        if fact.kind in {Kind.TEXT, Kind.TIME} and fact.column != "return_reference_number"
    ),
    key=lambda fact: (fact.is_time, not fact.is_tracked),
)
PREVIEWED = {"sales_order_reference_number", "tracking_id", "cargo_carrier"}


@dataclass(frozen=True, slots=True)
class Step:
    """One of the three states in a return's life: when it was reached, how long it took.

    ``kind`` is ``done``, ``now`` (reached, the return waits in it) or ``ahead``.
    """

    word: str
    at: datetime | None
    took: timedelta | None
    kind: str


@dataclass(frozen=True, slots=True)
class FactOfReturn:
    """A fact of a return, its value, and where that leads."""

    fact: Fact
    value: str | datetime | None
    link: str = ""

    @property
    def instead(self) -> str:
        """Return what stands there where the return lacks it: older records lack some."""
        return "unknown" if self.fact.absence is Absence.OMITTED else "none"


@dataclass(frozen=True, slots=True)
class ReturnDetails:
    """A return, what to say of it, its steps, and the other returns of its order."""

    row: Row
    # Who put each tag on it.
    origins: Origins
    card: Card
    said: list[Said]
    steps: list[Step]
    others: list[Row]
    more_others: bool
    words: dict[int, TagChip]
    now: datetime

    @property
    def record(self) -> Return:
        """Return the return itself."""
        return self.row.record

    @property
    def timeline(self) -> Timeline:
        """Return what happened to the return, read when it is asked for."""
        return timeline_of(self.record, self.words, whole=False)

    @property
    def corrected(self) -> list[str]:
        """Return the fields that an admin corrected, by their names on screen."""
        return [FACTS_BY_COLUMN[name].verbose_name for name in self.record.corrections]

    @property
    def facts(self) -> list[FactOfReturn]:
        """Return the facts that a list of details shows."""
        links = {"sales_order_reference_number": self.order_address}
        return [
            FactOfReturn(fact, getattr(self.record, fact.column), links.get(fact.column, ""))
            for fact in DETAILS
        ]

    @property
    def main_facts(self) -> list[FactOfReturn]:
        """Return those of them that the preview has room for."""
        return [each for each in self.facts if each.fact.column in PREVIEWED]

    @property
    def order_address(self) -> str:
        """Return the address of the list of the order's returns."""
        order = self.record.sales_order_reference_number or ""
        return reverse("return-list", query={"order": order})


def return_details(reference: str, language: str) -> ReturnDetails:
    """Return what is shown of this return, the shopper's sentence in ``language`` first.

    Raises ``Http404`` when there is none.
    """
    # PostgreSQL cannot even be asked for a text with a NUL.
    found = Return.objects.none() if "\0" in reference else Return.objects.all()
    record = found.with_tag_ids().filter(return_reference_number=reference).first()
    if record is None:
        raise Http404(f"There is no return “{reference}”.")
    return _details_of(record, language)


def details_of_id(pk: int, language: str) -> ReturnDetails:
    """Return the same for the return with this id. Raises ``Http404`` when there is none."""
    return _details_of(get_object_or_404(Return.objects.with_tag_ids(), pk=pk), language)


def _details_of(record: Return, language: str) -> ReturnDetails:
    others = list(Return.objects.of_the_order_of(record).with_tag_ids()[: OTHERS_SHOWN + 1])
    words = vocabulary()
    (row,) = rows_of([record], words, with_due=True)
    now = timezone.now()
    more = len(others) > OTHERS_SHOWN
    return ReturnDetails(
        row=row,
        origins=origins_of(record),
        card=card_of(record, others, now, more=more),
        said=said_of(record, language),
        steps=steps_of(record),
        others=rows_of(others[:OTHERS_SHOWN], words),
        more_others=more,
        words=words,
        now=now,
    )


def steps_of(record: Return) -> list[Step]:
    """Return the three steps of a return.

    A completed return may lack its arrival; and times may stand in any order, because the WMS
    does not promise one. A step that seems to take less than nothing has no duration.
    """
    times: list[tuple[State, datetime | None]] = [
        (State.CREATED, record.created_at),
        (State.ARRIVED, record.arrived_to_warehouse_at),
        (State.COMPLETED, record.completed_at),
    ]
    reached = State.values.index(record.state)
    steps: list[Step] = []
    before: datetime | None = None
    for number, (state, at) in enumerate(times):
        took = at - before if at and before and at >= before else None
        kind = "ahead" if number > reached else "done"
        if number == reached and state != State.COMPLETED:
            kind = "now"
        steps.append(Step(str(state.label), at, took, kind))
        before = at or before
    return steps
