"""What time alone brings about is told once, and only what is new."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from returns.models import DeadlinePolicy, FeedRun, OutgoingEvent, Return, ToldMoment
from returns.outgoing.moments import LOOKED_AT_MOMENTS, write_moments
from tests.factories import make_return
from tests.returns.outgoing.subscribing import subscribe

pytestmark = pytest.mark.django_db


def look() -> list[tuple[str, int]]:
    cache.delete(LOOKED_AT_MOMENTS)
    write_moments()
    return list(OutgoingEvent.objects.order_by("id").values_list("type", "record_id"))


@pytest.fixture
def _deadline(vocabulary):
    DeadlinePolicy.objects.all().delete()
    DeadlinePolicy.objects.create(name="All", amount=10, unit="hours")


def arrived(hours: float) -> Return:
    at = timezone.now() - timedelta(hours=hours)
    return make_return(state="ArrivedToWarehouse", created_at=at, arrived_to_warehouse_at=at)


@pytest.mark.usefixtures("_deadline")
def test_a_return_that_becomes_late_is_told_once():
    arrived(30)
    subscribe("https://a.example/", "deadline.late", "deadline.at_risk")
    assert look() == []  # it was late before anybody asked
    late, soon = arrived(11), arrived(9)
    expected = [("deadline.at_risk", soon.pk), ("deadline.late", late.pk)]
    assert sorted(look()) == expected
    assert sorted(look()) == expected


@pytest.mark.usefixtures("_deadline")
def test_a_return_that_is_settled_is_forgotten():
    subscribe("https://a.example/", "deadline.late")
    look()
    late = arrived(11)
    assert look() == [("deadline.late", late.pk)]
    Return.objects.filter(pk=late.pk).update(state="Completed", completed_at=timezone.now())
    look()
    assert not ToldMoment.objects.filter(number=late.pk).exists()


def test_nothing_is_looked_for_that_nobody_wants():
    arrived(1000)
    assert look() == []
    assert not ToldMoment.objects.exists()


def test_each_silence_of_the_feed_is_told_once():
    subscribe("https://a.example/", "feed.silent")
    assert look() == []
    at = timezone.now() - timedelta(hours=5)
    run = FeedRun.objects.create(
        way="pull", origin="https://wms.example", outcome="done", began_at=at, ended_at=at
    )
    assert look() == [("feed.silent", 0)]
    assert look() == [("feed.silent", 0)]
    FeedRun.objects.filter(pk=run.pk).update(ended_at=at + timedelta(hours=2))
    assert look() == [("feed.silent", 0)] * 2
