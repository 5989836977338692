"""One person has a return at a time, and everybody sees who; nobody is kept from anything."""

import threading
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from returns import background
from returns.claims.reading import initials, open_claim
from returns.claims.taking import ClaimedByAnotherError, give_back, take_return
from returns.filters.filterset import ReturnFilterSet
from returns.filters.query import Query
from returns.live.marks import read_marks
from returns.models import Claim, ClaimEnd, Notice, Return, State
from returns.record.deletion import delete_return
from returns.record.timeline import timeline_of
from returns.rules.running import matches_of
from tags.vocabulary import load_vocabulary
from tests.factories import make_return, make_returns
from tests.markup import flat
from tests.returns.rules.test_rules import make_rule

pytestmark = pytest.mark.django_db


def complete(record: Return) -> None:
    now = timezone.now()
    Return.objects.filter(pk=record.pk).update(state=State.COMPLETED, completed_at=now)


def test_second_person_is_told_who_has_it_and_may_take_it_over(agent, manager):
    record = make_return()
    first = take_return(record.pk, agent)
    with pytest.raises(ClaimedByAnotherError) as refusal:
        take_return(record.pk, manager)
    assert refusal.value.claim == first
    taken = take_return(record.pk, manager, over=first.pk)
    assert taken.taken_from == agent
    assert open_claim(record.pk).person == manager
    notice = Notice.objects.get(person=agent)
    assert notice.text == f"manager took over {record} from you."
    assert notice.link == record.get_absolute_url()


def test_what_was_seen_before_somebody_else_took_over_takes_nothing_over(agent, manager, admin):
    record = make_return()
    seen = take_return(record.pk, agent)
    take_return(record.pk, manager, over=seen.pk)
    with pytest.raises(ClaimedByAnotherError):
        take_return(record.pk, admin, over=seen.pk)
    assert open_claim(record.pk).person == manager


def test_claiming_again_and_giving_back_twice_change_nothing(agent, manager):
    record = make_return()
    assert take_return(record.pk, agent) == take_return(record.pk, agent)
    assert not give_back(record.pk, manager)
    assert give_back(record.pk, agent)
    assert not give_back(record.pk, agent)
    assert Claim.objects.get().ended_how == ClaimEnd.GIVEN_BACK


def test_the_database_refuses_a_second_open_claim(agent, manager):
    record = make_return()
    take_return(record.pk, agent)
    with pytest.raises(IntegrityError, match="return_has_one_claim"), transaction.atomic():
        Claim.objects.create(record=record, person=manager)


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_has_it(make_person):
    record = make_return()
    people = [make_person(f"person{number}") for number in range(4)]
    refused = []

    def claim(person: User) -> None:
        try:
            take_return(record.pk, person)
        except ClaimedByAnotherError as error:
            refused.append(error.claim.person_id)
        finally:
            connection.close()

    threads = [threading.Thread(target=claim, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == [Claim.objects.get().person_id] * 3


def test_completion_ends_it_and_tells_its_owner(agent):
    record, other = make_return(state=State.ARRIVED), make_return(state=State.ARRIVED)
    take_return(record.pk, agent)
    take_return(other.pk, agent)
    complete(record)
    assert Claim.objects.get(record=record).ended_how == ClaimEnd.COMPLETED
    assert open_claim(other.pk)
    assert Notice.objects.get().text == f"Your claim on {record} ended: the return was completed."


def test_it_ends_after_its_hours(agent, settings):
    settings.CLAIM_HOURS = 5
    record, younger = make_return(), make_return()
    for each in (record, younger):
        take_return(each.pk, agent)
    Claim.objects.filter(record=record).update(since=timezone.now() - timedelta(hours=5))
    background.run_short_jobs()
    background.run_short_jobs()
    assert Claim.objects.get(record=record).ended_how == ClaimEnd.EXPIRED
    assert open_claim(younger.pk)
    assert Notice.objects.get().text == f"Your claim on {record} ended after 5 hours."


def test_who_may_no_longer_sign_in_has_no_claims(agent):
    record = make_return()
    take_return(record.pk, agent)
    User.objects.filter(pk=agent.pk).update(is_active=False)
    assert Claim.objects.get().ended_how == ClaimEnd.LEFT


def test_claims_go_with_a_deleted_return_and_their_owner_is_told(agent, admin):
    record = make_return()
    take_return(record.pk, agent)
    delete_return(record, str(record), "Never was.", admin)
    assert not Claim.objects.exists()
    assert Notice.objects.get().text == f"Your claim on {record} ended: the return was deleted."


def test_timeline_says_who_had_it(agent, manager):
    record = make_return()
    first = take_return(record.pk, agent)
    take_return(record.pk, manager, over=first.pk)
    give_back(record.pk, manager)
    timeline = timeline_of(record, load_vocabulary(), whole=False)
    told = [(entry.who, entry.claim) for s in timeline.newest for entry in s.entries if entry.claim]
    assert told == [
        ("manager", "Gave this return back"),
        ("manager", "Took this return over from agent"),
        ("agent", "Claimed this return"),
    ]


@pytest.mark.parametrize(("value", "expected"), [("agent", {"A"}), ("nobody", {"B", "C"})])
def test_filter_keeps_the_returns_of_a_person_or_of_nobody(agent, manager, value, expected):
    one, other, _ = make_returns({"reference": name} for name in "ABC")
    take_return(one.pk, agent)
    take_return(other.pk, manager)
    give_back(other.pk, manager)
    matches = ReturnFilterSet(Query.parse(f"claimed={value}"), load_vocabulary()).qs
    assert {str(record) for record in matches} == expected


def test_me_is_whoever_asks(as_agent, as_manager, agent):
    record, other = make_return(), make_return()
    take_return(record.pk, agent)
    answer = as_agent.get("/returns/", {"claimed": "me"}).text
    assert str(record) in answer
    assert str(other) not in answer
    assert "claimed by" in answer
    assert str(record) not in as_manager.get("/returns/", {"claimed": "me"}).text


def test_menu_shows_whose_claims_these_are_and_can_choose_nobody(as_agent, agent):
    answer = as_agent.get("/returns/", {"claimed": "me"}).text
    assert 'value="agent" selected>' in answer
    assert 'type="hidden" name="claimed"' not in answer


def test_rule_may_tag_what_nobody_has_claimed(agent, vocabulary):
    record, other = make_return("A"), make_return("B")
    take_return(record.pk, agent)
    rule = make_rule("claimed=nobody", "hourly", add="vip-customer")
    assert set(matches_of(rule)) == {other}


def test_unknown_name_is_named_and_matches_nothing(as_agent):
    record = make_return()
    answer = as_agent.get("/returns/", {"claimed": "no-such-person"}).text
    assert "there is nobody with the user name “no-such-person”." in answer
    assert str(record) not in answer


def test_list_shows_the_initials_with_the_name(as_manager, make_person):
    record = make_return()
    ayse = make_person("ayse", "Customer service", first_name="Ayşe", last_name="Yılmaz")
    take_return(record.pk, ayse)
    for address in ("/returns/", "/queue/?queue=on_the_way"):
        answer = as_manager.get(address).text
        assert 'title="Claimed by Ayşe Yılmaz"' in answer
        assert ">AY<" in answer
    assert initials(User(username="ayse")) == "ay"


@pytest.mark.django_db(transaction=True)
def test_poll_brings_a_claim_and_takes_it_away(as_agent, manager):
    record = make_return()
    address = as_agent.get("/returns/").context["live"].poll_address
    assert as_agent.get(address).status_code == 304
    take_return(record.pk, manager)
    answer = as_agent.get(address)
    assert "Claimed by manager" in answer.text
    give_back(record.pk, manager)
    assert f'hx-target="#claim-{record.pk}"></hx-partial>' in as_agent.get(address).text
    assert read_marks([record.pk]) == ({}, {record.pk: None})
    take_return(record.pk, manager)
    assert str(read_marks([record.pk])[1][record.pk]) == "manager"


def test_button_works_without_scripts(as_agent, agent):
    record = make_return()
    page = as_agent.get(record.get_absolute_url()).text
    assert "I take it" in page
    answer = as_agent.post(reverse("claims"), {"record": record.pk}, follow=True)
    assert answer.redirect_chain == [(record.get_absolute_url(), 303)]
    assert f"You claimed {record}." in answer.text
    assert "Give it back" in answer.text
    as_agent.post(reverse("claims"), {"record": record.pk, "action": "back"})
    assert open_claim(record.pk) is None


def test_key_toggles_and_offers_to_take_over(as_agent, as_manager, manager):
    record = make_return()
    sent = {"record": record.pk, "at": "row", "action": "toggle"}
    headers = {"HX-Request": "true", "HX-Request-Type": "partial"}
    as_manager.post(reverse("claims"), sent, headers=headers)
    answer = as_agent.post(reverse("claims"), sent, headers=headers).text
    assert f"manager has claimed {record}." in answer
    over = open_claim(record.pk).pk
    assert f'name="over" value="{over}"' in answer
    answer = as_agent.post(reverse("claims"), sent | {"over": over}, headers=headers).text
    assert f"You took {record} over from manager." in answer
    as_agent.post(reverse("claims"), sent, headers=headers)
    assert open_claim(record.pk) is None


def test_completed_return_is_not_claimed(as_agent):
    record = make_return(state=State.COMPLETED)
    answer = as_agent.post(reverse("claims"), {"record": record.pk}, follow=True)
    assert "is completed, so nobody needs to claim it." in answer.text
    assert not Claim.objects.exists()


@pytest.mark.parametrize("sent", [{}, {"record": "x"}, {"record": "1", "over": "-1"}])
def test_senseless_request_is_refused(as_agent, sent):
    assert as_agent.post(reverse("claims"), sent).status_code in (400, 404)


def test_of_a_selection_those_are_claimed_that_nobody_has(as_agent, agent, manager):
    free, own, others, done = (make_return() for _ in range(4))
    take_return(own.pk, agent)
    take_return(others.pk, manager)
    complete(done)
    ids = ",".join(str(each.pk) for each in (free, own, others, done))
    answer = as_agent.post("/claims/many/", {"ids": f"{ids},0", "next": "/mine/"}, follow=True)
    (message,) = answer.context["messages"]
    assert str(message) == (
        "Claimed 1 return. Yours already: 1. Not claimed, because they are completed: 1. "
        "Left to manager: 1."
    )
    assert answer.request["PATH_INFO"] == "/mine/"
    assert open_claim(free.pk).person == agent
    assert open_claim(others.pk).person == manager
    assert open_claim(done.pk) is None


@pytest.mark.parametrize("ids", ["", "x", "1,,2", "9" * 30, ",".join(["1"] * 1_001)])
def test_what_is_no_selection_claims_nothing(as_agent, ids):
    assert as_agent.post("/claims/many/", {"ids": ids}).status_code == 400


def test_preview_of_a_return_says_who_has_claimed_it(as_agent, manager):
    record = make_return()
    headers = {"HX-Request": "true", "HX-Request-Type": "partial"}
    path = reverse("return-card", args=[record.pk])
    assert "Claimed by" not in as_agent.get(path, headers=headers).text
    take_return(record.pk, manager)
    assert "Claimed by" in as_agent.get(path, headers=headers).text


def test_user_name_in_the_menu_of_filters_keeps_its_letters(as_manager, agent):
    answer = flat(as_manager.get(f"/returns/?claimed={agent.username}"))
    assert f'value="{agent.username}" selected>{agent.username}</option>' in answer
    assert ">Nobody</option>" in answer
