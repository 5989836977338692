"""Whatever an address says: an answer, never a failure, and never everything by mistake."""

import base64
import json
import re
import unicodedata
from urllib.parse import quote, urlencode

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from returns.filters.fields import TAG_PARAMETERS
from returns.filters.typed_shoppers import find_shopper_number
from returns.models import Return, State
from returns.models.returns import UNREACHABLE_REFERENCES
from tests.factories import make_return, put_tag
from tests.trials import tried_on

pytestmark = pytest.mark.slow

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}

NUMBERS = ("q", "order", "reference", "tracking")
MOMENTS = tuple(
    f"{event}_{end}" for event in ("created", "arrived", "completed") for end in ("from", "to")
)
OTHERS = (
    "state",
    "queue",
    "queue",
    *TAG_PARAMETERS,
    "missing_group",
    "notes",
    "order_returns",
    "waiting_over",
    "waiting_under",
    "carrier",
    "channel",
    "source",
    "missing",
    "problem",
    "deadline",
    "order_is",
    "rule",
    "rule_undone",
    "rule_from",
    "rule_to",
    "took_over",
    "took_under",
    "took",
    "arrived_weekday",
    "open_at",
    "group",
    "on_the_way_over",
    "on_the_way_under",
    "sort",
    "after",
    "before",
)
NAMES = (*NUMBERS, *MOMENTS, *OTHERS)
SORTS = [sign + name for name in ("created", "arrived", "order", "reference") for sign in ("", "-")]


def cursor(*parts) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


NASTY = [
    *("\0", "\x1f", "\u200b", "\ud800", "\ufffd", "%", "_", "\\", "'", '"', "-", "…", "\x85"),
    *("' OR 1=1 --", "'); DROP TABLE returns_return; --", "<script>alert(1)</script>", "{{ 7*7 }}"),
    *("x" * 10_000, "9" * 10_000, "İ" * 200, "ﷺ" * 200, "0." + "0" * 5_000 + "1"),
    *("2026-01-01T00:00:00+23:59", "2026-01-01T00:00:00+00:00:00.5", "0001-01-01T00:00"),
    *("9999-12-31", "9999-12-31T23:59:59.999999", "-9999d", "-٣d", "2026-W01-1", "24:00"),
    *("nan", "inf", "-0", "1e-400", "1e99999", "٣", " created", "--created", "-", "sort"),
    *(cursor("\ud800", 1), cursor("2026-01-01T00:00:00+23:59", 1), cursor(None, 2**63)),
    *(cursor("0001-01-01T00:00:00+15:59", 1), cursor(True, True), cursor("x", 1), "[" * 400, "é"),
    *("unknown", "monday", "met", "missed", "tags", "0", "24"),
    *("Lost", "BOOKS", "bo\0oks", *State.values, *SORTS),
]
# Every kind of character, halves of them too, but not planes where Unicode's versions differ.
character = st.characters(exclude_categories=[], max_codepoint=0xFFFF)
text = st.one_of(st.sampled_from(NASTY), st.text(character), st.dates().map(str))
name = st.one_of(st.sampled_from(NAMES), st.text(character, max_size=9))
filters = st.lists(st.tuples(name, text), max_size=5)

many = tried_on(60)


@pytest.fixture
def desk(as_agent, vocabulary):
    """Return a client of somebody who may look at three returns, one in each state."""
    for number, state in enumerate(State.values):
        record = make_return(
            f"Return-{number}a",
            sales_order_reference_number=f"RSO{number}b",
            tracking_id=f"7{number}c",
            state=state,
        )
    put_tag(record, "books")
    return as_agent


def encoded(said) -> str:
    """Write the parameters as bytes, also what no well-behaved browser would send."""
    return "&".join(
        "=".join(quote(part.encode("utf-8", "surrogatepass")) for part in pair) for pair in said
    )


def rows(response) -> list[str]:
    return [record.return_reference_number for record in response.context["list"].page.rows]


def rows_written(response) -> int:
    return response.text.count('data-return="')


@pytest.mark.django_db
@many
@given(filters)
@example([("state", "Lost")])
@example([("sort", " created")])
@example([("created_from", "2026-01-01T00:00:00+23:59")])
@example([("sort", "order"), ("after", cursor("\ud800", 1))])
@example([("after", cursor("2026-01-01T00:00:00+23:59", 1))])
@example([("after", cursor("0001-01-01T00:00:00+15:59", 1))])
@example([("tag", "BOOKS"), ("tag", "books"), ("created_to", "never")])
@example([("tag_any", "BOOKS"), ("tag_any", "bo\0oks"), ("sort", "-created")])
def test_every_address_is_answered_and_its_fragment_has_the_same_rows(desk, said):
    query = encoded(said)
    page = desk.get(f"/returns/?{query}")
    fragment = desk.get(f"/returns/?{query}", headers=HTMX | {"HX-Current-URL": f"/?{query}"})
    assert (page.status_code, fragment.status_code) == (200, 200)
    assert rows(page) == rows(fragment)
    assert rows_written(page) == rows_written(fragment) == len(rows(page))
    if page.context["list"].problems:
        assert rows(page) == []
        assert "This address is not valid" in page.text


def key(typed: str) -> str:
    """Write a number as it is compared, by another way than the program's."""
    letters = unicodedata.normalize("NFKD", typed).replace("ı", "i")
    return "".join(letter for letter in letters if letter.isascii() and letter.isalnum()).upper()


def numbers_of(record: Return, parameter: str) -> list[str]:
    numbers = {
        "reference": record.return_reference_number,
        "order": record.sales_order_reference_number,
        "tracking": record.tracking_id,
    }
    compared = numbers.values() if parameter == "q" else [numbers[parameter]]
    return [key(number) for number in compared]


def begins_or_ends(record: Return, parameter: str, typed: str) -> bool:
    wanted = key(typed)
    ends = numbers_of(record, parameter)
    return bool(wanted) and any(n.startswith(wanted) or n.endswith(wanted) for n in ends)


def has_to_do_with(record: Return, typed: str) -> bool:
    """Tell whether a number holds one of the typed ones, or is held by it, zeros aside."""
    wanted = [key(part).lstrip("0") for part in [typed, *re.split(r"[\s,;|]", typed)] if key(part)]
    numbers = [number for number in numbers_of(record, "q") if number]
    return any(part in number or number in part for number in numbers for part in wanted)


@pytest.mark.django_db
@many
@given(st.sampled_from(NUMBERS), st.one_of(text, st.text("RETUNSO-7012abc ", max_size=4)))
@example("q", "\u200b")
@example("q", "-")
@example("q", "À")
@example("tracking", "%")
@example("order", "' OR 1=1 --")
def test_what_is_typed_shows_what_matches_and_nothing_else(desk, parameter, typed):
    assume(parameter != "q" or not find_shopper_number(typed))  # which leads elsewhere
    found = desk.get(f"/returns/?{encoded([(parameter, typed)])}").context["list"]
    shown = {record.pk for record in found.page.rows}
    stored = Return.objects.all()
    if not typed.strip():
        assert shown == {record.pk for record in stored}
    elif found.problems:
        assert shown == set()
    elif parameter != "q":
        assert shown == {r.pk for r in stored if begins_or_ends(r, parameter, typed)}
    else:
        assert shown <= {r.pk for r in stored if has_to_do_with(r, typed)}
        if not found.search.is_list:
            assert shown >= {r.pk for r in stored if begins_or_ends(r, "q", typed)}


@pytest.mark.django_db
@many
@given(st.sampled_from(("state", *TAG_PARAMETERS, "sort", "after", "before", *MOMENTS)), text)
@example("after", cursor("2026-01-01T00:00:00+00:00", 1))
def test_a_value_that_does_not_exist_is_named_and_shows_nothing(desk, parameter, typed):
    found = desk.get(f"/returns/?{encoded([(parameter, '!' + typed)])}").context["list"]
    assert found.page.rows == []
    assert found.problems
    assert found.summary == "0 returns"


@pytest.mark.django_db
@many
@given(st.text(min_size=1), text)
def test_a_parameter_that_does_not_exist_shows_nothing(desk, parameter, typed):
    if parameter in NAMES or parameter == "_" or parameter.startswith("utm_") or not typed.strip():
        return
    found = desk.get(f"/returns/?{encoded([(parameter, typed)])}").context["list"]
    assert found.page.rows == []
    assert any("there is no such filter" in problem for problem in found.problems)


@pytest.mark.django_db
@many
@given(filters)
@example([("q", "\0")])
@example([("q", "Return-0a"), ("stete", "Lost")])
@example([("q", "\x1d7\x1d0c\x1d")])
@example([("q", "Return-0a"), ("after", cursor("x", 1))])
@example([("q", "RSO"), ("q", "x" * 10_001)])
@example([("q", "7"), ("order", "RSO0b"), ("tag", "books")])
@example([("q", "ş" * 10_000)])
@example([("q", "😀" * 10_001)])
def test_enter_leads_to_a_return_that_matches_or_to_the_list_of_what_was_said(desk, said):
    answer = desk.get(f"/find/?{encoded(said)}")
    assert answer.status_code == 302
    path = answer["Location"]
    led_to = desk.get(path)
    assert led_to.status_code == 200
    listed = desk.get(f"/returns/?{encoded(said)}")
    if listed.context["list"].problems:
        assert led_to.context["list"].problems == listed.context["list"].problems
        assert rows(led_to) == []
    elif "list" in led_to.context and not path.startswith("/returns/?order="):
        assert rows(led_to) == rows(listed)


@pytest.mark.django_db
@many
@given(st.text(character, min_size=1))
@example("\0")
@example("\ud800")
@example("../admin")
@example("%2e%2e/x")
@example("a\nb\r\x1d")
@example("x" * 9_000)
@example("/")
def test_a_reference_that_does_not_exist_is_not_found_whatever_it_is(desk, reference):
    # The addresses of other pages of the list: "live", "/export", "export.csv".
    assume(reference.strip("/").partition(".")[0] not in UNREACHABLE_REFERENCES)
    path = f"/returns/{quote(reference.encode('utf-8', 'surrogatepass'), safe='/')}"
    for address in (path, f"{path}/"):
        assert desk.get(address, follow=True).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["\0", "a\0b", "\ud800", "\x00\x1d"])
def test_characters_that_no_number_has_find_nothing_and_say_so(desk, typed):
    page = desk.get(f"/returns/?{encoded([('q', typed)])}")
    assert rows(page) == []
    assert "No returns match" in page.text


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["return-0a\0", "\x02RSO0b\x03", "\x1d70c", "\0\x1d70c\r\n"])
def test_control_characters_around_a_number_are_in_nobody_s_way(desk, typed):
    page = desk.get(f"/returns/?{encoded([('q', typed)])}")
    assert rows(page) == ["Return-0a"]


@pytest.mark.django_db
@many
@given(filters)
def test_the_address_of_an_answer_shows_the_same_again(desk, said):
    first = desk.get(f"/returns/?{encoded(said)}")
    again = desk.get(first.context["list"].path)
    assert rows(again) == rows(first)
    assert again.context["list"].problems == first.context["list"].problems
    assert again.context["list"].path == first.context["list"].path


@pytest.mark.django_db
@many
@given(filters)
def test_what_the_form_sends_next_shows_the_same(desk, said):
    first = desk.get(f"/returns/?{encoded(said)}").context["list"]
    if first.problems or first.page.previous or {"after", "before"} & {name for name, _ in said}:
        return
    fields = [(name, first.query.get(name, "")) for name in ("q", "order", "tracking")]
    fields += [("state", state.value) for state in first.states if state.is_chosen]
    fields += [(name, value) for name, values in first.chosen_names.items() for value in values]
    fields += [
        (field.name, field.value)
        for field in first.more_fields
        if field.type != "checkbox" or field.checked
    ]
    fields += [("sort", sort.value) for sort in first.sorts if sort.is_chosen]
    sent = urlencode(first.hidden_parameters + fields)
    again = desk.get(f"/returns/?{sent}").context["list"]
    assert again.page.rows == first.page.rows
    assert again.summary == first.summary
