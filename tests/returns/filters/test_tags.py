"""Filters by tags: any of, none of, beside every other filter, order and page of the list."""

from datetime import timedelta
from itertools import cycle

import pghistory
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from returns.filters import planning
from returns.filters.fields import TAG_PARAMETERS
from returns.filters.filterset import ReturnFilterSet, normalized_filters
from returns.filters.query import Query
from returns.filters.sorting import DEFAULT_SORT
from returns.lists.page import return_list
from returns.lists.saved_views import list_address, save_view
from returns.models import Return, ReturnTag, State
from tags import editing
from tags.merging import merge
from tags.models import Tag
from tags.vocabulary import load_vocabulary as words
from tests.factories import make_return, make_returns, put_tag, put_tags
from tests.returns.filters.test_paging import SORTS

pytestmark = pytest.mark.django_db


def matches(query: str) -> set[str]:
    filterset = ReturnFilterSet(Query.parse(query), words())
    return set(filterset.qs.values_list("return_reference_number", flat=True))


def listed(query: str) -> list[str]:
    """Walk the whole list page by page, there and back, and return its references in order."""
    pages, page = [], return_list(Query.parse(query)).page
    while True:
        pages.append([record.return_reference_number for record in page.rows])
        if not page.next:
            break
        page = return_list(Query.parse(f"{query}&after={page.next}")).page
    for earlier in reversed(pages[:-1]):
        page = return_list(Query.parse(f"{query}&before={page.previous}")).page
        assert [record.return_reference_number for record in page.rows] == earlier
    return [name for names in pages for name in names]


@pytest.fixture
def tagged(vocabulary):
    """Returns named after their tags."""
    for names in ([], ["books"], ["damaged"], ["books", "damaged"], ["standard"]):
        record = make_return("+".join(names) or "none")
        for name in names:
            put_tag(record, name)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("tag_any=books", {"books", "books+damaged"}),
        ("tag_any=books&tag_any=damaged", {"books", "damaged", "books+damaged"}),
        ("tag_any=BOOKS&tag_any=books&tag_any=DamaGed", {"books", "damaged", "books+damaged"}),
        ("tag_none=books", {"none", "damaged", "standard"}),
        ("tag_none=Books&tag_none=standard", {"none", "damaged"}),
        ("tag_any=books&tag_any=damaged&tag_none=books", {"damaged"}),
        ("tag=books&tag_any=books&tag_any=damaged", {"books", "books+damaged"}),
        ("tag=books&tag_any=damaged&tag_any=standard", {"books+damaged"}),
        ("tag=books&tag_none=books", set()),
        ("tag_any=books&tag_any=standard&missing_group=Priority", {"books", "books+damaged"}),
        ("tag_any=books&tag_any=damaged&q=books", {"books", "books+damaged"}),
        ("tag_any=books&reference=damaged", {"books+damaged"}),
        ("tag_any=books&state=Completed", set()),
    ],
)
def test_any_of_and_none_of_the_tags(tagged, query, expected):
    assert matches(query) == expected


@pytest.mark.parametrize("parameter", TAG_PARAMETERS)
def test_a_tag_that_does_not_exist_is_named_and_matches_nothing(tagged, parameter):
    for query in (f"{parameter}=no-such-tag", f"{parameter}=books&{parameter}=no-such-tag"):
        filterset = ReturnFilterSet(Query.parse(query), words())
        assert "there is no tag “no-such-tag”." in filterset.problems()[0]
        assert matches(query) == set()


# Enough returns for several pages


@pytest.fixture
def many(vocabulary):
    now = timezone.now()
    records = make_returns(
        {
            "reference": f"R{number:03}",
            "state": State.values[number % 3],
            # Some were created in the same moment; the order then goes by id.
            "created_at": now - timedelta(hours=number // 2),
        }
        for number in range(160)
    )
    for divisor, name in ((2, "books"), (3, "damaged"), (50, "standard")):
        put_tags((record, name) for record in records[::divisor])


def carries(names: set[str]) -> dict[int, bool]:
    tagged = Return.objects.filter(taggings__tag__name__in=names).values_list("pk", flat=True)
    ids = set(tagged)
    return {pk: pk in ids for pk in Return.objects.values_list("pk", flat=True)}


RESTS = [
    *("&state=ReturnCreated&state=Completed", "&tag_none=standard", "&created_from=-3d", "&q=R"),
]
# Lists in the order of creation are read from the indexes of the tags, beside any other filter. All
# other orders are read in one way, so each filter is beside some of them.
OTHER_SORTS = [sort for sort in SORTS if sort not in (DEFAULT_SORT, "created")]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sort", "rest"),
    [
        *((sort, "") for sort in SORTS),
        *((sort, rest) for sort in (DEFAULT_SORT, "created") for rest in RESTS),
        *zip(OTHER_SORTS, cycle(RESTS)),
    ],
)
def test_any_of_the_tags_in_every_order_and_on_every_page(many, sort, rest):
    """The list without the filter, less those that carry none of the tags."""
    any_tag = carries({"books", "damaged"})
    by_reference = dict(Return.objects.values_list("return_reference_number", "pk"))
    everything = listed(f"sort={sort}{rest}")
    expected = [name for name in everything if any_tag[by_reference[name]]]
    assert 50 < len(expected) < len(everything)
    assert listed(f"tag_any=books&tag_any=damaged&sort={sort}{rest}") == expected


def test_a_return_with_several_of_the_tags_is_listed_and_counted_once(many):
    query = "tag_any=books&tag_any=damaged&tag_any=standard"
    names = listed(query)
    assert len(names) == len(set(names)) == 107
    page = return_list(Query.parse(query))
    assert page.summary == "107 returns, newest first"
    assert sum(state.count.number for state in page.states) == 107
    assert return_list(Query.parse(f"{query}&state=Completed")).total.number == sum(
        number % 3 == 2 and number % 2 == 0 for number in range(160)
    )


@pytest.mark.parametrize(("sort", "sign"), [(DEFAULT_SORT, "DESC"), ("created", "ASC")])
def test_a_rare_tag_is_read_from_its_index_in_order_of_creation(many, monkeypatch, sort, sign):
    """However common the others are: EXISTS would look at one return after the other."""
    monkeypatch.setattr(planning, "MAX_COST_OF_ALL", 0)  # as if these were many
    with CaptureQueriesContext(connection) as captured:
        return_list(Query.parse(f"tag_any=standard&tag_any=books&sort={sort}"))
    read = [query["sql"] for query in captured if query["sql"].startswith("SELECT")]
    assert max(sql.count(f"entity_created_at {sign}, entity_id {sign}") for sql in read) == 3


def test_the_dates_of_creation_bound_the_indexes_of_tags_too(many):
    query = ReturnFilterSet(Query.parse("tag_any=books&created_to=-2d"), words()).qs.query
    assert str(query).count('"entity_created_at" <') == 1


def test_what_a_query_says_of_tags_is_the_same_for_all_of_their_filters(vocabulary):
    ids = sorted(Tag.objects.filter(name__in=["books", "wrong-size"]).values_list("id", flat=True))
    for name in TAG_PARAMETERS:
        query = Query.parse(f"{name}=BOOKS&{name}=wrong-Sıze&{name}=books")
        assert normalized_filters(query, words()) == {name: ids}
        assert normalized_filters(Query.parse(f"{name}=a%00b"), words()) == {name: [0]}


@pytest.mark.parametrize("parameter", TAG_PARAMETERS)
def test_a_saved_view_by_tags_survives_a_rename(agent, vocabulary, parameter):
    view = save_view(agent, "Books", Query.parse(f"{parameter}=BOOKS&{parameter}=damaged"))
    assert all(isinstance(value, int) for value in view.parameters[parameter])
    tag = Tag.objects.get(name="books")
    tag.name = "printed-matter"
    editing.save_tag(tag, None)
    query = list_address(view, words()).partition("?")[2]
    assert set(Query.parse(query).getlist(parameter)) == {"printed-matter", "damaged"}
    Tag.objects.filter(pk=tag.pk).delete()
    assert f"deleted+tag+{tag.pk}" in list_address(view, words())


@pytest.mark.parametrize("query", ["tag_any=books&tag_any=damaged", "tag_none=standard"])
def test_tabs_count_views_by_tags(as_agent, agent, many, query):
    view = save_view(agent, "Kept", Query.parse(query))
    page = as_agent.get("/views/counts/?poll", headers={"HX-Request": "true"}).text
    number = len(listed(query))
    assert f'hx-target="#saved-view-count-{view.pk}">{number}</hx-partial>' in page


def test_enter_in_the_box_keeps_the_filters_by_tags(as_agent, tagged):
    query = "q=o&tag_any=books&tag_any=damaged&tag_none=standard"
    answer = as_agent.get(f"/find/?{query}")
    assert answer["Location"] == f"/returns/?{query}"


def test_what_a_rule_tagged_is_found_by_its_name_and_its_day():
    put_tag(make_return("by hand"), "books")
    for reference, rule in (("now", "Busy"), ("old", "Busy"), ("other", "Idle")):
        with pghistory.context(rule=rule):
            put_tag(make_return(reference), "books")
    old = Return.objects.get(return_reference_number="old")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE returns_returntagevent SET pgh_created_at = now() - interval '9 days' "
            "WHERE entity_id = %s",
            [old.pk],
        )
    assert matches("rule=Busy") == {"now", "old"}
    assert matches("rule=Busy&rule_from=today") == {"now"}
    assert matches("rule=Busy&rule_to=-2d") == {"old"}
    assert matches("rule_from=today") == {"now", "other"}
    assert matches("rule_to=-2d") == {"old"}


def test_what_was_taken_off_since_a_rule_put_it_there_is_undone(manager):
    """A merge takes off what is there twice, which is nobody's wish."""
    again = make_return("put again")
    put_tag(again, "defective")
    with pghistory.context(user=manager.pk):
        again.taggings.all().delete()
    with pghistory.context(rule="Busy"):
        put_tag(again, "defective")
        put_tag(make_return("taken off"), "defective")
        merged = make_return("merged")
        put_tag(merged, "defective")
    put_tag(merged, "damaged")
    with pghistory.context(user=manager.pk):
        ReturnTag.objects.filter(entity__return_reference_number="taken off").delete()
    merge([Tag.objects.get(name="defective")], Tag.objects.get(name="damaged"), manager)
    assert matches("rule=Busy") == {"put again", "taken off", "merged"}
    assert matches("rule_undone=Busy") == {"taken off"}
