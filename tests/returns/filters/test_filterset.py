"""The filter language: what each parameter selects, and what it refuses."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from returns.filters.filterset import ReturnFilterSet, normalized_filters
from returns.filters.query import Query
from returns.models import State
from tags.models import TagGroup
from tags.vocabulary import load_vocabulary as words
from tests.factories import make_return, make_returns, make_tag, put_tag

pytestmark = pytest.mark.django_db


def matches(query: str) -> set[str]:
    filterset = ReturnFilterSet(Query.parse(query), words())
    return set(filterset.qs.values_list("return_reference_number", flat=True))


def problems(query: str) -> list[str]:
    return ReturnFilterSet(Query.parse(query), words()).problems()


@pytest.fixture
def numbers():
    make_return(
        "Return-14844",
        sales_order_reference_number="RSO100490909",
        tracking_id="1201450414625470014100902000010011",
    )
    make_return("Return-14845", sales_order_reference_number="RSO100490910", tracking_id="")
    make_return("İade-17", sales_order_reference_number="SİPARİŞ-12", tracking_id="1Z 999 AA1")
    make_return("***", sales_order_reference_number="", tracking_id="")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=RSO100490909", {"Return-14844"}),
        ("q=rso 1004-9090", {"Return-14844"}),
        ("q=0011", {"Return-14844"}),
        ("q=120145041462547001410090200001001 1", {"Return-14844"}),
        ("q=return-1484", {"Return-14844", "Return-14845"}),
        ("q=ıade17", {"İade-17"}),
        ("q=siparis", {"İade-17"}),
        ("q=1z999", {"İade-17"}),
        ("q=***", {"***"}),
        ("q=%25", set()),
        ("q=_", set()),
        ("q=490909", {"Return-14844"}),
        ("q=9049", set()),
        ("order=0909", {"Return-14844"}),
        ("order=Return", set()),
        ("reference=14845", {"Return-14845"}),
        ("tracking=1z", {"İade-17"}),
        ("tracking=RSO", set()),
        ("order=RSO&tracking=0011", {"Return-14844"}),
    ],
)
def test_numbers_are_found_by_beginning_and_end(numbers, query, expected):
    assert matches(query) == expected


def test_a_missing_number_is_never_found(numbers):
    assert matches("tracking=-") == set()


def test_the_returns_of_an_order_however_it_is_written():
    for order in ("RSO-7", "rso 7", "RSO77", ""):
        make_return(f"of {order}", sales_order_reference_number=order)
    assert matches("order_is=RSO7") == matches("order_is=rso-7") == {"of RSO-7", "of rso 7"}
    assert matches("order_is=-") == set()


def test_several_states_may_be_chosen():
    for state in State:
        make_return(state.label, state=state)
    assert matches("state=ReturnCreated&state=Completed") == {"Created", "Completed"}
    assert matches("state=ArrivedToWarehouse") == {"Arrived"}


def test_all_chosen_tags_are_needed_and_case_does_not_matter(vocabulary):
    both, one = make_return("both"), make_return("one")
    put_tag(both, "books")
    put_tag(both, "wrong-size")
    put_tag(one, "books")
    assert matches("tag=books") == {"both", "one"}
    assert matches("tag=BOOKS&tag=Wrong-Sıze") == {"both"}


def test_returns_that_lack_a_tag_of_each_of_the_groups(vocabulary):
    put_tag(make_return("reason"), "damaged")
    put_tag(make_return("priority"), "standard")
    make_return("neither")
    assert matches("missing_group=RETURN reason") == {"priority", "neither"}
    assert matches("missing_group=Return reason&missing_group=Priority") == {"neither"}
    assert matches("missing_group=Priority&tag=damaged") == {"reason"}


def test_the_name_of_a_group_is_read_as_those_of_tags(vocabulary):
    put_tag(make_return("tagged"), make_tag("kırık", group="İade nedeni").name)
    make_return("untagged")
    assert matches("missing_group=iade NEDENI") == {"untagged"}


def test_every_return_lacks_a_tag_of_a_group_that_has_none():
    make_return("only")
    TagGroup.objects.create(name="New")
    assert matches("missing_group=new") == {"only"}


def test_what_a_query_says_is_the_same_however_it_is_written(vocabulary):
    def meant(query):
        return normalized_filters(Query.parse(query), words())

    assert meant("tag=BOOKS&tag=wrong-Sıze") == meant("tag=wrong-size&tag=books&tag=books&after=x")
    assert meant("missing_group=PRİORİTY&sort=-created") == meant("missing_group=Priority")
    assert meant("tag=a%00b&missing_group=%00") == {"tag": [0], "missing_group": [0]}
    # As the list reads it: of what is said twice, the last counts.
    assert meant("q=2&q=1") == meant("q=1") != meant("q=2")


def test_dates_include_both_ends():
    now = timezone.localtime()
    for days in range(4):
        make_return(f"{days}", created_at=now - timedelta(days=days))
    day = (now - timedelta(days=2)).date()
    assert matches(f"created_from={day}&created_to=yesterday") == {"1", "2"}


def test_what_waited_at_the_end_of_a_day(settings):
    settings.TIME_ZONE = "Europe/Istanbul"
    end = datetime(2026, 11, 23, 21, tzinfo=UTC)
    before = end - timedelta(microseconds=1)
    for name, arrived, completed in (
        ("waits", before, None),
        ("left at midnight", before, end),
        ("left before", before - timedelta(hours=1), before),
        ("came at midnight", end, None),
    ):
        state = State.COMPLETED if completed else State.ARRIVED
        times = {"arrived_to_warehouse_at": arrived} | (
            {"completed_at": completed} if completed else {}
        )
        make_return(name, state=state, **times)
    assert matches("open_at=2026-11-23") == {"waits", "left at midnight"}


def test_waiting_counts_from_arrival_and_only_while_open():
    now = timezone.now()
    for hours in (47, 49):
        make_return(
            f"{hours}h", state=State.ARRIVED, arrived_to_warehouse_at=now - timedelta(hours=hours)
        )
    make_return("done", state=State.COMPLETED, created_at=now - timedelta(days=9))
    assert matches("waiting_over=48") == {"49h"}
    assert matches("waiting_under=48") == {"47h"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("notes=hasar", {"capitals", "sentence"}),
        ("notes=HASARLI", {"sentence"}),
        ("notes=damaged", {"english"}),
        ("notes=hasar&notes=damaged", {"capitals", "sentence", "english"}),
        ("notes=kutu hasarlı", {"sentence"}),
        ("notes=Kütü,  hasar", {"sentence"}),
        ("notes=urun", {"capitals"}),
        ("notes=100%25", {"percent"}),
        ("notes=брак", {"other"}),
        ("notes=amaged", set()),
        ("notes=1_0", set()),
        ("notes=hasar&state=Completed", set()),
    ],
)
def test_notes_are_searched_by_the_beginning_of_words(query, expected):
    for reference, notes in {
        "capitals": "ÜRÜN-HASAR",
        "sentence": "Kutu hasarlı geldi.",
        "has arrived": "It has arrived",
        "english": "damaged",
        "undamaged": "box undamaged",
        "percent": "100% cotton, but 1000 threads",
        "other": "Там брак",
        "empty": "",
    }.items():
        make_return(reference, notes=notes)
    assert matches(query) == expected


def test_the_returns_of_an_order_are_numbered_by_their_creation():
    now = timezone.now()
    for number in (3, 1, 2):
        make_return(
            f"{number}", sales_order_reference_number="RSO77", created_at=now + timedelta(0, number)
        )
    for number in (4, 5):  # of equal creation, the id decides
        make_return(
            f"{number}", sales_order_reference_number="rso-77", created_at=now + timedelta(0, 4)
        )
    for _ in range(3):
        make_return(sales_order_reference_number="")
    assert matches("order_returns=2") == {"2", "3", "4", "5"}
    assert matches("order_returns=4") == {"4", "5"}
    assert matches("order_returns=5") == {"5"}
    assert matches("order_returns=6") == set()


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("notes=...", "“...” has no letter"),
        ("notes=hasar&notes=%00", "has no letter"),
        (f"notes={'x' * 101}", "is longer than 100 characters"),
        ("&".join(f"notes={n}" for n in range(21)), "at most 20 texts"),
        ("order_returns=1", "At least the … return of the same order"),
        ("order_returns=2.5", "At least the … return of the same order"),
        ("order_returns=101", "At least the … return of the same order"),
        ("stete=Completed", "stete"),
        ("state=Lost", "State"),
        ("tag=no-such-tag", "no-such-tag"),
        ("tag=a%00b", "Tags"),
        ("missing_group=Colours", "there is no tag group “Colours”"),
        ("missing_group=%00", "No tag from the group"),
        (f"q={'9' * 10_001}", "Order, return or tracking number"),
        ("created_from=2026-02-30", "2026-02-30"),
        ("arrived_to=soon", "Arrived to"),
        ("waiting_over=-1", "Waiting over"),
        ("waiting_over=nan", "Waiting over"),
        ("on_the_way_over=-1", "On the way over"),
        ("on_the_way_under=1000000", "On the way under"),
        ("sort=price", "price"),
        ("after=nonsense", "After"),
        ("before=nonsense", "Before"),
        ("sort=price&after=nonsense", "price"),
    ],
)
def test_what_cannot_be_understood_is_named_and_matches_nothing(query, word):
    make_return()
    assert any(word in sentence for sentence in problems(query))
    assert matches(query) == set()


@pytest.mark.parametrize("text", ["2026-11-20T10:00-23:00", "9999-12-31T23:59:59.999999-14:00"])
def test_a_time_at_any_offset_is_answered(text):
    make_return("only")
    for name in ("created_from", "created_to"):
        problems(f"{name}={text}")
        assert matches(f"{name}={text}") <= {"only"}


@pytest.mark.parametrize("query", ["", "q=", "utm_source=mail", "_=1", "q=&order=&tag=&state="])
def test_blanks_and_marks_of_mailings_filter_nothing(query):
    make_return("only")
    assert problems(query) == []
    assert matches(query) == {"only"}


def test_each_number_is_searched_in_one_query(numbers, django_assert_num_queries):
    """The search box searches items too, unless it has found a whole number."""
    query = Query.parse("q=RSO&order=0909&tracking=0011&reference=14844")
    filterset = ReturnFilterSet(query, words())
    with django_assert_num_queries(6):
        matches = [record.return_reference_number for record in filterset.qs]
        assert not filterset.search_is_cut_short()
    assert matches == ["Return-14844"]


def test_a_search_that_is_cut_short_keeps_to_its_cap():
    make_returns({"reference": f"A{number:03}"} for number in range(102))
    filterset = ReturnFilterSet(Query.parse("reference=A"), words())
    assert filterset.qs.count() == 100
    assert filterset.search_is_cut_short()


@pytest.fixture
def completed():
    """Completed returns by how many hours that took; of one nobody knows, one went before."""
    arrived = timezone.now() - timedelta(days=9)
    for name, hours in {"none": 0, "hour": 1, "day": 24, "early": -1}.items():
        done = arrived + timedelta(hours=hours)
        times = {"arrived_to_warehouse_at": arrived, "completed_at": done}
        make_return(name, state=State.COMPLETED, **times)
    times = {"arrived_to_warehouse_at": None, "completed_at": arrived}
    make_return("unseen", state=State.COMPLETED, **times)
    make_return("waits", state=State.ARRIVED)
    make_return("on the way")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("took_under=1", {"none"}),
        ("took_under=24", {"none", "hour"}),
        ("took_over=1", {"hour", "day"}),
        ("took_over=1&took_under=24", {"hour"}),
        ("took_over=0", {"none", "hour", "day"}),
        ("took=unknown", {"early", "unseen"}),
    ],
)
def test_how_long_completed_returns_took(completed, query, expected):
    assert matches(query) == expected


def test_the_day_of_the_week_is_that_of_the_warehouse(settings):
    settings.TIME_ZONE = "Europe/Istanbul"
    sunday_evening = datetime(2026, 11, 22, 22, tzinfo=UTC)  # Monday in Istanbul
    make_return("late", state=State.ARRIVED, arrived_to_warehouse_at=sunday_evening)
    assert matches("arrived_weekday=monday") == {"late"}
    assert matches("arrived_weekday=sunday") == set()
    assert problems("arrived_weekday=1") != []


def test_returns_without_any_tag(vocabulary):
    put_tag(make_return("tagged"), "books")
    make_return("bare", cargo_carrier="DHL")
    make_return("barest")
    assert matches("missing=tags") == {"bare", "barest"}
    assert matches("missing=tags&missing=carrier") == {"barest"}


def test_what_judges_each_return_by_itself_does_not_go_by_the_returns_of_a_tag(vocabulary):
    """A common tag has very many returns, and these are few."""
    record, other = make_returns([{}] * 2)
    for each, name in ((record, "two"), (other, "one")):
        make_tag(name)
        put_tag(each, name)
    query = Query.parse("tag_any=one&tag_any=two&state=ReturnCreated")
    judged = ReturnFilterSet(query, words(), one_by_one=True).qs.among([record.pk]).order_by()
    assert list(judged) == [record]
    assert "Append" not in judged.explain()
    assert "Append" in ReturnFilterSet(query, words()).qs.among([record.pk]).explain()
