"""Everything that the page and the preview of a return show."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from returns.carriers.tracking import TrackingLink, tracking_link
from returns.claims.reading import open_claim
from returns.display.values import Origins
from returns.lists.rows import Row, build_rows
from returns.models import Claim, Comment, Redaction, Return, State
from returns.models.facts import FACTS_BY_COLUMN, FACTS_BY_KIND, Absence, Fact, Kind
from returns.orders.addresses import order_path
from returns.orders.values import value_text
from returns.record.card import Card, build_card
from returns.record.comments import latest_comment
from returns.record.events import origins_of
from returns.record.parcel import Parcel, parcel_of
from returns.record.redactions import redactions_of
from returns.record.sentences import ShopperText, shopper_texts
from returns.record.shopper import ShopperOfReturn, shopper_of
from returns.record.timeline import Timeline, timeline_of
from tags.vocabulary import Vocabulary, load_vocabulary

MAX_OTHER_RETURNS = 20
# Texts, then times; facts about the record rather than the parcel come last in both. The reference,
# the state and the notes are shown elsewhere on the page.
DETAIL_FACTS = sorted(
    (
        fact
        for fact in FACTS_BY_KIND
        if fact.kind in {Kind.TEXT, Kind.TIME} and fact.column != "return_reference_number"
    ),
    key=lambda fact: (fact.is_time, not fact.is_tracked),
)
PREVIEW_COLUMNS = {"sales_order_reference_number", "tracking_id", "cargo_carrier"}


@dataclass(frozen=True, slots=True)
class Step:
    """One of the three states, with the time when it was reached and the duration of the step.

    ``kind`` is ``done``, ``now`` (the current state of an open return) or ``ahead``.
    """

    state: State
    at: datetime | None
    duration: timedelta | None
    kind: str

    @property
    def label(self) -> str:
        """Return the name of the state."""
        return str(self.state.label)


@dataclass(frozen=True, slots=True)
class DisplayedFact:
    """A fact of a return with its value and the address that the value links to.

    ``carrier`` is the name of the carrier whose page that is, or "" for a page of the desk.
    """

    fact: Fact
    value: str | datetime | None
    link: str = ""
    carrier: str = ""

    @property
    def placeholder(self) -> str:
        """Return the text to show for a missing value. Older records lack some facts."""
        return _("unknown") if self.fact.absence is Absence.OMITTED else _("none")


@dataclass(frozen=True, slots=True)
class ReturnDetails:
    """A return with its card, texts for the shopper, steps, and the other returns of its order."""

    row: Row
    # Who added each tag.
    origins: Origins
    card: Card
    shopper_texts: list[ShopperText]
    steps: list[Step]
    others: list[Row]
    more_others: bool
    vocabulary: Vocabulary
    now: datetime
    # The carrier's page about the parcel.
    tracking: TrackingLink | None
    # In words.
    value: str
    shopper: ShopperOfReturn

    @property
    def record(self) -> Return:
        """Return the return."""
        return self.row.record

    @property
    def timeline(self) -> Timeline:
        """Return the timeline. It is only read here, because the preview does not show it."""
        return timeline_of(self.record, self.vocabulary, whole=False)

    @property
    def latest_comment(self) -> Comment | None:
        """Return the newest comment on the return, or None."""
        return latest_comment(self.record)

    @property
    def claim(self) -> Claim | None:
        """Return who has claimed the return, or None."""
        return open_claim(self.record.pk)

    @property
    def redaction(self) -> Redaction | None:
        """Return who redacted the return last, and when; None if nobody did."""
        return next(iter(redactions_of(self.record)), None)

    @property
    def parcel(self) -> Parcel:
        """Return what was in the parcel."""
        return parcel_of(self.record, self.value)

    @property
    def corrected(self) -> list[str]:
        """Return the labels of the fields that an admin corrected."""
        return [str(FACTS_BY_COLUMN[name].verbose_name) for name in self.record.corrections]

    @property
    def facts(self) -> list[DisplayedFact]:
        """Return the facts for the list of details."""
        order = order_path(self.record.sales_order_reference_number)
        links = {"sales_order_reference_number": (order, "")}
        if self.tracking:
            links["tracking_id"] = self.tracking.address, self.tracking.carrier
        return [
            DisplayedFact(
                fact, getattr(self.record, fact.column), *links.get(fact.column, ("", ""))
            )
            for fact in DETAIL_FACTS
        ]

    @property
    def main_facts(self) -> list[DisplayedFact]:
        """Return the facts for the preview."""
        return [each for each in self.facts if each.fact.column in PREVIEW_COLUMNS]

    @property
    def order_address(self) -> str:
        """Return the address of the list of returns of the order."""
        order = self.record.sales_order_reference_number or ""
        return reverse("return-list", query={"order": order})


def find_return(reference: str) -> int:
    """Return the id of the return with this reference. Raises ``Http404`` if there is none."""
    # PostgreSQL rejects a query with NUL in a text.
    queryset = Return.objects.none() if "\0" in reference else Return.objects.all()
    pk = queryset.filter(return_reference_number=reference).values_list("pk", flat=True).first()
    if pk is None:
        raise Http404(_("There is no return “%(reference)s”.") % {"reference": reference})
    return int(pk)


def return_details(pk: int, language: str, *, may_see_names: bool = False) -> ReturnDetails:
    """Return the details of a return, with the shopper's text in ``language`` first.

    The name of the shopper is read only for a person who ``may_see_names`` of shoppers.
    Raises ``Http404`` if there is no such return.
    """
    record = get_object_or_404(Return.objects.with_tag_ids(), pk=pk)
    others = list(Return.objects.same_order_as(record).with_tag_ids()[: MAX_OTHER_RETURNS + 1])
    vocabulary = load_vocabulary()
    (row,) = build_rows([record], vocabulary, with_due=True, with_value=True)
    now = timezone.now()
    more = len(others) > MAX_OTHER_RETURNS
    return ReturnDetails(
        row=row,
        origins=origins_of(record),
        card=build_card(record, others, now, more=more),
        shopper_texts=shopper_texts(record, language),
        steps=steps_of(record),
        others=build_rows(others[:MAX_OTHER_RETURNS], vocabulary),
        more_others=more,
        vocabulary=vocabulary,
        now=now,
        tracking=tracking_link(record.cargo_carrier, record.tracking_id),
        value=value_text(record, row.value),
        shopper=shopper_of(record, now, may_see_names=may_see_names),
    )


def steps_of(record: Return) -> list[Step]:
    """Return the three steps of a return.

    A completed return may have no arrival time. The WMS does not guarantee the order of its times;
    a step with a negative duration gets no duration.
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
        duration = at - before if at and before and at >= before else None
        kind = "ahead" if number > reached else "done"
        if number == reached and state != State.COMPLETED:
            kind = "now"
        steps.append(Step(state, at, duration, kind))
        before = at or before
    return steps
