"""The numbers beside the tags: as many as the list has with this tag, or a sentence."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import example, given
from hypothesis import strategies as st

from returns.filters import planning
from returns.filters.fields import TAG_PARAMETERS
from returns.filters.filterset import ReturnFilterSet
from returns.filters.query import Query
from returns.lists import facets
from returns.lists.facets import count_facets
from returns.models import State
from tags.vocabulary import load_vocabulary as words
from tests.factories import make_returns, put_tags
from tests.trials import tried_on

pytestmark = pytest.mark.django_db

# Two of a group that allows one on each return, and three that go together.
NAMES = ["standard", "urgent-refund", "books", "damaged", "wrong-size"]


@pytest.fixture
def returns(vocabulary):
    """Sixty returns over a month, in each state, with every combination of tags that may be."""
    now = timezone.now()
    records = make_returns(
        {
            "reference": f"Return-{number}",
            "state": State.values[number % 3],
            "created_at": now - timedelta(hours=12 * number),
            "sales_order_reference_number": f"RSO{number // 4}",
            "notes": ["Torn.", "much too small", ""][number % 3],
        }
        for number in range(60)
    )
    put_tags(
        (record, name)
        for number, record in enumerate(records)
        for place, name in enumerate(NAMES)
        if number >> place & 1 and (name != "urgent-refund" or not number & 1)
    )


def counts(query: str) -> dict[str, str]:
    names = {chip.id: chip.name for chip in words().values()}
    return {names[pk]: str(count) for pk, count in count_facets(Query.parse(query)).counts.items()}


def number_listed(query: str) -> int:
    filterset = ReturnFilterSet(Query.parse(query), words())
    assert filterset.problems() == []
    return filterset.qs.count()


parameters = st.one_of(
    st.tuples(st.sampled_from(TAG_PARAMETERS), st.sampled_from(NAMES)),
    st.tuples(st.just("state"), st.sampled_from(State.values)),
    st.tuples(st.just("missing_group"), st.sampled_from(["Priority", "Return reason", "Process"])),
    st.tuples(st.just("q"), st.sampled_from(["Return", "Return-1", "RSO", "5", "nothing"])),
    st.tuples(st.sampled_from(["created_from", "created_to"]), st.sampled_from(["-7d", "-20d"])),
    st.tuples(st.sampled_from(["arrived_from", "completed_to"]), st.sampled_from(["-5d", "today"])),
    st.tuples(st.just("notes"), st.sampled_from(["torn", "too small"])),
    st.tuples(st.just("queue"), st.sampled_from(["on_the_way", "to_inspect", "completed_today"])),
    st.tuples(st.just("order_returns"), st.sampled_from(["2", "3"])),
    st.tuples(st.just("waiting_over"), st.sampled_from(["48", "200"])),
    st.tuples(st.just("sort"), st.sampled_from(["created", "-arrived", "order", "-updated"])),
)


@pytest.mark.slow
@tried_on(50)
@given(st.lists(parameters, max_size=5))
@example([])
@example([("tag_any", "books"), ("tag_any", "damaged"), ("tag_none", "standard")])
@example([("tag", "books"), ("tag_any", "damaged"), ("state", "Completed"), ("sort", "-arrived")])
def test_each_number_is_that_of_the_list_with_this_tag(returns, said):
    query = "&".join(f"{name}={value}" for name, value in said)
    shown = counts(query)
    for name in [*NAMES, "apparel"]:
        assert shown[name] == str(number_listed(f"{query}&tag={name}"))


def test_beyond_the_cap_the_newest_are_counted_and_it_says_so(returns, monkeypatch):
    monkeypatch.setattr(facets, "FACET_CAP", 20)
    shown = count_facets(Query.parse(""))
    assert shown.note == "Counted over the newest 20 matches."
    newest = sum(bool(number >> 2 & 1) for number in range(20))
    assert counts("")["books"] == f"{newest}+"
    assert counts("sort=created") == counts("")
    # Exactly as many as the cap are all of them.
    assert count_facets(Query.parse("state=Completed")).note == ""
    assert counts("state=Completed")["books"] == str(number_listed("state=Completed&tag=books"))


def test_a_search_that_is_cut_short_counts_at_least(vocabulary):
    records = make_returns({"reference": f"A{number:03}"} for number in range(103))
    put_tags((record, "books") for record in records)
    shown = count_facets(Query.parse("q=A"))
    assert counts("q=A")["books"].endswith("+")
    assert "Type more" in shown.note


@pytest.mark.parametrize("query", ["stete=Completed", "tag=no-such-tag", "created_from=never"])
def test_a_filter_that_is_wrong_has_no_numbers_but_a_sentence(as_agent, returns, query):
    answer = as_agent.get(f"/returns/facets/?{query}")
    assert answer.status_code == 200
    assert 'hx-target="#facets-note">No numbers: ' in answer.text
    assert set(count_facets(Query.parse(query)).counts.values()) == {None}


@pytest.mark.parametrize("query", ["", "q=Return"])
def test_what_takes_too_long_has_no_numbers_but_a_sentence(as_agent, returns, monkeypatch, query):
    slow = facets.COUNT_TAGS_SQL.replace("FROM unnest", "FROM pg_sleep(2), unnest")
    monkeypatch.setattr(facets, "COUNT_TAGS_SQL", slow)
    monkeypatch.setattr(facets, "FACETS_TIME_LIMIT_MS", 50)
    answer = as_agent.get(f"/returns/facets/?{query}")
    assert answer.status_code == 200
    assert facets.COUNTING_TOOK_TOO_LONG in answer.text
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() != ("50ms",)


def test_all_numbers_come_from_one_statement(returns):
    with CaptureQueriesContext(connection) as captured:
        count_facets(Query.parse("tag_any=books&tag_any=damaged&state=Completed"))
    counted = [query["sql"] for query in captured if "GROUP BY" in query["sql"]]
    assert len(counted) == 1


def test_only_returns_within_reach_are_looked_at_and_it_says_how_many_matched(returns, monkeypatch):
    """A page of matches is found wherever it is; numbers are those of the returns behind it."""
    monkeypatch.setattr(planning, "MAX_COST_OF_FEW", -1)
    monkeypatch.setattr(planning, "MAX_COST_OF_ALL", -1)
    monkeypatch.setattr(planning, "ROWS_OF_A_PAGE", 3)
    monkeypatch.setattr(facets, "FACET_REACH", 30)
    shown = count_facets(Query.parse("state=Completed"))
    assert shown.note == "Counted over the newest 10 matches."
    newest = sum(bool(number >> 2 & 1) for number in range(2, 32, 3))
    assert counts("state=Completed")["books"] == f"{newest}+"
    monkeypatch.setattr(facets, "FACET_REACH", 5)
    assert count_facets(Query.parse("state=Completed")).note.endswith("newest 4 matches.")
    monkeypatch.setattr(facets, "FACET_REACH", 60)
    assert count_facets(Query.parse("state=Completed")).note == ""
