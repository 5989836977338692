"""Tagging many returns at once, page by page: who may, what is chosen, what is said."""

import pytest

from returns.lists import bulk as returns_bulk
from returns.models import Return, ReturnTag, State
from tags.models import BulkTagging
from tests.factories import make_return, make_tag, put_tag
from tests.markup import flat

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]


def tags_of(record: Return) -> set[str]:
    return set(record.taggings.values_list("tag__name", flat=True))


def choose(client, query: str, **names: str):
    fields = {way: [make_tag(name).pk for name in some.split()] for way, some in names.items()}
    return client.post(f"/bulk/?{query}", fields)


def sentences(answer) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


def test_everything_that_the_filter_matches_is_tagged_after_a_preview_and_undone(as_agent):
    chosen = [make_return(state=State.ARRIVED) for _ in range(3)]
    other = make_return()
    put_tag(chosen[0], "books")
    page = as_agent.get("/bulk/?state=ArrivedToWarehouse")
    assert "Tag 3 returns" in page.text
    answer = choose(as_agent, "state=ArrivedToWarehouse", add="books")
    preview = as_agent.get(answer["Location"])
    assert "Add “books”: 2 returns. Already there: 1." in flat(preview)
    assert ReturnTag.objects.count() == 1
    done = as_agent.post(answer["Location"], {"action": "start"}, follow=True)
    assert "“books” added to 2; 1 already had it." in done.text
    assert [tags_of(record) for record in [*chosen, other]] == [{"books"}] * 3 + [set()]
    undone = as_agent.post(answer["Location"], {"action": "undo"}, follow=True)
    assert sentences(undone) == ["Undone. Tags restored on 2 returns."]
    assert ReturnTag.objects.count() == 1


def test_selected_returns_are_tagged_and_untagged(as_agent):
    one, other, third = (make_return() for _ in range(3))
    put_tag(one, "fragile")
    answer = choose(as_agent, f"id={one.pk}&id={other.pk}&id=0", add="books", remove="fragile")
    as_agent.post(answer["Location"], {"action": "start"})
    assert [tags_of(each) for each in (one, other, third)] == [{"books"}, {"books"}, set()]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("stete=Completed", "there is no such filter"),
        ("tag=nothing", "there is no tag “nothing”"),
        ("id=x", "Select them in the list again"),
        ("created_from=someday", "is not a date"),
    ],
)
def test_what_cannot_be_understood_tags_nothing(as_admin, query, words):
    make_return()
    for answer in (as_admin.get(f"/bulk/?{query}"), choose(as_admin, query, add="books")):
        assert words in answer.text
        assert answer.context["chosen"] is None
    assert not BulkTagging.objects.exists()


def test_a_search_that_was_cut_short_is_not_everything(as_admin, monkeypatch):
    make_return(tracking_id="7340099887")
    monkeypatch.setattr(returns_bulk.ReturnFilterSet, "search_is_cut_short", lambda _: True)
    assert "This search has too many matches." in as_admin.get("/bulk/?q=7340099887").text


@pytest.mark.slow
def test_each_role_has_its_limit(as_agent, as_manager, as_admin, monkeypatch):
    monkeypatch.setattr(returns_bulk, "DEFAULT_TAGGING_LIMIT", 2)
    monkeypatch.setattr(returns_bulk, "EXTENDED_TAGGING_LIMIT", 3)
    monkeypatch.setattr(returns_bulk, "MOST_TAGGED_AT_ONCE", 4)
    for number in range(1, 6):
        make_return()
        allowed = [
            "Tag everything" in client.get("/returns/?state=ReturnCreated").text
            and client.get("/bulk/?state=ReturnCreated").context["chosen"] is not None
            for client in (as_agent, as_manager, as_admin)
        ]
        assert allowed == [number <= 2, number <= 3, number <= 4]
    refused = choose(as_agent, "state=ReturnCreated", add="books")
    assert refused.status_code == 422
    assert "More than 2 returns match. You can tag up to 2 at once." in refused.text


def test_what_has_changed_since_the_preview_is_said(as_agent):
    records = [make_return(state=State.ARRIVED) for _ in range(3)]
    answer = choose(as_agent, "state=ArrivedToWarehouse", add="books")
    new = make_return(state=State.ARRIVED)
    Return.objects.filter(pk=records[0].pk).update(
        state=State.COMPLETED, completed_at=records[0].created_at
    )
    done = as_agent.post(answer["Location"], {"action": "start"}, follow=True)
    assert (
        "New matches since the preview, left out: 1. "
        "Tagged although they no longer match: 1." in done.text
    )
    assert [tags_of(each) for each in [*records, new]] == [{"books"}] * 3 + [set()]


def test_tags_that_contradict_each_other_are_named(as_agent):
    make_return()
    for names, words in [
        ({"add": "books", "remove": "books"}, "cannot be both added and removed"),
        ({"add": "standard high-value"}, "cannot both be added: Priority allows only one tag"),
        ({}, "Choose a tag to add or to remove."),
    ]:
        answer = choose(as_agent, "state=ReturnCreated", **names)
        assert answer.status_code == 422
        assert words in answer.text


def test_long_work_goes_on_while_its_page_is_open(as_agent, monkeypatch):
    monkeypatch.setattr("tags.bulk.steps.STEP_SIZE", 2)
    monkeypatch.setattr("returns.views.bulk.START_SECONDS", 0)
    monkeypatch.setattr("returns.views.bulk.POLL_SECONDS", 0)
    for _ in range(5):
        make_return()
    address = choose(as_agent, "state=ReturnCreated", add="books")["Location"]
    page = as_agent.post(address, {"action": "start"}, follow=True)
    assert "2 of 5" in page.text
    assert 'hx-trigger="load' in page.text
    htmx = {"HX-Request": "true", "HX-Request-Type": "partial"}
    texts = [as_agent.post(address, {"action": "go-on"}, headers=htmx).text for _ in range(2)]
    assert "4 of 5" in texts[0]
    assert "“books” added to 5." in texts[1]
    assert 'hx-trigger="load' not in texts[1]
    assert "<html" not in texts[1]


def test_the_bulk_tagging_of_another_person_is_not_there(as_agent, as_manager):
    make_return()
    address = choose(as_agent, "state=ReturnCreated", add="books")["Location"]
    assert as_manager.get(address).status_code == 404
    assert as_manager.post(address, {"action": "start"}).status_code == 404
    assert as_agent.post(address, {"action": "explode"}).status_code == 400
    assert not ReturnTag.objects.exists()


def test_undo_before_it_was_done_does_nothing(as_agent):
    make_return()
    address = choose(as_agent, "state=ReturnCreated", add="books")["Location"]
    as_agent.post(address, {"action": "undo"})
    as_agent.post(address, {"action": "stop"})
    assert BulkTagging.objects.get().status == "draft"


def test_nothing_that_matches_is_nothing_to_tag(as_agent):
    page = as_agent.get("/bulk/?state=Completed")
    assert "There is nothing to tag" in page.text


def test_whoever_selects_returns_tags_no_more_of_them(as_agent, as_manager, monkeypatch):
    ids = [make_return().pk for _ in range(3)]
    query = "&".join(f"id={pk}" for pk in ids)
    monkeypatch.setattr(returns_bulk, "DEFAULT_TAGGING_LIMIT", 2)
    answer = choose(as_agent, query, add="books")
    assert answer.status_code == 422
    assert "You can tag up to 2 at once" in answer.text
    assert choose(as_manager, query, add="books").status_code == 302


def test_nothing_is_nothing_to_tag_when_it_is_sent_all_the_same(as_agent):
    make_return()
    answer = choose(as_agent, "id=0", add="books")
    assert answer.status_code == 422
    assert not BulkTagging.objects.exists()


def test_a_person_finds_what_they_tagged_at_once_and_undoes_it(as_agent, as_manager, agent):
    make_return(state=State.ARRIVED)
    address = choose(as_agent, "state=ArrivedToWarehouse", add="books")["Location"]
    as_agent.post(address, {"action": "start"})
    action = BulkTagging.objects.get().action_id
    page = as_agent.get("/tags/history/").text
    assert f'href="{address}"' in page
    assert f'name="undo" value="{action}"' in page
    assert f'href="{address}"' not in as_manager.get("/tags/history/").text
    answer = as_agent.post("/tags/history/", {"undo": action}, follow=True)
    assert "Undone. Tags restored on 1 return." in answer.text
    assert not ReturnTag.objects.exists()


def test_another_s_doing_is_not_an_agent_s_to_undo(as_agent, as_manager):
    make_return(state=State.ARRIVED)
    address = choose(as_manager, "state=ArrivedToWarehouse", add="books")["Location"]
    as_manager.post(address, {"action": "start"})
    action = BulkTagging.objects.get().action_id
    assert f'name="undo" value="{action}"' not in as_agent.get("/tags/history/").text
    assert as_agent.post("/tags/history/", {"undo": action}).status_code == 403
    assert ReturnTag.objects.exists()
