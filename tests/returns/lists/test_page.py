"""The list: page and fragment, what it says, and what it costs."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from returns.filters import counts
from returns.filters.counts import CappedCount, StateCounts
from returns.filters.sorting import SORT_COLUMNS
from returns.lists.summary import summary_line
from returns.models import Return, State
from tags.models import Tag, TagGroup
from tests.factories import make_return, make_returns, make_tag, put_tag

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


def rows_of(listing) -> list[str]:
    return [record.return_reference_number for record in listing.page.rows]


def rows(response) -> list[str]:
    return rows_of(response.context["list"])


def fragment(client, query: str, current: str = "http://testserver/returns/"):
    return client.get(f"/returns/{query}", headers=HTMX | {"HX-Current-URL": current})


def test_newest_come_first(as_agent):
    now = timezone.now()
    for hours in (3, 1, 2):
        make_return(f"{hours}h", created_at=now - timedelta(hours=hours))
    assert rows(as_agent.get("/returns/")) == ["1h", "2h", "3h"]


def test_a_row_says_everything_about_a_return(as_agent, vocabulary):
    record = make_return(
        "Return-1", state=State.ARRIVED, notes="Kutu ezilmiş <em>", tracking_id="1Z999AA1"
    )
    for name in ("books", "urgent-refund", "wrong-size"):
        put_tag(record, name)
    page = as_agent.get("/returns/").content.decode()
    assert 'data-return="Return-1"' in page
    assert page.index('data-tag="urgent-refund"') < page.index('data-tag="wrong-size"')
    assert "+1" in page
    assert "Kutu ezilmiş &lt;em&gt;" in page
    assert "<em>" not in page
    assert '<span class="state arrived">Arrived</span>' in page


def test_a_fragment_holds_the_results_alone(as_agent):
    make_return("Return-1")
    answer = fragment(as_agent, "?q=return")
    text = answer.content.decode().strip()
    assert text.startswith("<title>return · Returns")
    assert 'id="return-results"' in text
    assert "<html" not in text
    assert 'hx-target="#count-ReturnCreated"' in text
    assert answer["HX-Push-Url"] == "/returns/?q=return"


def test_page_and_fragment_are_kept_apart_by_caches(as_agent):
    for answer in (as_agent.get("/returns/"), fragment(as_agent, "")):
        assert {"HX-Request", "HX-Request-Type"} <= set(answer["Vary"].split(", "))


def test_going_back_gets_the_whole_page(as_agent):
    headers = HTMX | {"HX-History-Restore-Request": "true"}
    answer = as_agent.get("/returns/?q=1", headers=headers)
    assert b"<html" in answer.content
    assert "HX-Push-Url" not in answer


def test_the_address_leaves_blanks_out_and_is_not_pushed_twice(as_agent):
    answer = fragment(as_agent, "?q=&order=&tracking=&sort=-created&state=Completed")
    assert answer["HX-Push-Url"] == "/returns/?state=Completed"
    again = fragment(
        as_agent, "?q=&state=Completed", current="http://testserver/returns/?state=Completed"
    )
    assert "HX-Push-Url" not in again


@pytest.mark.slow
def test_plain_links_and_forms_lead_through_the_pages(as_agent):
    now = timezone.now()
    make_returns(
        {"reference": f"{number:03}", "created_at": now - timedelta(minutes=number)}
        for number in range(120)
    )
    first = as_agent.get("/returns/?order=RSO20")
    second = as_agent.get(f"/returns/?order=RSO20&after={first.context['list'].page.next}")
    third = as_agent.get(f"/returns/?order=RSO20&after={second.context['list'].page.next}")
    back = as_agent.get(f"/returns/?order=RSO20&before={third.context['list'].page.previous}")
    assert rows(first) + rows(second) + rows(third) == [f"{number:03}" for number in range(120)]
    assert rows(back) == rows(second)
    assert f"?order=RSO20&amp;after={first.context['list'].page.next}" in first.content.decode()


def test_headers_sort_and_say_how(as_agent):
    make_return()
    page = as_agent.get("/returns/?sort=-arrived&q=RSO").content.decode()
    assert '<th scope="col" class="of-arrived" aria-sort="descending">' in " ".join(page.split())
    assert "?sort=arrived&amp;q=RSO" in page
    assert "latest arrival first" in page


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "3 returns, newest first"),
        ("?state=Completed", "2 returns, newest first"),
        ("?state=Completed&state=ReturnCreated", "3 returns, newest first"),
        ("?reference=one", "1 return, newest first"),
        ("?q=nothing", "0 returns"),
    ],
)
def test_the_number_of_matches_is_the_length_of_the_list(as_agent, query, expected):
    make_return("one", state=State.COMPLETED)
    make_return("two", state=State.COMPLETED)
    make_return("three")
    listing = as_agent.get(f"/returns/{query}").context["list"]
    assert listing.summary == expected
    assert listing.summary.split()[0] == str(len(listing.page.rows))


def test_state_counts_follow_the_other_filters_but_not_the_state(as_agent):
    make_return("A-1", state=State.COMPLETED)
    make_return("A-2")
    make_return("B-1")
    listing = as_agent.get("/returns/?reference=A&state=Completed").context["list"]
    assert [str(state.count) for state in listing.states] == ["1", "0", "1"]


def test_a_capped_count_says_so(as_agent, monkeypatch):
    monkeypatch.setattr(counts, "LIST_CAP", 2)
    monkeypatch.setattr(counts, "FILTERED_CAP", 2)
    for number in range(4):
        make_return(f"A{number}")
    for query in ("", "?reference=A"):
        listing = as_agent.get(f"/returns/{query}").context["list"]
        assert listing.summary.startswith("2+ returns")
        assert str(listing.states[0].count) == "2+"


def test_a_list_of_a_state_is_counted_itself_when_its_matches_are_too_many(as_agent, monkeypatch):
    monkeypatch.setattr(counts, "FILTERED_CAP", 3)
    for number in range(5):
        state = State.CREATED if number > 1 else State.COMPLETED
        make_return(f"A{number}", state=state, created_at=timezone.now() + timedelta(number))
    listing = as_agent.get("/returns/?reference=A&state=Completed").context["list"]
    assert listing.summary.startswith("2 returns")


@pytest.mark.slow
def test_a_search_that_was_cut_short_says_so(as_agent):
    for number in range(103):
        make_return(f"A{number:03}", state=State.COMPLETED if number % 50 == 0 else State.CREATED)
    listing = as_agent.get("/returns/?q=A&state=Completed").context["list"]
    assert str(listing.counts.total()).endswith("+")
    assert listing.summary == "2+ returns, best match first; type more to narrow the search"
    # References grow with time, so of too many matches those with the highest are read.
    assert rows_of(listing) == ["A100", "A050"]


def test_a_tag_in_another_case_stays_chosen_in_the_form(as_agent, vocabulary):
    put_tag(make_return("one"), "books")
    answer = as_agent.get("/returns/?tag=BOOKS&tag=books")
    assert answer.context["list"].chosen_names["tag"] == ["books"]
    assert re.search(r'value="books" id="[a-z0-9-]+"[^>]* checked>', answer.text)


def test_filters_that_no_field_can_show_are_carried_along_and_seen(as_agent):
    query = "notes=kutu&notes=geç&created_from=2026-01-31&arrived_from=today&waiting_over=1.125"
    listing = as_agent.get(f"/returns/?{query}&reference=R").context["list"]
    fields = {
        field.id: field.value
        for field in listing.more_fields
        if field.value and field.type != "checkbox"
    }
    assert fields == {
        "id_notes_1": "kutu",
        "id_notes_2": "geç",
        "id_created_from": "2026-01-31",
    }
    assert listing.hidden_parameters == [
        ("arrived_from", "today"),
        ("waiting_over", "1.125"),
        ("reference", "R"),
    ]
    assert [each.text for each in listing.more_chips] == [
        "return reference R",
        "notes contain kutu",
        "notes contain geç",
        "waiting over 1.125 h",
        "created from 31 Jan 2026",
        "arrived from today",
    ]
    assert listing.more_chips[1].address_without == (
        "/returns/?created_from=2026-01-31&arrived_from=today"
        "&waiting_over=1.125&reference=R&notes=ge%C3%A7"
    )


@pytest.mark.parametrize(
    ("query", "first", "chosen"),
    [
        ("", "Newest first", ""),
        ("?sort=-created", "Newest first", ""),
        ("?sort=-waiting", "Newest first", "-waiting"),
        ("?q=RSO", "Best match first", ""),
        ("?q=RSO&sort=created", "Best match first", "created"),
    ],
)
def test_a_select_offers_every_sort_and_shows_the_current_one(as_agent, query, first, chosen):
    listing = as_agent.get(f"/returns/{query}").context["list"]
    assert [sort.value for sort in listing.sorts if sort.is_chosen] == [chosen]
    assert (listing.sorts[0].value, listing.sorts[0].label) == ("", first)
    both = {*SORT_COLUMNS, *(f"-{name}" for name in SORT_COLUMNS)} - {"-urgent"}
    assert {sort.value or "-created" for sort in listing.sorts} == both


def test_the_form_carries_along_a_group_that_it_does_not_offer(as_agent, vocabulary):
    TagGroup.objects.create(name="New")
    listing = as_agent.get("/returns/?missing_group=new&missing_group=PRIORITY").context["list"]
    assert listing.chosen_names["missing_group"] == ["New", "Priority"]
    assert listing.hidden_parameters == [("missing_group", "New")]


def test_tags_that_do_not_exist_are_looked_up_at_once(as_agent, django_assert_max_num_queries):
    with django_assert_max_num_queries(8):
        as_agent.get("/returns/?" + "&".join(f"tag=no-{number}" for number in range(50)))


def test_blanks_around_a_value_mean_nothing(as_agent):
    make_return("one")
    listing = as_agent.get("/returns/?sort=%20created&state=%20ReturnCreated%20").context["list"]
    assert (listing.problems, listing.summary) == ([], "1 return, oldest first")


def test_no_match_and_no_return_at_all_are_told_apart(as_agent):
    assert b"No returns yet" in as_agent.get("/returns/").content
    make_return()
    assert b"No returns match" in as_agent.get("/returns/?q=zzz").content


def test_a_mistyped_address_is_explained_and_shows_nothing(as_agent):
    make_return("Return-1")
    page = as_agent.get("/returns/?stete=Completed&created_from=never").content.decode()
    assert "stete: there is no such filter." in page
    assert "“never” is not a date" in page
    assert 'data-return="' not in page


@pytest.mark.slow
@pytest.mark.parametrize(
    "query",
    ["", "?q=RSO", "?state=Completed", "?tag=books&tag=standard", "?order=RSO", "?sort=arrived"],
)
def test_at_most_ten_queries_however_many_rows(as_agent, vocabulary, query):
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            as_agent.get(f"/returns/{query}")
        return len(captured)

    def more(number: int) -> None:
        for _ in range(number):
            record = make_return(state=State.COMPLETED)
            put_tag(record, "books")
            put_tag(record, "standard")

    more(5)
    few = queries()
    more(10)
    assert queries() == few <= 10


def test_times_are_shown_in_the_persons_zone(as_agent, agent):
    made = timezone.now().replace(year=2026, month=1, day=5, hour=22, minute=30)
    make_return(created_at=made)
    assert "6 Jan 2026, 01:30" in as_agent.get("/returns/").content.decode()
    agent.preferences = type(agent).preferences.related.related_model.objects.create(
        user=agent, time_zone="America/New_York"
    )
    assert "5 Jan 2026, 17:30" in as_agent.get("/returns/").content.decode()


def test_home_leads_to_the_returns(as_agent):
    assert as_agent.get("/")["Location"] == "/returns/"


@pytest.mark.parametrize(
    "query",
    [
        "q=Return-1",  # begins other references too
        "q=return 1&state=Completed",  # whatever else is filtered
        "q=Return-12",
        "q=0011",
        "q=RSO-2",
    ],
)
def test_enter_on_the_number_of_one_return_opens_it(as_agent, query):
    make_return("Return-1", sales_order_reference_number="RSO-1", tracking_id="900011")
    make_return("Return-12", sales_order_reference_number="RSO-1", tracking_id="")
    make_return("Return-13", sales_order_reference_number="RSO-2", tracking_id="")
    opened = {"q=Return-12": "12", "q=RSO-2": "13"}.get(query, "1")
    assert as_agent.get(f"/find/?{query}")["Location"] == f"/returns/Return-{opened}/"


@pytest.mark.parametrize("query", ["q=RSO-1", "q=Return", "q=rso1&state=ReturnCreated"])
def test_enter_on_returns_of_one_order_lists_that_order(as_agent, query):
    for name in ("Return-1", "Return-2"):
        make_return(name, sales_order_reference_number="RSO-1")
    assert as_agent.get(f"/find/?{query}")["Location"] == "/returns/?order=RSO-1"
    on_the_list = HTMX | {"HX-Current-URL": "http://testserver/returns/"}
    answer = as_agent.get(f"/find/?{query}", headers=on_the_list)
    assert answer["Location"] == "/returns/?order=RSO-1"


@pytest.mark.parametrize(
    "query",
    ["q=Return", "q=RSO-9", "q=nothing", "order=RSO", "stete=Completed", "state=Completed", ""],
)
def test_enter_on_anything_else_shows_the_list(as_agent, query):
    for name in ("Return-1", "Return-2"):
        make_return(name, sales_order_reference_number=f"RSO-9{name}")
    listed = f"/returns/?{query}" if query else "/returns/"
    assert as_agent.get(f"/find/?{query}&order=")["Location"] == listed
    elsewhere = HTMX | {"HX-Current-URL": "http://testserver/returns/Return-1/"}
    assert as_agent.get(f"/find/?{query}", headers=elsewhere)["Location"] == listed


def test_enter_leaves_a_list_that_follows_what_is_typed_as_it_is(as_agent):
    on_the_list = HTMX | {"HX-Current-URL": "http://testserver/returns/?q=Retu"}
    answer = as_agent.get("/find/?q=Return", headers=on_the_list)
    assert (answer.status_code, answer["HX-Push-Url"]) == (204, "false")


def test_a_state_that_does_not_exist_is_named_and_one_named_twice_counts_once(as_agent):
    make_return()
    assert b"foo is not one of" in as_agent.get("/returns/?state=foo").content
    listing = as_agent.get("/returns/?state=ReturnCreated&state=ReturnCreated").context["list"]
    assert listing.summary.startswith("1 return,")


def test_a_page_that_emptied_meanwhile_leads_to_the_first_one(as_agent):
    for number in range(51):
        make_return(f"R{number:02}")
    listing = as_agent.get("/returns/?reference=R").context["list"]
    last = listing.page.rows[-1]
    Return.objects.filter(created_at__lt=last.created_at).delete()
    page = as_agent.get(f"/returns/?reference=R&after={listing.page.next}").text
    assert "No more returns here" in page
    assert 'href="/returns/?reference=R"' in page


def suggestions(client, text: str) -> list[tuple[str, str]]:
    """Return the tags and texts that the empty list of a search offers to filter by."""
    listing = client.get("/returns/", {"q": text}).context["list"]
    return [(each.tag, each.text) for each in listing.suggestions]


def test_a_word_that_is_no_number_is_offered_as_a_tag_and_in_notes(as_agent, vocabulary):
    put_tag(make_return("one", notes="Kutu ıslak"), "books")
    Tag.names.create(name="novels", synonym_of=make_tag("books"), synonym_slot=0)
    assert suggestions(as_agent, "Books") == [("books", ""), ("", "Books")]
    assert suggestions(as_agent, "novels") == [("books", ""), ("", "novels")]
    assert suggestions(as_agent, "wrong size") == [("wrong-size", ""), ("", "wrong size")]
    page = as_agent.get("/returns/?q=ıslak").text
    assert "Returns whose" in page
    (notes,) = as_agent.get("/returns/?q=ıslak").context["list"].suggestions
    assert rows_of(as_agent.get(notes.address).context["list"]) == ["one"]


def test_digits_and_found_numbers_suggest_no_filter(as_agent, vocabulary):
    make_return("books")
    assert suggestions(as_agent, "4711") == []
    assert suggestions(as_agent, "books") == []


def test_actions_stand_above_the_list_and_follow_its_filter(as_manager):
    make_return("one")
    page = as_manager.get("/returns/?state=ReturnCreated").text
    assert page.index('id="tag-everything"') < page.index('id="return-results"')
    answer = fragment(as_manager, "?state=ReturnCreated").text
    for name in ("export-list", "tag-everything", "make-a-rule", "make-a-deadline", "report"):
        assert f'id="{name}"' in answer
    assert 'id="make-a-rule"' not in fragment(as_manager, "").text
    assert 'id="export-list"' not in fragment(as_manager, "?state=Completed").text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (CappedCount(0), "0 returns"),
        (CappedCount(1), "1 return"),
        (CappedCount(0, more=True), "0+ returns"),
        (CappedCount(1, more=True), "1+ returns"),
    ],
)
def test_a_count_that_may_be_more_is_in_the_plural(count, text):
    assert summary_line(count, StateCounts({}, cap=1), None) == text


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true", "HX-Request-Type": "partial"}])
def test_a_page_takes_four_queries(as_agent, headers, django_assert_num_queries):
    """Who asks, what is current and seen beside the list, the rows, and the numbers."""
    for number in range(3):
        put_tag(make_return(f"Return-{number}"), "books")
    as_agent.get("/returns/", headers=headers)
    with django_assert_num_queries(4):
        page = as_agent.get("/returns/", headers=headers)
    assert "Return-2" in page.text
