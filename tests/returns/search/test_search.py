"""What a typed or scanned text finds, and why it says so."""

import re

import pytest
from django.db import connection
from django.utils import timezone

from returns.filters.query import Query
from returns.lists.page import return_list
from returns.models import Return
from returns.search import MAX_NUMBERS, TypedNumbers, finding, nearest, search, search_ends
from tests.factories import make_return, make_returns
from tests.markup import flat

pytestmark = pytest.mark.django_db

# order reference, return reference, tracking ID
STORED = {
    "published": ("RSO100490909", "Return-14844", "1201450414625470014100902000010011"),
    "its sister": ("RSO100490909", "Return-14845", "1201450414625470014100902000010012"),
    "fedex": ("408-3816473-2201878", "Return-20001", "315045706115"),
    "ups": ("HB-1584478", "Return-20002", "1Z0B54D77529307864"),
    "usps": ("WEB/2024/118", "Return-20003", "9400211899223197428490"),
    "turkish": ("SİPARİŞ-12345", "İade-20004", "YK0045119873"),
    "zeros": ("0000771234", "Return-0020005", "00340434161094042557"),
    "italian": ("ORD-L'AQ-5567", "RESO'20006", "IT-774-0091-55"),
    "no letters": ("Заказ", "—«»—", ""),
}

TYPED = [
    # Whole, however it is written
    ("RSO100490909", {"published", "its sister"}, "order is RSO100490909"),
    ("rso100490909", {"published", "its sister"}, "order is RSO100490909"),
    ("RSO 100-490.909", {"published", "its sister"}, "order is RSO100490909"),
    ("#RSO100490909", {"published", "its sister"}, "order is RSO100490909"),
    ("  RSO/100/490/909  ", {"published", "its sister"}, "order is RSO100490909"),
    ("Return-14844", {"published"}, "return is RETURN14844"),
    ("RETURN 14844", {"published"}, "return is RETURN14844"),
    ("return_14844", {"published"}, "return is RETURN14844"),
    ("ＲＥＴＵＲＮ－１４８４４", {"published"}, "return is RETURN14844"),
    ("1201450414625470014100902000010011", {"published"}, "tracking ID is …902000010011"),
    ("1201 4504 1462 5470 0141 0090 2000 0100 11", {"published"}, "tracking ID is …902000010011"),
    ("1201450414-6254700141-0090200001-0011", {"published"}, "tracking ID is …902000010011"),
    ("408 3816473 2201878", {"fedex"}, "order is 40838164732201878"),
    ("4083816473 2201878", {"fedex"}, "order is 40838164732201878"),
    ("315045706115", {"fedex"}, "tracking ID is 315045706115"),
    ("3150 4570 6115", {"fedex"}, "tracking ID is 315045706115"),
    ("1Z0B54D77529307864", {"ups"}, "tracking ID is 1Z0B54D77529307864"),
    ("1z 0b5 4d7 75 2930 7864", {"ups"}, "tracking ID is 1Z0B54D77529307864"),
    ("web 2024 118", {"usps"}, "order is WEB2024118"),
    # Turkish letters, with and without their dots
    ("SİPARİŞ-12345", {"turkish"}, "order is SIPARIS12345"),
    ("sipariş 12345", {"turkish"}, "order is SIPARIS12345"),
    ("sıparış12345", {"turkish"}, "order is SIPARIS12345"),
    ("SIPARIS12345", {"turkish"}, "order is SIPARIS12345"),
    ("iade 20004", {"turkish"}, "return is IADE20004"),
    ("ıade-20004", {"turkish"}, "return is IADE20004"),
    # Wrong keyboard layouts: a scanner types the keys of another country
    ("Return'14844", {"published"}, "return is RETURN14844"),
    ("408'3816473'2201878", {"fedex"}, "order is 40838164732201878"),
    ("ORDìLòAQì5567", set(), ""),
    ("ord laq 5567", {"italian"}, "order is ORDLAQ5567"),
    ("IT'774'0091'55", {"italian"}, "tracking ID is IT774009155"),
    ("Куегкт-14844", {"published"}, "return has the number 14844"),
    ("Return*14844", {"published"}, "return is RETURN14844"),
    # Zeros that somebody left out, or put in front
    ("771234", {"zeros"}, "order is 771234 apart from zeros"),
    ("00000771234", {"zeros"}, "order is 00000771234 apart from zeros"),
    ("Return-20005", {"zeros"}, "return is RETURN20005 apart from zeros"),
    ("0315045706115", {"fedex"}, "tracking ID is 0315045706115 apart from zeros"),
    ("0014844", {"published"}, "return ends in 0014844"),
    ("340434161094042557", {"zeros"}, "tracking ID is 340434161094042557 apart from zeros"),
    # The end
    ("0011", {"published"}, "tracking ID ends in 0011"),
    ("14844", {"published"}, "return has the number 14844"),
    ("6115", {"fedex"}, "tracking ID ends in 6115"),
    ("2201878", {"fedex"}, "order ends in 2201878"),
    ("…7864", {"ups"}, "tracking ID ends in 7864"),
    # The beginning
    ("RSO1004", {"published", "its sister"}, "order starts with RSO1004"),
    ("hb-158", {"ups"}, "order starts with HB158"),
    ("1Z0B", {"ups"}, "tracking ID starts with 1Z0B"),
    ("siparis", {"turkish"}, "order starts with SIPARIS"),
    # A number within what was scanned
    ("9622080430009999999900315045706115", {"fedex"}, "tracking ID is part of the scan"),
    ("1019220804300000012345315045706115", {"fedex"}, "tracking ID is part of the scan"),
    ("420902109400211899223197428490", {"usps"}, "tracking ID is part of the scan"),
    ("4209021012349400211899223197428490", {"usps"}, "tracking ID is part of the scan"),
    ("]C1315045706115", {"fedex"}, "tracking ID is part of the scan"),
    ("]C1RSO100490909", {"published", "its sister"}, "order is part of the scan"),
    ("\x1d420902109400211899223197428490\r", {"usps"}, "tracking ID is part of the scan"),
    ("\x02" + "315045706115" + "\x03", {"fedex"}, "tracking ID is 315045706115"),
    ("*315045706115*", {"fedex"}, "tracking ID is 315045706115"),
    ("315045706115\t", {"fedex"}, "tracking ID is 315045706115"),
    ("315045706115X", {"fedex"}, "tracking ID is part of the scan"),
    ("order: RSO100490909", {"published", "its sister"}, "order is part of the scan"),
    # A part from the middle
    ("5470", {"published", "its sister"}, "tracking ID contains 5470"),
    ("0014100902", {"published", "its sister"}, "tracking ID contains 0014100902"),
    ("3816473", {"fedex"}, "order contains 3816473"),
    ("54d775", {"ups"}, "tracking ID contains 54D775"),
    ("2024", {"usps"}, "order contains 2024"),
    ("547", set(), ""),
    # Nothing that a number has
    ("—«»—", {"no letters"}, "return is —«»—"),
    ("Заказ", set(), ""),
    ("---", set(), ""),
    ("%", set(), ""),
    ("_______", set(), ""),
    ("' OR 1=1 --", set(), ""),
    ("<script>", set(), ""),
]


@pytest.fixture
def stored() -> dict[int, str]:
    """The returns of STORED, by id."""
    made = {
        name: make_return(reference, sales_order_reference_number=order, tracking_id=tracking)
        for name, (order, reference, tracking) in STORED.items()
    }
    return {record.pk: name for name, record in made.items()}


@pytest.mark.parametrize(("text", "expected", "why"), TYPED)
def test_a_typed_or_scanned_form_finds_its_return_and_says_why(text, expected, why, stored):
    result = search(text)
    assert {stored[pk] for pk in result.hits} == expected
    assert {hit.why for hit in result.hits.values()} == ({why} if why else set())
    assert result.not_found == (() if expected else (text.strip(),))
    assert not result.cut_short


LISTS = [
    ("Return-14844 Return-20001", {"published", "fedex"}, ()),
    ("Return-14844\nReturn-20001\r\nReturn-20002", {"published", "fedex", "ups"}, ()),
    ("Return-14844,Return-20001;14845", {"published", "its sister", "fedex"}, ()),
    ("315045706115\t1Z0B54D77529307864", {"fedex", "ups"}, ()),
    ("RSO100490909, NOWHERE-77", {"published", "its sister"}, ("NOWHERE-77",)),
    ("3150 4570 6115, 1Z 0B5 4D7 75 2930 7864", {"fedex", "ups"}, ()),
    ("315045706115 315045706115,315045706115", {"fedex"}, ()),
    ("NOWHERE-77, NOWHERE-78", set(), ("NOWHERE-77", "NOWHERE-78")),
    # The end and the barcode, of those that are not there whole
    ("Return-14844, 7864, 420902109400211899223197428490", {"published", "ups", "usps"}, ()),
]


@pytest.mark.parametrize(("text", "expected", "missing"), LISTS)
def test_several_pasted_numbers_find_all_their_returns(text, expected, missing, stored):
    result = search(text)
    assert {stored[pk] for pk in result.hits} == expected
    assert result.not_found == missing


def test_spaces_stand_in_one_number_when_that_is_there(stored):
    result = search("40838 16473 2201878")
    assert [stored[pk] for pk in result.hits] == ["fedex"]
    assert not result.is_list


def test_two_hundred_numbers_are_found_in_three_queries(django_assert_max_num_queries):
    records = make_returns({"tracking_id": f"12345{number:07}"} for number in range(199))
    text = "\n".join([*(record.tracking_id for record in records), "NOWHERE-77"])
    with django_assert_max_num_queries(3):
        result = search(text)
    assert set(result.hits) == {record.pk for record in records}
    assert result.not_found == ("NOWHERE-77",)


def test_more_numbers_than_a_search_takes_are_refused(as_agent):
    make_return()
    text = " ".join(f"12345{number:07}" for number in range(MAX_NUMBERS + 1))
    answer = as_agent.get("/returns/", {"q": text})
    assert "enter at most 200 numbers; these are 201." in answer.text
    assert "data-return" not in answer.text


def test_the_best_match_comes_first_then_the_newest(as_agent):
    make_return("X-1-4711-1", tracking_id="")  # a whole match needs no guesses
    begins = make_return("B", tracking_id="471199")
    older, newer = (make_return(f"E{n}", tracking_id=f"99{n}4711") for n in range(2))
    whole = make_return("W", tracking_id="4711")
    result = as_agent.get("/returns/?q=4711").context["list"]
    assert [record.pk for record in result.page.rows] == [
        record.pk for record in (whole, newer, older, begins)
    ]
    assert result.summary == "4 returns, best match first"


def test_pages_of_a_search_go_through_its_ranks_and_back():
    make_returns({"reference": f"E{number:02}-4711", "tracking_id": ""} for number in range(60))
    make_returns({"reference": f"4711-B{number:02}", "tracking_id": ""} for number in range(40))
    first = return_list(Query.parse("q=4711"))
    second = return_list(Query.parse(f"q=4711&after={first.page.next}"))
    back = return_list(Query.parse(f"q=4711&before={second.page.previous}"))
    rows = [row.return_reference_number for row in first.page.rows + second.page.rows]
    assert rows == [f"E{n:02}-4711" for n in range(59, -1, -1)] + [
        f"4711-B{n:02}" for n in range(39, -1, -1)
    ]
    assert back.page.rows == first.page.rows
    assert second.page.next is None


def test_a_sort_that_is_asked_for_wins_over_the_rank():
    make_return("whole", tracking_id="4711")
    make_return("newest", tracking_id="994711")
    result = return_list(Query.parse("q=4711&sort=-created"))
    assert [str(record) for record in result.page.rows] == ["newest", "whole"]
    assert result.address == "q=4711&sort=-created"


def test_a_whole_number_is_not_looked_for_in_the_middle_of_others():
    whole = make_return(tracking_id="4711")
    make_return(tracking_id="99471199")
    assert list(search("4711").hits) == [whole.pk]


def test_the_middle_of_an_old_return_is_found_by_its_index(monkeypatch):
    old = make_return(tracking_id="99471199")
    monkeypatch.setattr(
        finding.statements,
        "MIDDLE_OF_THE_NEWEST",
        finding.statements.MIDDLE_OF_THE_NEWEST.replace("LIMIT 5000", "LIMIT 0"),
    )
    assert list(search("4711").hits) == [old.pk]


def test_a_search_that_takes_too_long_keeps_what_it_has_and_says_so(as_agent, monkeypatch):
    make_return(tracking_id="99471199")
    slow = finding.statements.MIDDLE.replace("WHERE", "WHERE pg_sleep(2) IS NOT NULL AND", 1)
    monkeypatch.setattr(finding.statements, "MIDDLE", slow)
    monkeypatch.setattr(finding, "MIDDLE_TIME_LIMIT_MS", 20)
    answer = as_agent.get("/returns/?q=4711")
    assert "The search was cut short" in answer.text
    assert len(answer.context["list"].page.rows) == 1


def test_the_limit_of_the_middle_search_ends_with_it():
    make_return(tracking_id="99471199")
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        before = cursor.fetchone()
        search("4711")
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == before


NEAR = [
    ("1201450414625470014100902000X10011", "published"),
    ("12014504146254700141009020000l0011", "published"),
    ("31504570611S", "fedex"),
    ("315054706115", "fedex"),
    ("1Z0B54D775293O7864", "ups"),
    ("HB-1584479", "ups"),
    ("9400211899223197428491", "usps"),
]


@pytest.mark.parametrize(("text", "name"), NEAR)
def test_a_misheard_number_offers_the_nearest(text, name, stored):
    make_returns({"tracking_id": f"{n}77{n:04}88{n:03}"} for n in range(50))
    assert not search(text).hits
    assert stored[nearest(text)[0].record.pk] == name


def test_the_nearest_number_marks_where_it_differs(as_agent, stored):
    parts = nearest("31504570611S")[0].parts
    assert parts == [("31504570611", False), ("5", True)]
    page = flat(as_agent.get("/returns/?q=1Z0-B54D775293O7864"))
    assert "1Z0B54D775293</span><mark>0</mark>" in page
    assert ", different: 0</span>" in page


def test_a_difference_counts_characters_as_they_are_stored(stored):
    make_return("İade-77-1234567")
    parts = nearest("IADE 77 1234569")[0].parts
    assert parts == [("İade-77-123456", False), ("7", True)]


def test_a_bare_number_counts_as_whole(as_agent, stored):
    longer = make_return("Return-914844", tracking_id="99914844")
    result = search("14844")
    assert [stored.get(pk) for pk in result.whole_matches] == ["published"]
    assert result.hits[longer.pk].why == "return ends in 14844"
    assert as_agent.get("/find/?q=14844").url == "/returns/Return-14844/"


@pytest.mark.parametrize("text", ["844", "0014844", "R14844", "4844"])
def test_less_or_more_than_the_bare_number_is_not_whole(text, stored):
    assert search(text).whole_matches == []


def test_enter_opens_no_return_if_two_have_the_bare_number(as_agent, stored):
    make_return("RT-14844", sales_order_reference_number="RSO1")
    assert as_agent.get("/find/?q=14844").url == "/returns/?q=14844"


def test_nothing_near_is_offered_for_nonsense(stored):
    assert nearest("QQQQ") == []
    assert nearest("---") == []


def test_the_page_says_what_was_tried_and_offers_the_nearest(as_agent, stored):
    answer = as_agent.get("/returns/?q=HB-1584479")
    assert "No returns match “HB-1584479”" in answer.text
    assert "Searched in order, return and tracking numbers" in answer.text
    assert 'href="/returns/Return-20002/"' in answer.text


def test_the_page_says_which_numbers_were_not_found(as_agent, stored):
    answer = as_agent.get("/returns/", {"q": "Return-14844, NOWHERE-77\nNOWHERE-78"})
    assert "2 of 3 numbers were not found:</b> NOWHERE-77, NOWHERE-78" in flat(answer)
    assert 'data-copy="NOWHERE-77\nNOWHERE-78"' in answer.text


def test_each_row_says_why_it_was_found(as_agent, stored):
    answer = as_agent.get("/returns/?q=0011")
    assert "tracking ID ends in 0011" in answer.text


def test_other_filters_that_hide_what_was_found_are_named(as_agent, stored):
    answer = as_agent.get("/returns/?q=0011&state=Completed")
    assert "No returns match these filters" in answer.text
    assert 'href="/returns/?q=0011"' in answer.text


def test_the_filter_of_one_number_takes_its_ends_alone(stored):
    assert [stored[pk] for pk in search_ends("6115", ("tracking_key",)).hits] == ["fedex"]
    assert not search_ends("6115", ("order_key",)).hits
    assert not search_ends("4570", ("tracking_key",)).hits


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Return 14844", ("Return 14844",)),
        ("RSO 1004922", ("RSO 1004922",)),
        ("12345 67890", ("12345", "67890")),
        ("12345,\n,;67890 ; ", ("12345", "67890")),
        ("12345,", ("12345",)),
        (",;", (",;",)),
    ],
)
def test_separators_and_spaces_part_numbers(text, numbers):
    assert TypedNumbers.parse(text).numbers == numbers


@pytest.mark.slow
def test_every_branch_of_a_search_reads_an_index():
    # Of a table of one row the planner may read any index from end to end.
    at = timezone.now()
    Return.objects.bulk_create(
        Return(
            return_reference_number=f"Return-{number}",
            sales_order_reference_number=f"RSO{number}",
            tracking_id=str(number),
            state="ReturnCreated",
            created_at=at,
            updated_at=at,
        )
        for number in range(10_000, 12_000)
    )
    sql = finding.statements.find_statement(
        ("order_key", "return_key", "tracking_key"), tuple(finding.Tier)[:-1]
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE returns_return")
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {sql}", {"texts": ["4711"], "cap": 1001})
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Seq Scan on returns_return" not in plan
    # A scan on returns without a condition for its index would read all of them.
    scans = re.findall(r"Scan .*on returns_return .*\n\s*(\w+ Cond|\w+)", plan)
    assert set(scans) <= {"Index Cond", "Recheck Cond"}
    assert len(scans) >= 15
