"""Store scans, and what their person decides about them."""

from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from returns.models import Scan, Verdict
from returns.scans.outcomes import outcome_of
from returns.search import search_scans


def record_scan(person: User, text: str, token: UUID, now: datetime) -> Scan:
    """Store a scan with its verdict and return it; one with a known token is not stored again."""
    if stored := Scan.objects.filter(person=person, token=token).first():
        return stored
    outcome = outcome_of(Scan(person=person, text=text), now)
    scan, _is_new = Scan.objects.get_or_create(
        person=person,
        token=token,
        defaults={
            "text": text,
            "verdict": outcome.verdict,
            "record": outcome.row.record if outcome.row else None,
        },
    )
    return scan


def choose_return(person: User, pk: int, record_id: int, now: datetime) -> None:
    """Store which of the matching returns was scanned. Raises ``Http404`` for any other."""
    scan = get_object_or_404(Scan, pk=pk, person=person)
    if record_id not in search_scans([scan.text]).get(scan.text, []):
        raise Http404(_("This return does not match the scan."))
    scan.record_id = record_id
    scan.verdict = outcome_of(scan, now).verdict
    try:
        with transaction.atomic():
            scan.save(update_fields=["record", "verdict"])
            connection.check_constraints()
    except IntegrityError:
        raise Http404(_("This return has been deleted.")) from None


def dismiss_number(person: User, pk: int) -> None:
    """Take an unknown number off the person's list, however often it was scanned.

    Raises ``Http404`` if the scan is not the person's.
    """
    scan = get_object_or_404(Scan, pk=pk, person=person)
    same = Scan.objects.filter(person=person, verdict=Verdict.UNKNOWN, text=scan.text)
    same.update(is_dismissed=True)


def start_session(person: User) -> None:
    """Empty the person's list of scans. Unknown numbers stay on theirs."""
    Scan.objects.filter(person=person, in_session=True).update(in_session=False)
