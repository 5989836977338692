"""Each change of the tags of one return can be undone, from the notice and from the history."""

import pytest
from django.urls import reverse

from returns.models import ReturnTag
from tags import editing
from tags.models import TagAction, TagActionRow
from tests.factories import make_return, make_tag, put_tag

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def record():
    made = make_return("Return-1")
    put_tag(made, "standard")
    return made


def names(record) -> set[str]:
    return set(record.taggings.values_list("tag__name", flat=True))


def change(client, record, **sent):
    answer = client.post(reverse("return-tags", args=[record.pk]), sent, headers=HTMX)
    return answer, TagAction.objects.first()


def undo(client, record, action, **sent):
    address = reverse("undo-tags", args=[record.pk, action.pk])
    return client.post(address, sent, headers=HTMX)


@pytest.mark.parametrize(
    ("sent", "words", "after"),
    [
        ({"add": "books"}, "Added books on Return-1.", {"standard", "books"}),
        (
            {"add": "urgent-refund"},
            "urgent-refund replaced standard on Return-1.",
            {"urgent-refund"},
        ),
        ({"remove": "standard"}, "Removed standard on Return-1.", set()),
    ],
)
def test_a_change_is_named_and_undone(as_agent, agent, record, sent, words, after):
    before = list(ReturnTag.objects.values("tag", "tagged_at", "tagged_by"))
    if "remove" in sent:
        sent = {"remove": make_tag(sent["remove"]).pk}
    answer, action = change(as_agent, record, **sent)
    assert names(record) == after
    assert words in answer.text
    assert f'action="/return/{record.pk}/tags/undo/{action.pk}/"' in answer.text
    assert (action.words, action.done_by) == (words, agent)
    assert words in as_agent.get("/tags/history/").text
    answer = undo(as_agent, record, action)
    assert "Undone. Tags restored on 1 return." in answer.text
    assert list(ReturnTag.objects.values("tag", "tagged_at", "tagged_by")) == before


def test_a_change_of_nothing_has_nothing_to_undo(as_agent, record):
    answer, action = change(as_agent, record, add="standard")
    assert action is None
    assert "data-undo" not in answer.text


def test_without_scripts_the_next_page_offers_to_undo(as_agent, record):
    page = as_agent.post(reverse("return-tags", args=[record.pk]), {"add": "books"}, follow=True)
    action = TagAction.objects.get()
    address = reverse("undo-tags", args=[record.pk, action.pk])
    assert f'action="{address}"' in page.text
    page = as_agent.post(address, follow=True)
    assert page.redirect_chain == [("/returns/Return-1/", 303)]
    assert "Undone. Tags restored on 1 return." in page.text
    assert names(record) == {"standard"}


def test_what_changed_since_is_left_alone_and_said(as_agent, as_manager, record):
    _, action = change(as_agent, record, add="urgent-refund")
    change(as_manager, record, add="vip-customer")
    answer = undo(as_agent, record, action)
    assert "Left alone because changed since: 1 return (Return-1)." in answer.text
    assert names(record) == {"vip-customer"}
    assert "This has already been undone." in undo(as_agent, record, action).text


def test_an_editor_that_is_open_stays_open(as_agent, record):
    _, action = change(as_agent, record, add="books")
    assert "combobox" in undo(as_agent, record, action, editing="1", at="row").text
    _, action = change(as_agent, record, add="books")
    assert "combobox" not in undo(as_agent, record, action, at="row").text


def test_only_changes_of_this_return_are_undone_here(as_agent, manager, record):
    other = make_return("Return-2")
    _, action = change(as_agent, record, add="books")
    assert "This change no longer exists." in undo(as_agent, other, action).text
    editing.save_tag(make_tag("books"), manager)
    of_vocabulary = TagAction.objects.create(words="Renamed")
    TagActionRow.objects.create(
        action=of_vocabulary,
        taggings="returns.returntag",
        entity_id=record.pk,
        tag_id=1,
        added=True,
        tagged_at=record.created_at,
    )
    assert "This change no longer exists." in undo(as_agent, record, of_vocabulary).text
    assert names(record) == {"standard", "books"}


def test_people_who_may_tag_can_undo_the_change_of_another(as_agent, as_manager, stranger, record):
    _, action = change(as_manager, record, add="books")
    page = as_agent.get("/tags/history/").text
    assert f'value="{action.pk}" aria-label="Undo: Added books on Return-1."' in page
    as_agent.post("/tags/history/", {"undo": action.pk})
    assert names(record) == {"standard"}


def test_the_history_is_all_or_mine_or_of_the_vocabulary(as_agent, as_manager, manager, record):
    change(as_agent, record, add="books")
    change(as_manager, record, add="damaged")
    editing.save_tag(make_tag("new-tag"), manager)
    editing.retire(make_tag("new-tag"), manager, on=True)
    pages = {
        shown: as_manager.get(f"/tags/history/?show={shown}").text
        for shown in ("", "mine", "vocabulary")
    }
    assert [
        [words in page for words in ("Added books", "Added damaged", "retired")]
        for page in pages.values()
    ] == [[True, True, True], [False, True, True], [False, False, True]]
    assert "Added damaged" not in as_manager.get("/tags/").text


def test_rules_may_add_again_what_was_added_by_slip_and_undone(as_agent, record):
    """Undoing is no decision of a person about the tag; see the rules."""
    _, action = change(as_agent, record, add="books")
    undo(as_agent, record, action)
    event = ReturnTag.pgh_event_models["tag.removed"].objects.latest("pgh_id")
    assert event.pgh_context["action"] == action.pk
