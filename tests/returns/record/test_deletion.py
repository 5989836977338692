"""Admins delete returns that never were; a trace keeps what they held."""

import threading
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.db import ProgrammingError, connection, transaction
from django.test import Client
from django.urls import reverse

from config.versions import version_of
from returns.models import Comment, DeletedReturn, Return, ReturnTag
from returns.record.comments import add_comment, delete_comment, edit_comment
from returns.record.corrections import correct
from returns.record.deletion import delete_return
from returns.summaries import maintenance as summaries
from tags import tagging
from tests.database import wait_until_another_waits_for_a_lock
from tests.factories import make_comment, make_return, make_tag
from tests.markup import flat
from tests.returns.feed.test_runs import bring, sent

pytestmark = pytest.mark.django_db
WHY = "A test by the carrier."


def delete(record: Return, by: User) -> DeletedReturn:
    delete_return(record, record.return_reference_number, WHY, by)
    return DeletedReturn.objects.get(record_id=record.pk)


def post(client: Client, record: Return, reference: str, reason: str = WHY):
    data = {"reference": reference, "reason": reason}
    return client.post(reverse("delete-return", args=[record.pk]), data)


def left_over(pk: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT (SELECT count(*) FROM returns_return WHERE id = %(pk)s)
            + (SELECT count(*) FROM returns_returntag WHERE entity_id = %(pk)s)
            + (SELECT count(*) FROM returns_comment WHERE record_id = %(pk)s)
            + (SELECT count(*) FROM returns_returnevent WHERE pgh_obj_id = %(pk)s)
            + (SELECT count(*) FROM returns_returntagevent WHERE entity_id = %(pk)s)
            + (SELECT count(*) FROM returns_commentevent e
                WHERE NOT EXISTS (SELECT FROM returns_comment c WHERE c.id = e.pgh_obj_id))""",
            {"pk": pk},
        )
        return cursor.fetchone()[0]


def test_trace_holds_all_that_the_return_held(agent, admin):
    record = make_return("Return-1", notes="odd", unknown_fields={"sku": "1"})
    tagging.add_tag(record, make_tag("books"), agent)
    tagging.add_tag(record, make_tag("fragile"), agent)
    tagging.remove_tag(record, make_tag("fragile"), agent)
    correct(record, {"notes": "very odd"}, by=admin)
    comment, gone = make_comment(record, agent, "Called."), make_comment(record, agent, "Oops.")
    edit_comment(comment.pk, "Called twice.", replaces=version_of("Called."))
    delete_comment(gone.pk, agent)
    trace = delete(record, admin)
    assert left_over(record.pk) == 0
    assert (trace.reference, trace.reason, trace.deleted_by) == ("Return-1", WHY, admin)
    held = trace.held
    assert held["facts"]["notes"] == "very odd"
    assert held["facts"]["corrections"] == {"notes": "odd"}
    assert held["facts"]["unknown_fields"] == {"sku": "1"}
    assert "return_key" not in held["facts"]
    assert [(tag["name"], tag["tagged_by"]) for tag in held["tags"]] == [("books", "agent")]
    texts = {each["text"]: each for each in held["comments"]}
    assert texts["Called twice."]["earlier_texts"][0]["text"] == "Called."
    assert texts["Oops."]["deleted_by"] == "agent"
    assert held["changes"][0]["changes"]["notes"] == []
    assert [(e["change"], e["tag"]) for e in held["tag_changes"]] == [
        ("tag.added", "books"),
        ("tag.added", "fragile"),
        ("tag.removed", "fragile"),
    ]


def test_others_are_left_alone_and_the_reports_follow(admin, agent):
    summaries.build_if_missing()
    record, other = make_return(), make_return()
    for each in (record, other):
        tagging.add_tag(each, make_tag("books"), agent)
        make_comment(each, agent)
    delete(record, admin)
    assert summaries.find_differences() == []
    assert Return.objects.get() == other
    assert ReturnTag.objects.get().entity == Comment.objects.get().record == other


def test_trace_never_changes(admin):
    trace = delete(make_return(), admin)
    with pytest.raises(ProgrammingError), transaction.atomic():
        trace.delete()
    with pytest.raises(ProgrammingError), transaction.atomic():
        DeletedReturn.objects.update(reason="Other.")


def test_return_that_is_sent_again_is_new(vocabulary, admin):
    bring(sent(tag="books"))
    first = Return.objects.get()
    delete(first, admin)
    bring(sent(tag="books"))
    second = Return.objects.get()
    assert second.pk != first.pk
    assert ReturnTag.objects.get().entity == second


def test_page_asks_for_reference_and_reason(as_admin, admin, agent):
    record = make_return("Return-1")
    make_comment(record, agent)
    page = as_admin.get(reverse("delete-return", args=[record.pk]))
    assert "0 tags, 1 comment and its timeline" in flat(page)
    assert "If the WMS sends this return again, it is stored as a new return." in page.text
    for reference, reason in (("Return-2", WHY), ("", WHY), ("Return-1", " ")):
        assert post(as_admin, record, reference, reason).status_code == 422
    assert Return.objects.exists()
    assert post(as_admin, record, " Return-1 ").url == reverse("return-list")
    assert DeletedReturn.objects.get().deleted_by == admin
    assert post(as_admin, record, "Return-1").status_code == 404


def test_only_admins_are_offered_it(as_admin, as_manager):
    record = make_return("Return-1")
    link = reverse("delete-return", args=[record.pk])
    assert link in as_admin.get(record.get_absolute_url()).text
    assert link not in as_manager.get(record.get_absolute_url()).text
    assert post(as_manager, record, "Return-1").status_code == 403
    assert Return.objects.exists()


def test_address_of_a_deleted_return_says_so_to_admins_alone(as_admin, as_manager, admin):
    record = make_return("Return-1")
    trace = delete(record, admin)
    answer = as_admin.get(record.get_absolute_url())
    assert answer.status_code == 404
    assert "Return-1 was deleted" in answer.text
    assert WHY in answer.text
    assert reverse("admin:returns_deletedreturn_change", args=[trace.pk]) in answer.text
    answer = as_manager.get(record.get_absolute_url())
    assert answer.status_code == 404
    assert WHY not in answer.text


def test_search_without_matches_leads_admins_to_the_deleted(as_admin, as_manager, admin):
    record = make_return("Return-1")
    delete(record, admin)
    link = f"{reverse('admin:returns_deletedreturn_changelist')}?q=return1"
    assert link in as_admin.get("/returns/?q=return1").text
    assert link not in as_manager.get("/returns/?q=return1").text
    assert "Return-1" in as_admin.get(link).text


def test_trace_is_read_in_the_admin(as_admin, admin):
    trace = delete(make_return("Return-1", notes="<b>"), admin)
    path = reverse("admin:returns_deletedreturn_change", args=[trace.pk])
    page = as_admin.get(path)
    assert "&quot;notes&quot;: &quot;&lt;b&gt;&quot;" in page.text
    assert 'name="_save"' not in page.text
    assert as_admin.post(path, {"reason": "x"}).status_code == 403
    listed = reverse("admin:returns_deletedreturn_changelist")
    assert "Return-1" not in as_admin.get(f"{listed}?q=Return-2").text


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_comment_on_a_return_that_is_being_deleted_is_refused(as_agent, agent, admin):
    record = make_return()
    answers = []

    def comment() -> None:
        data = {"text": "Called.", "token": str(UUID(int=1))}
        answers.append(as_agent.post(reverse("return-comments", args=[record.pk]), data))
        connection.close()

    with transaction.atomic():
        delete(record, admin)
        apart = threading.Thread(target=comment)
        apart.start()
        wait_until_another_waits_for_a_lock()
    apart.join()
    assert answers[0].status_code == 404
    assert not Comment.objects.exists()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_admins_at_once_leave_one_trace(admin):
    record = make_return()
    errors = []

    def apart() -> None:
        try:
            delete_return(record, record.return_reference_number, "Other.", admin)
        except Exception as error:
            errors.append(str(error))
        connection.close()

    with transaction.atomic():
        delete(record, admin)
        second = threading.Thread(target=apart)
        second.start()
        wait_until_another_waits_for_a_lock()
    second.join()
    assert errors == ["['This return has already been deleted.']"]
    assert DeletedReturn.objects.get().reason == WHY


def test_comment_added_before_deleting_is_in_the_trace(agent, admin):
    record = make_return()
    add_comment(record, "Called.", UUID(int=1), agent)
    assert delete(record, admin).held["comments"][0]["text"] == "Called."
