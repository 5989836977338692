"""Rules that notify: a delivery for each match, once, for the subscriptions a person may use."""

import pytest
from django.urls import reverse

from returns.filters.query import Query
from returns.models import Delivery, Moment, Occasion, TagRule
from returns.rules import editing as rules
from returns.rules.running import run_queued
from tests.factories import make_return, make_tag
from tests.returns.outgoing.subscribing import notify

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]


@pytest.fixture(autouse=True)
def no_shipped_rules(db):
    TagRule.objects.all().delete()


@pytest.fixture
def told(manager):
    return notify(manager, Occasion.RULE, name="Team")


def make_rule(told, moment: str = Moment.CREATED, query: str = "carrier=DHL", tags=()) -> TagRule:
    rule = TagRule(name="Torn", moment=moment, notifies=told.pk)
    rule.parameters = rules.to_parameters(Query.parse(query))
    rule = rules.save_rule(rule, list(tags), [])
    rules.switch(rule, on=True)
    return rule


def test_what_matches_is_told_once_and_what_does_not_is_not(told):
    make_rule(told)
    record = make_return(cargo_carrier="DHL")
    make_return(cargo_carrier="UPS")
    while run_queued():
        pass
    delivery = Delivery.objects.get()
    assert (delivery.record_id, delivery.event.type) == (record.pk, "rule.matched")
    assert delivery.event.details == {"rule": "Torn"}


def test_while_another_rule_fails_nothing_is_told_and_then_once(told):
    make_rule(told, tags=[make_tag("books")])
    broken = TagRule.objects.create(
        name="Broken", moment="created", parameters={"state": ["Lost"]}, is_on=True, adds=[1]
    )
    make_return(cargo_carrier="DHL")
    for _ in range(rules.MAX_FAILURES):
        assert not Delivery.objects.exists()
        run_queued()
    broken.refresh_from_db()
    assert not broken.is_on
    while run_queued():
        pass
    assert Delivery.objects.count() == 1


def test_the_form_offers_ones_own_and_an_hourly_rule_cannot_notify(
    told, as_manager, admin, as_admin
):
    other = notify(admin, Occasion.RULE, name="Other")
    page = as_manager.get("/rules/new/?carrier=DHL").text
    assert f'<option value="{told.pk}">Team</option>' in page
    assert "Other" not in page
    sent = {"name": "New", "moment": "created", "notifies": str(other.pk)}
    assert as_manager.post("/rules/new/?carrier=DHL", sent).status_code == 422
    hourly = sent | {"moment": "hourly", "notifies": str(told.pk)}
    answer = as_manager.post("/rules/new/?carrier=DHL", hourly)
    assert answer.status_code == 422
    assert "cannot notify" in answer.text
    made = as_manager.post("/rules/new/?carrier=DHL", hourly | {"moment": "created"})
    assert made.status_code == 302
    assert TagRule.objects.get().notifies == told.pk
    assert "notifies “Team”" in as_manager.get(reverse("rules")).text
    # Whoever saves it without knowing the notification keeps it.
    page = as_admin.get(made["Location"])
    assert f'value="{told.pk}" selected' in page.text


def test_a_rule_says_that_what_it_notifies_is_gone(told, as_manager):
    rule = make_rule(told)
    told.delete()
    assert "has been deleted" in as_manager.get(reverse("rule", args=[rule.pk])).text
    make_return(cargo_carrier="DHL")
    assert run_queued()
    assert not Delivery.objects.exists()
