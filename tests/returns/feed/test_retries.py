"""Rejected records are retried, fixed or set aside; old runs are deleted."""

import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.utils import timezone

from returns.feed import cleanup, retries
from returns.feed.files import read_items
from returns.models import Fate, FeedRun, Outcome, RejectedRecord, Return, Way
from tests.returns.feed.test_runs import BAD, bring, counts, fates, sent

pytestmark = pytest.mark.django_db
ALL = RejectedRecord.objects.all()


def mend(**fields) -> None:
    """Change the stored records, as after a fix of the program."""
    for row in RejectedRecord.objects.all():
        row.written = json.dumps(json.loads(row.written) | fields)
        row.save()


class TestRetry:
    def test_a_fixed_record_is_imported(self, manager):
        bring(BAD)
        mend(completedAt="2026-01-06T09:00:00Z")
        taken = retries.retry(ALL, manager)
        assert (taken.read, taken.created, taken.rejected) == (1, 1, 0)
        assert Return.objects.get().return_reference_number == "Return-9"
        assert (RejectedRecord.objects.get().fate, ALL[0].settled_by) == (Fate.IMPORTED, manager)
        run = FeedRun.objects.latest("pk")
        assert (run.way, run.by, counts(run)) == (Way.RETRY, manager, (1, 1, 0, 0, 0))

    def test_a_record_that_is_still_wrong_keeps_waiting(self, manager):
        run = bring(BAD)
        assert retries.retry(ALL, manager).rejected == 1
        kept = RejectedRecord.objects.get()
        assert (kept.fate, kept.run, kept.settled_by) == (Fate.WAITING, run, None)

    @pytest.mark.parametrize("number", ["7,34E+15", "#N/A", "734.009.314"])
    def test_a_number_that_a_spreadsheet_destroyed_is_rejected_again(self, manager, number):
        header = "Return;State;Created;Tracking ID"
        bring_file(f"R-1;Created;05.01.2026;{number}", header=header)
        assert retries.retry(ALL, manager).rejected == 1
        assert not Return.objects.exists()
        assert RejectedRecord.objects.get().fate == Fate.WAITING

    def test_fixing_one_value_lets_no_destroyed_one_in(self, manager):
        header = "Return;State;Created;Tracking ID;Order"
        bring_file("R-1;Created;05.01.2026;#N/A;2E+05", header=header)
        assert retries.wrong_value(RejectedRecord.objects.get()) == "#N/A"
        assert retries.fix_value(ALL, "7340", manager).rejected == 1
        assert not Return.objects.exists()

    def test_a_record_of_another_system_is_imported_when_the_other_is_gone(self, manager):
        bring(sent(), sent(source="Oplog"))
        assert retries.retry(ALL, manager).rejected == 1
        Return.objects.all().delete()
        assert retries.retry(ALL, manager).created == 1
        assert Return.objects.get().source == "Oplog"

    def test_an_entry_that_is_not_a_record_cannot_be_retried(self, manager):
        bring(BAD)
        RejectedRecord.objects.update(is_record=False)
        with pytest.raises(ValidationError):
            retries.retry(ALL, manager)

    @pytest.mark.slow
    def test_a_record_nested_too_deeply_to_be_stored_cannot_be_retried(self, manager):
        deep = "[" * 20_000 + "]" * 20_000
        content = f'[{{"returnReferenceNumber": "R-1", "state": "Lost", "extra": {deep}}}]'
        bring(*read_items(io.BytesIO(content.encode())), way=Way.FILE)
        with pytest.raises(ValidationError):
            retries.retry(ALL, manager)
        assert retries.wrong_value(RejectedRecord.objects.get()) is None

    def test_an_imported_record_that_is_rejected_again_waits(self, manager):
        bring(BAD)
        RejectedRecord.objects.update(fate=Fate.IMPORTED)
        bring(BAD)
        assert fates() == {"Return-9": Fate.WAITING}


# Rows of files, fixed on the page


def bring_file(*rows: str, header="Return;State;Created") -> FeedRun:
    content = "\n".join([header, *rows]).encode()
    return bring(*read_items(io.BytesIO(content)), way=Way.FILE, origin="returns.csv")


class TestFix:
    def test_an_invalid_date_can_be_fixed_in_the_format_of_people(self, manager):
        bring_file("R-1;Created;31.02.2026")
        assert retries.wrong_value(RejectedRecord.objects.get()) == "31.02.2026"
        assert retries.fix_value(ALL, "28.02.2026 09:30", manager).created == 1
        mended = datetime(2026, 2, 28, 6, 30, tzinfo=UTC)
        assert Return.objects.values_list("created_at", "updated_at").get() == (mended, mended)
        assert (RejectedRecord.objects.get().fate, ALL[0].settled_by) == (Fate.IMPORTED, manager)

    def test_another_wrong_value_is_refused_and_changes_nothing(self, manager):
        run = bring_file("R-1;Created;31.02.2026")
        for wrong in ("30.02.2026", "tomorrow", ""):
            with pytest.raises(ValidationError, match="Created: "):
                retries.fix_value(ALL, wrong, manager)
        kept = RejectedRecord.objects.get()
        assert (kept.fate, kept.run, kept.reason[-12:]) == (Fate.WAITING, run, "'31.02.2026'")

    def test_a_fixed_record_with_another_wrong_field_waits(self, manager):
        bring_file("R-1;Lost;31.02.2026;1.1.2026", header="Return;State;Created;Updated")
        assert retries.fix_value(ALL, "28.02.2026", manager).rejected == 1
        assert list(ALL.order_by("pk").values_list("field", "fate")) == [
            ("createdAt", Fate.SUPERSEDED),
            ("state", Fate.WAITING),
        ]
        assert retries.fix_value(ALL, "yolda", manager).created == 1

    def test_records_of_other_systems_and_broken_rows_cannot_be_fixed(self, manager):
        bring(BAD)
        bring_file("R-1;Created;1.1.2026;too many")
        for row in RejectedRecord.objects.select_related("run"):
            assert retries.wrong_value(row) is None
            with pytest.raises(ValidationError, match="cannot be fixed here"):
                retries.fix_value(ALL.filter(pk=row.pk), "Created", manager)

    def test_a_row_fixed_in_its_file_supersedes_the_waiting_one(self):
        bring_file("R-1;Created;31.02.2026")
        bring_file("R-1;Created;28.02.2026")
        assert fates() == {"R-1": Fate.SUPERSEDED}


def test_set_aside_and_put_back(manager):
    bring(BAD)
    assert retries.set_aside(ALL, manager) == 1
    assert fates() == {"Return-9": Fate.ASIDE}
    assert retries.set_aside(ALL, manager) == 0
    assert retries.put_back(ALL) == 1
    assert fates() == {"Return-9": Fate.WAITING}


# Cleanup


@pytest.fixture(autouse=True)
def _no_cleanup_yet():
    cache.clear()


def aged(days: float, way=Way.PULL, origin="far", **fields) -> FeedRun:
    at = timezone.now() - timedelta(days=days)
    fields = {"outcome": Outcome.DONE, "ended_at": at} | fields
    return FeedRun.objects.create(way=way, origin=origin, began_at=at, **fields)


def kept_after_cleanup() -> set[FeedRun]:
    cleanup.deletable_runs(timezone.now()).delete()
    return set(FeedRun.objects.all())


def test_old_runs_are_deleted_except_the_furthest_and_latest_of_each_origin():
    now = timezone.now()
    aged(100, created=1, to_time=now - timedelta(days=3))
    furthest = aged(99, created=1, to_time=now)
    aged(98, created=1)
    failed = aged(97, outcome=Outcome.FAILED)
    latest = aged(96, created=1)
    other = aged(95, origin="other", created=1)
    assert kept_after_cleanup() == {furthest, latest, other}
    assert failed.pk not in {run.pk for run in FeedRun.objects.all()}


def test_idle_runs_are_deleted_after_a_day_and_pushes_after_a_week():
    aged(2)
    aged(8, Way.PUSH, "shop", created=1)
    kept = {aged(89, Way.FILE, created=1), aged(2, created=1), aged(0.5)}
    kept.add(aged(6, Way.PUSH, "shop", created=1))
    assert kept_after_cleanup() == kept


def test_a_run_with_a_waiting_record_is_kept():
    run = bring(BAD)
    bring(sent("Return-1"))
    FeedRun.objects.update(began_at=timezone.now() - timedelta(days=100))
    assert run in kept_after_cleanup()
