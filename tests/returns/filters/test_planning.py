"""However a list is read, it has the same rows and numbers as its filters say one by one."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from returns.filters import counts, planning
from returns.filters.contradictions import STATES_OF_FILTERS, is_contradiction
from returns.filters.declarations import FILTERS_BY_NAME
from returns.filters.filterset import ReturnFilterSet
from returns.filters.query import Query
from returns.lists.page import return_list
from returns.models import Return, State
from tags.vocabulary import load_vocabulary as words
from tests.factories import make_returns, put_tags
from tests.trials import tried_on

pytestmark = pytest.mark.django_db

NAMES = ["standard", "urgent-refund", "books", "damaged", "wrong-size"]
# How matches are read: the costs up to which all are looked up, and how many of the newest returns
# are looked at first.
WAYS = {
    "whole": (1_000_000, 1_000_000, 0),
    "in order": (-1, -1, 0),
    "near": (-1, -1, 20),
    "all near": (-1, -1, 90),
    "whole after near": (-1, 1_000_000, 20),
}
VALUES = {
    "state": list(State.values),
    "tag": NAMES,
    "tag_any": NAMES,
    "tag_none": NAMES,
    "missing_group": ["Priority", "Return reason", "Product category"],
    "missing": ["tags", "carrier", "channel"],
    "carrier": ["DHL"],
    "notes": ["torn", "too small"],
    "created_from": ["-7d", "-20d"],
    "created_to": ["-7d", "-20d"],
    "arrived_from": ["-3d", "-15d"],
    "arrived_to": ["-3d", "-15d"],
    "completed_from": ["-3d", "-15d"],
    "completed_to": ["-3d", "-15d"],
    "took_over": ["5", "30"],
    "took_under": ["5", "30"],
    "took": ["unknown"],
    "waiting_over": ["48"],
    "waiting_under": ["200"],
    "on_the_way_over": ["48"],
    "on_the_way_under": ["200"],
    "order_returns": ["2", "3"],
    "open_at": ["-3d"],
    "arrived_weekday": ["monday"],
    "arrived": ["last_week", "yesterday"],
    "completed": ["last_week"],
    "problem": ["no_arrival", "early_arrival", "no_order", "shared_tracking", "silent", "future"],
    "queue": ["on_the_way", "to_inspect", "completed_today"],
    "q": ["Return-1", "RSO"],
}


@pytest.fixture
def returns(vocabulary):
    """Ninety returns over a month, in each state, some with an arrival before their creation."""
    now = timezone.now()
    records = make_returns(
        _facts(number, now - timedelta(hours=8 * number)) for number in range(90)
    )
    put_tags(
        (record, name)
        for number, record in enumerate(records)
        for place, name in enumerate(NAMES)
        if number >> place & 1 and (name != "urgent-refund" or not number & 1)
    )


def _facts(number, created):
    state = State.values[number % 3]
    arrived = created + timedelta(hours=(-50, 1, 7)[number % 7 % 3])
    facts = {
        "reference": f"Return-{number}",
        "state": state,
        "created_at": created,
        "sales_order_reference_number": f"RSO{number // 4}",
        "cargo_carrier": ["DHL", ""][number % 2],
        "notes": ["Torn.", "much too small", ""][number % 5 % 3],
    }
    if state != State.CREATED:
        facts["arrived_to_warehouse_at"] = arrived
    if state == State.COMPLETED:
        facts["completed_at"] = arrived + timedelta(hours=(-60, 4, 40)[number % 4 % 3])
    return facts


def naive(said):
    """Return the ids of the matches, each filter applied by itself, and their states."""
    ids = set(Return.objects.values_list("pk", flat=True))
    by_name: dict[str, list[str]] = {}
    for name, value in said:
        by_name.setdefault(name, []).append(value)
    for name, values in by_name.items():
        lists = {name: values if FILTERS_BY_NAME[name].is_repeatable else values[-1:]}
        alone = ReturnFilterSet(Query.from_lists(lists), words(), one_by_one=name != "q")
        assert alone.problems() == []
        ids &= set(alone.qs.values_list("pk", flat=True))
    rows = Return.objects.filter(pk__in=ids).order_by("-created_at", "-pk")
    return list(rows.values_list("pk", "state"))


parameters = st.one_of(
    st.tuples(st.just(name), st.sampled_from(values)) for name, values in VALUES.items()
)


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
@tried_on(150)
@given(st.lists(parameters, min_size=1, max_size=4), st.sampled_from([3, 40, 1_000]))
def test_a_list_has_the_rows_and_numbers_of_its_filters(returns, way, said, reach):
    query = Query.parse("&".join(f"{name}={value}" for name, value in said) + "&sort=-created")
    expected = naive(said)
    with pytest.MonkeyPatch.context() as patch:
        few, most, near = WAYS[way]
        patch.setattr(planning, "MAX_COST_OF_FEW", few)
        patch.setattr(planning, "MAX_COST_OF_ALL", most)
        patch.setattr(planning, "MAX_COST_WITH_WORDS", most)
        patch.setattr(planning, "NEAR", near)
        patch.setattr(counts, "COUNTED_REACH", reach)
        listing = return_list(query)
    assert [row.record.pk for row in listing.rows] == [pk for pk, _state in expected][:50]
    assert listing.total.number == len(expected) or (
        listing.total.more and min(len(expected), 50) <= listing.total.number < len(expected)
    )
    if way == "whole" or len(expected) <= 50:
        assert not listing.total.more


def test_states_of_filters_are_those_of_returns(returns):
    for name, states in STATES_OF_FILTERS.items():
        assert name in FILTERS_BY_NAME
        if name in VALUES:
            for value in VALUES[name]:
                found = ReturnFilterSet(Query.from_lists({name: [value]}), words()).qs
                assert set(found.values_list("state", flat=True)) <= states, name


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("tag=books&tag_none=books", True),
        ("tag=books&tag_none=damaged", False),
        ("tag_any=books&tag_any=damaged&tag_none=books", False),
        ("tag_any=books&tag_none=books&tag_none=damaged", True),
        ("tag=damaged&missing_group=Return reason", True),
        ("tag=books&missing_group=Return reason", False),
        ("tag=books&missing=tags", True),
        ("tag_none=books&missing=tags", False),
        ("state=Completed&waiting_over=1", True),
        ("state=Completed&state=ArrivedToWarehouse&waiting_over=1", False),
        ("queue=to_inspect&completed_from=today", True),
        ("deadline=late&took_over=1", True),
        ("deadline=met&took_over=1", False),
    ],
)
def test_filters_that_exclude_each_other(vocabulary, query, expected):
    filterset = ReturnFilterSet(Query.parse(query), words())
    assert filterset.problems() == []
    assert is_contradiction(filterset.values, words()) == expected


def test_what_excludes_itself_reads_no_returns(vocabulary):
    filterset = ReturnFilterSet(Query.parse("tag=books&tag_none=books"), words())
    assert "returns_returntag" not in str(filterset.qs.query)


def test_the_newest_missing_fact_bounds_the_list(returns, monkeypatch):
    """Where a fact is missing of old returns alone, newer ones are not read."""
    new = Return.objects.in_order_of("created_at", descending=True)[:40]
    Return.objects.filter(pk__in=[each.pk for each in new]).update(cargo_carrier="DHL")
    monkeypatch.setattr(planning, "MAX_COST_OF_FEW", -1)
    monkeypatch.setattr(planning, "NEAR", 10)
    for said in (
        [("missing", "carrier"), ("notes", "torn")],
        [("missing", "channel"), ("missing", "carrier")],
        [("carrier", "DHL"), ("created_to", "-20d")],
        [("carrier", "no such carrier"), ("notes", "torn")],
    ):
        filterset = ReturnFilterSet(Query.parse("&".join(map("=".join, said))), words())
        found = filterset.newest.matches
        assert [(each.pk, each.state) for each in found] == naive(said)


def test_a_return_from_the_future_is_on_the_first_page(returns, monkeypatch):
    monkeypatch.setattr(planning, "MAX_COST_OF_FEW", -1)
    (ahead,) = make_returns([_facts(91, timezone.now() + timedelta(days=400))])
    filterset = ReturnFilterSet(Query.parse("created_from=-7d"), words())
    assert filterset.newest.matches[0].pk == ahead.pk


def test_words_are_looked_for_among_the_returns_nearby(returns):
    """Not in the index of all words: each return nearby is compared by itself."""
    since = timezone.now() - timedelta(days=5)
    matches = ReturnFilterSet(Query.parse("notes=torn&tag=books"), words()).qs
    near = matches.created_between(since, timezone.now())
    assert "OFFSET 0" in str(near.query)
    assert set(near) == {each for each in matches if each.created_at >= since}
    assert set(near.filter(pk__in=near.values("pk"))) == set(near)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("created_from=-2d&created_to=-3d", True),
        ("created_from=-3d&created_to=-3d", False),
        ("arrived_from=today&arrived_to=yesterday", True),
        ("completed_from=-9d&completed_to=-1d", False),
        ("waiting_over=48&waiting_under=48", True),
        ("waiting_over=48&waiting_under=49", False),
        ("on_the_way_over=9&on_the_way_under=1", True),
        ("took_over=5&took_under=5", True),
        ("took_over=5&took_under=6", False),
        ("open_at=-7d&completed_to=-8d", True),
        ("open_at=-7d&completed_to=-6d", False),
        ("open_at=-7d&arrived_from=-6d", True),
        ("open_at=-7d&arrived_from=-7d", False),
        ("value_over=10&value_under=10", True),
        ("value_over=9&value_under=10", False),
        ("due_from=tomorrow&due_by=today", True),
        ("due_from=today&due_by=today", False),
    ],
)
def test_ranges_with_nothing_between(vocabulary, query, expected):
    filterset = ReturnFilterSet(Query.parse(query), words())
    assert filterset.problems() == []
    assert is_contradiction(filterset.values, words()) == expected


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("took_over=80", "return_took_long"),
        ("took=unknown", "return_took_unknown"),
        ("problem=silent", "return_open_by_creation"),
        ("problem=early_arrival", "return_arrived_early"),
    ],
)
def test_an_index_alone_has_the_newest_matches(returns, query, index):
    made = timezone.now() - timedelta(days=3)
    make_returns(
        {
            "reference": f"Done-{number}",
            "state": State.COMPLETED,
            "created_at": made,
            "arrived_to_warehouse_at": made,
            "completed_at": made,
        }
        for number in range(600)
    )
    matches = ReturnFilterSet(Query.parse(query), words()).newest_first()
    with connection.cursor() as cursor:
        # Without what other tests have left: as large as an index is, so much costs its use.
        cursor.execute("REINDEX TABLE returns_return")
        cursor.execute("ANALYZE returns_return")
        for way in ("seqscan", "bitmapscan", "sort"):  # as if there were many returns
            cursor.execute(f"SET LOCAL enable_{way} = off")
    plan = matches.values_list("pk", "state", "created_at")[:51].explain()
    assert f"Index Only Scan Backward using {index}" in plan


@pytest.mark.parametrize("name", ["created_to", "arrived_to", "completed_to", "open_at"])
@pytest.mark.parametrize("moment", ["9999-12-31T20:59:59.999998Z", "0001-01-02T00:00:00Z"])
def test_moments_at_the_limits_of_the_calendar(returns, monkeypatch, name, moment):
    monkeypatch.setattr(planning, "MAX_COST_OF_FEW", -1)
    filterset = ReturnFilterSet(Query.from_lists({name: [moment]}), words())
    found = filterset.newest.matches
    assert [(each.pk, each.state) for each in found] == naive([(name, moment)])[: len(found)]
    assert bool(found) == moment.startswith("9")
