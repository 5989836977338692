"""Reports count a carrier once, whatever its spellings; each number is that of its list."""

from random import Random

import pytest
from django.utils import timezone

from returns.deadlines import editing
from returns.filters.query import Query
from returns.models import DeadlinePolicy, Dimension
from returns.reports.counted_source import CountedSource
from returns.reports.filter_bar import build_filter_bar
from returns.reports.report import SUBJECTS, choose_source
from returns.reports.return_source import ReturnSource
from returns.reports.scope import Scope
from returns.reports.summary_source import SummarySource
from returns.summaries import maintenance
from tags.vocabulary import load_vocabulary
from tests.factories import make_carrier, make_returns
from tests.returns.reports.conftest import at  # noqa: F401 - a fixture
from tests.returns.reports.invented import MOMENTS, scatter
from tests.returns.reports.test_figures import figures, list_length, report

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]

# Scopes with the source that knows them.
SCOPES = {
    "": SummarySource,
    "carrier=Deutsche+Post": SummarySource,
    "carrier=dhl": SummarySource,
    "carrier=UPS": SummarySource,
    "missing=carrier": SummarySource,
    "carrier=dhl&state=Completed": CountedSource,
    "tag_none=books": CountedSource,
    "carrier=dhl&took_over=2": ReturnSource,
}


@pytest.fixture
def carriers(at):  # noqa: F811 - a fixture
    """Fold the two carriers of the invented returns into one; a third one means no carrier."""
    at(MOMENTS[2])
    make_carrier("Deutsche Post", "DHL", "ARAS")
    scatter(Random(5), MOMENTS[2], 80)
    make_returns([{"cargo_carrier": "UPS", "created_at": timezone.now()} for _ in range(3)])
    parameters = editing.to_parameters(Query.parse("carrier=Aras"))
    rule = DeadlinePolicy(name="Post", parameters=parameters, amount=9, unit="working_hours")
    editing.save_policy(rule)
    maintenance.rebuild()


@pytest.mark.slow
@pytest.mark.parametrize("scope", SCOPES)
def test_all_sources_count_alike_and_every_number_is_that_of_its_list(carriers, scope):
    vocabulary = load_vocabulary()
    asked = Scope(Query.parse(scope), vocabulary)
    assert isinstance(choose_source(asked)[0], SCOPES[scope])
    listed: dict[str, int] = {}  # many numbers lead to the same list
    for subject in SUBJECTS:
        numbers = list(figures(report(subject, f"{scope}&period=30")))
        for figure in numbers:
            if figure.address and "carrier=" in figure.address:
                if figure.address not in listed:
                    listed[figure.address] = list_length(figure, vocabulary)
                assert figure.number == listed[figure.address], (subject, figure)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(maintenance, "summaries_exist", lambda: False)
            assert list(figures(report(subject, f"{scope}&period=30"))) == numbers


@pytest.mark.parametrize("scope", ["", "tag_none=books", "took_over=0"])
def test_a_carrier_has_one_row_under_its_name(carriers, scope):
    for table in (
        report("changes", f"period=30&{scope}").table("by-carrier"),
        report("speed", f"period=30&{scope}").table("by-carrier"),
    ):
        names = {row[0].text for row in table.rows}
        assert names <= {"Deutsche Post", "UPS", "none"}
        assert "Deutsche Post" in names
        (row,) = (row for row in table.rows if row[0].text == "Deutsche Post")
        assert "carrier=Deutsche+Post" in row[1].address
        assert row[1].number == list_length(row[1])


def test_the_three_sources_give_the_same_counts_by_carrier(carriers):
    scope = Scope(Query.parse(""), load_vocabulary())
    span = report("changes", "period=30").period.span
    sources = [SummarySource(scope, Dimension.ALL, ""), CountedSource(scope), ReturnSource(scope)]
    created = [source.created_by(Dimension.CARRIER, span) for source in sources]
    assert created[0].keys() == {"Deutsche Post", "UPS", ""}
    assert created[0] == created[1] == created[2]


@pytest.mark.parametrize("scope", ["", "carrier=dhl", "carrier=Deutsche+Post"])
def test_the_menu_of_a_report_offers_a_carrier_once_and_shows_the_chosen_one(carriers, scope):
    fields = {each.name: each for each in build_filter_bar(report("flow", scope)).fields}
    ((_, values),) = fields["carrier"].groups
    assert values == [("Deutsche Post", "Deutsche Post"), ("UPS", "UPS")]
    assert fields["carrier"].chosen == ("Deutsche Post" if scope else "")
