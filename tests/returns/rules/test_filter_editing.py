"""A rule's and a deadline's filter are changed with the form of the list."""

import re

import pytest
from django.utils.html import escape

from returns.deadlines import editing as deadlines
from returns.filters.query import Query
from returns.models import DeadlinePolicy, TagRule
from returns.rules import editing as rules
from tests.factories import make_return, make_tag

pytestmark = pytest.mark.django_db


@pytest.fixture
def rule(vocabulary):
    parameters = rules.to_parameters(Query.parse("notes=hasar"))
    entry = TagRule(name="Torn", parameters=parameters, moment="arrived")
    return rules.save_rule(entry, [make_tag("investigate")], [])


@pytest.fixture
def policy():
    parameters = deadlines.to_parameters(Query.parse("source=Oplog"))
    entry = DeadlinePolicy(name="Oplog", parameters=parameters, amount=24, unit="hours")
    return deadlines.save_policy(entry)


def hidden(text: str) -> dict[str, str]:
    """Return the hidden fields of the form that saves the filter."""
    fields = re.findall(r'name="(query|seen)"\s+value="([^"]*)"', text)
    assert len(fields) == 2
    return dict(fields)


def test_a_page_leads_to_the_list_with_its_filter(as_manager, rule, policy):
    make_return("torn", notes="hasar")
    page = as_manager.get(f"/rules/{rule.pk}/").text
    assert f'href="/rules/{rule.pk}/filter/?notes=hasar"' in page
    answer = as_manager.get(f"/rules/{rule.pk}/filter/?notes=hasar")
    assert "Filter of the rule “Torn”" in answer.text
    assert answer.context["list"].page.rows[0].return_reference_number == "torn"
    page = as_manager.get(f"/deadlines/{policy.pk}/").text
    assert f'href="/deadlines/{policy.pk}/filter/?source=Oplog"' in page
    page = as_manager.get(f"/deadlines/{policy.pk}/filter/?source=Oplog").text
    assert "Filter of the deadline “Oplog”" in page


def test_a_filter_is_saved_and_the_rule_is_off_until_it_was_tried(as_manager, rule, policy):
    rules.switch(rule, on=True)
    form = hidden(as_manager.get(f"/rules/{rule.pk}/filter/?notes=wet&sort=created").text)
    answer = as_manager.post(f"/rules/{rule.pk}/filter/", form, follow=True)
    assert "It is switched off: check its dry run, then switch it on." in answer.text
    rule.refresh_from_db()
    assert (rule.parameters, rule.is_on) == ({"notes": ["wet"]}, False)
    form = hidden(as_manager.get(f"/deadlines/{policy.pk}/filter/?carrier=UPS").text)
    as_manager.post(f"/deadlines/{policy.pk}/filter/", form)
    policy.refresh_from_db()
    assert policy.parameters == {"carrier": ["UPS"]}


def test_without_a_query_the_page_is_about_the_stored_filter(as_manager, rule, policy):
    for path, stored in (
        (f"/rules/{rule.pk}/filter/", "notes=hasar"),
        (f"/deadlines/{policy.pk}/filter/", "source=Oplog"),
    ):
        assert as_manager.get(path)["Location"] == f"{path}?{stored}"


def test_a_deadline_of_some_returns_does_not_become_one_of_all_by_emptying_its_filter(
    as_manager, policy
):
    answer = as_manager.post(f"/deadlines/{policy.pk}/filter/", {"query": "", "seen": ""})
    assert answer.status_code == 422
    assert "Choose at least one filter." in answer.text
    policy.refresh_from_db()
    assert policy.parameters == {"source": ["Oplog"]}


def test_a_refused_filter_stays_in_the_form(as_manager, policy):
    path = f"/deadlines/{policy.pk}/filter/"
    sent = hidden(as_manager.get(f"{path}?state=Completed").text)
    answer = as_manager.post(path, sent)
    assert "A deadline cannot filter by: state" in answer.text
    assert hidden(answer.text) == sent
    assert "Filter of the deadline “Oplog”" in answer.text


def test_a_filter_that_somebody_changed_meanwhile_is_not_replaced(as_manager, rule, policy):
    for path, entry, module in (
        (f"/rules/{rule.pk}/filter/", rule, rules),
        (f"/deadlines/{policy.pk}/filter/", policy, deadlines),
    ):
        form = hidden(as_manager.get(f"{path}?notes=wet").text)
        module.use_filter(entry, {"notes": ["theirs"]})
        answer = as_manager.post(path, form)
        assert (answer.status_code, "meanwhile" in answer.text) == (422, True)
        entry.refresh_from_db()
        assert entry.parameters == {"notes": ["theirs"]}


def test_a_filter_that_is_not_allowed_is_refused_in_words(as_manager, rule, policy):
    empty = as_manager.post(f"/rules/{rule.pk}/filter/", {"query": ""})
    assert empty.status_code == 422
    assert escape("A rule needs a filter.") in empty.text
    refused = as_manager.post(f"/deadlines/{policy.pk}/filter/", {"query": "state=Completed"})
    assert refused.status_code == 422


def test_a_new_rule_or_deadline_begins_with_its_filter(as_manager, as_agent):
    assert 'href="/rules/new/filter/"' in as_manager.get("/rules/").text
    assert 'href="/deadlines/new/filter/"' in as_manager.get("/deadlines/").text
    assert 'href="/rules/new/filter/"' not in as_agent.get("/rules/").text
    page = as_manager.get("/rules/new/filter/?notes=wet&notes=dry")
    assert 'href="/rules/new/?notes=wet&amp;notes=dry"' in page.text
    assert (
        'href="/deadlines/new/?carrier=UPS"'
        in as_manager.get("/deadlines/new/filter/?carrier=UPS").text
    )
    answer = as_manager.get(
        "/rules/new/filter/?notes=wet", headers={"HX-Request": "true", "HX-Request-Type": "partial"}
    )
    assert 'hx-target="#use-filter"' in answer.text
    assert 'hx-target="#list-actions"' not in answer.text
