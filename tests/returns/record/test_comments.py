"""Comments: everybody's own, nothing that was said is lost, and one form makes one comment."""

from threading import Thread
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import ProtectedError
from django.test import Client
from django.urls import reverse

from config.versions import version_of
from returns.models import Comment
from returns.record.comments import (
    add_comment,
    clean_text,
    delete_comment,
    earlier_texts,
    edit_comment,
    find_comment,
)
from tests.factories import make_comment, make_return

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def record(db):
    return make_return("Return-1")


def post(client: Client, record, text: str, **extra):
    sent = {"text": text, "token": extra.pop("token", uuid4())}
    return client.post(reverse("return-comments", args=[record.pk]), sent, **extra)


def change(client: Client, comment: Comment, headers=None, **sent):
    return client.post(reverse("return-comment", args=[comment.pk]), sent, headers=headers)


def texts() -> list[str]:
    return list(Comment.objects.order_by("id").values_list("text", flat=True))


class TestWriting:
    def test_a_comment_stands_in_the_timeline_with_its_author_and_its_lines(
        self, as_agent, agent, record
    ):
        answer = post(as_agent, record, " Called.\r\n<b>Twice</b> ", follow=True)
        assert answer.redirect_chain == [("/returns/Return-1/#timeline", 303)]
        assert "Called.<br>&lt;b&gt;Twice&lt;/b&gt;" in answer.text
        assert Comment.objects.get().author == agent

    def test_htmx_gets_the_timeline_and_a_fresh_form(self, as_agent, record):
        token = str(uuid4())
        answer = post(as_agent, record, "Called.", token=token, headers=HTMX)
        assert 'hx-target="#timeline-events"' in answer.text
        assert "Comment added." in answer.text
        assert token not in answer.text
        assert answer.text.count("Called.") == 1

    @pytest.mark.parametrize("headers", [HTMX, {}], ids=["htmx", "plain"])
    @pytest.mark.parametrize(
        ("text", "words"),
        [
            (" \n\t ", "Enter a comment."),
            ("\0\x07", "Enter a comment."),
            ("x" * 4001, "A comment can have up to 4,000 characters; this one has 4,001."),
        ],
    )
    def test_what_is_refused_is_said_and_stays_typed(self, as_agent, record, text, words, headers):
        token = str(uuid4())
        answer = post(as_agent, record, text, token=token, headers=headers)
        assert answer.status_code == 422
        assert words in answer.text
        assert token in answer.text
        assert ("x" * 4001 in answer.text) == text.startswith("x")
        assert texts() == []

    def test_what_cannot_be_seen_is_left_out_and_that_is_said(self, as_agent, record):
        answer = post(as_agent, record, "Call\0ed\x1b\x07 back\x9f", headers=HTMX)
        assert texts() == ["Called back"]
        assert "Comment added. Invisible characters were removed." in answer.text

    def test_4000_characters_fit_however_the_lines_end(self, as_agent, record):
        assert post(as_agent, record, "x\r\n" * 1999 + "yz").status_code == 303

    def test_a_form_that_comes_twice_makes_one_comment(self, as_agent, record):
        for _ in range(2):
            assert post(as_agent, record, "Called.", token=UUID(int=5)).status_code == 303
        assert texts() == ["Called."]

    def test_another_text_from_the_same_form_is_not_lost(self, as_agent, record):
        for text in ("Called.", "Called. Nobody answered.", "Called. Nobody answered."):
            post(as_agent, record, text, token=UUID(int=5))
        assert texts() == ["Called.", "Called. Nobody answered."]

    def test_two_people_with_one_token_are_two(self, agent, manager, record):
        for person in (agent, manager):
            add_comment(record, "Called.", UUID(int=5), person)
        assert len(texts()) == 2

    def test_a_token_that_is_none_is_refused(self, as_agent, record):
        assert post(as_agent, record, "Called.", token="x").status_code == 422

    @pytest.mark.django_db(transaction=True)
    def test_a_double_click_makes_one_comment(self, agent, record):
        def send():
            add_comment(record, "Called.", UUID(int=5), agent)
            connection.close()

        threads = [Thread(target=send) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert texts() == ["Called."]

    def test_nobody_comments_on_a_return_that_is_none(self, as_agent):
        assert as_agent.post("/return/0/comments/", {"text": "x"}).status_code == 404


class TestEditing:
    def test_every_earlier_text_is_kept_with_who_and_when(self, as_agent, agent, record):
        comment = make_comment(record, agent, "one")
        for before, after in (("one", "two"), ("two", "three")):
            change(as_agent, comment, text=after, replaces=version_of(before))
        earlier = earlier_texts(find_comment(comment.pk))
        assert [(each.text, each.by_author) for each in earlier] == [("two", True), ("one", True)]
        page = as_agent.get("/returns/Return-1/").text
        places = [page.index(words) for words in (">three<", ">edited<", ">two<", ">one<")]
        assert places == sorted(places)

    def test_a_text_that_was_changed_by_hand_is_kept_too(self, agent, record):
        comment = make_comment(record, agent, "one")
        Comment.objects.update(text="two")
        earlier = earlier_texts(find_comment(comment.pk))
        assert [(each.text, each.by_author) for each in earlier] == [("one", False)]

    @pytest.mark.parametrize("headers", [HTMX, {}], ids=["htmx", "plain"])
    def test_an_edit_from_an_old_window_is_refused_with_both_texts(
        self, as_agent, agent, record, headers
    ):
        comment = make_comment(record, agent, "one")
        edit_comment(comment.pk, "two", version_of("one"))
        answer = change(as_agent, comment, headers, text="mine", replaces=version_of("one"))
        assert answer.status_code == 422
        assert "Somebody changed this comment meanwhile" in answer.text
        assert ">two</p>" in answer.text
        assert ">mine</textarea>" in answer.text
        assert texts() == ["two"]
        again = version_of("two")
        assert again in answer.text
        change(as_agent, comment, headers, text="mine", replaces=again)
        assert texts() == ["mine"]

    def test_the_same_edit_twice_is_one(self, as_agent, agent, record):
        comment = make_comment(record, agent, "one")
        for _ in range(2):
            sent = {"text": "two", "replaces": version_of("one")}
            assert change(as_agent, comment, **sent).status_code == 303
        assert len(earlier_texts(find_comment(comment.pk))) == 1

    def test_an_edit_of_a_comment_that_an_admin_deleted_keeps_what_was_typed(
        self, as_agent, agent, admin, record
    ):
        comment = make_comment(record, agent, "one")
        delete_comment(comment.pk, admin)
        answer = change(as_agent, comment, text="two", replaces=version_of("one"))
        assert answer.status_code == 422
        assert "has been deleted by admin" in answer.text
        assert ">two</textarea>" in answer.text

    def test_an_empty_edit_is_refused(self, as_agent, agent, record):
        comment = make_comment(record, agent, "one")
        assert change(as_agent, comment, text=" ", replaces=version_of("one")).status_code == 422

    @pytest.mark.parametrize("client", ["as_manager", "as_admin"])
    def test_nobody_edits_another_person_s_comment(self, request, agent, record, client):
        comment, client = make_comment(record, agent, "one"), request.getfixturevalue(client)
        path = reverse("return-comment", args=[comment.pk])
        sent = {"text": "two", "replaces": version_of("one")}
        assert (client.get(path).status_code, client.post(path, sent).status_code) == (403, 403)
        assert texts() == ["one"]


class TestDeleting:
    def test_the_author_deletes_and_only_admins_still_read_it(
        self, as_agent, as_manager, as_admin, agent, record
    ):
        comment = make_comment(record, agent, "wrong number")
        edit_comment(comment.pk, "worse number", version_of("wrong number"))
        assert change(as_agent, comment, delete="1").status_code == 303
        for client, read in ((as_agent, False), (as_manager, False), (as_admin, True)):
            page = client.get("/returns/Return-1/").text
            assert "Comment deleted by agent" in page
            assert ("wrong number" in page, "worse number" in page) == (read, read)

    def test_an_admin_deletes_and_is_named(self, as_admin, agent, record):
        change(as_admin, make_comment(record, agent), delete="1")
        assert "Comment deleted by admin" in as_admin.get("/returns/Return-1/").text

    def test_the_first_to_delete_stays_named(self, agent, admin, record):
        comment = make_comment(record, agent)
        for person in (admin, agent):
            delete_comment(comment.pk, person)
        comment.refresh_from_db()
        assert comment.deleted_by == admin

    def test_nobody_else_deletes(self, as_manager, agent, record):
        assert change(as_manager, make_comment(record, agent), delete="1").status_code == 403

    def test_htmx_gets_the_comment_alone(self, as_agent, agent, record):
        comment = make_comment(record, agent)
        answer = change(as_agent, comment, HTMX, delete="1")
        assert f'hx-target="#comment-{comment.pk}"' in answer.text
        assert "Comment deleted." in answer.text
        assert "The shopper called." not in answer.text


class TestWhatTheDatabaseRefuses:
    @pytest.mark.parametrize("text", ["", " \n ", "a\x07b", "a\x9f", "x" * 4001])
    def test_a_text_that_is_none(self, agent, record, text):
        with pytest.raises(IntegrityError, match="comment_"):
            make_comment(record, agent, text)

    def test_a_comment_that_goes_away(self, agent, record):
        make_comment(record, agent)
        with pytest.raises(DatabaseError, match="Cannot delete"), transaction.atomic():
            connection.cursor().execute("DELETE FROM returns_comment")
        assert len(texts()) == 1

    def test_a_person_who_goes_away_with_their_comments(self, agent, record):
        make_comment(record, agent)
        with pytest.raises(ProtectedError):
            agent.delete()


def test_lines_tabs_and_every_letter_stay():
    text = "Beden küçük\n\tİade: 退貨 👩‍💻 ﷼"
    assert clean_text(f"\r\n {text}\r ") == text


def test_a_deleted_comment_is_restored_by_who_deleted_it(as_agent, as_manager, agent):
    comment = make_comment(make_return(), agent)
    answer = as_agent.post(f"/comment/{comment.pk}/", {"delete": "1"}, follow=True)
    assert f'action="/comment/{comment.pk}/restore/"' in answer.text
    assert as_manager.post(f"/comment/{comment.pk}/restore/").status_code == 403
    as_agent.post(f"/comment/{comment.pk}/restore/")
    comment.refresh_from_db()
    assert (comment.deleted_at, comment.deleted_by) == (None, None)


def test_what_an_admin_deleted_the_author_does_not_restore(as_agent, as_admin, agent):
    comment = make_comment(make_return(), agent)
    as_admin.post(f"/comment/{comment.pk}/", {"delete": "1"})
    assert as_agent.post(f"/comment/{comment.pk}/restore/").status_code == 403
