"""The page for scanning: the last scan, the list of the session, and unknown numbers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import Count
from django.urls import reverse
from django.utils.translation import pgettext

from returns.filters.query import Query
from returns.models import Return, Scan, Verdict
from returns.scans.outcomes import Outcome, outcome_of
from returns.search import search_scans

MAX_LISTED_SCANS = 50
MAX_UNKNOWN_NUMBERS = 100
SCAN_FIELDS = (
    *("text", "verdict", "at", "person", "in_session", "record"),
    *("record__return_reference_number", "record__state"),
)


@dataclass(frozen=True, slots=True)
class VerdictCount:
    """How many scans of the session had a verdict, with the address of their list."""

    verdict: Verdict | None
    label: str
    number: int
    address: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class UnknownNumber:
    """A number that was unknown when it was scanned.

    ``total`` is the number of returns that match it by now, and ``record`` is one of them.
    """

    scan: Scan
    record: Return | None
    total: int

    @property
    def list_path(self) -> str:
        """Return the path of the list of the matches."""
        return reverse("return-list", query={"q": self.scan.text})


@dataclass(frozen=True, slots=True)
class ScanPage:
    """All that the page shows. ``scans`` are the last of the session, or of one verdict."""

    outcome: Outcome | None
    scans: list[Scan]
    counts: list[VerdictCount]
    unknown: list[UnknownNumber]
    has_more_unknown: bool
    query: Query

    @property
    def total(self) -> int:
        """Return the number of scans of the session."""
        return self.counts[0].number

    @property
    def listed_total(self) -> int:
        """Return the number of scans of the session with the chosen verdict."""
        return next(each.number for each in self.counts if each.is_chosen)

    @property
    def numbers_to_copy(self) -> str:
        """Return the numbers of the listed scans, one per line, each once."""
        return _lines(scan.text for scan in self.scans)

    @property
    def unknown_to_copy(self) -> str:
        """Return the numbers that are still unknown, one per line."""
        return _lines(each.scan.text for each in self.unknown if not each.total)

    @property
    def returns(self) -> list[Return]:
        """Return the returns of the listed scans, each once."""
        records = {scan.record_id: scan.record for scan in self.scans if scan.record}
        return list(records.values())

    @property
    def list_path(self) -> str:
        """Return the path of the list of these returns."""
        return self._search.path(reverse("return-list"))

    @property
    def export_path(self) -> str:
        """Return the path of the export of these returns."""
        return self._search.path(reverse("return-export"))

    @property
    def tag_path(self) -> str:
        """Return the path of bulk tagging with these returns selected."""
        ids = Query.from_lists({"id": [str(record.pk) for record in self.returns]})
        return ids.path(reverse("new-bulk-tagging"))

    @property
    def path(self) -> str:
        """Return the path of this page."""
        return self.query.path(reverse("scan"))

    @property
    def _search(self) -> Query:
        references = ", ".join(record.return_reference_number for record in self.returns)
        return Query.from_lists({"q": [references]})


def scan_page(person: User, query: Query, now: datetime, scan: Scan | None = None) -> ScanPage:
    """Return the page of a person's scans, with the verdict on ``scan``.

    By default that is the scan that the query names, or the last one of the session.
    """
    query = Query.from_lists({name: query.getlist(name)[-1:] for name in ("scan", "verdict")})
    session = Scan.objects.filter(person=person, in_session=True).order_by("-pk")
    listed = session.select_related("record").only(*SCAN_FIELDS)
    verdict = next((each for each in Verdict if each == query.get("verdict")), None)
    unknown = _unknown_numbers(person)
    shown = scan or _named_scan(person, query.get("scan", "")) or session.first()
    return ScanPage(
        outcome=outcome_of(shown, now) if shown else None,
        scans=list((listed.filter(verdict=verdict) if verdict else listed)[:MAX_LISTED_SCANS]),
        counts=_counts(person, verdict),
        unknown=unknown[:MAX_UNKNOWN_NUMBERS],
        has_more_unknown=len(unknown) > MAX_UNKNOWN_NUMBERS,
        query=query,
    )


def _named_scan(person: User, pk: str) -> Scan | None:
    if not (pk.isdecimal() and len(pk) < 19):
        return None
    return Scan.objects.filter(person=person, pk=int(pk)).first()


def _counts(person: User, chosen: Verdict | None) -> list[VerdictCount]:
    """Return the number of all scans of the session, then that of each verdict."""
    scans = Scan.objects.filter(person=person, in_session=True)
    numbers = dict(scans.order_by().values_list("verdict").annotate(Count("pk")))
    path = reverse("scan")
    everything = VerdictCount(
        None, pgettext("scans", "All"), sum(numbers.values()), path, chosen is None
    )
    return [
        everything,
        *(
            VerdictCount(
                verdict,
                str(verdict.label),
                numbers.get(verdict, 0),
                reverse("scan", query={"verdict": verdict}),
                verdict == chosen,
            )
            for verdict in Verdict
        ),
    ]


def _unknown_numbers(person: User) -> list[UnknownNumber]:
    """Return the person's unknown numbers, each once, the latest first; one more than is shown."""
    scans = Scan.objects.filter(person=person, verdict=Verdict.UNKNOWN, is_dismissed=False)
    latest = scans.order_by("text", "-pk").distinct("text")
    by_text = {scan.text: scan for scan in latest}
    newest = sorted(by_text.values(), key=lambda scan: -scan.pk)[: MAX_UNKNOWN_NUMBERS + 1]
    ids = search_scans([scan.text for scan in newest])
    first_ids = {text: pks[0] for text, pks in ids.items()}
    matching = Return.objects.among(list(first_ids.values()))
    records = matching.only("return_reference_number", "state").in_bulk()
    return [
        UnknownNumber(scan, records.get(first_ids.get(scan.text)), len(ids.get(scan.text, [])))
        for scan in newest
    ]


def _lines(texts: Iterable[str]) -> str:
    return "\n".join(dict.fromkeys(texts))
