"""Every number of every report is that of the list that it opens."""

from collections.abc import Iterator
from random import Random

import pghistory
import pytest
from django.db import connection
from django.utils import timezone

from returns.deadlines import editing
from returns.filters.filterset import ReturnFilterSet
from returns.filters.query import Query
from returns.models import By, DeadlinePolicy, Return, ReturnTag, State
from returns.reports.counted import Counted
from returns.reports.facts import Facts
from returns.reports.figures import Figure
from returns.reports.kept import Kept
from returns.reports.report import SUBJECTS, Report, report_of, source_of
from returns.reports.scope import Scope
from returns.summaries import keeping
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


def report(subject: str, query: str) -> Report:
    made = report_of(subject, Query.parse(query), timezone.now())
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
    filterset = ReturnFilterSet(Query.parse(figure.address.partition("?")[2]), words())
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
    parameters = editing.parameters_of(Query.parse("tag=wrong-size"))
    for name, said in (("Wrong size", parameters), ("All", {})):
        rule = DeadlinePolicy(name=name, parameters=said, amount=9, unit="working_hours")
        editing.keep(rule)
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
        asked = Scope(Query.parse(scope), words())
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


def test_kinds_of_scopes_that_summaries_count():
    pk = next(pk for pk, chip in words().items() if chip.name == "books")
    kept = [Scope(Query.parse(query), words()).kept_as for query in [*SCOPES, *FACTS[:3]]]
    assert kept == [
        *[(By.ALL, ""), (By.TAG, str(pk)), (By.CARRIER, "DHL"), (By.CHANNEL, "Web shop")],
        *[(By.UNTAGGED, ""), (By.CARRIER, ""), None, None, None],
    ]
