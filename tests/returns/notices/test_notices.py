"""People are told once, in their language, and see at the bell that something is new."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from config.stored_texts import stored_text
from returns.claims.taking import take_return
from returns.models import Notice, NoticeKind, Return, State
from returns.notices.page import MAX_SINGLE_NOTICES
from returns.notices.telling import mark_all_seen, tell
from tests.factories import make_return

pytestmark = pytest.mark.django_db


def ended(person, reference="R-1", **more) -> None:
    text = stored_text(
        "Your claim on %(reference)s ended after %(hours)s hours.", reference=reference, hours=1_000
    )
    tell([person.pk], NoticeKind.CLAIM, text, **more)


def test_one_thing_is_told_once_to_each(agent, manager):
    for _ in range(2):
        tell([agent.pk, manager.pk, agent.pk], NoticeKind.DESK, "Look", key="comment 1")
    assert Notice.objects.count() == 2
    tell([agent.pk], NoticeKind.DESK, "Look")
    tell([agent.pk], NoticeKind.DESK, "Look")
    assert Notice.objects.filter(person=agent).count() == 3


def test_seen_notice_is_not_told_anew(agent):
    tell([agent.pk], NoticeKind.DESK, "Look", key="x")
    mark_all_seen(agent, Notice.objects.get().pk)
    tell([agent.pk], NoticeKind.DESK, "Look", key="x")
    assert Notice.objects.get().seen_at


def test_notice_that_came_meanwhile_stays_new(as_agent, agent):
    ended(agent)
    last = as_agent.get("/notices/").context["page"].last
    ended(agent)
    as_agent.post("/notices/", {"until": last})
    assert Notice.objects.filter(seen_at=None).count() == 1


def test_others_notices_are_nobodys_business(as_manager, agent):
    ended(agent, "R-77")
    notice = Notice.objects.get()
    assert "R-77" not in as_manager.get("/notices/").text
    assert as_manager.post(reverse("notice", args=[notice.pk])).status_code == 404
    as_manager.post("/notices/", {"until": notice.pk})
    assert Notice.objects.get().seen_at is None


def test_open_marks_as_seen_and_leads_there(as_agent, agent):
    record = make_return()
    ended(agent, link=record.get_absolute_url())
    answer = as_agent.post(reverse("notice", args=[Notice.objects.get().pk]), {"open": 1})
    assert (answer.status_code, answer["Location"]) == (303, record.get_absolute_url())
    assert Notice.objects.get().seen_at


def test_notice_of_the_database_leads_to_its_return(as_agent, agent):
    record = make_return(state=State.ARRIVED)
    take_return(record.pk, agent)
    Return.objects.filter(pk=record.pk).update(state=State.COMPLETED, completed_at=timezone.now())
    address = reverse("notice", args=[Notice.objects.get().pk])
    answer = as_agent.post(address, {"open": 1}, follow=True)
    assert answer.redirect_chain[-1][0] == record.get_absolute_url()


def test_link_to_elsewhere_is_not_followed(as_agent, agent):
    ended(agent, link="https://elsewhere.example/")
    answer = as_agent.post(reverse("notice", args=[Notice.objects.get().pk]), {"open": 1})
    assert answer["Location"] == "/notices/"


def test_many_of_a_kind_are_one_line(as_agent, agent):
    for number in range(MAX_SINGLE_NOTICES + 1):
        ended(agent, f"R-{number}")
    assert f"{MAX_SINGLE_NOTICES + 1} notices about your claims" in as_agent.get("/notices/").text


@pytest.mark.django_db(transaction=True)  # what is not committed is news whenever others commit
def test_poll_brings_the_bell_alone_when_nothing_else_changed(as_agent, agent):
    record = make_return()
    for page in ("/returns/", record.get_absolute_url()):
        Notice.objects.all().delete()
        address = as_agent.get(page).context["live"].poll_address
        assert as_agent.get(f"{address}&bell=0").status_code == 304
        tell([agent.pk], NoticeKind.DESK, "Look")
        answer = as_agent.get(f"{address}&bell=0")
        assert answer.status_code == 200
        assert 'hx-target="#bell"' in answer.text
        assert "live-poll" not in answer.text
        assert as_agent.get(f"{address}&bell=1").status_code == 304


def test_bell_has_no_number_above_its_limit(as_agent, agent):
    for _ in range(101):
        ended(agent)
    assert "99+" in as_agent.get("/returns/").text


def test_who_may_not_see_returns_has_neither_bell_nor_notices(as_agent, agent):
    ended(agent)
    agent.groups.remove(Group.objects.get(name="Customer service"))
    assert as_agent.get("/notices/").status_code == 403
    assert 'id="bell"' not in as_agent.get("/preferences/").text


@pytest.mark.parametrize("page", ["mine", "notices"])
def test_pages_of_a_person_follow_with_the_bell_alone(as_agent, agent, page):
    path = f"{reverse('bell')}?poll"
    assert f'hx-get="{path}"' in as_agent.get(reverse(page)).text
    assert as_agent.get(f"{path}&bell=0").status_code == 304
    tell([agent.pk], NoticeKind.DESK, "Look")
    assert 'data-number="1"' in as_agent.get(f"{path}&bell=0").text
    assert as_agent.get(f"{path}&bell=1").status_code == 304


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["DHL"], "DHL: 5 notices"),
        (["DHL", "UPS"], "UPS, DHL: 6 notices"),
        (["A", "B", "C", "D"], "D, C, B and 1 other: 8 notices"),
        (["A", "B", "C", "D", "E"], "E, D, C and 2 others: 10 notices"),
    ],
)
@pytest.mark.parametrize("kind", [NoticeKind.LIST, NoticeKind.DESK])
def test_folded_notices_name_their_notifications(as_agent, agent, kind, names, sentence):
    for name in names:
        for _ in range(5 if len(names) == 1 else 3 if len(names) == 2 else 2):
            tell([agent.pk], kind, stored_text("%(name)s: this is a test", name=name))
    assert f"<summary>{sentence}</summary>" in as_agent.get("/notices/").text


def test_folded_notices_without_a_name_are_counted(as_agent, agent):
    for _ in range(5):
        tell([agent.pk], NoticeKind.DESK, "Look")
    assert "<summary>5 notices</summary>" in as_agent.get("/notices/").text
