"""Filling a database with invented returns, once."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from returns.carriers.names import read_carrier_names
from returns.carriers.tracking import tracking_link
from returns.demo.carriers import set_up_carriers
from returns.demo.filling import fill_demo
from returns.demo.origin import is_invented
from returns.models import Carrier, Return, ReturnTag
from tests.factories import make_carrier

# VACUUM runs outside of transactions.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _unmarked(transactional_db, settings):
    """Take the mark off the table for the tests that follow; emptying it does not."""
    settings.LOCAL = True
    yield
    with connection.cursor() as cursor:
        cursor.execute("COMMENT ON TABLE returns_return IS NULL")


def test_generated_returns_carry_tags_and_end_today(vocabulary, capsys):
    call_command("generate_returns", "300", "--seed=5")
    assert Return.objects.count() == 300
    assert ReturnTag.objects.count() > 250
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    newest = Return.objects.latest("created_at").created_at
    assert today - timedelta(days=4) < newest < today
    assert "read 300, created 300, updated 0, unchanged 0, rejected 0" in capsys.readouterr().out


def test_generating_the_same_again_changes_nothing(vocabulary, capsys):
    call_command("generate_returns", "200", "--until=2026-01-31")
    before = list(Return.objects.order_by("pk").values())
    call_command("generate_returns", "200", "--until=2026-01-31")
    assert list(Return.objects.order_by("pk").values()) == before
    assert "created 0, updated 0, unchanged 200" in capsys.readouterr().out


def test_another_seed_adds_other_returns(vocabulary):
    call_command("generate_returns", "50", "--seed=1")
    call_command("generate_returns", "50", "--seed=2")
    assert Return.objects.count() == 100


def test_the_demo_fills_an_empty_database_only(vocabulary):
    done = []
    assert fill_demo(40, until=timezone.now(), on_progress=done.append)
    assert is_invented()
    assert not fill_demo(40, until=timezone.now(), on_progress=done.append)
    assert Return.objects.count() == 40
    assert done == [8, 16, 24, 32, 40]


def test_the_demo_knows_its_carriers_and_where_to_track_them(vocabulary):
    assert not Carrier.objects.exists()
    fill_demo(300, until=timezone.now(), on_progress=lambda _: None)
    names = read_carrier_names(whole=True)
    assert names.unknown_texts() == []
    assert len(names.by_text) > len(names.names())
    for record in Return.objects.exclude(cargo_carrier="").exclude(tracking_id="")[:50]:
        link = tracking_link(record.cargo_carrier, record.tracking_id)
        assert link.address.startswith("https://www.") or "kargotakip" in link.address
        assert record.tracking_id in link.address


def test_carriers_that_are_there_already_stay_alone(vocabulary):
    make_carrier("Own")
    set_up_carriers()
    assert [str(carrier) for carrier in Carrier.objects.all()] == ["Own"]


def test_an_interrupted_demo_starts_again(vocabulary):
    def cut_off(done: int) -> None:
        if done > 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fill_demo(40, until=timezone.now(), on_progress=cut_off)
    assert not Return.objects.exists()
    assert fill_demo(40, until=timezone.now(), on_progress=lambda _: None)
    assert Return.objects.count() == 40
