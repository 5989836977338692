"""Macros: several things done to a return at once, by key or on a selection, and undone."""

import re
import threading
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.utils import timezone

from config.versions import version_of as text_version
from returns.claims.reading import open_claim
from returns.claims.taking import take_return
from returns.follow_ups import editing as follow_up_editing
from returns.follow_ups.editing import make_follow_up
from returns.macros import editing, running, starting
from returns.macros.running import MACRO_STEP_SIZE
from returns.macros.starting import reminder_time
from returns.models import (
    Comment,
    FollowUp,
    FollowUpMoment,
    Macro,
    MacroEffect,
    MacroRun,
    Notice,
    Return,
    State,
)
from returns.people.activity import activity_of
from returns.record.comments import edit_comment
from returns.record.deletion import delete_return
from returns.record.timeline import timeline_of
from tags import bulk
from tags.merging import merge
from tags.models import BulkTagging
from tags.vocabulary import load_vocabulary
from tests.factories import make_person, make_return, make_returns, make_tag, put_tag
from tests.markup import flat

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]


def make_macro(name: str = "Call back", add: str = "", remove: str = "", **steps: Any) -> Macro:
    adds, removes = ([make_tag(each).pk for each in names.split()] for names in (add, remove))
    return Macro.objects.create(name=name, adds=adds, removes=removes, **steps)


def value_of(macro: Macro) -> str:
    macro.refresh_from_db()
    return f"{macro.pk} {editing.version_of(macro)}"


def run(client, macro: Macro, *records: Return, **fields: Any):
    query = "&".join(f"id={record.pk}" for record in records)
    return client.post(f"/macros/run/?{query}", {"macro": value_of(macro)} | fields)


def run_many(client, macro: Macro, *records: Return) -> str:
    """Run a macro on several returns; return the path of its page."""
    path = run(client, macro, *records)["Location"]
    client.post(path, {"action": "start"})
    return path


def tags_of(record: Return) -> set[str]:
    return set(record.taggings.values_list("tag__name", flat=True))


def comments_on(record: Return) -> list[str]:
    shown = Comment.objects.filter(record=record, deleted_at=None)
    return list(shown.values_list("text", flat=True))


def said(answer) -> str:
    return " ".join(str(message) for message in answer.context["messages"])


@pytest.fixture
def call_back() -> Macro:
    return make_macro(
        add="books",
        remove="fragile",
        comment="Called. @manager",
        claims=True,
        remind="tomorrow",
        why="call again",
    )


def test_on_one_return_all_of_it_happens_at_once_and_is_undone(as_agent, agent, manager, call_back):
    record = make_return(state=State.ARRIVED)
    put_tag(record, "fragile")
    done = as_agent.post(
        f"/macros/run/?id={record.pk}", {"macro": value_of(call_back)}, follow=True
    )
    assert done.request["PATH_INFO"] == record.get_absolute_url()
    assert tags_of(record) == {"books"}
    assert comments_on(record) == ["Called. @manager"]
    assert open_claim(record.pk).person == agent
    reminder = FollowUp.objects.get(person=agent)
    assert (reminder.why, reminder.due_at > timezone.now()) == ("call again", True)
    assert Notice.objects.filter(person=manager, kind="mention").count() == 1
    assert f"Macro “Call back” on {record}. “books” added to 1." in said(done)
    undone = as_agent.post(f"/macros/run/{BulkTagging.objects.get().pk}/undo/", follow=True)
    assert said(undone) == (
        "Undone. Tags restored on 1 return. Comments deleted: 1. Claims given back: 1. "
        "Reminders ended: 1."
    )
    assert (tags_of(record), comments_on(record)) == ({"fragile"}, [])
    assert open_claim(record.pk) is None
    assert not FollowUp.objects.filter(done_at=None).exists()


def test_timeline_says_which_macro_and_that_it_was_undone(as_agent, call_back):
    record = make_return()
    run(as_agent, call_back, record)
    as_agent.post(f"/macros/run/{BulkTagging.objects.get().pk}/undo/")
    page = as_agent.get(record.get_absolute_url()).text
    assert "Ran the macro “Call back”" in page
    assert "Undid the macro “Call back”" in page
    assert "Ran the macro “Call back”" in as_agent.get(f"/return/{record.pk}/timeline/").text


def test_selection_is_previewed_run_and_undone(as_agent, agent, manager, call_back):
    records = [make_return(state=State.ARRIVED) for _ in range(3)]
    finished = make_return(state=State.COMPLETED)
    take_return(records[0].pk, manager)
    take_return(records[1].pk, agent)
    answer = run(as_agent, call_back, *records, finished)
    assert not Comment.objects.exists()
    page = flat(as_agent.get(answer["Location"]))
    for line in (
        "Run “Call back” on 4 returns",
        "Add “books”: 4 returns.",
        "Comment on 4 returns: “Called. @manager”",
        "A notice for each return goes to: manager.",
        "Claim 1 return.",
        "Not claimed, because they are completed: 1.",
        "Left to manager: 1.",
        "Yours already: 1.",
        "Remind you of 4 returns: ",
        "Undoing also deletes the comments that nobody has edited",
    ):
        assert line in page
    done = as_agent.post(answer["Location"], {"action": "start"}, follow=True)
    text = flat(done)
    assert "Macro “Call back” on 4 returns. “books” added to 4." in text
    assert "Wrote 4 comments. Claimed 1 return. Yours already: 1." in text
    assert "Left to manager: 1. Set 4 reminders." in text
    # Starting again changes nothing.
    as_agent.post(answer["Location"], {"action": "start"})
    assert [comments_on(each) for each in records] == [["Called. @manager"]] * 3
    undone = as_agent.post(answer["Location"], {"action": "undo"}, follow=True)
    assert "Comments deleted: 4. Claims given back: 1. Reminders ended: 4." in said(undone)
    assert open_claim(records[0].pk).person == manager
    assert [tags_of(each) for each in records] == [set()] * 3


def test_macro_changed_after_the_preview_is_not_run(as_agent, call_back):
    one, other = make_return(), make_return()
    path = run(as_agent, call_back, one, other)["Location"]
    Macro.objects.update(comment="Another text")
    changed = "Somebody changed “Call back” meanwhile. Choose the macro again for a new preview."
    page = as_agent.get(path).text
    assert changed in page
    assert "Run the macro" not in page
    assert changed in said(as_agent.post(path, {"action": "start"}, follow=True))
    Macro.objects.all().delete()
    assert "The macro “Call back” has been deleted." in as_agent.get(path).text
    assert not Comment.objects.exists()


def test_macro_changed_since_it_was_offered_is_shown_anew(as_agent, call_back):
    record, seen = make_return(), value_of(call_back)
    Macro.objects.update(claims=False)
    answer = as_agent.post(f"/macros/run/?id={record.pk}", {"macro": seen})
    assert answer.status_code == 422
    assert "Somebody changed “Call back” meanwhile. Look again" in answer.text
    assert value_of(call_back) in answer.text
    assert tags_of(record) == set()


def test_form_that_is_sent_twice_runs_once(as_agent, call_back):
    record, token = make_return(), str(uuid4())
    for _ in range(2):
        run(as_agent, call_back, record, token=token)
    assert comments_on(record) == ["Called. @manager"]
    assert (BulkTagging.objects.count(), MacroRun.objects.count()) == (1, 1)
    # Another macro from the same page is another run.
    run(as_agent, make_macro("Other", comment="More"), record, token=token)
    assert sorted(comments_on(record)) == ["Called. @manager", "More"]


def test_what_a_person_did_since_stays(as_agent, agent, manager, call_back):
    edited, taken, kept = (make_return() for _ in range(3))
    path = run_many(as_agent, call_back, edited, taken, kept)
    comment = Comment.objects.get(record=edited)
    edit_comment(comment.pk, "Called twice", text_version(comment.text))
    take_return(taken.pk, manager, over=open_claim(taken.pk).pk)
    undone = as_agent.post(path, {"action": "undo"}, follow=True)
    assert "Comments that stay, because they were edited or deleted since: 1." in said(undone)
    assert comments_on(edited) == ["Called twice"]
    assert open_claim(taken.pk).person == manager
    assert open_claim(kept.pk) is None


def test_own_claim_and_reminder_from_before_are_kept_by_undoing(as_agent, agent):
    macro, record = make_macro(claims=True, remind="arrived"), make_return()
    mine = take_return(record.pk, agent)
    before = FollowUp.objects.create(record=record, person=agent, moment="arrived")
    run(as_agent, macro, record)
    as_agent.post(f"/macros/run/{BulkTagging.objects.get().pk}/undo/")
    assert open_claim(record.pk) == mine
    assert FollowUp.objects.get(done_at=None) == before


def test_reminder_of_what_has_happened_is_not_set_and_is_counted(as_agent):
    macro = make_macro(remind="arrived")
    coming, arrived = make_return(), make_return(state=State.ARRIVED)
    path = run(as_agent, macro, coming, arrived)["Location"]
    page = flat(as_agent.get(path))
    assert "Remind you of 1 return when it arrives." in page
    assert "Without a reminder, because it has happened already: 1." in page
    done = flat(as_agent.post(path, {"action": "start"}, follow=True))
    assert "Set 1 reminder. Without a new reminder: 1." in done
    assert FollowUp.objects.get().record_id == coming.pk


@pytest.mark.parametrize("add", ["", "books"])
@pytest.mark.parametrize("remind", ["tomorrow", "arrived", "completed", "tagged"])
def test_preview_promises_as_many_reminders_as_are_set(as_agent, agent, manager, remind, add):
    macro = make_macro(remind=remind, add=add)
    records = [make_return() for _ in range(4)]
    records += [make_return(state=state) for state in (State.ARRIVED, State.COMPLETED)]
    moment = "time" if remind == "tomorrow" else remind
    due_at = reminder_time(macro, agent, timezone.now())
    for record in records[:2]:
        make_follow_up(record.pk, agent, FollowUpMoment(moment), due_at, "Before")
    make_follow_up(records[2].pk, manager, FollowUpMoment(moment), due_at, "Not mine")
    put_tag(records[0], "books")  # which the macro does not change then
    path = run(as_agent, macro, *records)["Location"]
    page = flat(as_agent.get(path))
    done = flat(as_agent.post(path, {"action": "start"}, follow=True))
    promised = int(re.search(r"Remind you of (\d+) return", page)[1])
    others = sum(int(n) for n in re.findall(r"(?:happened|reminded) already: (\d+)\.", page))
    assert promised == int(re.search(r"Set (\d+) reminder", done)[1])
    assert promised + others == len(records)
    rest = re.search(r"Without a new reminder: (\d+)", done)
    assert others == (int(rest[1]) if rest else 0)


def test_preview_knows_how_many_reminders_a_person_can_still_have(as_agent, agent, monkeypatch):
    monkeypatch.setattr(follow_up_editing, "MAX_OPEN_FOLLOW_UPS", 3)
    macro, records = make_macro(remind="tagged"), [make_return() for _ in range(3)]
    for record in records[:2]:
        make_follow_up(record.pk, agent, FollowUpMoment.COMPLETED, None, "")
    path = run(as_agent, macro, *records)["Location"]
    page = flat(as_agent.get(path))
    assert "Remind you of 1 return when its tags change." in page
    assert "Without a reminder, because you have too many: 2." in page
    done = flat(as_agent.post(path, {"action": "start"}, follow=True))
    assert "Set 1 reminder. Without a new reminder: 2." in done


def test_deleted_return_is_left_out_and_does_not_stop_undoing(as_agent, admin, call_back):
    gone, later, kept = (make_return() for _ in range(3))
    path = run(as_agent, call_back, gone, later, kept)["Location"]
    delete_return(gone, str(gone), "a test", admin)
    done = as_agent.post(path, {"action": "start"}, follow=True)
    assert "Wrote 2 comments." in done.text
    assert "Deleted since the preview: 1." in done.text
    delete_return(later, str(later), "a test", admin)
    undone = as_agent.post(path, {"action": "undo"}, follow=True)
    assert "Undone." in said(undone)
    assert (tags_of(kept), comments_on(kept)) == (set(), [])


def test_each_step_is_whole_and_goes_on_after_a_stop(agent, call_back, monkeypatch):
    records = make_returns({} for _ in range(MACRO_STEP_SIZE + 2))
    target = starting.choose_returns(_query(records))
    pk, version = value_of(call_back).split()
    job = starting.draft(target, (int(pk), version), uuid4(), agent)
    bulk.start(job)
    bulk.run_steps(job, 0)
    assert MacroEffect.objects.count() == Comment.objects.count() == MACRO_STEP_SIZE
    assert FollowUp.objects.count() == MACRO_STEP_SIZE
    assert not bulk.run_oldest_step()
    assert MacroEffect.objects.count() == Comment.objects.count() == len(records)


def _query(records):
    from_ids = "&".join(f"id={record.pk}" for record in records)
    return starting.Query.parse(from_ids)


def test_role_that_lost_a_permission_stops_the_run_and_undoes_it(as_agent, agent, call_back):
    one, other = make_return(), make_return()
    path = run(as_agent, call_back, one, other)["Location"]
    permission = Permission.objects.get(codename="comment_return")
    agent.groups.get().permissions.remove(permission)
    done = as_agent.post(path, {"action": "start"}, follow=True)
    assert "The role of the person who started this no longer allows it." in done.text
    assert (tags_of(one), Comment.objects.count()) == (set(), 0)
    assert call_back.name not in as_agent.get(f"/macros/run/?id={one.pk}").text
    assert run(as_agent, call_back, one).status_code == 403


def test_merged_tag_stands_for_the_other_and_retired_or_deleted_ones_are_named(as_manager, manager):
    macro, record = make_macro(add="book"), make_return()
    merge([make_tag("book")], make_tag("books"), manager)
    run(as_manager, macro, record)
    assert tags_of(record) == {"books"}
    make_tag("books")
    books = make_tag("books")
    books.retired_at = timezone.now()
    books.save()
    assert "The tag “books” is retired." in as_manager.get("/macros/").text
    refused = run(as_manager, macro, make_return())
    assert (refused.status_code, "is retired" in refused.text) == (422, True)


def test_macro_without_tags_and_one_that_only_copies_run_too(as_agent):
    record = make_return()
    copying = make_macro("Write", language="de")
    page = as_agent.get(f"/macros/run/?id={record.pk}").text
    assert re.search(r'data-copy="[^"]*' + str(record), page)
    done = as_agent.post(f"/macros/run/?id={record.pk}", {"macro": value_of(copying)}, follow=True)
    assert f"Macro “Write” on {record}." in said(done)
    page = as_agent.get(f"/macros/run/?id={record.pk}&id={make_return().pk}").text
    assert "data-copy" not in page.split("choose-macro")[1]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"macro": ""}, "Choose a macro."),
        ({"macro": "1"}, "Choose a macro."),
        ({"macro": "0 0123456789abcdef"}, "This macro has been deleted."),
        ({"macro": f"{10**17} 0123456789abcdef"}, "This macro has been deleted."),
    ],
)
def test_what_names_no_macro_runs_nothing(as_agent, fields, words):
    answer = as_agent.post(f"/macros/run/?id={make_return().pk}", fields)
    assert (answer.status_code, words in answer.text) == (422, True)


@pytest.mark.parametrize("query", ["id=x", "stete=x", "id=0", ""])
def test_odd_selections_and_an_empty_desk_have_an_answer(as_agent, query):
    assert as_agent.get(f"/macros/run/?{query}").status_code == 200
    assert as_agent.post(f"/macros/run/?{query}", {"macro": "1 a"}).status_code == 422


def test_more_returns_than_a_macro_runs_on_are_refused(as_admin, monkeypatch):
    monkeypatch.setattr(starting, "MAX_MACRO_RETURNS", 2)
    make_returns({} for _ in range(3))
    page = as_admin.get("/macros/run/?").text
    assert "More than 2 returns match. A macro runs on up to 2 at once." in page


def test_another_person_does_not_see_or_undo_a_run(as_agent, as_manager, call_back):
    run(as_agent, call_back, make_return())
    pk = BulkTagging.objects.get().pk
    assert as_manager.get(f"/bulk/{pk}/").status_code == 404
    assert as_manager.post(f"/macros/run/{pk}/undo/").status_code == 404


def test_undoing_twice_says_so(as_agent, call_back):
    run(as_agent, call_back, make_return())
    path = f"/macros/run/{BulkTagging.objects.get().pk}/undo/"
    as_agent.post(path)
    assert "This has already been undone." in said(as_agent.post(path, follow=True))


def test_over_a_list_it_is_a_dialog_and_a_notice_with_undo(as_agent, call_back):
    record, headers = make_return(), {"HX-Request": "true", "HX-Request-Type": "partial"}
    dialog = as_agent.get(f"/macros/run/?id={record.pk}&at=row", headers=headers).text
    assert "<html" not in dialog
    assert value_of(call_back) in dialog
    answer = as_agent.post(
        f"/macros/run/?id={record.pk}",
        {"macro": value_of(call_back), "at": "row"},
        headers=headers,
    )
    undo = f"/macros/run/{BulkTagging.objects.get().pk}/undo/"
    assert f'hx-post="{undo}"' in answer.text
    assert "data-message" in as_agent.post(undo, headers=headers).text


@pytest.mark.django_db(transaction=True)
def test_of_two_people_who_run_it_at_once_one_has_the_claim_and_both_comment(agent, manager):
    macro, records = make_macro(comment="Called", claims=True), [make_return() for _ in range(5)]
    value = value_of(macro).split()

    def run_as(person) -> None:
        try:
            target = starting.choose_returns(_query(records))
            job = starting.draft(target, (int(value[0]), value[1]), uuid4(), person)
            starting.run_now(job)
        finally:
            connection.close()

    threads = [threading.Thread(target=run_as, args=(person,)) for person in (agent, manager)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(comments_on(record)) for record in records] == [2] * 5
    assert len({open_claim(record.pk).person_id for record in records}) == 1
    assert {job.status for job in BulkTagging.objects.all()} == {"done"}


def test_pages_have_as_many_queries_whatever_the_number_of_macros(
    as_manager, django_assert_max_num_queries, call_back
):
    record = make_return()

    call_back.language = "tr"
    call_back.save()

    def count(path: str) -> int:
        with django_assert_max_num_queries(100) as queries:
            as_manager.get(path)
        return len(queries)

    paths = ["/macros/", f"/macros/run/?id={record.pk}"]
    before = [count(path) for path in paths]
    for number in range(3):
        make_macro(f"Macro {number}", add="books", language="en", comment="@manager")
    assert [count(path) for path in paths] == before


def test_deactivated_person_runs_nothing_more(as_agent, agent, call_back):
    one, other = make_return(), make_return()
    path = run(as_agent, call_back, one, other)["Location"]
    job = BulkTagging.objects.get()
    bulk.start(job)
    agent.is_active = False
    agent.save()
    bulk.run_oldest_step()
    bulk.run_oldest_step()
    assert Comment.objects.count() == 0
    assert path.endswith(f"/{job.pk}/")


def test_timeline_of_a_return_without_macros_has_none(agent):
    make_person("other")
    timeline = timeline_of(make_return(), load_vocabulary(), whole=False)
    assert not any(entry.macro for stretch in timeline.newest for entry in stretch.entries)


def test_a_run_is_one_activity_however_many_returns_it_is_about(as_agent, agent):
    macro = make_macro(comment="Called.", claims=True)
    run_many(as_agent, macro, make_return("Return-1"), make_return("Return-2"))
    (activity,) = activity_of(agent).activities
    assert activity.text.startswith("Macro “Call back” on 2 returns.")


def test_each_run_is_one_activity_on_both_pages_and_reminders_are_in_none(
    as_agent, as_admin, agent, monkeypatch
):
    monkeypatch.setattr(running, "MACRO_STEP_SIZE", 1)
    monkeypatch.setattr(running.RunningMacro, "step_size", 1)
    steps = {"comment": "Called.", "claims": True, "remind": "tagged", "why": "Private words"}
    macro, records = make_macro(add="books", **steps), [make_return() for _ in range(4)]
    run(as_agent, macro, records[0])
    path = run_many(as_agent, macro, *records[1:])
    while bulk.run_oldest_step():
        pass
    as_agent.post(path, {"action": "undo"})
    while bulk.run_oldest_step():
        pass
    own = make_follow_up(records[0].pk, agent, FollowUpMoment.COMPLETED, None, "Private words")
    as_agent.post(f"/follow-ups/{own.pk}/", {"when": "tomorrow", "why": "Private words"})
    as_agent.post(f"/follow-ups/{own.pk}/", {"done": 1})
    as_agent.get("/mine/")  # shows the notice of the first run
    texts = [each.text for each in activity_of(agent).activities]
    assert len(texts) == 2
    assert texts[0].startswith("Macro “Call back” on 3 returns.")
    assert texts[0].endswith("It was undone.")
    assert texts[1].startswith("Macro “Call back” on Return-")
    for client, address in (
        *((as_agent, each) for each in ("/mine/", "/activity/")),
        *((as_admin, each) for each in (f"/activity/?person={agent.pk}", "/tags/history/", path)),
    ):
        answer = client.get(address)
        assert answer.text.count(">Macro “Call back” on ") <= 2
        if client is as_admin:
            assert "Private words" not in answer.text
