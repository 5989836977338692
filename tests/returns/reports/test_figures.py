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
from returns.models import DeadlinePolicy, Dimension, Return, ReturnTag, State
from returns.reports.counted_source import CountedSource
from returns.reports.figures import Figure
from returns.reports.report import SUBJECTS, Report, build_report, choose_source
from returns.reports.return_source import ReturnSource
from returns.reports.scope import Scope
from returns.reports.summary_source import SummarySource
from returns.summaries import maintenance
from tags.vocabulary import Vocabulary, load_vocabulary
from tests.factories import make_return, put_tag
from tests.returns.reports.invented import MOMENTS, ZONES, scatter
from tests.trials import share_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]
SCOPES = ["", "tag=BOOKS", "carrier=DHL", "channel=Web+shop", "missing=tags", "missing=carrier"]
# Scopes that counted returns know.
COUNTED_SCOPES = [
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
    made = build_report(subject, Query.parse(query), timezone.now())
    assert made.problems == []
    return made


def figures(made: Report) -> Iterator[Figure]:
    for section in made.sections:
        for stat in section.stats:
            yield from filter(None, (stat.now, stat.before))
        for chart in section.charts:
            yield from (point.figure for series in chart.series for point in series.points)
        for table in section.tables:
            yield from (figure for row in table.rows for figure in row)


def list_length(figure: Figure, vocabulary: Vocabulary | None = None) -> int:
    query = Query.parse(figure.address.partition("?")[2])
    filterset = ReturnFilterSet(query, vocabulary or load_vocabulary())
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


@pytest.mark.slow
@pytest.mark.parametrize(("zone", "now"), list(zip(ZONES, MOMENTS, strict=True)))
@pytest.mark.parametrize("has_summaries", [True, False], ids=["summaries", "returns"])
def test_every_figure_equals_its_list(settings, at, zone, now, has_summaries):
    settings.TIME_ZONE = zone
    at(now)
    chance = Random(f"{zone} {has_summaries}")
    scatter(chance, now, 50)
    run_rules(chance, now)
    wrong_size = editing.to_parameters(Query.parse("tag=wrong-size"))
    for name, parameters in (("Wrong size", wrong_size), ("All", {})):
        rule = DeadlinePolicy(name=name, parameters=parameters, amount=9, unit="working_hours")
        editing.save_policy(rule)
    if has_summaries:
        maintenance.rebuild()
    opened: dict[str, int] = {}
    vocabulary = load_vocabulary()
    # Each scope is asked for once in two ways; nine of them in each zone would take minutes.
    scopes = [*SCOPES, *COUNTED_SCOPES] if has_summaries else [*OTHERS, *SCOPES[1:]]
    for scope in scopes[ZONES.index(zone) :: len(ZONES)]:
        for subject in SUBJECTS:
            period = chance.choice(["period=7", "period=30", "period=90"])
            for figure in share_of(figures(report(subject, f"{scope}&{period}")), chance):
                if figure.address:
                    listed = opened.get(figure.address)
                    if listed is None:
                        listed = opened[figure.address] = list_length(figure, vocabulary)
                    assert figure.number == listed, (scope, subject, period, figure)
    assert sum(opened.values()) > 20


@pytest.mark.slow
@pytest.mark.parametrize("scope", [*SCOPES, *COUNTED_SCOPES])
def test_the_summaries_say_what_the_returns_say(at, scope):
    at(MOMENTS[2])
    scatter(Random(scope), MOMENTS[2], 80)
    maintenance.rebuild()
    for subject in SUBJECTS:
        from_summaries = list(figures(report(subject, f"{scope}&period=30")))
        asked = Scope(Query.parse(scope), load_vocabulary())
        source = CountedSource if scope in COUNTED_SCOPES else SummarySource
        assert isinstance(choose_source(asked)[0], source)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(maintenance, "summaries_exist", lambda: False)
            assert isinstance(choose_source(asked)[0], ReturnSource)
            assert list(figures(report(subject, f"{scope}&period=30"))) == from_summaries


def test_what_is_written_now_is_in_the_next_report():
    maintenance.rebuild()
    record = make_return(state=State.ARRIVED, created_at=timezone.now())
    assert report("flow", "").sections[0].stats[0].now.number == 1
    record.delete()
    assert report("flow", "").sections[0].stats[0].now.number == 0


def test_many_that_are_still_counted_in_are_told(as_agent, monkeypatch):
    maintenance.rebuild()
    monkeypatch.setattr(maintenance, "UPDATE_BATCH_SIZE", 1)
    for _ in range(3):
        make_return()
    assert "are still being counted." in as_agent.get("/reports/").text


def test_kinds_of_scopes_that_summaries_count():
    pk = next(pk for pk, chip in load_vocabulary().items() if chip.name == "books")
    keys = [
        Scope(Query.parse(query), load_vocabulary()).summary_key
        for query in [*SCOPES, *COUNTED_SCOPES[:3]]
    ]
    assert keys == [
        *[
            (Dimension.ALL, ""),
            (Dimension.TAG, str(pk)),
            (Dimension.CARRIER, "DHL"),
            (Dimension.CHANNEL, "Web shop"),
        ],
        *[(Dimension.UNTAGGED, ""), (Dimension.CARRIER, ""), None, None, None],
    ]


@pytest.mark.parametrize("scope", ["", "tag=a&carrier=x%26y", "missing=carrier&took_over=5"])
@pytest.mark.parametrize(
    "params",
    [
        (),
        (("state", "Completed"), ("took_under", "7.5")),
        (("carrier", "A & B/ü"), ("created_from", "2026-11-01")),
        (("tag", "a"), ("tag", "b c"), ("missing", "channel")),
        (("took_over", "9"), ("carrier", " ")),
        (("took_over", "9"), ("took_over", "5")),
    ],
)
def test_an_address_is_that_of_the_narrowed_list(scope, params):
    asked = Scope(Query.parse(scope), {})
    narrowed = Query.parse(asked.address(*params).partition("?")[2])
    assert narrowed == asked._narrow(params)
