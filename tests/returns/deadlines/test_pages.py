"""The pages of deadlines and of the calendar: who changes them, what is kept, what is refused."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import override

from config.dates import full_day
from returns.deadlines import editing, wording
from returns.display.deadlines import due_text
from returns.filters.due import Due
from returns.models import DeadlinePolicy, Preferences, Return, State, Unit, WorkingCalendar
from tests.factories import make_return, make_tag
from tests.markup import flat

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]

# A Wednesday, 15:00 in Istanbul.
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _now(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def policy() -> DeadlinePolicy:
    parameters = {"tag": [make_tag("books").pk]}
    made = DeadlinePolicy(name="Books", parameters=parameters, amount=2, unit=Unit.BUSINESS_DAYS)
    return editing.save_policy(made)


def sent(name: str = "New", amount: object = 3, unit: str = "business_days") -> dict:
    return {"name": name, "amount": amount, "unit": unit}


def calendar(**changed) -> dict:
    hours = {f"opens_{day}": "09:00" for day in range(5)}
    hours |= {f"closes_{day}": "17:30" for day in range(5)}
    others = {"country": "TR", "closed_days": "", "open_days": "", "at_risk_hours": 4}
    return hours | others | changed


def waiting(reference: str) -> Return:
    arrived = NOW - timedelta(days=5)
    return make_return(
        reference, state=State.ARRIVED, created_at=arrived, arrived_to_warehouse_at=arrived
    )


def test_a_deadline_is_made_of_the_filter_of_the_list(as_manager):
    waiting("one")
    page = as_manager.get("/deadlines/new/?notes=wet&tag=books&sort=order&after=x")
    assert page.context["listed"].filters == [("notes contain", "wet"), ("tags", "books")]
    answer = as_manager.post("/deadlines/new/?notes=wet&tag=books", sent(), follow=True)
    kept = DeadlinePolicy.objects.get()
    assert kept.parameters == {"notes": ["wet"], "tag": [make_tag("books").pk]}
    assert (kept.name, kept.amount, kept.unit) == ("New", 3, Unit.BUSINESS_DAYS)
    assert "Saved the deadline “New”." in answer.text
    assert "3 business days" in answer.text
    assert "if arrived now: due Mon 30 Nov, 18:00" in answer.text


def test_the_list_leads_to_a_new_deadline(as_manager):
    waiting("one")
    page = as_manager.get("/returns/?reference=one").text
    assert 'href="/deadlines/new/?reference=one"' in page


def test_a_deadline_of_every_return_needs_no_filter(as_manager):
    assert "All returns." in as_manager.get("/deadlines/new/").text
    as_manager.post("/deadlines/new/", sent(amount=1))
    assert DeadlinePolicy.objects.get().parameters == {}


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("stete=Completed", "stete: there is no such filter."),
        ("q=one", "A deadline cannot filter by: search."),
        ("queue=to_inspect&waiting_over=2", "A deadline cannot filter by: queue, waiting over."),
    ],
)
def test_a_filter_that_makes_no_deadline_is_named_and_nothing_is_kept(as_manager, query, words):
    assert words in as_manager.get(f"/deadlines/new/?{query}").text
    answer = as_manager.post(f"/deadlines/new/?{query}", sent())
    assert answer.status_code == 422
    assert words in answer.text
    assert not DeadlinePolicy.objects.exists()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (sent(name=""), "This field is required."),
        (sent(name=" BOOKS "), "There is already a deadline named “Books”."),
        (sent(amount=0), "greater than or equal to 1"),
        (sent(amount=251), "Enter 1 to 250 business days"),
        (sent(amount="soon"), "Enter a whole number."),
        (sent(unit="moons"), "moons is not one of the available choices"),
    ],
)
def test_what_cannot_be_kept_is_said_and_what_was_typed_stays(as_manager, policy, fields, words):
    answer = as_manager.post("/deadlines/new/", fields)
    assert answer.status_code == 422
    assert words in answer.text
    assert answer.context["form"]["name"].value() == fields["name"]
    assert DeadlinePolicy.objects.count() == 1


def test_a_deadline_is_changed_moved_and_deleted(as_manager, policy):
    path = f"/deadlines/{policy.pk}/"
    as_manager.post("/deadlines/new/", sent("Rest"))
    as_manager.post(path, sent("Paper", 4, "hours"))
    as_manager.post(path, {"action": "down"})
    kept = list(DeadlinePolicy.objects.values_list("name", "amount", "unit"))
    assert kept == [("Rest", 3, "business_days"), ("Paper", 4, "hours")]
    assert as_manager.post(path, {"action": "explode"}).status_code == 400
    gone = as_manager.post(path, {"action": "remove"}, follow=True)
    assert "Deleted the deadline “Paper”." in gone.text
    assert as_manager.get(path).status_code == 404


def seen_by(client, path: str) -> dict[str, str]:
    return {"seen": client.get(path).context["form"]["seen"].value()}


def test_two_managers_do_not_lose_each_other_s_deadlines(as_manager, as_admin, policy):
    path = f"/deadlines/{policy.pk}/"
    seen = seen_by(as_manager, path)
    as_admin.post(path, sent("Paper", 4, "hours") | seen_by(as_admin, path))
    answer = as_manager.post(path, sent("Books", 9) | seen)
    assert answer.status_code == 422
    assert "Somebody changed this deadline meanwhile" in answer.text
    assert DeadlinePolicy.objects.get().name == "Paper"
    as_manager.post("/deadlines/new/", sent("Rest"))
    seen = seen_by(as_manager, path)
    as_admin.post(path, {"action": "down"})  # another place is no other deadline
    assert as_manager.post(path, sent("Books", 9) | seen).status_code == 302


@pytest.mark.slow
def test_two_managers_do_not_lose_each_other_s_calendar(as_manager, as_admin):
    path = "/deadlines/calendar/"
    seen = seen_by(as_manager, path)
    as_admin.post(path, calendar(country="DE") | seen_by(as_admin, path))
    answer = as_manager.post(path, calendar(country="TR") | seen)
    assert answer.status_code == 422
    assert "Somebody changed the calendar meanwhile" in answer.text
    assert WorkingCalendar.objects.get().country == "DE"
    assert as_manager.post(path, calendar() | seen_by(as_manager, path)).status_code == 302


def test_a_deadline_gets_another_filter(as_manager, policy):
    page = as_manager.get("/deadlines/new/?notes=wet")
    assert f'<option value="{policy.pk}">Books</option>' in page.text
    answer = as_manager.post("/deadlines/new/?notes=wet", {"replaces": policy.pk}, follow=True)
    assert "“Books” now uses this filter." in answer.text
    policy.refresh_from_db()
    assert (policy.parameters, policy.amount) == ({"notes": ["wet"]}, 2)
    for nobody in ("0", "x", "9" * 30):
        answer = as_manager.post("/deadlines/new/?notes=wet", {"replaces": nobody})
        assert answer.status_code == 404


def test_a_deadline_whose_tag_is_gone_says_so(as_agent, policy):
    editing.use_filter(policy, {"tag": [0]})
    for path in ("/deadlines/", f"/deadlines/{policy.pk}/"):
        page = as_agent.get(path).text
        assert "atches nothing: Tags: there is no tag “deleted tag 0”." in page


def test_an_agent_looks_and_changes_nothing(as_agent, policy):
    waiting("one")
    for path in ("/deadlines/", f"/deadlines/{policy.pk}/"):
        page = as_agent.get(path)
        assert "Books" in page.text
        assert "<button" not in page.text.partition("<main")[2].partition("</main")[0]
    assert "Make a deadline" not in as_agent.get("/returns/?reference=one").text
    for path, fields in (
        (f"/deadlines/{policy.pk}/", {"action": "remove"}),
        (f"/deadlines/{policy.pk}/", sent()),
        ("/deadlines/new/", sent()),
        ("/deadlines/calendar/", calendar()),
    ):
        assert as_agent.post(path, fields).status_code == 403
    assert DeadlinePolicy.objects.get().name == "Books"
    assert not WorkingCalendar.objects.exists()


def test_without_deadlines_the_page_says_what_they_are(as_agent):
    page = as_agent.get("/deadlines/").text
    assert "No deadlines yet" in page
    assert "Monday to Friday</dt><dd>09:00 – 18:00" in page
    assert "Saturday and Sunday</dt><dd>closed" in page


def test_the_calendar_names_the_next_days_that_are_not_as_usual(as_agent):
    editing.save_calendar(
        WorkingCalendar(closed_days=[date(2026, 12, 24)], open_days=[date(2027, 1, 1)])
    )
    days = as_agent.get("/deadlines/").context["calendar"].next_days
    assert [(f"{each.day:%d %b}", each.name, each.hours) for each in days][:4] == [
        ("24 Dec", "", "closed (extra closing day)"),
        ("01 Jan", "New Year's Day", "open (extra opening day)"),
        ("08 Mar", "Eid al-Fitr", "closes at 13:00"),
        ("09 Mar", "Eid al-Fitr", "closed"),
    ]


def test_the_calendar_is_changed(as_manager):
    fields = calendar(
        closed_days="2026-12-24\n\n 2026-12-31 ",
        open_days="2026-11-28",
        opens_6="20:00",
        closes_6="00:00",
        country="DE",
    )
    answer = as_manager.post("/deadlines/calendar/", fields, follow=True)
    assert "Saved the calendar." in answer.text
    kept = WorkingCalendar.objects.get()
    assert kept.hours == [["09:00", "17:30"]] * 5 + [[], ["20:00", "00:00"]]
    assert (kept.country, kept.at_risk_hours) == ("DE", 4)
    assert kept.own_days == ([date(2026, 12, 24), date(2026, 12, 31)], [date(2026, 11, 28)])
    form = as_manager.get("/deadlines/calendar/").context["form"]
    assert form["closed_days"].value() == "24 Dec 2026\n31 Dec 2026"
    assert str(form["closes_0"].value()) == "17:30"
    as_manager.post("/deadlines/calendar/", calendar(country=""))
    assert WorkingCalendar.objects.get().country == ""


NO_HOURS = {f"{end}_{day}": "" for end in ("opens", "closes") for day in range(7)}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"closed_days": "2026-12-24\n24.12."}, "Line 2: “24.12.” is not a day. Use 24/12/2026 or"),
        ({"open_days": "2026-02-30"}, "Line 1: “2026-02-30” is not a day"),
        ({"closed_days": "2026-12-24", "open_days": "2026-12-24"}, "is also a closing day"),
        ({"opens_0": ""}, "Enter when Monday opens, or clear both times."),
        ({"closes_4": ""}, "Enter when Friday closes, or clear both times."),
        ({"closes_1": "08:00"}, "Tuesday must close at least an hour after it opens"),
        ({"closes_1": "09:30"}, "Tuesday must close at least an hour after it opens"),
        ({"opens_2": "25:00"}, "Enter a valid time."),
        (NO_HOURS, "must open on at least one day of the week"),
        ({"country": "XX"}, "XX is not one of the available choices"),
        ({"at_risk_hours": "0"}, "greater than or equal to 1"),
    ],
)
def test_a_calendar_that_cannot_be_is_refused_in_words(as_manager, changed, words):
    answer = as_manager.post("/deadlines/calendar/", calendar(**changed))
    assert answer.status_code == 422
    assert words in answer.text
    assert not WorkingCalendar.objects.exists()


def test_the_page_costs_the_same_whatever_deadlines_there_are(as_agent, policy):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            as_agent.get("/deadlines/")
        return len(captured)

    few = queries()
    for number in range(6):
        parameters = {"tag_any": [make_tag("books").pk]}
        made = DeadlinePolicy(name=f"{number}", parameters=parameters, amount=1, unit=Unit.HOURS)
        editing.save_policy(made)
    assert queries() == few


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (-28 * 60, "late by 1 d 4 h"),
        (-0.5, "late by under a minute"),
        (0, "at risk, due in under a minute"),
        (3 * 60, "at risk, due in 3 h"),
        (8 * 60, "at risk, due in 8 h"),
        (8 * 60 + 1, "Wed 25 Nov, 23:01"),
        (60 * 24 * 60, "Sun 24 Jan 2027, 15:00"),
    ],
)
def test_a_deadline_in_words(minutes, words):
    due = Due(NOW + timedelta(minutes=minutes), "Books", timedelta(hours=8))
    assert due_text(due, NOW) == words


def test_the_queue_and_a_return_say_its_deadline(as_agent):
    editing.save_policy(DeadlinePolicy(name="All <b>", amount=100, unit=Unit.HOURS))
    record = waiting("one")
    queue = as_agent.get("/queue/?queue=to_inspect").text
    assert 'class="due is-late"' in queue
    assert "late by 20 h" in queue
    assert 'href="/queue/?queue=to_inspect&amp;deadline=late"' in queue
    htmx = {"HX-Request": "true", "HX-Request-Type": "partial"}
    preview = as_agent.get(f"/return/{record.pk}/card/", headers=htmx).text
    for page in (as_agent.get(record.get_absolute_url()).text, preview):
        assert "late by 20 h" in page
        assert "All &lt;b&gt;: due Tue 24 Nov, 19:00" in page


def test_the_chosen_deadline_is_a_chip_that_can_be_taken_off(as_agent):
    editing.save_policy(DeadlinePolicy(name="All", amount=100, unit=Unit.HOURS))
    waiting("one")
    page = as_agent.get("/queue/?queue=to_inspect&deadline=late")
    (chip,) = page.context["list"].chips
    assert (chip.text, chip.address_without) == ("deadline late", "/queue/?queue=to_inspect")
    fields = {each.id: each.value for each in page.context["list"].more_fields}
    assert fields["id_deadline"] == "late"


@pytest.mark.slow
def test_the_column_stands_in_the_queue_of_what_waits_once_there_are_deadlines(as_agent):
    def headers(queue: str) -> list[str]:
        listing = as_agent.get(f"/queue/?queue={queue}").context["list"]
        return [str(column.header) for column in listing.table.columns]

    waiting("one")
    assert "Deadline" not in headers("to_inspect")
    editing.save_policy(DeadlinePolicy(name="All", amount=100, unit=Unit.HOURS))
    assert "Deadline" in headers("to_inspect")
    assert "Deadline" not in headers("on_the_way")


# Deadlines that are never reached


def make_policy(name: str, amount: int = 3, **parameters) -> DeadlinePolicy:
    made = DeadlinePolicy(name=name, parameters=parameters, amount=amount, unit=Unit.HOURS)
    made.position = DeadlinePolicy.objects.count() + 1
    made.save()
    return made


def test_a_new_deadline_goes_above_those_that_match_all_of_its_returns(as_manager):
    make_policy("Wet", notes=["wet"])
    make_policy("Everything else")
    as_manager.post("/deadlines/new/?tag=books", sent("Books"))
    as_manager.post("/deadlines/new/?tag=books&notes=wet", sent("Wet books"))
    as_manager.post("/deadlines/new/", sent("All"))
    assert [str(each) for each in DeadlinePolicy.objects.all()] == [
        *("Wet books", "Wet", "Books", "Everything else", "All")
    ]


@pytest.mark.parametrize(
    ("above", "below", "words"),
    [
        ({}, {"notes": ["wet"]}, "“Above” above it matches every return"),
        ({"notes": ["wet"]}, {"notes": ["wet"], "source": ["WMS"]}, "all of its returns"),
        ({"missing": ["order"]}, {"missing": ["order", "tracking"]}, "all of its returns"),
        ({"notes": ["wet"]}, {"source": ["WMS"]}, ""),
        ({"missing": ["order", "tracking"]}, {"missing": ["order"]}, ""),
        ({"tag": [0]}, {"tag": [0], "notes": ["wet"]}, "matches nothing"),
    ],
)
def test_a_deadline_that_is_never_reached_says_why(as_agent, above, below, words):
    make_policy("Above", **above)
    policy = make_policy("Below", **below)
    said = as_agent.get(f"/deadlines/{policy.pk}/").context["listed"].problem
    assert words in said
    assert bool(said) == bool(words)
    listed = as_agent.get("/deadlines/").text
    assert ("It is never reached" in listed) == ("above it" in said or "all of its" in said)


def test_tags_are_compared_as_any_and_all_of_them(as_agent):
    books, fragile = make_tag("books").pk, make_tag("fragile").pk
    make_policy("One of them", tag_any=[books, fragile])
    below = [make_policy("Books", tag_any=[books]), make_policy("Both", tag=[books, fragile])]
    for policy, is_never_reached in zip(below, [True, False], strict=True):
        problem = as_agent.get(f"/deadlines/{policy.pk}/").context["listed"].problem
        assert bool(problem) == is_never_reached


def test_each_deadline_says_how_many_waiting_returns_it_decides(as_agent):
    for number, notes in enumerate(["wet", "wet", "dry"]):
        Return.objects.filter(pk=waiting(f"r{number}").pk).update(notes=notes)
    wet, rest = make_policy("Wet", notes=["wet"]), make_policy("Everything else")
    make_policy("Never")
    listed = as_agent.get("/deadlines/").context["deadlines"]
    assert [str(each.waiting) for each in listed] == ["2", "1", "0"]
    page = flat(as_agent.get(f"/deadlines/{wet.pk}/"))
    assert "<b>2</b> waiting returns</a> are due" in page
    assert "<b>1</b> waiting return</a> is due" in flat(as_agent.get(f"/deadlines/{rest.pk}/"))
    for each in listed:
        assert f'href="{each.waiting_path}"' in as_agent.get("/deadlines/").text
        assert len(as_agent.get(each.waiting_path).context["list"].rows) == each.waiting.number


def test_of_more_waiting_returns_than_are_counted_no_number_is_whole(as_agent, monkeypatch):
    monkeypatch.setattr(wording, "LIST_CAP", 1)
    for number in range(3):
        waiting(f"r{number}")
    entry = make_policy("Everything")
    assert "<b>2+</b> waiting returns</a> are due" in flat(as_agent.get(f"/deadlines/{entry.pk}/"))


@pytest.mark.parametrize("name", ["Gone", "\0", "x" * 3_000])
def test_a_list_by_a_deadline_that_does_not_exist_says_so(as_manager, name):
    make_return("R1", state=State.ARRIVED)
    page = as_manager.get("/returns/", {"due_under": name}).context["list"]
    assert (len(page.rows), len(page.problems)) == (0, 1)
    assert page.problems[0].startswith("Due under the deadline: ")


def test_a_list_by_a_deadline_knows_its_name_in_any_case(as_manager):
    editing.save_policy(DeadlinePolicy(name="All", amount=24, unit="hours"))
    make_return("R1", state=State.ARRIVED)
    page = as_manager.get("/returns/", {"due_under": "aLL"}).context["list"]
    assert [row.record.return_reference_number for row in page.rows] == ["R1"]


def test_a_deadline_that_is_never_reached_says_nothing_else(as_manager):
    for name in ("All", "Never"):
        editing.save_policy(DeadlinePolicy(name=name, amount=24, unit="hours"))
    never = DeadlinePolicy.objects.get(name="Never")
    page = as_manager.get(f"/deadlines/{never.pk}/").text
    assert "never reached" in page
    assert "A return that arrived now" not in page
    assert as_manager.get("/deadlines/").text.count("if arrived now") == 1


def in_language(person, language: str) -> None:
    Preferences.objects.update_or_create(user=person, defaults={"language": language})


@pytest.mark.parametrize(
    ("language", "typed", "example"),
    [
        ("tr", "24.12.2026\n31 Ara 2026", "24.12.2026"),
        ("de", "24.12.2026\n31. Dezember 2026", "24.12.2026"),
        ("en", "24/12/2026\n31 Dec 2026", "24/12/2026"),
    ],
)
def test_days_are_typed_in_the_form_of_the_language(as_manager, manager, language, typed, example):
    in_language(manager, language)
    form = as_manager.get("/deadlines/calendar/").context["form"]
    with override(language):
        assert example in str(form.fields["closed_days"].help_text)
    answer = as_manager.post("/deadlines/calendar/", calendar(closed_days="24.12."))
    (error,) = answer.context["form"].errors["closed_days"]
    assert example in error
    assert "2026-12-24" in error
    as_manager.post("/deadlines/calendar/", calendar(closed_days=typed))
    days = [date(2026, 12, 24), date(2026, 12, 31)]
    assert WorkingCalendar.objects.get().closed_days == days
    shown = as_manager.get("/deadlines/calendar/").context["form"]["closed_days"].value()
    with override(language):
        assert shown == "\n".join(map(full_day, days))
    as_manager.post("/deadlines/calendar/", calendar(closed_days=shown))
    assert WorkingCalendar.objects.get().closed_days == days


@pytest.mark.parametrize(("language", "hours"), [("tr", 1000), ("de", 1000), ("en", 1)])
def test_an_amount_may_be_grouped_as_the_language_does_it(as_manager, manager, language, hours):
    """Browsers send "1.000" as it was typed; in English it is one, with three decimals."""
    in_language(manager, language)
    as_manager.post("/deadlines/new/?notes=wet", sent(amount="1.000", unit="hours"))
    assert DeadlinePolicy.objects.get().amount == hours


@pytest.mark.parametrize(("language", "most"), [("tr", "8.760"), ("de", "8.760"), ("en", "8,760")])
def test_the_largest_amount_is_named_as_the_language_writes_it(as_manager, manager, language, most):
    in_language(manager, language)
    answer = as_manager.post("/deadlines/new/?tag=books", sent(amount="9999"))
    (error,) = answer.context["form"].errors["amount"]
    assert most in error
