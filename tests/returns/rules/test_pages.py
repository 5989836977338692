"""The pages of rules: who may change them, what is kept, what is said when it cannot be."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from returns.filters.query import Query
from returns.models import Moment, TagRule
from returns.rules import dry_runs
from returns.rules import editing as rules
from tags import editing
from tags.tagging import add_tag, remove_tag
from tests.factories import make_return, make_tag

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]


@pytest.fixture(autouse=True)
def no_shipped_rules(db):
    TagRule.objects.all().delete()


@pytest.fixture
def rule() -> TagRule:
    new_rule = TagRule(name="Torn", moment=Moment.CREATED)
    new_rule.parameters = rules.to_parameters(Query.parse("notes=hasar&tag_none=books"))
    return rules.save_rule(new_rule, [make_tag("investigate")], [])


def sent(name: str = "New", moment: str = "created", add: str = "books", remove: str = "") -> dict:
    fields = {"name": name, "moment": moment}
    fields |= {"add": [make_tag(each).pk for each in add.split()]}
    return fields | {"remove": [make_tag(each).pk for each in remove.split()]}


def test_a_rule_is_made_of_the_filter_of_the_list_and_begins_off(as_manager):
    page = as_manager.get("/rules/new/?notes=hasar&state=ArrivedToWarehouse&sort=order&after=x")
    assert page.context["listed"].filters == [("notes contain", "hasar"), ("state", "Arrived")]
    query = "notes=hasar&state=ArrivedToWarehouse"
    answer = as_manager.post(f"/rules/new/?{query}", sent(add="investigate", remove="books"))
    kept = TagRule.objects.get()
    assert answer["Location"] == f"/rules/{kept.pk}/"
    assert (kept.name, kept.moment, kept.is_on) == ("New", "created", False)
    assert kept.parameters == {"notes": ["hasar"], "state": ["ArrivedToWarehouse"]}
    assert (kept.adds, kept.removes) == ([make_tag("investigate").pk], [make_tag("books").pk])


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "A rule needs a filter"),
        ("sort=order", "A rule needs a filter"),
        ("stete=Completed", "stete: there is no such filter."),
        ("notes=...", "Notes contain: “...” has no letter"),
    ],
)
def test_a_filter_that_makes_no_rule_is_named_and_nothing_is_kept(as_manager, query, words):
    assert words in as_manager.get(f"/rules/new/?{query}").text
    answer = as_manager.post(f"/rules/new/?{query}", sent())
    assert answer.status_code == 422
    assert words in answer.text
    assert not TagRule.objects.exists()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (sent, "This field is required."),
        (lambda: sent(name="  TORN ", add="books"), "There is already a rule named “Torn”."),
        (lambda: sent(moment="never"), "never is not one of the available choices"),
        (lambda: sent(add=""), "Choose a tag to add or to remove."),
        (lambda: sent(add="books", remove="books"), "“books”"),
        (lambda: sent(add="standard urgent-refund"), "Priority"),
        (lambda: sent() | {"add": ["0"]}, "One of these tags was deleted or retired"),
    ],
)
def test_what_cannot_be_kept_is_said_and_what_was_typed_stays(as_manager, rule, fields, words):
    fields = fields()
    if words.startswith("This field"):
        fields["name"] = ""
    answer = as_manager.post("/rules/new/?notes=geç", fields)
    assert answer.status_code == 422
    assert words in answer.text
    assert answer.context["form"]["name"].value() == fields["name"]
    assert TagRule.objects.count() == 1


def test_a_rule_is_changed_moved_switched_and_deleted(as_manager, rule):
    path = f"/rules/{rule.pk}/"
    as_manager.post(path, sent(name="Wet", moment="arrived", add="books"))
    as_manager.post("/rules/new/?notes=geç", sent(name="Late"))
    as_manager.post(path, {"action": "down"})
    assert [each.name for each in TagRule.objects.all()] == ["Late", "Wet"]
    as_manager.post(path, {"action": "on"})
    rule.refresh_from_db()
    assert (rule.name, rule.moment, rule.is_on) == ("Wet", "arrived", True)
    assert (rule.adds, rule.parameters["notes"]) == ([make_tag("books").pk], ["hasar"])
    assert as_manager.post(path, {"action": "explode"}).status_code == 400
    gone = as_manager.post(path, {"action": "remove"}, follow=True)
    assert "Deleted the rule “Wet”. The tags that it added stay." in gone.text
    assert as_manager.get(path).status_code == 404


def test_a_rule_gets_another_filter_and_is_off_until_it_was_tried(as_manager, rule):
    rules.switch(rule, on=True)
    page = as_manager.get("/rules/new/?notes=wet")
    assert f'<option value="{rule.pk}">Torn</option>' in page.text
    answer = as_manager.post("/rules/new/?notes=wet", {"replaces": rule.pk}, follow=True)
    assert "It is switched off: check its dry run, then switch it on." in answer.text
    rule.refresh_from_db()
    assert (rule.parameters, rule.is_on) == ({"notes": ["wet"]}, False)
    assert rule.adds == [make_tag("investigate").pk]
    for nobody in ("0", "x", "9" * 30):
        answer = as_manager.post("/rules/new/?notes=wet", {"replaces": nobody})
        assert answer.status_code == 404
    as_manager.post("/rules/new/?stete=x", {"replaces": rule.pk})
    rule.refresh_from_db()
    assert rule.parameters == {"notes": ["wet"]}


def test_an_agent_sees_rules_and_their_dry_run_but_changes_nothing(as_agent, rule):
    make_return("torn", notes="hasar")
    page = as_agent.get(f"/rules/{rule.pk}/")
    assert "Would have changed 1 return of the last 30 days." in page.text
    assert "Switch on" not in page.text
    assert "Make a rule" not in as_agent.get("/returns/?notes=hasar").text
    for path, fields in (
        (f"/rules/{rule.pk}/", {"action": "on"}),
        (f"/rules/{rule.pk}/", {"action": "remove"}),
        (f"/rules/{rule.pk}/", sent()),
        ("/rules/new/?notes=wet", sent()),
        ("/rules/new/?notes=wet", {"replaces": rule.pk}),
    ):
        assert as_agent.post(path, fields).status_code == 403
    assert list(TagRule.objects.values("name", "is_on")) == [{"name": "Torn", "is_on": False}]


def test_a_rule_says_its_filter_by_the_present_names(as_agent, rule):
    group = make_tag("books").group
    type(group).objects.filter(pk=group.pk).update(name="Kind")
    listed = as_agent.get("/rules/").context["rules"][0]
    assert listed.filters == [("notes contain", "hasar"), ("none of", "books")]
    assert listed.query == "notes=hasar&tag_none=books"


def test_two_managers_do_not_lose_each_other_s_changes(as_manager, as_admin, rule):
    path = f"/rules/{rule.pk}/"
    seen = as_manager.get(path).context["form"]["seen"].value()
    assert seen == as_admin.get(path).context["form"]["seen"].value()
    as_admin.post(path, sent(name="Wet", add="books") | {"seen": seen})
    answer = as_manager.post(path, sent(name="Dry", add="investigate") | {"seen": seen})
    assert answer.status_code == 422
    assert "Somebody changed this rule meanwhile" in answer.text
    rule.refresh_from_db()
    assert (rule.name, rule.adds) == ("Wet", [make_tag("books").pk])


def test_a_rule_that_tags_otherwise_now_is_off_until_it_was_tried(as_manager, rule):
    path = f"/rules/{rule.pk}/"
    rules.switch(rule, on=True)
    as_manager.post(path, sent(name="Another name", add="investigate"))
    rule.refresh_from_db()
    assert rule.is_on
    for fields in (sent(add="books"), sent(add="books", moment="hourly")):
        answer = as_manager.post(path, fields, follow=True)
        assert "It is switched off: check its dry run, then switch it on." in answer.text
        rule.refresh_from_db()
        assert not rule.is_on
        rules.switch(rule, on=True)


def test_the_page_costs_the_same_whatever_rules_there_are(as_agent, rule):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            as_agent.get("/rules/")
        return len(captured)

    few = queries()
    for number in range(6):
        other = TagRule(name=f"{number}", moment=Moment.CREATED, parameters=rule.parameters)
        rules.save_rule(other, [make_tag("books")], [make_tag("fragile")])
    assert queries() == few


def test_a_retired_tag_of_a_rule_is_shown_and_has_to_go(as_manager, rule):
    editing.retire(make_tag("investigate"), None, on=True)
    path = f"/rules/{rule.pk}/"
    page = as_manager.get(path)
    assert "The tag “investigate” is retired." in page.text
    assert [tag.name for tag in page.context["offered_tags"] if tag.retired] == ["investigate"]
    assert as_manager.post(path, sent(add="investigate")).status_code == 422
    assert as_manager.post(path, sent(add="books")).status_code == 302


# Rules that never change anything


def make_rule(name: str, query: str, adds: str, removes: str = "", **fields) -> TagRule:
    new_rule = TagRule(name=name, parameters=rules.to_parameters(Query.parse(query)))
    new_rule.moment = fields.get("moment", Moment.CREATED)
    tags = [[make_tag(each) for each in names.split()] for names in (adds, removes)]
    saved = rules.save_rule(new_rule, *tags)
    rules.switch(saved, on=True)
    return saved


def problem_of(client, rule: TagRule) -> str:
    problem = client.get(f"/rules/{rule.pk}/").context["listed"].problem
    listed = client.get("/rules/").context["rules"]
    assert [each.problem for each in listed if each.rule == rule] == [problem]
    return problem


@pytest.mark.parametrize(
    ("moment", "query", "adds", "removes", "words"),
    [
        ("arrived", "state=ReturnCreated", "books", "", "no return is in this state when it arr"),
        ("completed", "state=ArrivedToWarehouse&state=ReturnCreated", "books", "", "is completed"),
        ("arrived", "state=Completed", "books", "", ""),
        ("created", "state=Completed", "books", "", ""),
        ("hourly", "tag=books&tag=fragile", "books", "", "already tagged like this"),
        ("hourly", "tag=books&tag_none=fragile", "books", "fragile", "already tagged like this"),
        ("hourly", "tag=books", "books fragile", "", ""),
        ("hourly", "tag=books", "", "books", ""),
    ],
)
def test_a_rule_that_never_fires_says_why(as_manager, moment, query, adds, removes, words):
    rule = make_rule("Rule", query, adds, removes, moment=moment)
    problem = problem_of(as_manager, rule)
    assert words in problem
    assert bool(problem) == bool(words)


def test_a_rule_below_one_that_always_takes_its_group_says_so(as_manager):
    above = make_rule("Urgent", "notes=wet", "urgent-refund")
    below = make_rule("Normal", "notes=wet&source=WMS", "standard")
    wider = make_rule("All notes", "source=WMS", "standard")
    assert "hardly ever fires: “Urgent” above it adds another tag of the same group" in problem_of(
        as_manager, below
    )
    assert problem_of(as_manager, wider) == ""
    rules.switch(above, on=False)
    assert problem_of(as_manager, below) == ""


def test_a_rule_with_a_deleted_or_a_retired_tag_says_so(as_manager):
    rule = make_rule("Rule", "notes=wet", "books")
    editing.retire(make_tag("books"), None, on=True)
    assert problem_of(as_manager, rule) == "The tag “books” is retired."
    TagRule.objects.update(parameters={"tag": [0]})
    editing.retire(make_tag("books"), None, on=False)
    assert problem_of(as_manager, rule).startswith("It matches nothing: Tags:")


@pytest.mark.parametrize(
    ("tagged", "removed", "words"),
    [
        (0, 0, "Would change 2 returns now."),
        (2, 0, "2 returns match; all of them are tagged like this already."),
        (
            1,
            1,
            "2 returns match; none of them can be changed: what people",
        ),
    ],
)
def test_a_dry_run_says_how_many_match(as_manager, agent, tagged, removed, words):
    records = [make_return(notes="wet"), make_return(notes="wet")]
    for record in records[: tagged + removed]:
        add_tag(record, make_tag("books"), agent)
    for record in records[tagged : tagged + removed]:
        remove_tag(record, make_tag("books"), agent)
    rule = make_rule("Rule", "notes=wet", "books", moment="hourly")
    page = re.sub(r"</?a\b[^>]*>", "", as_manager.get(f"/rules/{rule.pk}/").text)
    assert words in " ".join(page.split())


def test_a_dry_run_of_too_many_says_so(as_manager, monkeypatch):
    monkeypatch.setattr(dry_runs, "MAX_DRY_RUN_MATCHES", 1)
    rule = make_rule("Rule", "notes=wet", "books")
    for is_refused in (False, True):
        make_return(notes="wet")
        page = as_manager.get(f"/rules/{rule.pk}/").text
        assert ("The dry run took too long. Narrow the filter." in page) is is_refused


def test_a_dry_run_without_matches_says_so(as_manager):
    rule = make_rule("Rule", "notes=wet", "books", moment="hourly")
    assert "No return matches its filter." in as_manager.get(f"/rules/{rule.pk}/").text


def test_a_rule_above_that_cannot_run_is_in_nobodys_way(as_manager):
    make_rule("Urgent", "notes=wet", "urgent-refund")
    below = make_rule("Normal", "notes=wet", "standard")
    assert "“Urgent” above it" in problem_of(as_manager, below)
    editing.retire(make_tag("urgent-refund"), None, on=True)
    assert problem_of(as_manager, below) == ""


def test_a_dry_run_of_the_last_days_says_so(as_manager):
    make_return(notes="wet", created_at=timezone.now() - timedelta(days=60))
    rule = make_rule("Rule", "notes=wet", "books")
    page = as_manager.get(f"/rules/{rule.pk}/").text
    assert "No return of the last 30 days matches its filter." in page


@pytest.mark.parametrize("moment", ["created", "hourly"])
def test_the_number_of_matches_is_that_of_the_list_behind_it(as_manager, moment):
    for days in (60, 29, 1):
        make_return(notes="wet", created_at=timezone.now() - timedelta(days=days))
    make_return(notes="dry")
    rule = make_rule("Rule", "notes=wet", "books", moment=moment)
    run = as_manager.get(f"/rules/{rule.pk}/").context["dry_run"]
    assert run.matches.number == {"created": 2, "hourly": 3}[moment]
    assert len(as_manager.get(run.matches_path).context["list"].rows) == run.matches.number


def test_the_matches_of_a_rule_with_dates_of_its_own_have_no_list(as_manager):
    make_return(notes="wet")
    rule = make_rule("Rule", "notes=wet&created_from=-3d", "books")
    run = as_manager.get(f"/rules/{rule.pk}/").context["dry_run"]
    assert (run.matches.number, run.matches_path) == (1, "")
