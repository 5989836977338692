"""What people take along, and how tokens are used, can be looked into later."""

import logging
from datetime import UTC, date, datetime

import pytest
import time_machine
from django.core.cache import cache

from returns.api import authentication, token_use
from returns.exports import background, forms
from returns.models import AccessEvent, AccessKind, FeedRun, TokenUse, Way
from returns.people import tokens
from tests.factories import make_return
from tests.returns.api.conftest import Program, make_program  # noqa: F401

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 4, 1, 22, 30, tzinfo=UTC)  # the second of April in Istanbul


@pytest.fixture(autouse=True)
def _no_memory(monkeypatch):
    cache.clear()
    monkeypatch.setattr(authentication, "USE_COUNTER", token_use.UseCounter())


def recorded():
    """Return the events but those of the people and tokens that a test begins with."""
    fixtures = (AccessKind.PERMISSIONS, AccessKind.TOKEN_CHANGED)
    return AccessEvent.objects.exclude(kind__in=fixtures).order_by("pk")


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_an_export_is_recorded_with_who_what_and_how_many(as_agent, agent, ending, caplog):
    caplog.set_level(logging.INFO)
    for _ in range(2):
        make_return()
    as_agent.get(f"/returns/export.{ending}?state=ReturnCreated", REMOTE_ADDR="10.1.2.3")
    event = recorded().get()
    assert (event.kind, event.person, event.name) == (AccessKind.EXPORTED, agent, "agent")
    assert event.address == "10.1.2.3"
    assert event.details == {"format": ending, "query": "state=ReturnCreated", "rows": 2}
    assert f"Access event {event.pk}: an export (returns: 2)." in caplog.text
    assert "agent" not in caplog.text


def test_a_large_export_is_recorded_when_made_and_when_taken(as_agent, monkeypatch):
    monkeypatch.setattr(forms, "BACKGROUND_THRESHOLD", 0)
    make_return()
    as_agent.post("/exports/?state=ReturnCreated", {"format": "csv"})
    background.make_next()
    assert recorded().get().address is None
    pk = recorded().get().person.exports.get().pk
    as_agent.get(f"/exports/{pk}/")
    assert [event.address for event in recorded()] == [None, "127.0.0.1"]


def test_the_file_of_rejected_records_is_recorded(as_manager, manager):
    run = FeedRun.objects.create(way=Way.PUSH)
    run.rejects.create(place="1", field="state", reason="?", written="{}", is_record=True)
    as_manager.get(f"/feed/rejected/file/?run={run.pk}")
    event = recorded().get()
    assert event.person == manager
    assert event.details == {"format": "rejected records", "query": f"run={run.pk}", "rows": 1}


def test_an_export_that_was_refused_is_none(as_agent):
    as_agent.get("/returns/export.csv?stete=x")
    assert not recorded().exists()


def test_calls_are_counted_by_token_day_and_address(make_program, settings, monkeypatch):  # noqa: F811
    monkeypatch.setattr(token_use, "STORE_INTERVAL", 0)
    settings.API_CALLS_PER_MINUTE = 2
    one, other = make_program(), make_program(name="Other")
    with time_machine.travel(NOW, tick=False):
        for _ in range(3):
            one.get("/Tags")
        other.send("GET", "/Tags", REMOTE_ADDR="10.0.0.9")
    with time_machine.travel(NOW.replace(day=2), tick=False):
        one.get("/Tags")
    uses = TokenUse.objects.order_by("pk").values_list(
        "token__name", "day", "address", "calls", "refused"
    )
    assert list(uses) == [
        ("Shop", date(2026, 4, 2), "127.0.0.1", 3, 1),
        ("Other", date(2026, 4, 2), "10.0.0.9", 1, 0),
        ("Shop", date(2026, 4, 3), "127.0.0.1", 1, 0),
    ]


def test_a_first_call_is_stored_at_once_and_others_together(make_program, monkeypatch):  # noqa: F811
    program = make_program()
    for _ in range(3):
        program.get("/Tags")
    assert TokenUse.objects.get().calls == 1
    monkeypatch.setattr(token_use, "STORE_INTERVAL", 0)
    program.get("/Tags")
    assert TokenUse.objects.get().calls == 4


def test_a_token_that_is_refused_is_recorded_once_an_hour(make_program, caplog):  # noqa: F811
    program = make_program()
    tokens.revoke(program.token, by=None)
    unknown = Program(program.token, "rd_" + "x" * 43)
    for _ in range(2):
        program.get("/Tags")
        unknown.get("/Tags")
    events = recorded().values_list("kind", "name", "details")
    assert list(events) == [
        (AccessKind.TOKEN_REFUSED, "Shop", {"code": "revoked_token"}),
        (AccessKind.TOKEN_REFUSED, "", {"code": "unknown_token"}),
    ]
    assert program.secret not in caplog.text


def test_admins_search_and_cannot_change(as_admin, as_manager, make_program):  # noqa: F811
    make_program().get("/Tags")
    as_manager.get("/returns/export.csv")
    found = as_admin.get("/admin/returns/accessevent/?q=manager&kind__exact=exported")
    assert "1 entry" in found.text
    assert "0 entries" in as_admin.get("/admin/returns/accessevent/?q=nobody").text
    assert "1 entry" in as_admin.get("/admin/returns/tokenuse/?q=Shop").text
    for path in (
        f"accessevent/{recorded().last().pk}",
        f"tokenuse/{TokenUse.objects.get().pk}",
    ):
        page = as_admin.get(f"/admin/returns/{path}/change/")
        assert page.status_code == 200
        assert 'name="_save"' not in page.text
        assert as_admin.post(f"/admin/returns/{path}/change/", {}).status_code == 403
        assert as_admin.post(f"/admin/returns/{path}/delete/", {}).status_code == 403
