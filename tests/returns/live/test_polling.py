"""What open pages are told: nothing while nothing changed, and otherwise what came to them."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone

from returns.filters.query import Query
from returns.lists.page import return_list
from returns.lists.saved_views import save_view
from returns.live import polling
from returns.live.changes import check_changes, current_token
from returns.live.polling import LivePage, open_page, poll_page
from returns.live.rows import parse_rows
from returns.models import (
    DeadlinePolicy,
    FeedRun,
    Outcome,
    Return,
    ReturnTag,
    State,
    Unit,
    Way,
)
from returns.queues.cards import queue_cards
from returns.record.comments import delete_comment
from returns.record.corrections import correct
from tags.models import Tag
from tests.factories import make_comment, make_return, put_tag
from tests.markup import flat

pytestmark = pytest.mark.django_db(transaction=True)

LIST, QUEUE = "/returns/", "/queue/"
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture(autouse=True)
def _nothing_shared():
    cache.clear()


def ask(path: str, data: Query) -> LivePage | None:
    return poll_page(path, data, User.objects.get_or_create(username="reader")[0])


def arrived(reference: str = "", **fields) -> Return:
    return make_return(reference, state=State.ARRIVED, **fields)


def polls_of(answer) -> str:
    """Return the address at which a page, or a part of it, says that it asks again."""
    return unescape(re.search(r'id="live-poll" hx-get="([^"]+)"', answer.text)[1])


def told(path: str, write: Callable[[], object], query: str = "") -> LivePage | None:
    """Return what a page that is open is told after something was written."""
    page = open_page(path, Query.parse(query))
    write()
    return ask(path, again(page))


def again(page: LivePage) -> Query:
    return Query.parse(page.poll_address.partition("?")[2])


@pytest.mark.parametrize("path", ["/returns/?state=Completed", "/queue/?queue=to_inspect"])
def test_there_is_no_answer_while_nothing_changed(as_agent, path):
    address = polls_of(as_agent.get(path))
    for _ in range(2):
        answer = as_agent.get(address, headers=HTMX)
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer["Cache-Control"] == "no-store"


def raw() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE returns_return SET notes = 'raw'")


def record() -> Return:
    return Return.objects.get(return_reference_number="here")


WRITES = {
    "an arrival": arrived,
    "a tag": lambda: put_tag(record(), "books"),
    "an admin's correction": lambda: correct(record(), {"notes": "x"}, User.objects.get()),
    "in bulk": lambda: Return.objects.update(cargo_carrier="DHL"),
    "raw": raw,
    "deleted": lambda: Return.objects.all().delete(),
}


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("path", [LIST, "/queue/?queue=to_inspect"])
def test_every_change_has_one_answer(as_agent, vocabulary, path, write):
    arrived("here")
    address = polls_of(as_agent.get(path))
    WRITES[write]()
    answer = as_agent.get(address, headers=HTMX)
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert as_agent.get(polls_of(answer), headers=HTMX).status_code == 304


def test_news_stay_until_the_list_is_shown_anew(as_agent):
    address = polls_of(as_agent.get(LIST))
    arrived()
    first = as_agent.get(address, headers=HTMX)
    assert "<b>1 arrived</b>" in first.text
    make_return()
    second = as_agent.get(polls_of(first), headers=HTMX)
    assert "<b>1 arrived, 1 created</b>" in second.text
    shown = as_agent.get(LIST, headers=HTMX)
    assert 'id="news"></div>' in flat(shown)
    assert as_agent.get(polls_of(shown), headers=HTMX).status_code == 304


@pytest.mark.parametrize(
    ("path", "query", "words"),
    [
        (LIST, "", "2 arrived, 1 created"),
        (LIST, "state=ArrivedToWarehouse", "2 arrived"),
        (LIST, "state=Completed", "1 completed"),
        (LIST, "state=Completed&state=ReturnCreated", "1 created"),
        (LIST, "tag=books", ""),
        (LIST, "order=RSO77", "1 arrived"),
        (LIST, "stete=Completed", ""),
        (QUEUE, "queue=to_inspect", "2 arrived"),
        (QUEUE, "queue=on_the_way", "1 created"),
        (QUEUE, "queue=completed_today", "1 completed"),
        (QUEUE, "queue=to_inspect&waiting_over=48", ""),
    ],
)
def test_news_are_what_matches_the_filter_now(vocabulary, path, query, words):
    def write():
        arrived()
        arrived(sales_order_reference_number="RSO77")
        make_return()
        make_return(state=State.COMPLETED, completed_at=timezone.now())

    arrived("here before")
    page = told(path, write, query)
    assert page.news.text == words


def test_what_came_and_went_on_is_told_in_its_state_now():
    def write():
        record = make_return()
        now = timezone.now()
        Return.objects.filter(pk=record.pk).update(state=State.ARRIVED, arrived_to_warehouse_at=now)

    assert told(LIST, write).news.text == "1 arrived"


def test_news_lead_to_a_list_of_them_alone(as_agent):
    page = told(LIST, lambda: [arrived("One-1"), arrived("Two, too"), arrived("Three-3")])
    assert page.news.address.startswith("/returns/?q=")
    listed = return_list(Query.parse(page.news.address.partition("?")[2]))
    shown = {record.return_reference_number for record in listed.page.rows}
    assert {"One-1", "Three-3"} <= shown


def test_more_than_the_box_takes_have_no_list(monkeypatch):
    monkeypatch.setattr(polling, "MAX_LISTED_REFERENCES", 2)
    page = told(LIST, lambda: [arrived() for _ in range(3)])
    assert (page.news.text, page.news.address) == ("3 arrived", "")


def test_more_than_are_looked_at_are_said_with_a_plus(monkeypatch):
    monkeypatch.setattr("returns.live.changes.MAX_REACHED_RETURNS", 2)
    page = told(LIST, lambda: [arrived() for _ in range(3)])
    assert (page.news.text, page.news.mark, page.news.address) == ("2+ arrived", "2+", "")


@pytest.mark.parametrize("tokens", ["", "&since=x&seen=y", "&since=1.000000.3:3:&seen="])
def test_tokens_that_say_nothing_are_answered_with_new_ones(as_agent, tokens):
    answer = as_agent.get(f"/returns/live/?poll={tokens}", headers=HTMX)
    assert answer.status_code == 200
    assert "<b>Much has changed</b>" in answer.text
    seen = Query.parse(polls_of(answer).partition("?")[2])["seen"]
    assert not check_changes(seen).any


@pytest.mark.parametrize("query", ["", "state=ArrivedToWarehouse", "order=RSO", "tag=books"])
def test_the_numbers_are_those_of_the_list(vocabulary, query):
    for _ in range(3):
        put_tag(arrived(), "books")
    page = told(LIST, make_return, query)
    listed = return_list(Query.parse(query))
    assert page.numbers.counts == listed.counts
    assert page.numbers.summary == listed.summary


def test_the_numbers_of_the_queue_are_those_of_its_cards():
    arrived()
    page = told(QUEUE, arrived, "queue=to_inspect")
    assert page.numbers.cards == queue_cards(Query.parse("queue=to_inspect"))
    assert page.numbers.summary == return_list(Query.parse("queue=to_inspect"), (), QUEUE).summary


def test_numbers_are_shared_and_a_change_after_them_is_told_later():
    first, second = (open_page(LIST, Query.parse("")) for _ in range(2))
    make_return()
    shared = ask(LIST, again(first)).numbers
    make_return()
    page = ask(LIST, again(second))
    # The news are there at once, the numbers with the next answer.
    assert page.news.text == "2 created"
    assert page.numbers == shared
    assert page.seen == shared.token
    cache.clear()  # two seconds later
    assert ask(LIST, again(page)).numbers.counts.total().number == 2


def test_numbers_are_never_older_than_those_that_a_page_has():
    first = open_page(LIST, Query.parse(""))
    make_return()
    ask(LIST, again(first))
    make_return()
    second = open_page(LIST, Query.parse(""))
    make_return()
    assert ask(LIST, again(second)).numbers.counts.total().number == 3


def test_pages_of_other_filters_share_nothing():
    arrived()
    for query, count in (("state=Completed", 0), ("state=ArrivedToWarehouse", 1)):
        page = told(LIST, raw, query)
        assert page.numbers.summary.startswith(f"{count} return")


def test_an_address_that_is_not_understood_does_not_ask(as_agent):
    answer = as_agent.get("/returns/?since=x")
    assert 'id="live-poll" hx-trigger' in answer.text


def test_a_second_page_shows_the_list_from_its_beginning():
    page = open_page(LIST, Query.parse("state=Completed&after=x&sort=updated"))
    assert page.show_address == "/returns/?state=Completed&sort=updated"


def test_a_feed_that_is_silent_is_said_to_be(as_agent, settings):
    assert "The feed has not been read yet" in as_agent.get(LIST).text
    read_feed(timedelta(minutes=50))
    fresh = flat(as_agent.get(LIST))
    assert "Feed read <span data-ago>50 min ago</span>" in fresh
    assert 'data-sentence="feed" hidden' in fresh
    settings.FEED_SILENT_MINUTES = 45
    silent = flat(as_agent.get(LIST))
    assert 'data-sentence="fresh" hidden' in silent
    assert "The feed has been silent for <span data-age>50 min</span>" in silent


def read_feed(ago: timedelta, way=Way.PULL, outcome=Outcome.DONE) -> None:
    """Save a run that ended so long ago; a run that is running has no end."""
    ended = None if outcome == Outcome.RUNNING else timezone.now() - ago
    FeedRun.objects.create(way=way, origin="far", outcome=outcome, ended_at=ended)


@pytest.mark.parametrize("way", [Way.PULL, Way.PUSH])
def test_a_reading_makes_the_feed_fresh_even_if_nothing_was_new(way):
    read_feed(timedelta(hours=3))
    read_feed(timedelta(seconds=40), way)
    page = open_page(LIST, Query.parse(""))
    assert timezone.now() - page.read_at < timedelta(minutes=1)
    assert not page.is_silent


def test_only_a_reading_to_the_end_makes_the_feed_fresh():
    read_feed(timedelta(hours=3))
    expected = open_page(LIST, Query.parse("")).read_at
    make_return(updated_at=timezone.now() + timedelta(days=300))
    read_feed(timedelta(), outcome=Outcome.FAILED)
    read_feed(timedelta(), outcome=Outcome.RUNNING)
    read_feed(timedelta(), Way.FILE)
    read_feed(timedelta(), Way.RETRY)
    page = open_page(LIST, Query.parse(""))
    assert page.read_at == expected
    assert page.is_silent


def test_who_was_signed_out_is_told_so_in_words(client: Client):
    answer = client.get("/returns/live/?poll=", headers=HTMX)
    assert (answer.status_code, answer["Content-Type"]) == (401, "text/plain; charset=utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/returns/live/", "/queue/live/"])
def test_polls_never_extend_a_session(as_agent, path):
    before = as_agent.session.get_expiry_date()
    answer = as_agent.get(f"{path}?poll=", headers=HTMX)
    assert "sessionid" not in answer.cookies
    assert as_agent.session.get_expiry_date() - before < timedelta(seconds=5)


def test_the_page_asks_from_before_its_rows_were_read(as_agent):
    before = current_token()
    address = polls_of(as_agent.get(LIST))
    since = Query.parse(address.partition("?")[2])["since"]
    assert float(since.rsplit(".", 1)[0]) >= float(before.rsplit(".", 1)[0])
    assert not check_changes(since).any


@pytest.mark.slow
def test_a_person_is_told_the_numbers_of_their_own_queues(as_manager, manager):
    save_view(manager, "Mine", Query.parse("state=ArrivedToWarehouse"), is_queue=True)
    address = polls_of(as_manager.get("/queue/?queue=to_inspect"))
    arrived()
    answer = as_manager.get(address, headers=HTMX)
    assert [(card.title, str(card.count)) for card in answer.context["live"].cards] == [
        ("On the way", "0"),
        ("To inspect", "1"),
        ("Completed today", "0"),
        ("Mine", "1"),
        ("Damaged, waiting for a decision", "0"),
    ]


def test_time_alone_makes_returns_older_so_numbers_are_told_each_minute(monkeypatch):
    page = open_page(QUEUE, Query.parse("queue=to_inspect"))
    assert ask(QUEUE, again(page)) is None
    monkeypatch.setattr("returns.live.page.RECOUNT_SECONDS", 0)
    told_again = ask(QUEUE, again(page))
    assert told_again.numbers is not None
    assert not told_again.news.text


def complete(record: Return) -> None:
    now = timezone.now() - timedelta(seconds=40)
    Return.objects.filter(pk=record.pk).update(state=State.COMPLETED, completed_at=now)


def test_rows_that_have_left_are_told_with_the_reason(vocabulary):
    done, gone, untagged, stays = (arrived() for _ in range(4))
    for record in (done, gone, untagged, stays):
        put_tag(record, "books")
    query = Query.parse("queue=to_inspect&tag=books&after=x")
    page = open_page(QUEUE, query)
    page = page.showing(return_list(query.without("after"), (), QUEUE))
    complete(done)
    Return.objects.filter(pk=gone.pk).delete()
    ReturnTag.objects.filter(entity=untagged).delete()
    answer = ask(QUEUE, again(page))
    departed = {each.pk: (each.text, bool(each.at)) for each in answer.departures}
    assert departed == {
        done.pk: ("completed", True),
        gone.pk: ("deleted", False),
        untagged.pk: ("no longer matches", False),
    }
    assert (answer.news.text, answer.news.mark) == ("3 left this page", "")
    # Nobody loses the page that they are on.
    assert answer.show_address == "/queue/?queue=to_inspect&tag=books&after=x"
    arrived_now = arrived()
    put_tag(arrived_now, "books")
    answer = ask(QUEUE, again(answer))
    assert (answer.news.text, answer.news.mark) == ("1 arrived, 3 left this page", "1")
    assert answer.show_address == "/queue/?queue=to_inspect&tag=books"


def test_a_row_that_matches_again_has_not_left():
    record = arrived()
    query = Query.parse("state=ArrivedToWarehouse")
    page = open_page(LIST, query).showing(return_list(query))
    complete(record)
    assert ask(LIST, again(page)).news.left == 1
    Return.objects.update(state=State.ARRIVED, completed_at=None)
    assert ask(LIST, again(page)).departures == []


@pytest.mark.parametrize("rows", ["", ",", "x,-1,1.5,²", "9" * 5000, "1," * 5000, str(2**63)])
def test_rows_that_are_none_are_left_out(rows):
    assert parse_rows(Query.from_lists({"rows": [rows]})).ids in ([], [1])


def test_a_page_polls_with_its_own_rows(as_agent):
    rows = [arrived().pk for _ in range(3)]
    address = Query.parse(polls_of(as_agent.get(LIST)).partition("?")[2])
    assert sorted(parse_rows(address).ids) == rows


def cells_in(answer) -> set[str]:
    """Return the cells that an answer brings, as ids of returns and selectors."""
    return set(re.findall(r'hx-target="#return-(\d+ > [^"]+)"', answer.text))


def retag(record: Return) -> None:
    ReturnTag.objects.filter(entity=record).delete()
    put_tag(record, "electronics")


def rename(_: Return) -> None:
    Tag.objects.filter(name="books").update(name="paper")


@pytest.mark.parametrize(("write", "shown"), [(retag, "electronics"), (rename, "paper")])
def test_the_tags_of_a_row_follow_whoever_changes_them(as_agent, write, shown):
    record, _ = arrived("here"), arrived("other")
    put_tag(record, "books")
    page = as_agent.get(LIST)
    write(record)
    answer = as_agent.get(polls_of(page), headers=HTMX)
    assert f'data-tag="{shown}"' in answer.text
    assert 'data-tag="books"' not in answer.text
    assert f"{record.pk} > .wide" in cells_in(answer)
    # What the page shows by now is not sent again.
    put_tag(arrived("elsewhere"), "books")
    assert cells_in(as_agent.get(polls_of(answer), headers=HTMX)) == set()


def test_only_the_rows_that_changed_are_sent_and_only_in_the_columns_of_the_page(as_agent):
    record, _ = arrived("here"), arrived("other")
    page = as_agent.get(LIST)
    complete(record)
    cells = {".of-state", ".wide", "[data-column=arrived]", "[data-column=completed]"}
    answer = as_agent.get(polls_of(page), headers=HTMX)
    assert cells_in(answer) == {f"{record.pk} > {cell}" for cell in cells}


def test_the_deadline_of_a_row_follows_its_policy(as_agent):
    record = arrived("here")
    fields = {"name": "Soon", "amount": 10, "unit": Unit.HOURS}
    DeadlinePolicy.objects.create(parameters={"tag": []}, **fields)
    page = as_agent.get("/queue/?queue=to_inspect")
    DeadlinePolicy.objects.update(amount=20)
    answer = as_agent.get(polls_of(page), headers=HTMX)
    assert f"{record.pk} > [data-column=deadline]" in cells_in(answer)


def test_the_number_of_comments_of_a_row_follows(as_agent, agent):
    record = arrived("here")
    arrived("other")
    page = as_agent.get(LIST)
    mark = f'<span class="comments" id="comments-{record.pk}"></span>'
    assert mark in page.text
    comment = make_comment(record, agent)
    answer = as_agent.get(polls_of(page), headers=HTMX)
    assert f'hx-target="#comments-{record.pk}"><span class="commented" title="1 comment">' in (
        answer.text
    )
    delete_comment(comment.pk, agent)
    answer = as_agent.get(polls_of(answer), headers=HTMX)
    assert f'<hx-partial hx-target="#comments-{record.pk}"></hx-partial>' in answer.text
    assert answer.text.count("#comments-") == 1
