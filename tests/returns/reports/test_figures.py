"""Every number of every report is that of the list that it opens."""

from collections.abc import Iterator
from datetime import timedelta
from random import Random

import pghistory
import pytest
from django.db import connection
from django.http import QueryDict
from django.utils import timezone

from returns import deadline_editing
from returns.filtersets import ReturnFilterSet
from returns.models import By, DeadlinePolicy, Return, ReturnTag, State, TagRule
from returns.reports.counted import Counted
from returns.reports.facts import Facts
from returns.reports.figures import Figure
from returns.reports.kept import Kept
from returns.reports.report import SUBJECTS, Report, report_of, source_of
from returns.reports.scope import Scope
from returns.reports.speed import PERCENTS
from returns.summaries import keeping
from returns.summaries.durations import EDGES
from tags.vocabulary import vocabulary as words
from tests.factories import make_return, put_tag
from tests.returns.reports.invented import MOMENTS, ZONES, scatter

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]
SCOPES = ["", "tag=BOOKS", "carrier=DHL", "channel=Web+shop", "missing=tags", "missing=carrier"]
# What each return was counted in as says these.
FACTS = [
    "state=Completed&state=ArrivedToWarehouse&carrier=Aras",
    "state=ReturnCreated",
    "tag=books&tag=fragile",
    "tag_any=books&tag_any=damaged&missing=channel",
    "tag_none=books&tag_none=fragile&channel=Web+shop",
    "missing_group=Return+reason",
    "missing=tags&missing=carrier",
]
OTHERS = ["state=Completed&state=ArrivedToWarehouse", "tag_none=fragile&took_over=24", "q=RSO2"]


@pytest.fixture
def at(monkeypatch):
    """Let it be a moment."""
    return lambda moment: monkeypatch.setattr(timezone, "now", lambda: moment)


def report(subject: str, query: str) -> Report:
    made = report_of(subject, QueryDict(query), timezone.now())
    assert made.problems == []
    return made


def figures(made: Report) -> Iterator[Figure]:
    for part in made.parts:
        for stat in part.stats:
            yield from filter(None, (stat.now, stat.before))
        for chart in part.charts:
            yield from (point.figure for series in chart.series for point in series.points)
        for table in part.tables:
            yield from (figure for row in table.rows for figure in row)


def counted(figure: Figure) -> int:
    filterset = ReturnFilterSet(QueryDict(figure.address.partition("?")[2]), words())
    assert filterset.problems() == []
    return filterset.qs.count()


def run_rules(chance: Random, now) -> None:
    """Let rules tag, and people undo, around a moment."""
    for record in Return.objects.all():
        if chance.random() < 0.4:
            with pghistory.context(rule=chance.choice(["First", "Second"])):
                put_tag(record, "investigate")
            if chance.random() < 0.5:
                with pghistory.context(**chance.choice([{"user": 1}, {"action": 1, "user": 1}])):
                    ReturnTag.objects.filter(entity=record, tag__name="investigate").delete()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE returns_returntagevent SET pgh_created_at = %s - random() * interval '40 days' "
            "WHERE pgh_label = 'tag.added'",
            [now],
        )


@pytest.mark.parametrize(("zone", "now"), list(zip(ZONES, MOMENTS, strict=True)))
@pytest.mark.parametrize("kept", [True, False], ids=["kept", "counted"])
def test_every_figure_equals_its_list(settings, at, zone, now, kept):
    settings.TIME_ZONE = zone
    at(now)
    chance = Random(f"{zone} {kept}")
    scatter(chance, now, 50)
    run_rules(chance, now)
    parameters = deadline_editing.parameters_of(QueryDict("tag=wrong-size"))
    for name, said in (("Wrong size", parameters), ("All", {})):
        rule = DeadlinePolicy(name=name, parameters=said, amount=9, unit="working_hours")
        deadline_editing.keep(rule)
    if kept:
        keeping.build()
    opened: dict[str, int] = {}
    # Each scope is asked for once in two ways; nine of them in each zone would take minutes.
    scopes = [*SCOPES, *FACTS] if kept else [*OTHERS, *SCOPES[1:]]
    for scope in scopes[ZONES.index(zone) :: len(ZONES)]:
        for subject in SUBJECTS:
            period = chance.choice(["period=7", "period=30", "period=90"])
            for figure in figures(report(subject, f"{scope}&{period}")):
                if figure.address:
                    found = opened.get(figure.address)
                    if found is None:
                        found = opened[figure.address] = counted(figure)
                    assert figure.number == found, (scope, subject, period, figure)
    assert sum(opened.values()) > 100


@pytest.mark.parametrize("scope", [*SCOPES, *FACTS])
def test_the_summaries_say_what_the_returns_say(at, scope):
    at(MOMENTS[2])
    scatter(Random(scope), MOMENTS[2], 80)
    keeping.build()
    for subject in SUBJECTS:
        kept = list(figures(report(subject, f"{scope}&period=30")))
        asked = Scope(QueryDict(scope), words())
        assert isinstance(source_of(asked)[0], Facts if scope in FACTS else Kept)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(keeping, "are_there", lambda: False)
            assert isinstance(source_of(asked)[0], Counted)
            assert list(figures(report(subject, f"{scope}&period=30"))) == kept


def test_what_is_written_now_is_in_the_next_report():
    keeping.build()
    record = make_return(state=State.ARRIVED, created_at=timezone.now())
    assert report("flow", "").parts[0].stats[0].now.number == 1
    record.delete()
    assert report("flow", "").parts[0].stats[0].now.number == 0


def test_many_that_are_still_counted_in_are_told(as_agent, monkeypatch):
    keeping.build()
    monkeypatch.setattr(keeping, "STEP", 1)
    for _ in range(3):
        make_return()
    assert "are still being counted in" in as_agent.get("/reports/").text


# Percentiles


@pytest.mark.parametrize("scope", ["", "carrier=DHL", "tag_none=fragile"])
def test_percentiles_are_those_of_postgresql(at, scope):
    at(MOMENTS[2])
    scatter(Random(7), MOMENTS[2], 150)
    keeping.build()
    stats = report("speed", f"{scope}&period=30").parts[0].stats
    span = report("speed", "period=30").period.span
    found = Scope(QueryDict(scope), words()).found
    ids = list(found.values_list("pk", flat=True))
    with connection.cursor() as cursor:
        for stat, percent in zip(stats, PERCENTS, strict=False):
            cursor.execute(
                "SELECT percentile_disc(%s) WITHIN GROUP "
                "(ORDER BY completed_at - arrived_to_warehouse_at) FROM returns_return "
                "WHERE id = ANY(%s) AND completed_at >= arrived_to_warehouse_at "
                "AND completed_at >= %s AND completed_at < %s",
                [percent / 100, ids, span.begins, span.ends],
            )
            (exact,) = cursor.fetchone()
            above = [hours for hours in EDGES if timedelta(hours=hours) > exact]
            assert stat.now.value == (above[0] if above else EDGES[-1]), percent


def test_a_percentile_says_how_many_were_as_quick():
    arrived = timezone.now() - timedelta(days=2)
    for minutes in range(10):
        done = arrived + timedelta(hours=minutes, minutes=30)
        times = {"arrived_to_warehouse_at": arrived, "completed_at": done}
        make_return(state=State.COMPLETED, **times)
    stat = report("speed", "period=7").parts[0].stats[1]
    assert (stat.label, str(stat.now), stat.now.number) == ("P90", "9 h", 9)
    assert stat.now.title == "9 of 10 took less than 9 hours"
    assert counted(stat.now) == 9


def test_the_longest_times_have_no_end():
    arrived = timezone.now() - timedelta(days=200)
    times = {"arrived_to_warehouse_at": arrived, "completed_at": timezone.now()}
    make_return(state=State.COMPLETED, **times)
    stat = report("speed", "period=7").parts[0].stats[0]
    assert str(stat.now) == "90 d or more"
    assert stat.now.title == "1 of 1 took at least 2,160 hours"


# Deadlines, rules, tags


def test_without_deadlines_the_report_says_so():
    (part,) = (p for p in report("speed", "").parts if p.name == "deadlines")
    assert "A manager sets them" in part.empty


def test_a_scope_by_deadline_has_no_share_of_its_own():
    assert "deadlines" not in [p.name for p in report("speed", "deadline=late").parts]


def test_rules_are_told_by_what_they_tagged_and_what_was_undone(admin):
    TagRule.objects.create(name="Idle", moment="created")
    one, other = make_return(), make_return()
    with pghistory.context(rule="Busy"):
        put_tag(one, "books")
        put_tag(other, "books")
    with pghistory.context(user=admin.pk):
        ReturnTag.objects.filter(entity=one).delete()
    table = report("rules", "").table("rules")
    rows = {row[0].words: [str(figure) for figure in row[1:4]] for row in table.rows}
    assert rows["Busy"] == ["2", "1", "50%"]
    assert rows["Idle"] == ["0", "0", "–"]


def test_reasons_come_with_their_shares_the_most_frequent_first():
    for tags in (["damaged"], ["damaged", "wrong-size"], ["wrong-size", "damaged"], []):
        record = make_return()
        for tag in tags:
            put_tag(record, tag)
    made = report("why", "period=7")
    rows = [[str(figure) for figure in row] for row in made.table("reasons").rows]
    assert rows == [["damaged", "3", "75%", "60%", "0"], ["wrong-size", "2", "50%", "100%", "0"]]
    assert [str(stat.now) for stat in made.parts[0].stats] == ["4", "1", "25%"]


def test_another_group_may_be_the_reason_and_an_unknown_one_has_none():
    put_tag(make_return(), "books")
    made = report("why", "reasons=Product+category&against=Priority")
    assert [row[0].words for row in made.table("reasons").rows] == ["books"]
    assert [choice.name for choice in made.groups["reasons"] if choice.is_chosen] == [
        "Product category"
    ]
    assert report("why", "reasons=Nothing").table("reasons") is None


def test_two_tags_of_a_return_stand_in_their_row_and_column_the_darker_the_more():
    for tags in (["damaged", "books"], ["damaged", "books"], ["wrong-size", "fragile"]):
        record = make_return()
        for tag in tags:
            put_tag(record, tag)
    table = report("why", "").table("together")
    cells = {
        (row[0].words, head): (figure.number, figure.shade)
        for row in table.rows
        for head, figure in zip(table.head[1:], row[1:], strict=True)
    }
    assert cells["damaged", "books"] == (2, 5)
    assert cells["wrong-size", "fragile"] == (1, 3)
    assert cells["damaged", "fragile"] == (0, 0)


def test_kinds_of_scopes_that_summaries_count():
    pk = next(pk for pk, chip in words().items() if chip.name == "books")
    kept = [Scope(QueryDict(query), words()).kept_as for query in [*SCOPES, *FACTS[:3]]]
    assert kept == [
        *[(By.ALL, ""), (By.TAG, str(pk)), (By.CARRIER, "DHL"), (By.CHANNEL, "Web shop")],
        *[(By.UNTAGGED, ""), (By.CARRIER, ""), None, None, None],
    ]
