"""Whom a comment mentions is told once, and nothing of what the comment says."""

from uuid import uuid4

import pytest
from django.urls import reverse

from config.versions import version_of
from returns.models import Comment, Notice, NoticeKind
from returns.people import roles
from returns.record.comments import add_comment, edit_comment, redact_comments_of
from returns.record.mentions import find_mentioned, split_mentions
from tests.factories import make_comment, make_return

pytestmark = pytest.mark.django_db


@pytest.fixture
def ayse(make_person):
    return make_person("ayse", roles.CUSTOMER_SERVICE, first_name="Ayşe", last_name="Yılmaz")


def comment(record, text, by) -> Comment:
    add_comment(record, text, uuid4(), by)
    return Comment.objects.latest("pk")


def told(person) -> list[str]:
    return list(Notice.objects.filter(person=person).values_list("text", flat=True))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@ayse please call", ["ayse"]),
        ("Ask @Ayse.", ["ayse"]),
        ("(@ayse), or @agent!", ["ayse", "agent"]),
        ("@ayse and again @ayse", ["ayse"]),
        ("ayse@example.com", []),
        ("mail to info@ayse", []),
        ("@nobody-here and @", []),
        ("@stranger may see nothing", []),
    ],
)
def test_names_are_found_where_somebody_is_meant(ayse, agent, stranger, text, names):
    assert [each.get_username() for each in find_mentioned(text)] == names


def test_turkish_and_dotted_names_are_found(make_person):
    for name in ("çiğdem", "ali.veli", "ıtır"):
        make_person(name, roles.CUSTOMER_SERVICE)
        assert [p.get_username() for p in find_mentioned(f"@{name}.")] == [name]


def test_who_may_not_sign_in_is_not_told(ayse, agent):
    ayse.is_active = False
    ayse.save()
    comment(make_return(), "@ayse", agent)
    assert not Notice.objects.exists()


def test_mentioned_person_is_told_who_and_where_but_not_what(ayse, agent):
    record = make_return()
    comment(record, "@ayse secret words", agent)
    assert told(ayse) == [f"agent mentioned you in a comment on {record}."]


def test_nobody_is_told_of_their_own_and_nobody_twice(ayse, agent, manager):
    record = make_return()
    added = comment(record, "@ayse @agent", agent)
    assert told(agent) == []
    edited = edit_comment(added.pk, "@ayse again, @manager", version_of(added.text))
    edit_comment(added.pk, "@ayse", version_of(edited.text))
    assert (len(told(ayse)), len(told(manager))) == (1, 1)


def test_form_that_is_sent_twice_tells_once(ayse, agent):
    record, token = make_return(), uuid4()
    for _ in range(2):
        add_comment(record, "@ayse", token, agent)
    assert len(told(ayse)) == 1


def test_names_are_marked_and_nothing_else_is_html(as_agent, agent, ayse):
    record = make_return()
    comment(record, "<b>@ayse</b>\n@nobody", agent)
    page = as_agent.get(record.get_absolute_url()).text
    assert '&lt;b&gt;<b class="mention">@ayse</b>&lt;/b&gt;<br>@nobody' in page


def test_parts_of_a_text_are_the_text():
    text = "a @Ayse. b@ayse @ayse"
    parts = list(split_mentions(text, ["ayse"]))
    assert "".join(part for part, _ in parts) == text
    assert [part for part, is_one in parts if is_one] == ["@Ayse", "@ayse"]


def test_redaction_takes_the_names_too(ayse, agent):
    record = make_return()
    comment(record, "@ayse", agent)
    redact_comments_of([record.pk])
    assert Comment.objects.get().mentioned == []


def test_notice_leads_to_exactly_this_comment(as_agent, agent, ayse):
    record = make_return()
    old = comment(record, "@agent the first", ayse)
    notice = Notice.objects.get(kind=NoticeKind.MENTION)
    answer = as_agent.get(notice.link)
    assert answer["Location"] == f"{record.get_absolute_url()}#comment-{old.pk}"
    assert f'id="comment-{old.pk}"' in as_agent.get(answer["Location"]).text
    for _ in range(50):
        make_comment(record, ayse)
    answer = as_agent.get(notice.link)
    assert answer["Location"] == f"/return/{record.pk}/timeline/?timeline=all#comment-{old.pk}"
    assert f'id="comment-{old.pk}"' in as_agent.get(answer["Location"]).text


def test_who_lost_the_role_gets_nothing_behind_the_link(as_agent, agent, ayse):
    comment(make_return(), "@agent", ayse)
    agent.groups.clear()
    assert as_agent.get(Notice.objects.get().link).status_code == 403


def test_people_are_offered_by_name(as_agent, ayse, stranger):
    offered = as_agent.get(reverse("mentionable")).json()
    assert offered == {"people": [["ayse", "Ayşe Yılmaz"]]}
